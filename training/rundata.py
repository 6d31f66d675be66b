"""The pictures of a run: which classes can be learned from a data set's train and validation splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from training.config import TrainingConfig
from training.pictures import Pictures


@dataclass(frozen=True, slots=True)
class RunData:
    """The pictures of a run and what they are called."""

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    good: tuple[str, ...]
    train: Pictures
    validation: Pictures


def prepare_data(dataset: Dataset, config: TrainingConfig) -> RunData:
    """Return the pictures of the train and validation splits with the classes that can be learned.

    Raises:
        TrainingError: A split is empty, or there is no good or no defective class to learn.
    """
    train, validation = dataset.items("train"), dataset.items("validation")
    if not train or not validation:
        raise TrainingError(
            f"{dataset.folder}: there are {len(train)} pictures to train and {len(validation)} to validate.",
            cure="Both splits are needed: import the data set again with other shares or more pictures.",
        )
    seen = {item.label for item in train}
    classes = tuple(name for name in dataset.classes if name in seen)
    good = tuple(name for name in dataset.good if name in seen)
    if not good or len(good) == len(classes):
        raise TrainingError(
            f"{dataset.folder}: the train split has the classes {', '.join(classes)}, of which good: "
            f"{', '.join(good) or 'none'}. A classifier needs a good and a defective class.",
            cure="Name the good class on import (`--good NAME`), and add pictures of the missing kind.",
        )
    known = [item for item in validation if item.label in seen]
    if not known:
        raise TrainingError(f"{dataset.folder}: no class of the validation split is in the train split.")

    def fitted(items: Sequence[Item]) -> Pictures:
        return Pictures(items, classes, config.preprocessing, good)

    return RunData(dataset.name, dataset.fingerprint, classes, good, fitted(train), fitted(known))
