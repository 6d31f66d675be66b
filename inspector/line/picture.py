"""What one picture says of the camera's health, in about a millisecond: sharpness, light, noise, place, likeness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.types import Image

Map = NDArray[np.float32]

CELLS = 64
"""Rows and columns of the small picture on which place and dirt are looked for."""
_WORK_PX = 640
_PATCH_PX = 512
_DARK, _BRIGHT = 3, 253
_LOCAL_CELLS = 5.0
_FROZEN_NOISE, _FROZEN_CHANGE = 0.8, 0.25
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


class Statistic(StrEnum):
    """Figures of one picture, compared with those of the calibration pictures."""

    FOCUS = "focus"
    BRIGHTNESS = "brightness"
    DARK = "dark"
    BRIGHT = "bright"
    CONTRAST = "contrast"
    NOISE = "noise"
    SHIFT_X = "shift-x"
    SHIFT_Y = "shift-y"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What was measured on one picture by itself.

    Attributes:
        width: Of the whole picture, pixels.
        height: Of the whole picture, pixels.
        figures: By statistic, without the shifts, which need a reference.
        small: Grey values (CELLS, CELLS), 0..255.
        patch: The middle of the picture in full resolution, grey, at most 512 x 512.
    """

    width: int
    height: int
    figures: Mapping[Statistic, float]
    small: Map
    patch: NDArray[np.uint8]


def measure(pixels: Image) -> Picture:
    """Measure one picture (H, W, 3) RGB, at least 8 x 8.

    Focus is the variance of the Laplacian (Pech-Pacheco 2000) on the picture at half size or less, where noise is
    small, over the variance of the grey values, as a logarithm: light and contrast cancel. Noise is Immerkaer's
    estimate (1996) on the full resolution of the middle.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    height, width = grey.shape
    factor = max(2, math.ceil(max(height, width) / _WORK_PX))
    size = (max(width // factor, 4), max(height // factor, 4))
    work = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    patch = _middle(grey).copy()
    small = cv2.resize(work, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    counts = cv2.calcHist([work], [0], None, [256], [0, 256]).ravel() / work.size
    mean, deviation = (float(value) for value in np.ravel(cv2.meanStdDev(work)))
    edges = float(cv2.meanStdDev(cv2.Laplacian(work, cv2.CV_16S))[1][0, 0])
    figures = {
        Statistic.FOCUS: math.log((edges + 0.1) / (deviation + 0.1)),
        Statistic.BRIGHTNESS: mean,
        Statistic.DARK: float(counts[:_DARK].sum()),
        Statistic.BRIGHT: float(counts[_BRIGHT:].sum()),
        Statistic.CONTRAST: math.log((deviation + 0.1) / (mean + 1.0)),
        Statistic.NOISE: _noise(patch),
    }
    return Picture(width, height, {name: rounded(value) for name, value in figures.items()}, small, patch)


def rounded(value: float) -> float:
    """Return a figure with six digits, as files keep it: what is equal in the picture stays equal in the file."""
    return float(f"{value:.6g}")


def _middle(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    top, left = (max(0, (extent - _PATCH_PX) // 2) for extent in grey.shape)
    return grey[top : top + _PATCH_PX, left : left + _PATCH_PX]


def _noise(patch: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the noise in grey values, texture that is as fine included."""
    second = cv2.filter2D(patch, cv2.CV_16S, _IMMERKAER)
    return math.sqrt(math.pi / 2) / 6.0 * float(cv2.norm(second, cv2.NORM_L1)) / second.size


def shift_of(small: Map, reference: Map) -> tuple[float, float]:
    """Return by how many cells (x, y) `small` lies beside `reference` (phase correlation, Kuglin and Hines 1975)."""
    window = cv2.createHanningWindow((CELLS, CELLS), cv2.CV_32F)
    before, now = np.array(reference, np.float32), np.array(small, np.float32)  # copies: OpenCV writes into them
    (x, y), _response = cv2.phaseCorrelate(before, now, window)
    return (x, y) if math.isfinite(x) and math.isfinite(y) else (0.0, 0.0)


def local_map(small: Map) -> Map:
    """Return how far each cell differs from its surroundings, in percent of the picture's mean grey value.

    Light that changes everywhere cancels; a spot that is smaller than some ten cells stays.
    """
    surroundings = cv2.GaussianBlur(small, (0, 0), _LOCAL_CELLS)
    return np.asarray((small - surroundings) * (100.0 / max(float(small.mean()), 1.0)), np.float32)


@dataclass(frozen=True, slots=True)
class Change:
    """How much a picture differs from the one before.

    Attributes:
        grey: Root mean square, grey values; infinite for pictures of two sizes.
        noise: What two exposures of a still scene would differ by: sqrt(2) times the deviation of the sensor's noise.
    """

    grey: float
    noise: float

    def frozen(self, least: float = 0.0) -> bool:
        """Tell whether both pictures show one exposure, perhaps compressed anew.

        Two exposures differ at least by their noise. Where compression has changed the noise, two pictures of one
        exposure still differ far less than two parts do.

        Args:
            least: By how much two successive calibration pictures differ at least, grey values.
        """
        return self.grey <= max(_FROZEN_NOISE * self.noise, _FROZEN_CHANGE * least)


def change_of(now: Picture, before: Picture) -> Change:
    """Compare a picture with the one before."""
    noise = math.sqrt(2.0) * min(now.figures[Statistic.NOISE], before.figures[Statistic.NOISE])
    if now.patch.shape != before.patch.shape:
        return Change(math.inf, noise)
    return Change(float(cv2.norm(now.patch, before.patch, cv2.NORM_L2)) / math.sqrt(now.patch.size), noise)
