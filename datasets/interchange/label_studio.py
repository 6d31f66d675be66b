"""Label Studio JSON: read and written. Results: choices, rectangle-, ellipse-, polygon- and brushlabels.

https://labelstud.io/guide/task_format and https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks
Places are in percent of the image's width and height, turned boxes around their upper left corner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from datasets.interchange.brush import decode_brush
from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.planning import Source
from datasets.interchange.reading import mapping, number, points_of, read_json, sequence, size_of
from datasets.interchange.shapes import Outline, Runs, Shape, box, ellipse, rotate
from datasets.interchange.writing import Export, Exported
from datasets.pattern import SPLIT_ALIASES
from inspector.errors import DatasetError

_AREAS = ("rectanglelabels", "ellipselabels", "polygonlabels", "brushlabels")
_APART = ("rectangle", "ellipse", "polygon", "brush", "bitmask", "keypoint")  # with their labels in a result of its own
_WITHOUT_AREA = ("keypointlabels", "vectorlabels")
_CLASS_CONTROLS = ("class", "label", "choice")
_UPLOAD = re.compile(r"^[0-9a-f]{8}-")


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read JSON exports: those named, or the JSON files of the folder.

    The choice is the class of the image; several controls of choices are allowed where one of them is called `class`,
    `label` or `choice`. Choices for a region, predictions, drafts and skipped tasks are not labels. Of several people's
    annotations the one marked as ground truth counts, else the newest; this is told. `part`, `view`, `split` and `lot`
    come from the task's data.

    Raises:
        DatasetError: No such file, or one of another kind.
    """
    files = source.files or tuple(sorted(source.folder.glob("*.json")))
    if not files:
        raise DatasetError(f"{source.folder}: no JSON file lies here.", cure="Name the export: --annotations FILE")
    entries: list[Entry] = []
    unlabelled: list[str] = []
    several = 0
    for file in files:
        document = read_json(file)
        if not isinstance(document, list):
            raise DatasetError(f"{file}: is no list of tasks.", cure="Export as JSON, not as JSON-MIN or COCO.")
        for place, task in enumerate(document):
            where = f"{file.name}, task[{place}]"
            try:
                entry, annotations = _entry(mapping(task, where), where, source)
            except DatasetError as error:
                mistakes.add(where, error.message)
                continue
            several += annotations > 1
            if annotations:
                entries.append(entry)
            else:
                unlabelled.append(entry.path)
    told = f"{several} images have annotations of several people; the ground truth counts, else the newest."
    return Reading(entries, notes=(told,) if several else (), unlabelled=tuple(unlabelled))


def _entry(task: Mapping[str, Any], where: str, source: Source) -> tuple[Entry, int]:
    """Return the entry and the number of annotations that say something of it."""
    data = mapping(task.get("data"), f"{where}: data")
    done = [
        mapping(annotation, where)
        for annotation in sequence(task.get("annotations", task.get("completions")), f"{where}: annotations")
        if isinstance(annotation, dict) and not annotation.get("was_cancelled")
    ]
    chosen = max(done, key=lambda a: (bool(a.get("ground_truth")), str(a.get("updated_at") or "")), default={})
    results = [mapping(result, where) for result in sequence(chosen.get("result"), f"{where}: result")]
    path = _find(task, data, source)
    split = SPLIT_ALIASES.get(str(data.get("split") or "").lower(), "")
    entry = Entry(
        path=path,
        where=where,
        labels=_choices(results),
        marks=tuple(_marks(results)),
        size=_size(results),
        part=str(data.get("part") or ""),
        view=str(data.get("view") or ""),
        split=split or split_of(path),
        lot=str(data.get("lot") or ""),
    )
    return entry, len(done)


def _find(task: Mapping[str, Any], data: Mapping[str, Any], source: Source) -> str:
    """Return the image: as the data say, as it was uploaded, or by the name that it had before the upload."""
    names = [str(data[key]) for key in ("image", "img", "image_url", "url") if data.get(key)]
    names += [str(task["file_upload"])] if task.get("file_upload") else []
    names += [name[9:] for name in (name.rsplit("/", 1)[-1] for name in names) if _UPLOAD.match(name)]
    if not names:
        raise DatasetError("its data name no image (image, img, image_url or url)")
    for name in names:
        try:
            return source.finder.find(name, ("", "images"))
        except DatasetError as error:
            problem = error
    raise problem


