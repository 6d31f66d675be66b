"""The pictures for methods that learn from good parts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from inspector.inference.package import ANOMALY
from inspector.inference.preprocess import Preprocessing
from inspector.inference.tiling import Tiling
from training.metrics import auroc
from training.pictures import CACHE_BYTES, Pictures
from training.rundata import RunData
from training.tiles import Tiles, labelled_tiles, whole_tiles


@dataclass(frozen=True, slots=True)
class Cutting:
    """How good pictures are cut, and how many of their tiles are learned from.

    Attributes:
        tiling: Where tiles lie.
        most: Tiles of a picture to learn from.
        seed: By which they are drawn.
    """

    tiling: Tiling
    most: int
    seed: int

    def some(self, items: Sequence[Item], good: str) -> Tiles:
        """Return up to `most` tiles of each good picture."""
        return labelled_tiles(items, self.tiling, (good,), self.most, self.seed)


@dataclass(frozen=True, slots=True)
class GoodData:
    """The good pictures of a run, and the defective ones that only give a figure.

    Attributes:
        data: Good pictures of the train and validation splits; the classes are the good one and `anomaly`.
        defective: Defective pictures of the validation split, labelled `anomaly`; None where there are none.
    """

    data: RunData
    defective: Pictures | None

    def separation(self, good: NDArray[np.float64], defective: NDArray[np.float64]) -> dict[str, float]:
        """Return AUROC and number of defective pictures for anomaly scores (N,) and (M,) of the validation split."""
        truth = np.r_[np.zeros(good.size, np.bool_), np.ones(defective.size, np.bool_)]
        return {"auroc": auroc(np.r_[good, defective], truth), "n_defective": int(defective.size)}


def prepare_good(
    dataset: Dataset,
    preprocessing: Preprocessing,
    *,
    validate: bool = True,
    cache_bytes: int = CACHE_BYTES,
    cutting: Cutting | None = None,
) -> GoodData:
    """Return the good pictures of the train and validation splits. Several good classes count as the first.

    Args:
        dataset: Opened.
        preprocessing: From picture to input.
        validate: Good pictures to validate are needed.
        cache_bytes: Memory for fitted pictures.
        cutting: How pictures are cut; None: not at all. Of the train split some tiles, of the others all.

    Raises:
        TrainingError: A split that is needed has no good picture.
    """
    train, validation = dataset.items("train"), dataset.items("validation")
    counts = [sum(item.label in dataset.good for item in split) for split in (train, validation)]
    if not counts[0] or (validate and not counts[1]):
        raise TrainingError(
            f"{dataset.folder}: there are {counts[0]} good pictures to train and {counts[1]} to validate.",
            cure="Both are needed: name the good class on import (`--good NAME`), or import with other shares.",
        )
    name = dataset.good[0]
    classes = (name, ANOMALY if name != ANOMALY else "defect")

    def fitted(items: Sequence[Item], *, good: bool, learn: bool = False) -> Pictures:
        chosen = [
            replace(item, label=classes[0 if good else 1]) for item in items if (item.label in dataset.good) == good
        ]
        if cutting is None:
            return Pictures(chosen, classes, preprocessing, (name,), cache_bytes)
        tiles = cutting.some(chosen, name) if learn else whole_tiles(chosen, cutting.tiling)
        return Pictures(tiles.items, classes, preprocessing, (name,), cache_bytes, tiles)

    own, other = fitted(train, good=True, learn=True), fitted(validation, good=True)
    data = RunData(dataset.name, dataset.fingerprint, classes, (name,), own, other)
    defective = fitted(validation, good=False)
    return GoodData(data, defective if len(defective) else None)
