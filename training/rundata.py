"""The pictures of a run: which classes can be learned from a data set's train and validation splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from training.config import TrainingConfig
from training.pictures import Pictures
from training.tiles import Tiles, labelled_tiles, whole_tiles


@dataclass(frozen=True, slots=True)
class RunData:
    """The pictures of a run and what they are called.

    Attributes:
        name: Of the data set.
        fingerprint: Of the data set.
        classes: That can be learned.
        good: Those that may pass.
        train: To learn from.
        validation: To stop and choose by.
        whole: Every tile of every validation picture, to choose limits by picture; None where pictures are not cut.
    """

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    good: tuple[str, ...]
    train: Pictures
    validation: Pictures
    whole: Pictures | None = None


def prepare_data(dataset: Dataset, config: TrainingConfig, scratch: Path | None = None) -> RunData:
    """Return the pictures of the train and validation splits with the classes that can be learned.

    Args:
        dataset: Opened.
        config: Of the run.
        scratch: Folder for fitted pictures that memory does not hold; None: they are read anew in every epoch.

    Raises:
        TrainingError: A split is empty, or there is no good or no defective class to learn.
        DatasetError: Tiles are asked for, and a mask cannot be used.
    """
    train, validation = dataset.items("train"), dataset.items("validation")
    if not train or not validation:
        raise TrainingError(
            f"{dataset.folder}: there are {len(train)} pictures to train and {len(validation)} to validate.",
            cure="Both splits are needed: import the data set again with other shares or more pictures.",
        )
    own = _cut(train, dataset, config)
    seen = {item.label for item in (train if own is None else own.items)}
    classes = tuple(name for name in dataset.classes if name in seen)
    good = tuple(name for name in dataset.good if name in seen)
    if not good or len(good) == len(classes):
        raise _nothing_to_tell_apart(dataset, classes, good, config)
    known = [item for item in validation if item.label in seen]
    if not known:
        raise TrainingError(f"{dataset.folder}: no class of the validation split is in the train split.")

    def fitted(items: Sequence[Item], tiles: Tiles | None) -> Pictures:
        return Pictures(
            tiles.items if tiles else items, classes, config.preprocessing, good, tiles=tiles, scratch=scratch
        )

    whole = None if config.tiling is None else fitted((), whole_tiles(known, config.tiling))
    judged = _cut(known, dataset, config)
    return RunData(dataset.name, dataset.fingerprint, classes, good, fitted(train, own), fitted(known, judged), whole)


def _cut(items: Sequence[Item], dataset: Dataset, config: TrainingConfig) -> Tiles | None:
    """Return the tiles to learn from; None where pictures are not cut."""
    if config.tiling is None:
        return None
    return labelled_tiles(items, config.tiling, dataset.good, config.tiles_per_picture, config.seed)


def _nothing_to_tell_apart(
    dataset: Dataset, classes: Sequence[str], good: Sequence[str], config: TrainingConfig
) -> TrainingError:
    what = "tiles of the train split show" if config.tiling else "train split has"
    masks = " Which tile shows a defect is known from its mask: import them (`--mask`)." if config.tiling else ""
    return TrainingError(
        f"{dataset.folder}: the {what} the classes {', '.join(classes)}, of which good: "
        f"{', '.join(good) or 'none'}. A classifier needs a good and a defective class.",
        cure=f"Name the good class on import (`--good NAME`), and add pictures of the missing kind.{masks}",
    )
