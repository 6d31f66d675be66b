"""Making pictures with synthetic defects: from which pictures, how many of which class, in which order."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datasets.derived import DerivedPicture, Synthesis
from datasets.manifest import Dataset, Item
from inspector.errors import DatasetError, UsageError

_TRIES = 200


@dataclass(frozen=True, slots=True)
class Sources:
    """What synthetic defects may be made from: real pictures of the train split, no others.

    Attributes:
        carriers: Good pictures.
        defects: Defective pictures with a mask.
    """

    carriers: tuple[Item, ...]
    defects: tuple[Item, ...]

    def __post_init__(self) -> None:
        wrong = [item.path for item in (*self.carriers, *self.defects) if item.split != "train" or item.derived]
        if wrong:
            raise DatasetError(f"{wrong[0]}: is no real picture of the train split; nothing may be made from it.")

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the defects, sorted."""
        return tuple(sorted({item.label for item in self.defects}))

    def draw_carrier(self, rng: np.random.Generator, view: str | None = None) -> Item:
        """Return a good picture, of the same view where there is one."""
        same = [item for item in self.carriers if item.view == view]
        pool = same or self.carriers
        return pool[int(rng.integers(len(pool)))]

    def draw_defect(self, rng: np.random.Generator, label: str) -> Item:
        """Return a defective picture of a class."""
        pool = [item for item in self.defects if item.label == label]
        return pool[int(rng.integers(len(pool)))]


class Maker(Protocol):
    """Makes pictures with synthetic defects, one at a time."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that it can make."""
        ...

    def make(self, rng: np.random.Generator, label: str) -> DerivedPicture | None:
        """Return a picture of a class, all choices from `rng`; None where this draw gave nothing of use."""
        ...


def gather_sources(dataset: Dataset, label: str = "", *, defects: bool = True) -> Sources:
    """Return the train split's good pictures and its defects with masks, of one class where `label` is given.

    Raises:
        UsageError: The class is a good one, or none of the data set.
        DatasetError: There is no good picture, or no defect with a mask although `defects` are needed.
    """
    train = [item for item in dataset.items("train") if not item.derived]
    carriers = tuple(item for item in train if item.label in dataset.good)
    if not carriers:
        raise DatasetError(
            f"{dataset.folder}: the train split has no good picture to put a defect on.", cure="Import good parts."
        )
    if label in dataset.good:
        raise UsageError(f"{label!r} is a good class; a defect cannot be of it.", cure="Give a defect's --class.")
    if not defects:
        return Sources(carriers, ())
    known = sorted({item.label for item in train} - set(dataset.good))
    if label and label not in known:
        raise UsageError(
            f"{dataset.folder}: the train split has no defect of class {label!r}.",
            cure=f"Its defects are: {', '.join(known) or 'none'}. Without real ones, use --method perlin.",
        )
    wanted = [item for item in train if item.label in known and label in ("", item.label)]
    found = tuple(item for item in wanted if item.mask is not None)
    found = tuple(item for item in found if _marks_something(item))
    if not found:
        raise DatasetError(
            f"{dataset.folder}: none of {len(wanted)} defects of the train split has a mask that marks it.",
            cure="Import masks, or use --method perlin, which needs no defect.",
        )
    return Sources(carriers, found)


def _marks_something(item: Item) -> bool:
    mask = item.read_mask()
    return mask is not None and bool(mask.any())


def make_pictures(
    maker: Maker, run: Synthesis, count: int, progress: Callable[[int, int], None]
) -> Iterator[DerivedPicture]:
    """Yield `count` pictures, the classes in turn; each depends on the run and its number alone.

    Raises:
        DatasetError: No defect that fits and shows came out of 200 draws.
    """
    for number in range(count):
        rng = np.random.default_rng([run.seed, zlib.crc32(run.name.encode()), number])
        label = maker.labels[number % len(maker.labels)]
        made = next((found for _ in range(_TRIES) if (found := maker.make(rng, label)) is not None), None)
        if made is None:
            raise DatasetError(
                f"None of {_TRIES} draws gave a defect of class {label!r} that fits on a good part and shows.",
                cure="Leave this class out (--class), or use --method perlin.",
            )
        yield made
        progress(number + 1, count)
