"""A small data set with all that interchange has to carry: parts of two views, lots, splits, masks with holes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.importer import import_images
from datasets.plan import ImportRequest
from inspector.imaging import encode_png

SIZE = (30, 40)
"""Height and width of every image."""


def defect(kind: str, number: int) -> np.ndarray:
    """Return a mask: a ring with a dot in it and a line, one pixel wide, that touches it at a corner."""
    mask = np.zeros(SIZE, np.uint8)
    if kind == "crack":
        cv2.line(mask, (2 + number, 2), (20, 25), 255, 1)
    else:
        mask[5:20, 8 + number : 30] = 255
        mask[8:15, 12 + number : 25] = 0
        mask[10, 15 + number] = 255
        mask[20, 30] = 255
    return mask


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Import 6 parts of two views: good without mask, dent and crack with, and one crack without mask."""
    rng = np.random.default_rng(5)
    source = tmp_path / "made"
    lines = ["path,class,part,view,split,mask,lot"]
    kinds = ["good", "good", "dent", "dent", "crack", "crack"]
    for number, kind in enumerate(kinds):
        for view in ("top", "side view"):
            name = f"{kind}/{view}/{number}.png"
            split = ("train", "validation", "test")[number % 3]
            mask = f"masks/{name}" if kind != "good" and (number, view) != (5, "top") else ""
            for path, pixels in ((name, rng.integers(0, 256, (*SIZE, 3), np.uint8)), (mask, defect(kind, number))):
                if path:
                    (source / path).parent.mkdir(parents=True, exist_ok=True)
                    (source / path).write_bytes(encode_png(pixels))
            lines.append(f"{name},{kind},part {number},{view},{split},{mask},lot{number // 3}{split}")
    (source / "list.csv").write_text("\n".join(lines))
    import_images(ImportRequest(source, tmp_path / "set", format="csv", lists=(source / "list.csv",), good=("good",)))
    return tmp_path / "set"
