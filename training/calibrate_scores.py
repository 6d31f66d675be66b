"""What a package says of a calibration set: pictures judged once, parts by their worst view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset, Item
from inspector.errors import DatasetError, UsageError
from inspector.inference.base import Model
from inspector.inference.package import Card
from inspector.line.health import health_reference
from inspector.types import CalibrationScores, Image, Prediction
from training.pictures import read_checked

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPictures:
    """The pictures of a calibration set and what the package says of them.

    Attributes:
        items: The pictures, in order.
        defective: Truth of each, (N,).
        probabilities: By class in the order of the card, (N, classes).
        anomalies: Anomaly scores, (N,); nan for a method without one.
        health: What good pictures are like, by view (`inspector.line.health`).
        frame_sizes: The sizes [width, height] by view.
    """

    items: tuple[Item, ...]
    defective: Bools
    probabilities: Floats
    anomalies: Floats
    health: dict[str, Any]
    frame_sizes: dict[str, list[list[int]]]


def calibration_items(dataset: Dataset, split: str, card: Card) -> list[Item]:
    """Return the pictures to calibrate on; those with synthetic defects, and regression cases, are left out.

    Raises:
        UsageError: The package was trained on them.
        DatasetError: None are there, or data set and package do not agree on which class is good.
    """
    same_data = card.data.get("fingerprint") == dataset.fingerprint
    if same_data and split in ("train", "all"):
        raise UsageError(
            f"{dataset.folder}: the package was trained on the train split; its scores there promise nothing.",
            cure="Use `--split validation`, `--split test`, or a data set of other parts.",
        )
    items = [item for item in dataset.items(None if split == "all" else split) if item.judges]
    if not items:
        raise DatasetError(f"{dataset.folder}: the split {split!r} has no pictures.", cure="Choose another `--split`.")
    strange = sorted({item.label for item in items if item.label in dataset.good and item.label not in card.good})
    if strange:
        raise DatasetError(
            f"{dataset.folder}: {', '.join(strange)} is good in the data set, but not for the package, which passes "
            f"{', '.join(card.good)}.",
            cure="Relabel the pictures, or import the data set with the classes that the package knows.",
        )
    return items


def one_per_view(items: Sequence[Item]) -> list[Item]:
    """Return the first picture of every named view of every part.

    The station judges one picture per view; the worst of several repeats would understate escapes. Pictures without the
    name of a view all stay: they may be views.
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for item in items:
        if not item.view or (item.part, item.view) not in seen:
            kept.append(item)
        seen.add((item.part, item.view))
    return kept


def judge_pictures(items: Sequence[Item], model: Model, advance: Callable[[int, int], None]) -> JudgedPictures:
    """Judge every picture once, and measure the health of the good ones on the way; memory holds one batch.

    Raises:
        DatasetError: A file is gone, damaged, or not the one that was imported.
        ModelError: The device failed.
    """
    card = model.package.card
    found: list[Prediction] = []

    def good_pictures() -> Iterator[tuple[str, Image]]:
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            pictures = [read_checked(item) for item in batch]
            found.extend(model.predict(pictures))
            advance(len(found), len(items))
            yield from ((item.view, picture) for item, picture in zip(batch, pictures, strict=True)
                        if item.label in card.good)  # fmt: skip

    health = health_reference(good_pictures())
    return JudgedPictures(
        items=tuple(items),
        defective=np.array([item.label not in card.good for item in items], np.bool_),
        probabilities=np.array([[each.probabilities[name] for name in card.classes] for each in found], np.float64),
        anomalies=np.array([np.nan if each.anomaly is None else each.anomaly for each in found], np.float64),
        health=health,
        frame_sizes=_frame_sizes(items),
    )


def _frame_sizes(items: Sequence[Item]) -> dict[str, list[list[int]]]:
    sizes: dict[str, set[tuple[int, int]]] = {}
    for item in items:
        sizes.setdefault(item.view, set()).add((item.width, item.height))
    return {view: [list(size) for size in sorted(own)] for view, own in sorted(sizes.items())}


def by_part(
    judged: JudgedPictures, scores: Floats, predicted_good: Bools, keep: Bools | None = None
) -> CalibrationScores:
    """Return the parts as the thresholds see them; pictures of one part are one part, judged by the worst.

    Args:
        judged: The pictures.
        scores: Defect score of each picture, (N,).
        predicted_good: Whether the class of each picture may pass, (N,).
        keep: The pictures to take, whole parts of them; None: all.
    """
    rows = np.arange(len(judged.items)) if keep is None else np.flatnonzero(keep)
    names = sorted({judged.items[row].part for row in rows})
    place = {name: number for number, name in enumerate(names)}
    owner = np.array([place[judged.items[row].part] for row in rows], np.int64)

    def worst(values: Floats) -> Floats:
        largest = np.full(len(names), -np.inf)
        np.fmax.at(largest, owner, values[rows])
        return np.where(np.isneginf(largest), np.nan, largest)

    defective = np.zeros(len(names), np.bool_)
    np.logical_or.at(defective, owner, judged.defective[rows])
    labels = [""] * len(names)
    for row, part in zip(rows, owner, strict=True):
        if judged.defective[row] == defective[part] and not labels[part]:
            labels[part] = judged.items[row].label
    return CalibrationScores(
        parts=tuple(names),
        labels=tuple(labels),
        defective=defective,
        scores=worst(np.where(predicted_good, scores, 1.0)),
        fail_scores=worst(scores),
        anomalies=worst(judged.anomalies),
    )


def part_counts(items: Sequence[Item], card: Card) -> tuple[int, int]:
    """Return the numbers of good and of defective parts, before anything is judged."""
    bad = {item.part for item in items if item.label not in card.good}
    return len({item.part for item in items} - bad), len(bad)
