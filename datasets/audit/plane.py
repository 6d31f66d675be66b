"""The images as a map on paper: alike ones lie together.

t-SNE (van der Maaten and Hinton, JMLR 2008) on the main components, up to some thousand images; of more, a seeded
sample is laid out so, and every other image goes to the weighted middle of its nearest neighbours in the sample.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from datasets.audit.neighbours import nearest

LANDMARKS = 3000
COMPONENTS = 50
_NEIGHBOURS = 5

Floats = NDArray[np.float32]


def lay_out(rows: NDArray[np.floating], *, seed: int = 0) -> Floats:
    """Return the place of each row (n, d) on the map, (n, 2) float32 within -1..1."""
    flat = _components(np.asarray(rows, np.float32), seed)
    if len(flat) < 4:
        return np.linspace(-0.5, 0.5, 2 * len(flat), dtype=np.float32).reshape(-1, 2)
    if len(flat) <= LANDMARKS:
        return _scaled(_stochastic(flat, seed))
    chosen = np.sort(np.random.default_rng(seed).choice(len(flat), LANDMARKS, replace=False))
    placed = _stochastic(flat[chosen], seed)
    near, distances = nearest(flat, flat[chosen], _NEIGHBOURS)
    weights = 1.0 / (distances.astype(np.float64) + 1e-6) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    return _scaled((placed[near] * weights[:, :, None]).sum(axis=1))


def _components(rows: Floats, seed: int) -> Floats:
    from sklearn.decomposition import PCA

    count = min(COMPONENTS, len(rows) - 1, rows.shape[1])
    if count < 2:
        return np.pad(rows[:, :1], ((0, 0), (0, 1))) if rows.size else np.zeros((len(rows), 2), np.float32)
    reduced = PCA(count, svd_solver="randomized", random_state=seed).fit_transform(rows)
    return np.asarray(reduced, np.float32)


def _stochastic(flat: Floats, seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    if not np.ptp(flat, axis=0).any():
        return np.zeros((len(flat), 2))
    perplexity = min(30.0, (len(flat) - 1) / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the threads of the numerical libraries
        layout = TSNE(2, perplexity=perplexity, init="pca", max_iter=500, random_state=seed).fit_transform(flat)
    return np.asarray(layout, np.float64)


def _scaled(plane: NDArray[np.float64]) -> Floats:
    centred = plane - (plane.max(axis=0) + plane.min(axis=0)) / 2
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-9), np.float32)
