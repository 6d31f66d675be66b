"""What a data set is made of, as figures for plots: balance, sizes, brightness, duplicates. Pure functions.

Everything but the brightness comes from the manifest and the last audit and takes no time; brightness and contrast are
measured on a sample of the files, away from the window's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.audit.items import Audit
from datasets.items import SPLITS, Rejected
from datasets.review.catalogue import Catalogue
from inspector.errors import DatasetError, ImageError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NEAR_QUEUE = "near_duplicates"
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class SizeCount:
    """So many images have this size in pixels; `positions` are theirs."""

    width: int
    height: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two images that are nearly the same.

    Attributes:
        positions: Theirs.
        splits: They stand in different splits: what is tested on was trained on.
        labels: They have different labels: one of them is wrong.
    """

    positions: tuple[int, ...]
    splits: bool
    labels: bool


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """How bright sampled images are.

    Attributes:
        positions: Which images, (m,).
        brightness: Mean luma of each, 0..255.
        contrast: Standard deviation of its luma.
        unreadable: Positions of files that could not be read.
    """

    positions: Ints
    brightness: Floats
    contrast: Floats
    unreadable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Stats:
    """The figures.

    Attributes:
        classes: Class names; where images have no class yet, "" comes last.
        by_split: Images per class and split, (classes, splits).
        suggested: Images per class and suggested class, (classes, classes + 1); the last column has no suggestion.
        reviewed: Images per class that a person vouches for, (classes,).
        images: How many.
        parts: How many physical parts.
        sizes: The sizes, the most frequent first.
        aspects: Width by height of every image, (images,).
        left_out: Files that the import did not take, by problem (`ImageProblem`): identical copies are `duplicate`, and
            so the data set itself holds none.
        near: Pairs of near-duplicates of the last audit, the most telling first: those with different labels, then
            across splits; None where there was no audit.
        appearance: Brightness of a sample; None where it is not measured.
    """

    classes: tuple[str, ...]
    by_split: Ints
    suggested: Ints
    reviewed: Ints
    images: int
    parts: int
    sizes: tuple[SizeCount, ...]
    aspects: Floats
    left_out: Mapping[str, int]
    near: tuple[Twins, ...] | None
    appearance: Appearance | None


def compute_stats(
    catalogue: Catalogue,
    audit: Audit | None = None,
    rejected: Sequence[Rejected] = (),
    appearance: Appearance | None = None,
) -> Stats:
    """Return the figures of a data set.

    Args:
        catalogue: Every image.
        audit: The last audit, for the near-duplicates.
        rejected: Files that were not taken, as `Dataset.rejected` gives them.
        appearance: What `sample_appearance` measured.
    """
    classes = [*catalogue.classes, *([""] if bool((catalogue.labels < 0).any()) else [])]
    k = len(classes)
    rows = np.where(catalogue.labels < 0, k - 1, catalogue.labels).astype(np.int64)
    columns = np.where(catalogue.suggested < 0, k, catalogue.suggested).astype(np.int64)
    return Stats(
        classes=tuple(classes),
        by_split=_table(rows, catalogue.splits.astype(np.int64), k, len(SPLITS)),
        suggested=_table(rows, columns, k, k + 1),
        reviewed=np.bincount(rows[catalogue.reviewed], minlength=k).astype(np.int64),
        images=len(catalogue),
        parts=int(np.unique(catalogue.parts).size),
        sizes=_sizes(catalogue),
        aspects=catalogue.widths / np.maximum(catalogue.heights, 1).astype(np.float64),
        left_out=Counter(file.problem for file in rejected),
        near=None if audit is None else _near(catalogue, audit),
        appearance=appearance,
    )


def sample_appearance(
    catalogue: Catalogue, size: int, seed: int, cancelled: Callable[[], bool] = lambda: False
) -> Appearance:
    """Measure brightness and contrast of randomly drawn images; may run in another thread than the window's.

    Args:
        catalogue: Every image; only paths are read from it.
        size: How many images at most.
        seed: The same seed draws the same images.
        cancelled: Asked before every image; True ends with what there is.
    """
    drawn = np.random.default_rng(seed).permutation(len(catalogue))[:size]
    found: list[tuple[int, float, float]] = []
    unreadable = []
    for position in np.sort(drawn).tolist():
        if cancelled():
            break
        try:
            luma = catalogue.item(position).read_pixels() @ _LUMA
        except (DatasetError, ImageError):  # the statistics say how many; the check of the data set says why
            unreadable.append(position)
            continue
        found.append((position, float(luma.mean()), float(luma.std())))
    values = np.array(found, np.float64).reshape(-1, 3)
    return Appearance(values[:, 0].astype(np.int64), values[:, 1], values[:, 2], tuple(unreadable))


def outliers(values: Floats, reach: float = 3.5) -> NDArray[np.bool_]:
    """Return which values lie far from the others: modified z-score above `reach` (Iglewicz and Hoaglin, 1993)."""
    if not values.size:
        return np.zeros(0, bool)
    away = np.abs(values - np.median(values))
    spread = float(np.median(away))
    if spread == 0.0:
        return np.zeros(values.size, bool)
    return np.asarray(0.6745 * away / spread > reach, bool)


def _table(rows: Ints, columns: Ints, height: int, width: int) -> Ints:
    counted = np.bincount(rows * width + columns, minlength=height * width)
    return counted.reshape(height, width).astype(np.int64)


def _sizes(catalogue: Catalogue) -> tuple[SizeCount, ...]:
    keys = catalogue.widths.astype(np.int64) << 32 | catalogue.heights.astype(np.int64)
    known, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    groups = np.split(np.argsort(place, kind="stable"), np.cumsum(counts)[:-1]) if known.size else []
    counted = [
        SizeCount(key >> 32, key & 0xFFFFFFFF, tuple(at.tolist()))
        for key, at in zip(known.tolist(), groups, strict=True)
    ]
    return tuple(sorted(counted, key=lambda each: (-len(each.positions), each.width, each.height)))


def _near(catalogue: Catalogue, audit: Audit) -> tuple[Twins, ...]:
    found = []
    for item in audit.queues.get(NEAR_QUEUE, ()):
        pair = [] if item.other_id is None else catalogue.positions_of([item.item_id, item.other_id]).tolist()
        if len(set(pair)) == 2:
            found.append(_twins(catalogue, pair))
    return tuple(sorted(found, key=_telling))


def _twins(catalogue: Catalogue, positions: list[int]) -> Twins:
    at = np.array(sorted(positions))
    labels = {code for code in catalogue.labels[at].tolist() if code >= 0}
    return Twins(tuple(at.tolist()), len(set(catalogue.splits[at].tolist())) > 1, len(labels) > 1)


def _telling(twins: Twins) -> tuple[bool, bool, tuple[int, ...]]:
    return not twins.labels, not twins.splits, twins.positions
