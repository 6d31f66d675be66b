"""Files that other tools wrote (`make_fixtures.py` says which, and how): read with their classes, splits and places."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.importer import ImportReport, import_images
from datasets.manifest import Item, open_dataset
from datasets.plan import ImportRequest
from inspector.imaging import read_image
from inspector.types import Image

FIXTURES = Path(__file__).parent / "fixtures"
SPLIT = {"first": "train", "second": "validation", "third": "test"}
WRITTEN = [
    ("supervision_coco", "coco", "outline", False),
    ("supervision_yolo", "yolo", "outline", False),
    ("supervision_yolo_boxes", "yolo", "box", False),
    ("supervision_voc", "voc", "outline", False),
    ("pycocotools_rle", "coco", "mask", False),
    ("datumaro_coco_instances", "coco", "mask", True),
    ("datumaro_yolo_ultralytics", "yolo", "box", True),
    ("datumaro_cvat", "cvat", "box", True),
    ("datumaro_cvat_box", "cvat", "box", True),
    ("datumaro_voc_detection", "voc", "box", True),
    ("label_studio_brush", "label-studio", "mask", False),
    ("label_studio_yolo", "label-studio", "box", False),
]
"""Folder, format, how places are marked, whether the files say the split."""


def fetch(folder: str, kind: str, out: Path) -> tuple[ImportReport, dict[str, Item]]:
    """Import a fixture; every image by its name."""
    report = import_images(ImportRequest(FIXTURES / folder, out, format=kind))
    with open_dataset(out) as dataset:
        return report, {item.path.stem: item for item in dataset.items()}


def boxes(mask: Image) -> Image:
    """Return the mask of the boxes around its pieces."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    filled = np.zeros_like(mask)
    for x, y, width, height, _ in stats[1:]:
        filled[y : y + height, x : x + width] = 255
    return filled


@pytest.mark.parametrize(("folder", "kind", "marked", "splits"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_that_what_another_tool_wrote_is_read(
    tmp_path: Path, folder: str, kind: str, marked: str, splits: bool
) -> None:
    report, items = fetch(folder, kind, tmp_path / "out")
    wanted = {"first": "dent", "second": "good", "third": "scratch"}
    if folder == "datumaro_voc_detection":  # Datumaro writes no file for an image without a mark: it is not labelled
        assert report.ignored == ("JPEGImages/second.png",)
        del wanted["second"]
    assert {name: item.label for name, item in items.items()} == wanted
    assert [line.split(": ")[1] for line in report.mixed] == ["scratch; also dent"]
    for name, item in items.items():
        assert not splits or item.split == SPLIT[name]
        truth = read_image(FIXTURES / "truth" / f"{name}_mask.png")[:, :, 0]
        mask = item.read_mask()
        if name == "second":
            assert mask is None
            continue
        assert mask is not None
        wanted_mask = boxes(truth) if marked == "box" else truth
        if marked == "outline":  # through the centres of the outermost pixels: half a pixel may be lost around
            assert not (mask[cv2.dilate(wanted_mask, np.ones((3, 3), np.uint8)) == 0]).any()
            assert (mask[cv2.erode(wanted_mask, np.ones((3, 3), np.uint8)) > 0] == 255).all()
        else:
            assert (mask == wanted_mask).all()
