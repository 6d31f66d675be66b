"""COCO instances JSON (Lin et al. 2014), read and written; see https://cocodataset.org/#format-data ."""

from __future__ import annotations

import json
import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.outlines import pieces
from datasets.interchange.planning import Source
from datasets.interchange.reading import mapping, number, points_of, read_json, sequence, size_of
from datasets.interchange.shapes import Outline, Runs, Shape, box
from datasets.manifest import SPLITS, Dataset, Item
from inspector.errors import DatasetError
from inspector.jsonfile import replace_file

_PLACES = ("*.json", "annotations/*.json", "*/_annotations.coco.json")


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read COCO files: those named, or those in the folder, in its `annotations`, and Roboflow's in each split.

    Beside COCO's own fields, `label`, `part`, `view`, `split` and `lot` of an image are read, which the export of this
    program writes, and images with `derived` or `regression` are left out. The split otherwise comes from the file's
    name or folder (`instances_val2017.json`). An annotation without box and segmentation gives its class to the image
    as a whole.

    Raises:
        DatasetError: No such file, or one that is no COCO instances file.
    """
    files = source.files or tuple(sorted({path for place in _PLACES for path in source.folder.glob(place)}))
    if not files:
        raise DatasetError(
            f"{source.folder}: no JSON file lies here or in annotations/.", cure="Name the file: --annotations FILE"
        )
    entries: list[Entry] = []
    derived = 0
    for file in files:
        found, left_out = _read_file(file, source, mistakes)
        entries += found
        derived += left_out
    notes = (f"{derived} images with synthetic defects, or of regression cases, were left out.",)
    return Reading(entries, notes=notes if derived else ())


def _read_file(file: Path, source: Source, mistakes: Mistakes) -> tuple[list[Entry], int]:
    document = mapping(read_json(file), str(file))
    if "images" not in document or ("annotations" not in document and "categories" not in document):
        raise DatasetError(f"{file}: has no `images` and `annotations`.", cure="Give a COCO instances file.")
    folder = posixpath.normpath(file.parent.relative_to(source.folder).as_posix()) if _below(file, source) else "."
    split = split_of(posixpath.join(folder, file.name))
    names = {}
    for place, category in enumerate(sequence(document.get("categories"), f"{file}: categories")):
        values = mapping(category, f"{file}: categories[{place}]")
        names[_key(values.get("id"))] = str(values.get("name") or values.get("id"))
    marks = _marks_by_image(file, document, names, mistakes)
    entries, derived = [], 0
    for place, image in enumerate(sequence(document["images"], f"{file}: images")):
        where = f"{file.name}, images[{place}]"
        try:
            values = mapping(image, where)
            found = marks.pop(_key(values.get("id")), ((), ()))
            if values.get("derived") or values.get("regression"):
                derived += 1
            else:
                entries.append(_entry(values, where, source, (folder, split), found))
        except DatasetError as error:
            mistakes.add(where, error.message)
    for unknown in marks:
        mistakes.add(file.name, f"annotations of the image number {unknown!r}, which is not among the images")
    return entries, derived


def _below(file: Path, source: Source) -> bool:
    return file.is_relative_to(source.folder)


def _entry(
    values: Mapping[str, Any],
    where: str,
    source: Source,
    place: tuple[str, str],
    found: tuple[Sequence[str], Sequence[Mark]],
) -> Entry:
    folder, split = place
    labels, marks = found
    near = (folder, "", "images", posixpath.join(folder, "images"), posixpath.join("images", split) if split else "")
    stated = str(values.get("split") or "")
    return Entry(
        path=source.finder.find(str(values.get("file_name") or ""), near),
        where=where,
        labels=(str(values["label"]),) if values.get("label") else tuple(labels),
        marks=tuple(marks),
        size=size_of(values.get("width"), values.get("height")),
        part=str(values.get("part") or ""),
        view=str(values.get("view") or ""),
        split=stated if stated in SPLITS else split,
        lot=str(values.get("lot") or ""),
    )


def _marks_by_image(
    file: Path, document: Mapping[str, Any], names: Mapping[Any, str], mistakes: Mistakes
) -> dict[Any, tuple[list[str], list[Mark]]]:
    """Return, by the image's number, the classes of the whole image and its marks."""
    found: dict[Any, tuple[list[str], list[Mark]]] = defaultdict(lambda: ([], []))
    for place, annotation in enumerate(sequence(document.get("annotations"), f"{file}: annotations")):
        where = f"{file.name}, annotations[{place}]"
        try:
            values = mapping(annotation, where)
            name = _category(values, names)
            labels, marks = found[_key(values.get("image_id"))]
            shapes = _shapes(values)
            if shapes:
                marks.append(Mark(name, shapes))
            else:
                labels.append(name)
        except DatasetError as error:
            mistakes.add(where, error.message)
    return found


