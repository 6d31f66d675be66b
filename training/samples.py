"""A picture of what augmentation does: one row per training picture, the original first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inspector.imaging import encode_png
from inspector.jsonfile import replace_file
from inspector.types import Image
from training.augment import Augment
from training.pictures import Pictures

_ROWS, _VARIATIONS, _SIDE, _GAP = 6, 7, 192, 4


def write_samples(path: Path, pictures: Pictures, augment: Augment, seed: int) -> None:
    """Write a PNG with up to six pictures of different classes and seven variations of each."""
    rows: list[Image] = []
    for number, index in enumerate(_one_per_class(pictures)):
        original, mask = pictures.fitted(index)
        first = seed + number * _VARIATIONS
        rows.append(_row([original, *(augment(original, mask, first + n)[0] for n in range(_VARIATIONS))]))
    replace_file(path, encode_png(np.concatenate(rows), compression=6))


def _one_per_class(pictures: Pictures) -> list[int]:
    firsts = [int(np.flatnonzero(pictures.labels == label)[0]) for label in np.unique(pictures.labels)]
    others = [index for index in range(len(pictures)) if index not in firsts]
    return (firsts + others)[:_ROWS]


def _row(cells: list[Image]) -> Image:
    height, width = cells[0].shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    framed = []
    for number, cell in enumerate(cells):
        small = cv2.resize(cell, size, interpolation=method).astype(np.uint8, copy=False)
        gap = _GAP * (3 if number == 0 else 1)  # a wider line sets the original apart
        framed.append(cv2.copyMakeBorder(small, _GAP, _GAP, _GAP, gap, cv2.BORDER_CONSTANT, value=(255, 255, 255)))
    return np.concatenate(framed, axis=1).astype(np.uint8, copy=False)
