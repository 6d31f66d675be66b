"""95 % intervals: exact for shares, by bootstrap over parts for everything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.estimate import LEVEL, Estimate, share

__all__ = ["LEVEL", "Estimate", "bootstrap", "share"]


def bootstrap(
    figure: Callable[[NDArray[np.int64]], Sequence[float]],
    parts: Sequence[str],
    strata: Sequence[str],
    *,
    resamples: int,
    seed: int,
) -> list[Estimate]:
    """Return figures with percentile intervals from resampling whole parts within their stratum.

    Pictures of one part resemble each other, so parts are drawn, not pictures; drawing within a stratum (the class of
    the part) keeps the class counts about as they are, rare classes included.

    Args:
        figure: From picture indices, repeated as drawn, to one or more figures.
        parts: Part of each picture, (N,).
        strata: Class of each picture, (N,); a part belongs to the class of its rarest picture.
        resamples: How often.
        seed: The same seed gives the same intervals.
    """
    groups = _parts_by_stratum(parts, strata)
    rng = np.random.default_rng(seed)
    everything = np.arange(len(parts), dtype=np.int64)
    values = figure(everything)
    drawn = np.full((resamples, len(values)), np.nan)
    for number in range(resamples):
        chosen = [own[k] for own in groups for k in rng.integers(0, len(own), len(own))]
        drawn[number] = figure(np.concatenate(chosen))
    return [_percentiles(value, column) for value, column in zip(values, drawn.T, strict=True)]


def _parts_by_stratum(parts: Sequence[str], strata: Sequence[str]) -> list[list[NDArray[np.int64]]]:
    names, counts = np.unique(np.asarray(strata), return_counts=True)
    rarity = dict(zip(names.tolist(), counts.tolist(), strict=True))
    members: dict[str, list[int]] = {}
    for index, part in enumerate(parts):
        members.setdefault(part, []).append(index)
    groups: dict[str, list[NDArray[np.int64]]] = {}
    for indices in members.values():
        stratum = min((strata[index] for index in indices), key=lambda name: (rarity[name], name))
        groups.setdefault(stratum, []).append(np.array(indices, np.int64))
    return [groups[name] for name in sorted(groups)]


def _percentiles(value: float, column: NDArray[np.float64]) -> Estimate:
    known = column[~np.isnan(column)]
    if np.isnan(value) or known.size == 0:
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
