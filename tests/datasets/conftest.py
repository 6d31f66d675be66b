"""Small sources of images, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inspector.imaging import encode_jpeg, encode_png

WriteImage = Callable[..., Path]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def write_image(source: Path) -> WriteImage:
    """Write a picture that no other call writes, or a mask with the value given."""
    rng = np.random.default_rng(3)

    def write(name: str, size: tuple[int, int] = (24, 32), mask: int | None = None) -> Path:
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if mask is None:
            pixels = rng.integers(0, 256, (*size, 3), np.uint8)
        else:
            pixels = np.zeros(size, np.uint8)
            pixels[4:9, 6:12] = mask
        path.write_bytes(encode_png(pixels) if path.suffix.lower() == ".png" else encode_jpeg(pixels))
        return path

    return write
