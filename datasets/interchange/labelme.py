"""labelme: one JSON file beside each image; read and written.

The documented fields: version, flags, shapes (label, points, shape_type, flags, and `mask` as PNG), imagePath,
imageData, imageHeight, imageWidth. A data set of this program adds label, part, view, split and lot beside them.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.planning import Source
from datasets.interchange.reading import mapping, number, points_of, read_json, sequence, size_of
from datasets.interchange.shapes import Outline, Runs, Shape, box, ellipse
from datasets.interchange.writing import Export
from datasets.manifest import SPLITS
from inspector.errors import DatasetError, ImageError
from inspector.imaging import decode_mask

_WITHOUT_AREA = ("point", "points", "line", "linestrip")


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read every JSON file of the folder, or those named; an image without one was not looked at and is left out.

    A flag that is set gives its class to the image as a whole. Pictures inside the files (`imageData`) are not used:
    the image itself must be there. The split comes from `split`, or from the folders' names.

    Raises:
        DatasetError: No such file.
    """
    named = [path for path in source.finder.files if path.lower().endswith(".json")]
    files = source.files or tuple(source.folder / path for path in named)
    if not files:
        raise DatasetError(f"{source.folder}: no JSON file lies here.", cure="Name the folder with labelme's files.")
    entries = []
    for file in files:
        try:
            entries.append(_read_file(file, source))
        except DatasetError as error:
            mistakes.add(file.name, error.message)
    return Reading(entries)


def _read_file(file: Path, source: Source) -> Entry:
    values = mapping(read_json(file), str(file))
    if "shapes" not in values:
        raise DatasetError("has no shapes: it is no file of labelme")
    folder = file.parent.relative_to(source.folder).as_posix() if file.is_relative_to(source.folder) else ""
    path = source.finder.find(str(values.get("imagePath") or ""), (folder, ""))
    flags = values.get("flags")
    labels = tuple(name for name, on in flags.items() if on is True) if isinstance(flags, dict) else ()
    split = str(values.get("split") or "")
    return Entry(
        path=path,
        where=file.name,
        labels=(str(values["label"]),) if values.get("label") else labels,
        marks=tuple(_mark(shape, place) for place, shape in enumerate(sequence(values["shapes"], "shapes"))),
        size=size_of(values.get("imageWidth"), values.get("imageHeight")),
        part=str(values.get("part") or ""),
        view=str(values.get("view") or ""),
        split=split if split in SPLITS else split_of(posixpath.dirname(path) + "/"),
        lot=str(values.get("lot") or ""),
    )


def _mark(shape: object, place: int) -> Mark:
    try:
        values = mapping(shape, "the shape")
        return Mark(_label(values), _shapes(values))
    except DatasetError as error:
        raise DatasetError(f"shapes[{place}]: {error.message}") from error


def _label(values: Mapping[str, Any]) -> str:
    if not values.get("label"):
        raise DatasetError("it has no label")
    return str(values["label"])


def _shapes(values: Mapping[str, Any]) -> tuple[Shape, ...]:
    kind = values.get("shape_type") or "polygon"
    if kind in _WITHOUT_AREA:
        return ()
    if kind == "polygon":
        return (Outline(points_of(values.get("points"), "points")),)
    if kind not in ("rectangle", "circle", "mask"):
        raise DatasetError(f"the shape type {kind!r} is not known")
    (x1, y1), (x2, y2) = _two_points(values.get("points"))
    if kind == "rectangle":
        return (box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)),)
    if kind == "circle":
        radius = float(np.hypot(x2 - x1, y2 - y1))
        return (ellipse(x1, y1, radius, radius),)
    return (_mask(values.get("mask"), int(x1), int(y1)),)


def _two_points(values: object) -> list[tuple[float, float]]:
    if not isinstance(values, list) or len(values) != 2 or not all(isinstance(p, list) and len(p) == 2 for p in values):
        raise DatasetError(f"points are {values!r:.80}, not two corners")
    return [(number(x, "points"), number(y, "points")) for x, y in values]


def _mask(text: object, x: int, y: int) -> Runs:
    """Return a mask that stands in the file as PNG, its upper left pixel at (x, y)."""
    try:
        data = base64.b64decode(str(text), validate=True)
        marked = decode_mask(data, "the shape's mask") > 0
    except (binascii.Error, ImageError) as error:
        raise DatasetError(f"its mask is no PNG ({error})") from error
    height, width = marked.shape
    changes = np.flatnonzero(np.diff(marked.reshape(-1), prepend=False))
    counts = np.diff(changes, prepend=0, append=marked.size)
    return Runs(counts.astype(np.int64), width, height, x, y)


def write(export: Export) -> None:
    """Write `<split>/<image>` and its JSON file: a flag per class, outlines of the masks."""
    for image in export.images:
        item, folder = image.item, image.item.split
        export.copy(image, f"{folder}/{image.name}")
        mask, found = image.read_pieces(defective=item.label not in export.good)
        shapes: list[dict[str, Any]] = [
            {
                "label": item.label,
                "points": [[float(x), float(y)] for x, y in piece.outline],
                "group_id": None,
                "description": "",
                "shape_type": "polygon",
                "flags": {},
                "mask": None,
            }
            for piece in (found if mask is not None else [])
        ]
        document = {
            "version": "5.5.0",
            "flags": {name: name == item.label for name in export.classes},
            "shapes": shapes,
            "imagePath": image.name,
            "imageData": None,
            "imageHeight": item.height,
            "imageWidth": item.width,
        }
        known = {"label": item.label, "part": item.part, "view": item.view, "split": item.split, "lot": image.lot}
        export.write(f"{folder}/{image.stem}.json", json.dumps({**document, **known}, ensure_ascii=False, indent=1))
        export.advance()
