# ruff: noqa: INP001
"""Make docs/images/synthetic-defects.png: real defects of drawn washers beside those of `inspector synthesize`.

    python docs/make_synthetic_defects.py

Takes minutes: the generator of the last row is trained on the spot.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from datasets.manifest import Item, open_dataset
from datasets.progress import show_progress
from datasets.synthetic import SyntheticRequest
from datasets.synthetic import synthesize as draw_washers
from inspector.imaging import encode_png
from inspector.jsonfile import replace_file
from inspector.types import Image
from training.synthesize import SynthesizeRequest, synthesize

TARGET = Path(__file__).parent / "images" / "synthetic-defects.png"
KINDS = ("crack", "dent", "scratch", "stain", "chip")
_CROP, _CELL, _LABEL, _GAP = 112, 168, 108, 4


def main() -> None:
    """Draw washers, make pictures by every method, and put one of each class side by side."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "washers"
        draw_washers(SyntheticRequest(folder, images=220, size_px=256, seed=3, kinds=KINDS, difficulty=0.2))
        with open_dataset(folder) as dataset, show_progress("synthesize", json_lines=False) as progress:
            rows = [_row("real", [item for item in dataset.items("train") if item.label in KINDS])]
            for method in ("cut-paste", "gan", "perlin"):
                before = {item.item_id for item in dataset.items()}
                synthesize(
                    dataset,
                    SynthesizeRequest(method, 2 * len(KINDS), seed=1, steps=400 if method == "gan" else None),
                    progress,
                )
                rows.append(_row(method, [item for item in dataset.items() if item.item_id not in before]))
    replace_file(TARGET, encode_png(np.concatenate(rows), compression=9))
    print(TARGET)


def _row(name: str, items: list[Item]) -> Image:
    """Return one picture per class, or the first ones where there is one class, cut out around the defect."""
    chosen = [next((item for item in items if item.label == kind), None) for kind in KINDS]
    cells = [_cell(item) for item in chosen if item is not None] or [_cell(item) for item in items[: len(KINDS)]]
    label = np.full((_CELL + _GAP, _LABEL, 3), 255, np.uint8)
    cv2.putText(label, name, (6, _CELL // 2 + 6), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (30, 30, 30), 1, cv2.LINE_AA)
    return np.concatenate([label, *cells], axis=1)


def _cell(item: Item) -> Image:
    pixels, mask = item.read_pixels(), item.read_mask()
    assert mask is not None  # noqa: S101 - every defect of this data set has one
    rows, columns = np.nonzero(mask)
    top = int(np.clip(rows.mean() - _CROP / 2, 0, pixels.shape[0] - _CROP))
    left = int(np.clip(columns.mean() - _CROP / 2, 0, pixels.shape[1] - _CROP))
    crop = pixels[top : top + _CROP, left : left + _CROP]
    cell = cv2.resize(crop, (_CELL, _CELL), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(cell, 0, _GAP, _GAP, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255)), np.uint8)


if __name__ == "__main__":
    main()
