"""Nearest rows: exactly where there are some thousand, by an inverted index beyond.

The index is the plain one of vector search (Sivic and Zisserman, ICCV 2003; Jégou et al., PAMI 2011): about sqrt(n)
centres by k-means, and a row is compared with the rows of its nearest centres alone, so the work grows with n^1.5.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

EXACT = 12_000
"""Rows up to which all are compared with all."""

_PROBES = 6  # centres whose rows are looked through
_CHUNK = 1024


def nearest(rows: Floats, among: Floats, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the `count` nearest of `among` (m, d) to each of `rows` (n, d): positions and distances, (n, count).

    A row that is itself in `among` finds itself. Where the index finds fewer, the position is -1 and the distance
    infinite.
    """
    if len(among) <= EXACT:
        everything = np.arange(len(among))
        return _within(rows, among, everything, count)
    return _indexed(rows, among, count)


def _within(rows: Floats, among: Floats, numbers: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], Floats]:
    """Search the rows `numbers` of `among` exactly."""
    found = np.full((len(rows), count), -1, np.int64)
    distances = np.full((len(rows), count), np.inf, np.float32)
    part = among[numbers]
    squares = (part * part).sum(1)
    kept = min(count, len(part))
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        table = squares - 2.0 * (chunk @ part.T)
        near = np.argpartition(table, kept - 1, axis=1)[:, :kept]
        values = np.take_along_axis(table, near, 1)
        order = np.argsort(values, axis=1, kind="stable")
        near, values = np.take_along_axis(near, order, 1), np.take_along_axis(values, order, 1)
        found[start : start + len(chunk), :kept] = numbers[near]
        distances[start : start + len(chunk), :kept] = np.sqrt(
            np.maximum(values + (chunk * chunk).sum(1)[:, None], 0.0)
        )
    return found, distances


def _indexed(rows: Floats, among: Floats, count: int) -> tuple[NDArray[np.int64], Floats]:
    from sklearn.cluster import MiniBatchKMeans

    centres = int(np.sqrt(len(among)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about empty clusters and threads; the result is the same
        index = MiniBatchKMeans(centres, n_init=1, max_iter=20, batch_size=4096, random_state=0)
        index.fit(among[np.random.default_rng(0).permutation(len(among))[: 64 * centres]])
    owner = _within(among, index.cluster_centers_.astype(np.float32), np.arange(centres), 1)[0][:, 0]
    members = [np.flatnonzero(owner == centre) for centre in range(centres)]
    probes, _ = _within(rows, index.cluster_centers_.astype(np.float32), np.arange(centres), _PROBES)
    found = np.full((len(rows), count), -1, np.int64)
    distances = np.full((len(rows), count), np.inf, np.float32)
    for first in range(centres):
        mine = np.flatnonzero(probes[:, 0] == first)
        if not mine.size:
            continue
        others = np.unique(probes[mine])
        own = np.concatenate([members[centre] for centre in others])
        for start in range(0, len(mine), _CHUNK):
            chunk = mine[start : start + _CHUNK]
            found[chunk], distances[chunk] = _within(rows[chunk], among, own, count)
    return found, distances
