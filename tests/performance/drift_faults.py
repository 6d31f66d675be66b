"""What can go wrong with a camera, done to pictures of a well one. Each fault leaves the sensor's noise as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from inspector.line.ailments import Ailment
from inspector.types import Image

Spoil = Callable[[Image, np.random.Generator], Image]


@dataclass(frozen=True, slots=True)
class CameraFault:
    """A fault of the camera.

    Attributes:
        name: For the table.
        ailments: Names under which it may be told.
        spoil: From a picture of the well camera to one of the sick camera.
        frozen: The same picture comes again and again, newly compressed each time.
    """

    name: str
    ailments: tuple[Ailment, ...]
    spoil: Spoil
    frozen: bool = False


def defocus(sigma_px: float) -> Spoil:
    """Blur by `sigma_px`, then bring back the noise that blurring took away: the sensor adds it after the lens."""

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        blurred = cv2.GaussianBlur(pixels, (0, 0), sigma_px).astype(np.float32)
        lost = _noise_variance(pixels) - _noise_variance(np.rint(blurred))
        return _noisy(blurred, float(np.sqrt(max(lost, 0.0))), rng)

    return spoil


def _noise_variance(pixels: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> float:
    """Return the variance of the noise in the smoothest tenth of the picture."""
    grey = pixels[..., 1].astype(np.float32)
    second = grey[1:-1, 2:] - 2 * grey[1:-1, 1:-1] + grey[1:-1, :-2]
    blocks = cv2.resize(second**2, (second.shape[1] // 8, second.shape[0] // 8), interpolation=cv2.INTER_AREA)
    return float(np.quantile(blocks, 0.1)) / 6.0


def _noisy(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]], sigma: float, rng: np.random.Generator) -> Image:
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(sigma)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def exposure(factor: float) -> Spoil:
    """Multiply the light; grey values stand for light to the power of 1 / 1.5, as in the simulated camera."""
    curve = np.clip(255.0 * (np.arange(256) / 255.0 * factor ** (1 / 1.5)), 0, 255)

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        return np.asarray(cv2.LUT(pixels, np.rint(curve).astype(np.uint8)), np.uint8)

    return spoil


def shift(dx_px: int, dy_px: int = 0) -> Spoil:
    """Move the picture; what comes in at the border repeats it."""
    matrix = np.array([[1, 0, dx_px], [0, 1, dy_px]], np.float32)

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        size = (pixels.shape[1], pixels.shape[0])
        return np.asarray(cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REFLECT_101), np.uint8)

    return spoil


def dirt(radius: float, place: tuple[float, float], darkness: float = 0.5) -> Spoil:
    """Lay a soft dark spot of `radius` over `place`, both as shares of the picture's width and size."""

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        height, width = pixels.shape[:2]
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        distance = np.hypot(columns - place[0] * width, rows - place[1] * height) / (radius * width)
        veil = darkness / (1.0 + distance**6)
        return np.asarray(np.rint(pixels * (1.0 - veil[:, :, None])), np.uint8)

    return spoil


def noise(sigma: float) -> Spoil:
    """Add sensor noise of `sigma` grey values."""

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        return _noisy(pixels.astype(np.float32), sigma, rng)

    return spoil


def veil(share: float) -> Spoil:
    """Lay stray light over the picture: contrast falls by `share`, the mean stays."""

    def spoil(pixels: Image, rng: np.random.Generator) -> Image:
        mixed = (1.0 - share) * pixels + share * pixels.mean()
        return _noisy(mixed.astype(np.float32), float(np.sqrt(_noise_variance(pixels)) * share), rng)

    return spoil


def recompressed(pixels: Image, rng: np.random.Generator) -> Image:
    """Return the same picture as a stream's encoder would send it once more: not bit-identical."""
    quality = int(rng.integers(90, 98))
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def camera_faults(places: tuple[tuple[float, float], ...]) -> Mapping[str, tuple[CameraFault, ...]]:
    """Return the faults of the campaign by row of its table; dirt lies at one of `places` in each repetition."""
    a = Ailment
    table: dict[str, tuple[CameraFault, ...]] = {}
    for sigma in (0.5, 1.0, 2.0):
        table[f"defocus, sigma {sigma} px"] = (CameraFault("defocus", (a.BLURRED,), defocus(sigma)),)
    for factor in (0.7, 0.85, 1.15, 1.4):
        named = (a.DARKER,) if factor < 1 else (a.BRIGHTER,)
        table[f"light x {factor}"] = (CameraFault("exposure", named, exposure(factor)),)
    for pixels in (4, 8, 16):
        table[f"shift {pixels} px"] = (CameraFault("shift", (a.MOVED,), shift(pixels)),)
    for radius in (0.015, 0.03, 0.06):
        spots = tuple(CameraFault("dirt", (a.DIRTY,), dirt(radius, place)) for place in places)
        table[f"dirt, radius {radius:.1%} of the width"] = spots
    for sigma in (2.0, 4.0, 8.0):
        table[f"noise + {sigma:.0f} grey values"] = (CameraFault("noise", (a.NOISY,), noise(sigma)),)
    for share in (0.15, 0.3):
        table[f"stray light, contrast - {share:.0%}"] = (CameraFault("veil", (a.VEILED,), veil(share)),)
    table["frozen picture, recompressed"] = (CameraFault("frozen", (a.FROZEN,), recompressed, frozen=True),)
    return table
