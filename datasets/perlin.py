"""Perlin noise as the shape of a synthetic defect, filled with another texture: no real defect is needed.

The noise is Ken Perlin's ("An Image Synthesizer", SIGGRAPH 1985, with the fade curve of "Improving Noise", SIGGRAPH
2002); blending a foreign texture under it follows DRAEM (Zavrtanik, Kristan, Skocaj: "DRAEM - A discriminatively
trained reconstruction embedding for surface anomaly detection", ICCV 2021). Other than there the texture comes from the
good pictures at hand, and the shapes are as small as defects are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.blending import Mask, blend, foreground, soft_edge
from datasets.derived import DerivedPicture
from datasets.manifest import Item
from datasets.synthesis import Sources
from inspector.types import Image

Floats = NDArray[np.float32]

USUAL_CLASS = "synthetic"
"""Class of these defects where none is stated: what noise draws is like no real defect."""

_AREAS = (0.001, 0.04)  # of the part
_CELLS = (3, 12)  # of the coarsest octave along the shorter side
_OCTAVES, _PERSISTENCE = 3, 0.5
_OPACITIES = (0.4, 1.0)
_SHIFTS = (25.0, 90.0)
_LEAST_PX = 12


def perlin_noise(rng: np.random.Generator, height: int, width: int, cell_px: float) -> Floats:
    """Return gradient noise (height, width) in about -1..1, 0 at the corners of a lattice of `cell_px` pixels."""
    y, x = np.arange(height) / cell_px, np.arange(width) / cell_px
    row, column = y.astype(int), x.astype(int)
    v, u = (y - row)[:, None], (x - column)[None, :]
    angles = rng.uniform(0, 2 * np.pi, (row[-1] + 2, column[-1] + 2))

    def corner(down: int, right: int) -> NDArray[np.float64]:
        angle = angles[np.ix_(row + down, column + right)]
        return np.asarray(np.cos(angle) * (u - right) + np.sin(angle) * (v - down))

    fade_v, fade_u = _fade(v), _fade(u)
    top = corner(0, 0) + fade_u * (corner(0, 1) - corner(0, 0))
    bottom = corner(1, 0) + fade_u * (corner(1, 1) - corner(1, 0))
    return np.asarray(np.sqrt(2) * (top + fade_v * (bottom - top)), np.float32)


def _fade(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(t * t * t * (t * (t * 6 - 15) + 10))


def fractal_noise(rng: np.random.Generator, height: int, width: int, cell_px: float) -> Floats:
    """Return the sum of octaves of Perlin noise, each of half the cell and half the strength of the one before."""
    total = np.zeros((height, width), np.float32)
    for octave in range(_OCTAVES):
        size = cell_px / 2**octave
        if size >= 2:
            total += _PERSISTENCE**octave * perlin_noise(rng, height, width, size)
    return total


def draw_shape(rng: np.random.Generator, part: Mask) -> Mask:
    """Return a shape (H, W) on the part: the noise's highest peak or peaks, as large as drawn."""
    import cv2

    height, width = part.shape
    cell = min(height, width) / float(np.exp(rng.uniform(*np.log(_CELLS))))
    noise = fractal_noise(rng, height, width, max(cell, 2.0))
    share = float(np.exp(rng.uniform(*np.log(_AREAS))))
    shape = part & (noise >= np.quantile(noise[part], 1 - share))
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(shape.astype(np.uint8), connectivity=8)
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= _LEAST_PX]
    if not large:
        return np.zeros_like(part)
    kept = large if rng.random() < 0.3 else [int(rng.choice(large))]
    return np.asarray(np.isin(numbers, kept))


class Perlin:
    """Makes pictures of one stated class."""

    def __init__(self, sources: Sources, label: str) -> None:
        self._sources = sources
        self.labels = (label,)

    def make(self, rng: np.random.Generator, label: str) -> DerivedPicture | None:
        """Return a good picture with a defect shaped by noise; None where it came out empty or hardly shows."""
        carrier = self._sources.draw_carrier(rng)
        pixels = carrier.read_pixels()
        shape = draw_shape(rng, foreground(pixels))
        texture, material = self._texture(rng, pixels)
        opacity = np.float32(rng.uniform(*_OPACITIES))
        found = blend(pixels, texture, opacity * soft_edge(shape)) if shape.any() else None
        return None if found is None else DerivedPicture(*found, label, carrier, material)

    def _texture(self, rng: np.random.Generator, pixels: Image) -> tuple[Floats, tuple[Item, ...]]:
        """Return what fills the shape: another picture, or the carrier's own surface darker, lighter or smeared."""
        kind = rng.choice(["foreign", "light", "smear"], p=[0.5, 0.35, 0.15])
        if kind == "foreign":
            other = self._sources.draw_carrier(rng)
            return _estranged(rng, other.read_pixels(), pixels.shape[:2]), (other,)
        if kind == "light":
            return pixels + np.float32(rng.choice([-1, 1]) * rng.uniform(*_SHIFTS)), ()
        return _smeared(rng, pixels), ()


def _estranged(rng: np.random.Generator, pixels: Image, size: tuple[int, int]) -> Floats:
    """Return a picture brought to (H, W), turned, moved and changed in brightness, contrast and sign."""
    import cv2

    turned = np.rot90(pixels, int(rng.integers(4)))
    fitted = cv2.resize(np.ascontiguousarray(turned), size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    moved = np.roll(fitted, (int(rng.integers(size[0])), int(rng.integers(size[1]))), (0, 1))
    gain = rng.uniform(0.6, 1.8) * (1 if rng.random() < 0.7 else -1)
    return np.asarray(moved.mean() + gain * (moved - moved.mean()) + rng.uniform(-60, 60), np.float32)


def _smeared(rng: np.random.Generator, pixels: Image) -> Floats:
    """Return the picture as dirt or a dull spot shows it: blurred, its brightness changed a little."""
    import cv2

    sigma = float(rng.uniform(2, 6)) * min(pixels.shape[:2]) / 256
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(sigma, 1.0)).astype(np.float32)
    return np.asarray(blurred + rng.choice([-1, 1]) * rng.uniform(5, 30), np.float32)
