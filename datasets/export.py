"""Exchange with other programs: CSV and COCO."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from datasets.csvfile import COLUMNS
from datasets.manifest import Dataset, Item
from inspector.jsonfile import replace_file
from inspector.types import Image

_MORE_COLUMNS = ("sha256", "width", "height", "source", "synthetic")


def export_csv(dataset: Dataset, path: Path, split: str | None = None) -> int:
    """Write one line per image with absolute paths and return their number; `import --csv` reads the file back.

    Pictures with synthetic defects are left out: a list cannot hold them in the train split.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *_MORE_COLUMNS))
    lots = dict(dataset.connection.execute("SELECT item_id, lot FROM item").fetchall())
    items = [item for item in dataset.items(split) if not item.derived]
    for item in items:
        mask = "" if item.mask is None else item.mask
        listed = (item.path, item.label, item.part, item.view, item.split, mask, lots[item.item_id])
        writer.writerow((*listed, item.sha256, item.width, item.height, item.source, int(item.synthetic)))
    replace_file(path, text.getvalue().encode())
    return len(items)


def export_coco(dataset: Dataset, path: Path, split: str | None = None) -> int:
    """Write COCO object detection JSON (Lin et al. 2014) and return the number of annotations.

    Every connected piece of a mask is one annotation of its image's class, with box, area (both in pixels) and outline.
    Good images have none. An image's class, part, view and split stand beside it, since a defective image without
    mask has no annotation that could carry its class.

    Raises:
        DatasetError: An image or mask file has gone.
        ImageError: A mask was damaged since the import.
    """
    items = dataset.items(split)
    numbers = {name: number for number, name in enumerate((c for c in dataset.classes if c not in dataset.good), 1)}
    annotations: list[dict[str, Any]] = []
    for item in items:
        mask = item.read_mask() if item.label in numbers else None
        for piece in [] if mask is None else outline_pieces(mask):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": item.item_id, "category_id": numbers[item.label], "iscrowd": 0}
                | piece
            )
    document = {
        "info": {"description": dataset.name, "version": dataset.fingerprint},
        "images": [_coco_image(item) for item in items],
        "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": "defect"} for name, number in numbers.items()],
    }
    replace_file(path, json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
    return len(annotations)


def _coco_image(item: Item) -> dict[str, Any]:
    return {
        "id": item.item_id,
        "file_name": str(item.path),
        "width": item.width,
        "height": item.height,
        "label": item.label,
        "part": item.part,
        "view": item.view,
        "split": item.split,
        "derived": item.derived,
    }


def outline_pieces(mask: Image) -> list[dict[str, Any]]:
    """Return box [x, y, width, height], area and outline polygons of each connected piece of a mask (H, W)."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    pieces = []
    for number in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[number])
        window = np.asarray(labels[y : y + height, x : x + width] == number, np.uint8)
        pieces.append({"bbox": [x, y, width, height], "area": area, "segmentation": _polygons(window, x, y)})
    return pieces


def _polygons(window: Image, x: int, y: int) -> list[list[float]]:
    """Return the outlines around whole pixels: drawn twice as large, so that a line one pixel wide has an inside."""
    import cv2

    double = np.pad(np.kron(window, np.ones((2, 2), np.uint8)), 1)
    contours, _ = cv2.findContours(double, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    polygons = []
    for contour in contours:
        points = (contour.reshape(-1, 2).astype(np.float64) - 0.5) / 2 + [x, y]
        polygons.append([float(value) for value in points.reshape(-1)])
    return polygons
