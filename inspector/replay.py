"""Judge recorded parts again, from their stored pictures with the recipe and the package of their time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.decisions.policy import decide
from inspector.errors import PackageError, RecipeError, StoreError
from inspector.inference.base import Model
from inspector.log import Log
from inspector.recipe import Recipe, parse_recipe
from inspector.types import Record, RecordKind, Thresholds, Verdict


@dataclass(frozen=True, slots=True)
class Replayed:
    """One part judged again.

    Attributes:
        record: What was recorded.
        verdict: What the same pictures give now; None for an ERROR: there is nothing to judge again.
        largest_difference: Largest difference of any probability, 0..1.
        problem: Why it could not be judged again, for instance a package that is gone; "" otherwise.
    """

    record: Record
    verdict: Verdict | None
    largest_difference: float
    problem: str = ""

    @property
    def same(self) -> bool:
        """Whether the recorded verdict came out again."""
        return not self.problem and (self.verdict is None or self.verdict is self.record.decision.verdict)


def replay(log: Log, records: Iterable[Record]) -> Iterator[Replayed]:
    """Judge inspections and challenges again, in order.

    A part recorded as ERROR has no verdict to reproduce: the trouble was in the moment, not in the picture. What was
    judged on a GPU in half precision is judged on one again where there is one; else probabilities differ by about
    1e-2. A picture, recipe or package that is missing or was altered is the record's `problem`.
    """
    models: dict[str, tuple[Recipe, Model]] = {}
    for record in records:
        if record.kind not in (RecordKind.INSPECTION, RecordKind.CHALLENGE):
            continue
        if record.decision.verdict is Verdict.ERROR or not record.images:
            yield Replayed(record, None, 0.0)
            continue
        key = record.recipe_hash + record.package_hash
        try:
            if key not in models:
                models[key] = _load(log, record)
            yield _judge_again(log, record, *models[key])
        except (StoreError, PackageError, RecipeError) as error:
            yield Replayed(record, None, 0.0, str(error))


def _load(log: Log, record: Record) -> tuple[Recipe, Model]:
    from inspector.inference.load import load_model
    from inspector.inference.package import open_package

    kept = log.records.recipe(record.recipe_hash)
    recipe = parse_recipe(kept["text"], Path(kept["path"]), record.recipe_hash)
    kept_folder = Path(log.records.package(record.package_hash)["folder"])
    for folder in (recipe.content.model.package, kept_folder):
        try:
            package = open_package(folder, record.package_hash)
        except PackageError:
            continue
        on_gpu = str(record.details.get("device", "")).startswith("cuda")
        return recipe, load_model(package, device="auto" if on_gpu else "cpu")
    raise PackageError(
        f"{kept_folder}: the package that judged part {record.part_id} is not there (hash {record.package_hash}).",
        cure="Restore the package of that time from its archive.",
    )


def _judge_again(log: Log, record: Record, recipe: Recipe, model: Model) -> Replayed:
    cameras = {camera.name: camera for camera in recipe.content.cameras}
    by_view = {entry["view"]: cameras[entry["camera"]].region for entry in record.details["frames"]}
    regions = []
    for image in record.images:
        pixels, region = log.read_image(image), by_view[image.view]
        regions.append(region.to_region().crop(pixels) if region else pixels)
    predictions = dict(zip((image.view for image in record.images), model.predict(regions), strict=True))
    thresholds = record.decision.thresholds or Thresholds(0.0, 0.0)
    decision = decide(predictions, thresholds, model.package.card.good)
    largest = max(
        abs(prediction.probabilities[name] - record.predictions[view].probabilities[name])
        for view, prediction in predictions.items()
        for name in prediction.probabilities
    )
    return Replayed(record, decision.verdict, largest)