def _category(values: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    number_ = _key(values.get("category_id"))
    if number_ not in names:
        raise DatasetError(f"there is no category {number_!r}")
    return names[number_]


def _key(value: object) -> int | str:
    """Return the id of an image or category. Raises DatasetError where it is none."""
    if not isinstance(value, (int, str)):
        raise DatasetError(f"an id is {value!r:.80}, neither a whole number nor a text")
    return value


def _shapes(values: Mapping[str, Any]) -> tuple[Shape, ...]:
    segmentation = values.get("segmentation")
    if isinstance(segmentation, dict):
        return (_runs(segmentation),)
    if segmentation:
        return tuple(Outline(points_of(ring, "segmentation")) for ring in sequence(segmentation, "segmentation"))
    if values.get("bbox"):
        left, top, width, height = _four(values["bbox"])
        return (box(left, top, left + width, top + height),)
    return ()


def _four(values: object) -> list[float]:
    if not isinstance(values, list) or len(values) != 4:
        raise DatasetError(f"bbox is {values!r}, not four numbers")
    return [number(value, "bbox") for value in values]


def _runs(segmentation: Mapping[str, Any]) -> Runs:
    size = segmentation.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise DatasetError("segmentation has no size of height and width")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        lengths = _uncompressed(counts)
    else:
        lengths = [int(number(value, "counts")) for value in sequence(counts, "counts")]
    height, width = (int(number(value, "size")) for value in size)
    return Runs(np.array(lengths, np.int64), width, height, by_columns=True)


def _uncompressed(text: str) -> list[int]:
    """Return the lengths of COCO's compressed runs.

    Five bits a character from '0' on; from the fourth length on each is the difference to the last but one (cocoapi,
    maskApi.c, rleFrString).
    """
    lengths: list[int] = []
    value, shift = 0, 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 40:
            raise DatasetError(f"counts hold {character!r}, which no run-length code has there")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value, shift = 0, 0
    if shift:
        raise DatasetError("counts end amid a number")
    return lengths


def export_coco(dataset: Dataset, path: Path, split: str | None = None) -> int:
    """Write COCO instances JSON with absolute paths and return the number of annotations.

    Every connected piece of a mask is one annotation of its image's class, with box, area (both in pixels) and an
    outline along the pixel edges. Good images have none; a defective image without mask has one over the whole image.
    An image's class, part, view, lot and split stand beside it in fields of their own.

    Raises:
        DatasetError: An image or mask file has gone.
        ImageError: A mask was damaged since the import.
    """
    items = dataset.items(split)
    lots = dict(dataset.connection.execute("SELECT item_id, lot FROM item").fetchall())
    numbers = {name: number for number, name in enumerate((c for c in dataset.classes if c not in dataset.good), 1)}
    annotations: list[dict[str, Any]] = []
    for item in items:
        if item.label in numbers:
            head = {"image_id": item.item_id, "category_id": numbers[item.label], "iscrowd": 0}
            annotations += [{"id": len(annotations) + n, **head, **piece} for n, piece in enumerate(_pieces(item), 1)]
    document = {
        "info": {"description": dataset.name, "version": dataset.fingerprint},
        "images": [_coco_image(item, lots[item.item_id]) for item in items],
        "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": "defect"} for name, number in numbers.items()],
    }
    replace_file(path, json.dumps(document, ensure_ascii=False, allow_nan=False).encode())
    return len(annotations)


def _pieces(item: Item) -> list[dict[str, Any]]:
    mask = item.read_mask()
    found = [] if mask is None else list(pieces(mask))
    if not found:
        width, height = item.width, item.height
        corners = [0.0, 0.0, width, 0.0, width, height, 0.0, height]
        return [{"bbox": [0, 0, width, height], "area": width * height, "segmentation": [corners]}]
    return [
        {
            "bbox": [piece.x, piece.y, piece.width, piece.height],
            "area": piece.area,
            "segmentation": [[float(value) for value in piece.outline.reshape(-1)]],
        }
        for piece in found
    ]


def _coco_image(item: Item, lot: str) -> dict[str, Any]:
    return {
        "id": item.item_id,
        "file_name": str(item.path),
        "width": item.width,
        "height": item.height,
        "label": item.label,
        "part": item.part,
        "view": item.view,
        "split": item.split,
        "lot": lot,
        "derived": item.derived,
        "regression": item.regression,
    }
