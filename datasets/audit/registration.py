"""Whether one picture was made from the other: registered by their shift, then compared in detail and as a whole.

A hash of the whole picture cannot tell two parts of one product apart: they look alike. Two questions can. Does the
fine texture agree everywhere? The band of frequencies that holds it is divided by its local contrast, so that an edge
which all parts share counts no more than the texture which only one has, and correlated in tiles. And is the one a
brighter or darker version of the other? Then their smoothed pictures correlate almost wholly. Strangers fail the one or
the other. The shift comes from phase correlation (Kuglin and Hines, 1975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.types import Image

SIDE = 192
"""Pixels of the longer side at which pictures are compared."""

LEAST_DETAIL, LEAST_WHOLE = 0.65, 0.988
"""Both must be reached; found on magnetic tiles, bottles and synthetic washers (docs/audit.md)."""

_TILES = 6
_FINE, _COARSE, _SMOOTH = 0.8, 3.0, 1.5
_NOISE = 1.0  # contrast, in grey levels, below which detail is the camera's or the compression's noise
_MOST_FORMAT = 1.18  # ratio of aspect ratios
_LEAST_PIXELS = 500

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far two pictures are one and the same.

    Attributes:
        detail: Correlation of the fine texture that all but the worst third of the tiles reach, -1..1.
        whole: Correlation of the smoothed pictures, -1..1.
        dx: Shift of the second against the first, in pixels at the size of comparison.
        dy: The same downwards.
    """

    detail: float
    whole: float
    dx: float = 0.0
    dy: float = 0.0

    @property
    def duplicate(self) -> bool:
        """Whether one picture was made from the other, or both show the same part in the same light."""
        return self.detail >= LEAST_DETAIL and self.whole >= LEAST_WHOLE


def prepare(pixels: Image) -> Floats:
    """Return the grey picture at the size of comparison, (h, w) float32, from (H, W, 3) uint8 RGB."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    scale = SIDE / max(grey.shape)
    size = (max(24, round(grey.shape[1] * scale)), max(24, round(grey.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, size, interpolation=method).astype(np.float32)


def compare(one: Floats, other: Floats) -> Likeness:
    """Return how alike two prepared pictures are; pictures of clearly different formats are not."""
    import cv2

    ratio = (one.shape[0] * other.shape[1]) / (one.shape[1] * other.shape[0])
    if not 1 / _MOST_FORMAT < ratio < _MOST_FORMAT:
        return Likeness(0.0, 0.0)
    height, width = one.shape
    if other.shape != one.shape:
        other = cv2.resize(other, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
    fine, other_fine = _band(one), _band(other)
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(fine, other_fine, window)
    shifts = {(0.0, 0.0)} | ({(dx, dy)} if abs(dx) < width / 3 and abs(dy) < height / 3 else set())
    detail, dx, dy = max((_detail(fine, other_fine, *shift), *shift) for shift in sorted(shifts))
    return Likeness(detail, _whole(one, other, dx, dy), dx, dy)


def _band(grey: Floats) -> Floats:
    import cv2

    band = cv2.GaussianBlur(grey, (0, 0), _FINE) - cv2.GaussianBlur(grey, (0, 0), _COARSE)
    return band.astype(np.float32, copy=False)


def _shared(one: Floats, other: Floats, dx: float, dy: float) -> tuple[Floats, Floats]:
    """Return what both pictures show, where `other` is `one` moved by (dx, dy)."""
    import cv2

    height, width = one.shape
    back = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    moved = cv2.warpAffine(other, back, (width, height), flags=cv2.INTER_CUBIC).astype(np.float32, copy=False)
    margin = 3  # of the interpolation
    x, y = (
        slice(margin + max(0, int(np.ceil(-dx))), width - margin - max(0, int(np.ceil(dx)))),
        slice(margin + max(0, int(np.ceil(-dy))), height - margin - max(0, int(np.ceil(dy)))),
    )
    return one[y, x], moved[y, x]


def _detail(one: Floats, other: Floats, dx: float, dy: float) -> float:
    a, b = (_levelled(each) for each in _shared(one, other, dx, dy))
    own, theirs = _means(a * a) - _means(a) ** 2, _means(b * b) - _means(b) ** 2
    covariance = _means(a * b) - _means(a) * _means(b)
    correlation = covariance / np.sqrt(np.maximum(own * theirs, 1e-6))
    weight = np.sqrt(np.maximum(np.minimum(own, theirs), 1e-4))
    order = np.argsort(correlation)
    total = np.cumsum(weight[order])
    return float(correlation[order][np.searchsorted(total, total[-1] * 0.35)])


def _levelled(band: Floats) -> Floats:
    import cv2

    contrast = np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 5) + _NOISE**2)
    levelled: Floats = (band / contrast).astype(np.float32, copy=False)
    return levelled


def _means(values: Floats) -> NDArray[np.float64]:
    """Return the mean of each tile."""
    import cv2

    return cv2.resize(values, (_TILES, _TILES), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()


def _whole(one: Floats, other: Floats, dx: float, dy: float) -> float:
    """Correlation of the smoothed pictures where neither is saturated: brightness and contrast do not matter."""
    import cv2

    smooth = [cv2.GaussianBlur(each, (0, 0), _SMOOTH).astype(np.float32, copy=False) for each in (one, other)]
    a, b = (each.ravel() for each in _shared(smooth[0], smooth[1], dx, dy))
    usable = (a > 3) & (a < 252) & (b > 3) & (b < 252)
    if usable.sum() < _LEAST_PIXELS:
        usable = np.ones_like(usable)
    a, b = a[usable], b[usable]
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 1e-3 else 0.0
