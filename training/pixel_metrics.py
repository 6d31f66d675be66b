"""How well heat maps find the defective pixels: exact, ties right, in memory that does not grow with good pixels.

Both figures walk over the pictures again instead of gathering all their pixels: they hold the defective pixels and one
picture. `maps` may therefore be a lazy sequence that reads each map from disk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.types import HeatMap
from training.metrics import Bools, Floats

_HALF_KEY = 1 << 16


def pixel_auroc(maps: Sequence[HeatMap], masks: Sequence[Bools]) -> float:
    """Return the probability that a defective pixel scores above a good one, ties counting half (Mann-Whitney).

    Args:
        maps: Score of each pixel, each (H, W) float32; sizes may differ between pictures.
        masks: True where defective, each of its map's shape; all False for a good picture.

    Returns:
        The exact figure over the pixels of all pictures; nan without defective or without good pixels.

    Raises:
        ValueError: A mask of another shape than its map, or a score that is no number.
    """
    defective = np.sort(
        np.concatenate([np.empty(0, np.float32), *(scores[mask] for scores, mask in _pairs(maps, masks))])
    )
    good, twice = 0, 0
    for scores, mask in _pairs(maps, masks):
        own = np.sort(scores[~mask])
        good += own.size
        below = np.searchsorted(defective, own, "left") + np.searchsorted(defective, own, "right")
        twice += 2 * defective.size * own.size - int(below.sum())
    return twice / (2 * defective.size * good) if defective.size and good else float("nan")


def aupro(maps: Sequence[HeatMap], masks: Sequence[Bools], limit: float = 0.3) -> float:
    """Return the area under the per-region overlap up to a false positive rate of `limit`, divided by `limit`.

    At each distinct score as threshold: the share of each defect region that is found, averaged over all regions of
    all pictures, over the share of good pixels that are flagged. A region is an 8-connected component of a mask.
    Trapezoids between thresholds, with linear interpolation at the limit. Definition and conventions as in Bergmann et
    al., "The MVTec Anomaly Detection Dataset", IJCV 2021.

    Args:
        maps: Score of each pixel, each (H, W) float32; sizes may differ between pictures.
        masks: True where defective, each of its map's shape; all False for a good picture.
        limit: Largest false positive rate, above 0, at most 1.

    Returns:
        The exact figure, 0..1; nan without defective or without good pixels.

    Raises:
        ValueError: A limit out of range, a mask of another shape than its map, or a score that is no number.
    """
    if not 0 < limit <= 1:
        raise ValueError(f"the limit must be above 0 and at most 1, not {limit}")
    overlap = _overlap(maps, masks)
    good = sum(int((~mask).sum()) for _, mask in _pairs(maps, masks))
    if overlap.scores.size == 0 or good == 0:
        return float("nan")
    flagged = limit * good
    last = _largest(maps, masks, min(math.ceil(flagged), good))
    above, equal, area = 0, 0, 0.0
    for scores, mask in _pairs(maps, masks):
        own = scores[~mask]
        equal += int((own == last).sum())
        own = np.sort(own[own > last])
        above += own.size
        area += float((overlap.above(own) + overlap.from_(own)).sum()) / 2
    start, end = (float(found[0]) for found in (overlap.above(np.array([last])), overlap.from_(np.array([last]))))
    share = (flagged - above) / equal  # of the pixels at the last threshold that still lie below the limit
    area += (flagged - above) * (start + share * (end - start) / 2)
    return area / flagged


@dataclass(frozen=True, slots=True, eq=False)
class _Overlap:
    """Mean overlap of the regions at any threshold.

    Attributes:
        scores: Of the defective pixels, ascending, (N,).
        found: Mean overlap that the first 0..N of them make up, (N + 1,).
    """

    scores: NDArray[np.float32]
    found: Floats

    def from_(self, thresholds: NDArray[np.float32]) -> Floats:
        """Return the overlap of pixels that score at least the threshold."""
        values: Floats = self.found[-1] - self.found[np.searchsorted(self.scores, thresholds, "left")]
        return values

    def above(self, thresholds: NDArray[np.float32]) -> Floats:
        """Return the overlap of pixels that score more than the threshold."""
        values: Floats = self.found[-1] - self.found[np.searchsorted(self.scores, thresholds, "right")]
        return values


def _overlap(maps: Sequence[HeatMap], masks: Sequence[Bools]) -> _Overlap:
    from scipy.ndimage import label

    scores, weights, regions = [np.empty(0, np.float32)], [np.empty(0, np.float64)], 0
    for values, mask in _pairs(maps, masks):
        numbers, count = label(mask, structure=np.ones((3, 3), np.int8))
        inside = numbers[mask]
        scores.append(values[mask])
        weights.append(1.0 / np.bincount(inside, minlength=count + 1)[inside])
        regions += count
    every, weight = np.concatenate(scores), np.concatenate(weights)
    order = np.argsort(every, kind="stable")
    return _Overlap(every[order], np.r_[0.0, np.cumsum(weight[order])] / max(regions, 1))


def _largest(maps: Sequence[HeatMap], masks: Sequence[Bools], rank: int) -> np.float32:
    """Return the score of the good pixel at `rank`, counted from 1 downwards.

    Two counts over half of the score's bits each find it exactly: the upper half first, then the lower.
    """
    upper = np.zeros(_HALF_KEY, np.int64)
    for scores, mask in _pairs(maps, masks):
        upper += np.bincount(_keys(scores[~mask]) >> 16, minlength=_HALF_KEY)
    high, rank = _place(upper, rank)
    lower = np.zeros(_HALF_KEY, np.int64)
    for scores, mask in _pairs(maps, masks):
        keys = _keys(scores[~mask])
        lower += np.bincount(keys[keys >> 16 == high] & (_HALF_KEY - 1), minlength=_HALF_KEY)
    key = np.array([high << 16 | _place(lower, rank)[0]], np.uint32)
    bits = np.where(key >> 31, key ^ np.uint32(1 << 31), ~key)
    return np.float32(bits.view(np.float32)[0])


def _place(counts: NDArray[np.int64], rank: int) -> tuple[int, int]:
    """Return in which bin the value of this rank lies, counted from the last bin, and its rank within the bin."""
    passed = np.cumsum(counts[::-1])
    place = int(np.searchsorted(passed, rank))
    return counts.size - 1 - place, rank - int(passed[place] - counts[::-1][place])


def _keys(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return whole numbers in the order of the scores: the bits of an IEEE 754 number, negative ones turned round."""
    bits = (scores + np.float32(0)).view(np.uint32)  # adding 0 makes one zero of two
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)


def _pairs(maps: Sequence[HeatMap], masks: Sequence[Bools]) -> Iterator[tuple[HeatMap, Bools]]:
    for number, (scores, mask) in enumerate(zip(maps, masks, strict=True)):
        values, marked = np.asarray(scores, np.float32), np.asarray(mask, np.bool_)
        if values.shape != marked.shape or values.ndim != 2:
            raise ValueError(f"map {number} is {values.shape}, its mask {marked.shape}")
        if np.isnan(values).any():
            raise ValueError(f"map {number} has a score that is no number")
        yield values, marked