def _choices(results: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    regions = {result.get("id") for result in results if result.get("type") in (*_AREAS, *_WITHOUT_AREA)}
    found: dict[str, list[str]] = {}
    for result in results:
        value = result.get("value")
        if result.get("type") == "choices" and isinstance(value, dict) and result.get("id") not in regions:
            choices = sequence(value.get("choices"), "choices")
            found.setdefault(str(result.get("from_name")), []).extend(str(choice) for choice in choices)
    if len(found) > 1:
        named = [name for name in _CLASS_CONTROLS if name in found]
        if not named:
            raise DatasetError(f"has choices of {', '.join(sorted(found))}: call the one of the class `class`")
        return tuple(found[named[0]])
    return tuple(label for labels in found.values() for label in labels)


def _size(results: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    sizes = (size_of(result.get("original_width"), result.get("original_height")) for result in results)
    return next((size for size in sizes if size), None)


def _marks(results: Sequence[Mapping[str, Any]]) -> list[Mark]:
    marks = []
    for result in results:
        kind = str(result.get("type"))
        if kind in _APART or (kind.endswith("labels") and kind not in (*_AREAS, *_WITHOUT_AREA)):
            raise DatasetError(f"has a result of the type {kind}, which is not read")
        if kind not in (*_AREAS, *_WITHOUT_AREA):
            continue
        if result.get("image_rotation"):
            raise DatasetError("the image was turned in Label Studio; its places cannot be taken over")
        value = mapping(result.get("value"), kind)
        shapes = () if kind in _WITHOUT_AREA else (_shape(kind, value, result),)
        marks += [Mark(str(label), shapes) for label in sequence(value.get(kind), kind)]
    return marks


def _shape(kind: str, value: Mapping[str, Any], result: Mapping[str, Any]) -> Shape:
    size = size_of(result.get("original_width"), result.get("original_height"))
    if size is None:
        raise DatasetError(f"{kind}: original_width and original_height are missing")
    if kind == "brushlabels":
        if value.get("format", "rle") != "rle":
            raise DatasetError(f"brushlabels in the format {value.get('format')!r}; only rle is read")
        return Runs(decode_brush(sequence(value.get("rle"), "rle"), *size), *size)
    scale = np.array(size) / 100.0
    if kind == "polygonlabels":
        return Outline(points_of(value.get("points"), "points") * scale)
    angle = number(value.get("rotation") or 0, "rotation")
    x, y = np.array([number(value.get(name), name) for name in ("x", "y")]) * scale
    if kind == "ellipselabels":
        radius_x, radius_y = np.array([number(value.get(name), name) for name in ("radiusX", "radiusY")]) * scale
        return ellipse(x, y, radius_x, radius_y, angle)
    width, height = np.array([number(value.get(name), name) for name in ("width", "height")]) * scale
    return Outline(rotate(box(0, 0, width, height).points, angle) + np.array([x, y]))


def write(export: Export) -> None:
    """Write `tasks.json`, `label-config.xml` and `images/<split>/`.

    Label Studio finds the images when its LOCAL_FILES_DOCUMENT_ROOT is the exported folder.
    """
    tasks = []
    for place, image in enumerate(export.images, 1):
        path = f"images/{image.item.split}/{image.name}"
        export.copy(image, path)
        tasks.append(_task(place, path, image, defective=image.item.label not in export.good))
        export.advance()
    export.write("tasks.json", json.dumps(tasks, ensure_ascii=False, indent=1))
    export.write("label-config.xml", _config(export))


def _task(place: int, path: str, image: Exported, *, defective: bool) -> dict[str, Any]:
    item = image.item
    size = {"original_width": item.width, "original_height": item.height, "image_rotation": 0}
    results: list[dict[str, Any]] = [
        {
            "id": "class",
            "type": "choices",
            "from_name": "class",
            "to_name": "image",
            "value": {"choices": [item.label]},
            **size,
        }
    ]
    mask, found = image.read_pieces(defective=defective)
    for number_, piece in enumerate(found if mask is not None else []):
        points = (
            piece.outline * 100.0 / np.array([item.width, item.height])
        ).tolist()  # the edge is 100, not a bit more
        value = {"points": points, "closed": True, "polygonlabels": [item.label]}
        head = {"id": f"place{number_}", "type": "polygonlabels", "from_name": "defect", "to_name": "image"}
        results.append({**head, "value": value, **size})
    data = {"part": item.part, "view": item.view, "split": item.split, "lot": image.lot}
    return {
        "id": place,
        "data": {"image": f"/data/local-files/?d={path}", **data},
        "annotations": [{"result": results, "was_cancelled": False, "ground_truth": False}],
    }


def _config(export: Export) -> bytes:
    root = Element("View")
    SubElement(root, "Image", {"name": "image", "value": "$image"})
    for tag, child, name, classes in (
        ("Choices", "Choice", "class", export.classes),
        ("PolygonLabels", "Label", "defect", export.defects),
    ):
        control = SubElement(root, tag, {"name": name, "toName": "image"})
        for label in classes:
            SubElement(control, child, {"value": label})
    indent(root)
    return bytes(tostring(root, encoding="utf-8"))
