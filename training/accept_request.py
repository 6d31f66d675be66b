"""What is to be accepted, by which requirements, and which pictures count."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.manifest import Dataset, Item
from inspector.errors import DatasetError
from inspector.inference.package import Package
from inspector.recipe import Recipe, RequirementsConfig
from inspector.types import Thresholds


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be accepted, on what, by which requirements.

    Attributes:
        package: What is to be accepted.
        recipe: Whose requirements and limits hold; None for the package's limits and the default requirements.
        split: `train`, `validation`, `test` or `all`.
        take: Regular expression that finds the take in a path; "" to count the pictures of a named view.
        who: Who answers for the report.
    """

    package: Package
    recipe: Recipe | None
    split: str
    take: str
    who: str

    @property
    def thresholds(self) -> Thresholds:
        """The limits in force: the recipe's where it names them, else the package's."""
        policy = self.recipe.content.policy if self.recipe else None
        if policy is not None and policy.pass_below is not None and policy.fail_from is not None:
            return Thresholds(policy.pass_below, policy.fail_from)
        return self.package.card.thresholds.to_thresholds()

    @property
    def requirements(self) -> RequirementsConfig:
        """What the package must show."""
        return self.recipe.content.requirements if self.recipe else RequirementsConfig()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pictures of a data set that may count.

    Attributes:
        items: Photographs; drawn pictures only where there is nothing else.
        good: The labels that count as good: the data set's own, or the package's where it names none.
        left_out: Synthetic pictures that do not count.
        drawn: Whether every picture was made by a program.
    """

    items: tuple[Item, ...]
    good: tuple[str, ...]
    left_out: int
    drawn: bool


def choose(dataset: Dataset, split: str | None, package: Package) -> Chosen:
    """Return the pictures that may count: photographs; drawn ones only where there is nothing else.

    Raises:
        DatasetError: There are none.
    """
    items = [item for item in dataset.items(split) if item.judges]
    photographs = [item for item in items if not item.synthetic]
    kept = photographs or items
    if not kept:
        raise DatasetError(
            f"{dataset.folder}: the split {split or 'all'} has no pictures to judge.", cure="Choose another `--split`."
        )
    return Chosen(
        items=tuple(kept),
        good=dataset.good or package.card.good,
        left_out=sum(not item.regression for item in dataset.items(split)) - len(kept),
        drawn=not photographs,
    )
