"""Pixel figures against scikit-learn and a reference that tries every threshold, on scores with and without ties."""

import tracemalloc
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from inspector.types import HeatMap
from training.metrics import Bools
from training.pixel_metrics import aupro, pixel_auroc

seeds = st.integers(0, 10_000)


def some_maps(seed: int, *, ties: bool) -> tuple[list[HeatMap], list[Bools]]:
    """Return four maps of different sizes with up to a few defect regions; the last is of a good picture."""
    rng = np.random.default_rng(seed)
    maps, masks = [], []
    for number in range(4):
        shape = tuple(rng.integers(3, 12, 2))
        mask = rng.random(shape) < (0.0 if number == 3 else 0.25)
        scores = rng.normal(1.0 * mask, 1.0).astype(np.float32)
        maps.append(np.round(scores) if ties else scores)
        masks.append(mask)
    masks[0][0, 0] = True
    return maps, masks


def regions_of(mask: Bools) -> list[set[tuple[int, int]]]:
    """Return the 8-connected components, found by walking from neighbour to neighbour."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}
    found = []
    while left:
        region, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            region.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge += near
        found.append(region)
    return found


def aupro_by_every_threshold(maps: Sequence[HeatMap], masks: Sequence[Bools], limit: float) -> float:
    """Return AUPRO as it is defined: one threshold after the other, region by region, then trapezoids."""
    good = np.concatenate([scores[~mask] for scores, mask in zip(maps, masks, strict=True)])
    regions = [
        np.array([scores[place] for place in region])
        for scores, mask in zip(maps, masks, strict=True)
        for region in regions_of(mask)
    ]
    thresholds = sorted({float(score) for scores in maps for score in scores.flat}, reverse=True)
    curve = [(0.0, 0.0)] + [
        (float((good >= threshold).mean()), float(np.mean([(found >= threshold).mean() for found in regions])))
        for threshold in thresholds
    ]
    area = 0.0
    for (left, low), (right, high) in pairwise(curve):
        if left >= limit:
            break
        if right > limit:
            right, high = limit, low + (high - low) * (limit - left) / (right - left)
        area += (right - left) * (low + high) / 2
    return area / limit


@settings(max_examples=60, deadline=None)
@given(seeds, st.booleans())
def test_that_pixel_auroc_is_that_of_scikit_learn(seed: int, ties: bool) -> None:
    maps, masks = some_maps(seed, ties=ties)
    truth = np.concatenate([mask.ravel() for mask in masks])
    expected = roc_auc_score(truth, np.concatenate([scores.ravel() for scores in maps]))
    assert pixel_auroc(maps, masks) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seeds, st.booleans(), st.sampled_from([0.05, 0.1, 0.3, 0.55, 1.0]))
def test_that_aupro_is_what_every_threshold_gives(seed: int, ties: bool, limit: float) -> None:
    maps, masks = some_maps(seed, ties=ties)
    assert aupro(maps, masks, limit) == pytest.approx(aupro_by_every_threshold(maps, masks, limit), abs=1e-12)


def test_that_a_map_like_its_mask_is_perfect_and_a_flat_one_knows_nothing() -> None:
    masks = [np.zeros((20, 30), np.bool_), np.zeros((10, 10), np.bool_)]
    masks[0][3:6, 4:9] = masks[0][12:14, 20:29] = True
    perfect = [mask.astype(np.float32) for mask in masks]
    flat = [np.full(mask.shape, 0.25, np.float32) for mask in masks]
    assert (pixel_auroc(perfect, masks), aupro(perfect, masks)) == (1.0, 1.0)
    assert pixel_auroc(flat, masks) == 0.5
    assert aupro(flat, masks) == pytest.approx(0.15)  # the diagonal up to 0.3: a triangle of 0.3 * 0.3 / 2, over 0.3


def test_that_every_region_counts_alike_whatever_its_size() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[0:20, 0:20] = mask[30, 30] = True
    scores = np.zeros((40, 40), np.float32)
    scores[30, 30] = 1.0  # the speck is found, the large one is not
    expected = 0.5 + 0.5 * 0.15
    assert aupro([scores], [mask]) == pytest.approx(expected)


def test_that_pixels_that_touch_at_a_corner_are_one_region() -> None:
    mask = np.zeros((8, 8), np.bool_)
    mask[2, 2] = mask[3, 3] = mask[6, 0] = True
    scores = np.where(mask, 0.0, -1.0).astype(np.float32)
    scores[6, 0] = -2.0  # missed: half of the regions, a third of the pixels
    assert aupro([scores], [mask]) == pytest.approx(0.5 * 1.0)


def test_that_minus_zero_and_zero_are_one_score() -> None:
    mask = np.array([[True, False, False, False]])
    assert pixel_auroc([np.array([[0.0, -0.0, -0.0, -1.0]], np.float32)], [mask]) == pytest.approx(2 / 3)
    one = np.array([[0.0, -0.0, 0.0, -1.0]], np.float32)
    other = np.array([[-0.0, 0.0, -0.0, -1.0]], np.float32)
    assert aupro([one], [mask], 0.5) == pytest.approx(aupro([other], [mask], 0.5))


def test_that_figures_without_a_meaning_are_nan_and_wrong_input_is_refused() -> None:
    good, scores = np.zeros((4, 4), np.bool_), np.ones((4, 4), np.float32)
    for masks in ([good], [~good]):
        assert np.isnan(pixel_auroc([scores], masks))
        assert np.isnan(aupro([scores], masks))
    with pytest.raises(ValueError, match="map 0 is"):
        pixel_auroc([scores], [good[:2]])
    with pytest.raises(ValueError, match="no number"):
        aupro([np.full((4, 4), np.nan, np.float32)], [good])
    with pytest.raises(ValueError, match="limit"):
        aupro([scores], [good], 0.0)


def test_that_memory_does_not_grow_with_the_good_pixels() -> None:
    class Lazy(Sequence[HeatMap]):
        def __init__(self, count: int) -> None:
            self.pictures = count

        def __len__(self) -> int:
            return self.pictures

        def __getitem__(self, index: int) -> HeatMap:  # type: ignore[override]
            if index >= self.pictures:
                raise IndexError(index)
            return np.random.default_rng(index).random((200, 200), np.float32)

    def peak(count: int) -> int:
        masks = [np.zeros((200, 200), np.bool_) for _ in range(count)]
        masks[0][:20, :20] = True
        tracemalloc.start()
        pixel_auroc(Lazy(count), masks)
        aupro(Lazy(count), masks)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(24) < 1.2 * peak(6)
