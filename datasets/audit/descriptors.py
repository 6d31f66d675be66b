"""Hand-made descriptors of a picture: what it looks like without any learned network.

Bands of spatial frequency (differences of Gaussians; Lowe, IJCV 2004) with their order statistics, energies of oriented
filters (Gabor; Manjunath and Ma, PAMI 1996), uniform local binary patterns (Ojala et al., PAMI 2002) and a coarse
thumbnail: defects are rare extremes of some band, uneven lighting is a slow one.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inspector.types import Image

VERSION = "descriptors/1"
"""Changes with every change of the numbers below: older rows are then worth nothing."""

SIDE = 256
"""Every picture is brought to this many pixels square: its format is one more number."""

_SIGMAS = (0.8, 1.6, 3.2, 6.4, 12.8, 25.6)
_QUANTILES = (0.0, 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 1.0)
_WAVELENGTHS = (4.0, 8.0, 16.0, 32.0)
_ORIENTATIONS = 6
_GRID = 6
_LBP_RADII = (1, 2, 4)

Floats = NDArray[np.float32]


def describe_picture(pixels: Image) -> Floats:
    """Return the descriptor of a picture (H, W, 3) uint8 RGB, (d,) float32; d is the same for every picture."""
    import cv2

    height, width = pixels.shape[:2]
    method = cv2.INTER_AREA if height * width > SIDE * SIDE else cv2.INTER_LINEAR
    colour = cv2.resize(pixels, (SIDE, SIDE), interpolation=method).astype(np.float32) / 255.0
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)
    parts = (
        [np.log(width / height)],
        _colour(colour),
        _bands(grey),
        _orientations(grey),
        *(_patterns(grey, radius) for radius in _LBP_RADII),
    )
    return np.concatenate([np.asarray(part, np.float32).ravel() for part in parts])


def _colour(colour: Floats) -> Floats:
    import cv2

    small = cv2.resize(colour, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    spread = [channel.std() for channel in cv2.split(colour)]
    return np.concatenate([small.mean(axis=2).ravel(), small.mean(axis=(0, 1)), spread]).astype(np.float32)


def _bands(grey: Floats) -> Floats:
    """Order statistics of each band, and where its strongest places lie: the largest of coarse cells, sorted."""
    import cv2

    blurred = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _SIGMAS)]
    found: list[NDArray[np.floating]] = []
    for fine, coarse in pairwise(blurred):
        band = fine - coarse
        spread = float(band.std()) + 1e-4
        energy = cv2.resize(band * band, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
        extremes = np.quantile(band, _QUANTILES)
        found += [
            extremes / spread,
            extremes * 4.0,
            np.array([np.log(spread)]),
            np.sort(np.log(np.sqrt(energy.ravel()) / spread + 1e-2))[::4],
            np.sort(np.log(np.sqrt(energy.ravel()) + 1e-4))[[0, 9, 18, 27, 33, 34, 35]],
        ]
    return np.concatenate([np.asarray(part, np.float32) for part in found])


def _orientations(grey: Floats) -> Floats:
    import cv2

    found = []
    for level, wavelength in enumerate(_WAVELENGTHS):
        scaled = grey
        for _ in range(level):
            scaled = cv2.pyrDown(scaled).astype(np.float32, copy=False)
        energies = []
        for even, odd in _gabor_bank(wavelength / 2**level):
            squared = cv2.filter2D(scaled, cv2.CV_32F, even) ** 2 + cv2.filter2D(scaled, cv2.CV_32F, odd) ** 2
            local = cv2.blur(squared, (5, 5))
            energies.append([squared.mean(), local.max(), np.quantile(local, 0.95)])
        logs = np.log(np.sqrt(np.array(energies)) + 1e-4)
        found += [logs.ravel(), logs.max(axis=0), logs.max(axis=0) - logs.min(axis=0), logs.std(axis=0)]
    return np.concatenate(found).astype(np.float32)


@functools.cache
def _gabor_bank(wavelength: float) -> tuple[tuple[Floats, Floats], ...]:
    """Return even and odd filters without mean, for each orientation."""
    reach = int(np.ceil(wavelength * 1.5))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    window = np.exp(-(x * x + y * y) / (2 * (wavelength * 0.5) ** 2))
    window /= window.sum()
    bank = []
    for angle in np.arange(_ORIENTATIONS) * np.pi / _ORIENTATIONS:
        phase = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / wavelength
        even = window * (np.cos(phase) - (window * np.cos(phase)).sum())
        bank.append((even.astype(np.float32), (window * np.sin(phase)).astype(np.float32)))
    return tuple(bank)


def _patterns(grey: Floats, radius: int) -> Floats:
    """Histogram of rotation-invariant uniform patterns of 8 neighbours at `radius`, 10 bins, as square roots."""
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), radius / 2) if radius > 1 else grey
    centre = smooth[radius:-radius, radius:-radius]
    bits = []
    for dy, dx in ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)):
        y, x = radius * (1 + dy), radius * (1 + dx)
        bits.append(smooth[y : y + centre.shape[0], x : x + centre.shape[1]] >= centre + 0.004)
    ring = np.stack(bits)
    changes = (ring != np.roll(ring, 1, axis=0)).sum(axis=0)
    code = np.where(changes <= 2, ring.sum(axis=0), 9)
    return np.sqrt(np.bincount(code.ravel(), minlength=10) / code.size).astype(np.float32)
