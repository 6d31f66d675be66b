"""A short code that near-duplicates share: the same picture shifted, brightened, recompressed or resized.

The magnitude of a picture's Fourier transform does not change when the picture is shifted (the shift theorem); taken
of the detail alone, and scaled to length 1, it changes neither with brightness nor with contrast. A fixed random
projection keeps its distances (Johnson and Lindenstrauss, 1984) in a few numbers.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from inspector.types import Image

CODE_LENGTH = 128
VERSION = "spectrum/1"

_SIDE = 64
_REACH = 22
"""Frequencies kept, in cycles per picture: finer ones do not survive resizing and recompression."""


def code_of(pixels: Image) -> NDArray[np.float32]:
    """Return the code of a picture (H, W, 3) uint8 RGB, (CODE_LENGTH,) float32 of length about 1."""
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (small - cv2.GaussianBlur(small, (0, 0), 6)) * _window()
    spectrum = np.abs(np.fft.rfft2(detail))
    kept = np.sqrt(np.concatenate([spectrum[:_REACH, :_REACH], spectrum[-_REACH + 1 :, :_REACH]]).ravel())
    kept -= kept.mean()
    code = kept @ _projection(kept.size)
    unit: NDArray[np.float32] = (code / max(float(np.linalg.norm(code)), 1e-6)).astype(np.float32)
    return unit


@functools.cache
def _window() -> NDArray[np.float32]:
    rise = np.hanning(_SIDE + 2)[1:-1]
    return np.sqrt(np.outer(rise, rise)).astype(np.float32)


@functools.cache
def _projection(length: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(20)
    directions: NDArray[np.float32] = rng.standard_normal((length, CODE_LENGTH), np.float32)
    return directions / np.float32(np.sqrt(CODE_LENGTH))
