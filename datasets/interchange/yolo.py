"""YOLO (Ultralytics): `data.yaml`, `images/<split>/*`, `labels/<split>/*.txt`; read and written.

A line of a label file is a class number and then a box (centre x, centre y, width, height) or the corners of an
outline, as shares of the image's width and height. https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.outlines import Piece
from datasets.interchange.planning import Source
from datasets.interchange.reading import mapping, number, points_of, read_text
from datasets.interchange.shapes import Outline, box
from datasets.interchange.writing import Export, Exported, safe_class
from inspector.errors import DatasetError

_YAML_BYTES = 1_000_000
_FOLDERS = {"train": "train", "validation": "val", "test": "test"}


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read the folder of a `data.yaml`: class names from it, one label file per image.

    The label file of `…/images/…/a.jpg` is `…/labels/…/a.txt`, or lies beside the image. The split comes from the
    folders' names. An image without label file shows, as the format says, nothing of interest: it is good.

    Raises:
        DatasetError: No `data.yaml` or `classes.txt`, or one without class names.
    """
    names, good, config = _names(source)
    entries, bare = [], 0
    apart = [path for path in source.finder.images if "images" in path.split("/")[:-1]]
    for path in apart or source.finder.images:
        label = _label_file(source.folder, path)
        bare += label is None
        try:
            marks = () if label is None else _marks(source.folder / label, label, names, mistakes)
        except DatasetError as error:
            mistakes.add(label or path, error.message)
            continue
        entries.append(Entry(path, label or path, marks=marks, split=split_of(posixpath.dirname(path) + "/")))
    if bare == len(entries):
        raise DatasetError(f"{source.folder}: no image has a label file.", cure="Is it the folder of data.yaml?")
    notes = [f"{bare} images have no label file: the format says that nothing is on them."] if bare else []
    if config.get("val") and not any(entry.split for entry in entries):
        notes.append("The folders name no splits, and the lists in data.yaml are not followed: it is split anew.")
    return Reading(entries, good, tuple(notes))


def _names(source: Source) -> tuple[dict[int, str], tuple[str, ...], Mapping[str, Any]]:
    """Return class names by number, the good classes where our own export says them, and the rest."""
    files = source.files or tuple(
        path for path in (*sorted(source.folder.glob("*.y*ml")), source.folder / "classes.txt") if path.is_file()
    )
    if len(files) != 1:
        found = ", ".join(path.name for path in files) or "none"
        raise DatasetError(
            f"{source.folder}: one data.yaml is needed; found: {found}.", cure="Name it: --annotations FILE"
        )
    if files[0].suffix == ".txt":
        lines = [line.strip() for line in read_text(files[0], _YAML_BYTES).splitlines()]
        return {place: line for place, line in enumerate(lines) if line}, (), {}
    config = mapping(_yaml(files[0]), str(files[0]))
    names = config.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not all(isinstance(key, int) for key in names):
        raise DatasetError(f"{files[0]}: has no `names` of the classes.", cure="Add names: {0: scratch, …}.")
    good = config.get("good")
    return (
        {key: str(name) for key, name in names.items()},
        tuple(str(name) for name in good) if isinstance(good, list) else (),
        config,
    )


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(read_text(path, _YAML_BYTES))  # builds plain values only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DatasetError(f"{path}: is no YAML ({error}).", cure="Correct the file.") from error


def _label_file(folder: Path, path: str) -> str | None:
    stem = posixpath.splitext(path)[0] + ".txt"
    before, found, after = stem.rpartition("images/")
    options = [f"{before}labels/{after}"] if found and (not before or before.endswith("/")) else []
    return next((name for name in (*options, stem) if (folder / name).is_file()), None)


def _marks(file: Path, shown: str, names: Mapping[int, str], mistakes: Mistakes) -> tuple[Mark, ...]:
    marks = []
    for place, line in enumerate(read_text(file).splitlines(), 1):
        if line.strip():
            try:
                marks.append(_mark(line.split(), names))
            except DatasetError as error:
                mistakes.add(f"{shown}, line {place}", error.message)
    return tuple(marks)


def _mark(words: list[str], names: Mapping[int, str]) -> Mark:
    values = [number(word, "the line's number") for word in words]
    name = names.get(int(values[0])) if values[0].is_integer() else None
    if name is None:
        raise DatasetError(f"there is no class number {words[0]}")
    if len(values) == 5:
        x, y, width, height = values[1:]
        return Mark(name, (box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, relative=True),))
    if len(values) == 6:  # a tracker or a prediction adds one number
        raise DatasetError("has 6 numbers: predictions with their confidence are no labels")
    return Mark(name, (Outline(points_of(values[1:], "the outline"), relative=True),))


def write(export: Export) -> None:
    """Write for segmentation: one line per piece of a mask, its outline along the pixel edges."""
    _write(export, _outlines)


def write_boxes(export: Export) -> None:
    """Write for detection: one line per piece of a mask, its box."""
    _write(export, _boxes)


def _write(export: Export, numbers_of: Callable[[Piece, int, int], list[float]]) -> None:
    numbers = {name: place for place, name in enumerate(export.defects)}
    for image in export.images:
        folder, number_ = _FOLDERS[image.item.split], numbers.get(image.item.label)
        export.copy(image, f"images/{folder}/{image.name}")
        _, found = image.read_pieces(defective=number_ is not None)
        lines = [numbers_of(piece, image.item.width, image.item.height) for piece in found]
        text = "".join(f"{number_} {' '.join(f'{value:.10g}' for value in line)}\n" for line in lines)
        export.write(f"labels/{folder}/{image.stem}.txt", text)
        export.advance()
    export.write("data.yaml", _config(export))


def _outlines(piece: Piece, width: int, height: int) -> list[float]:
    return [float(value) for value in (piece.outline / np.array([width, height])).reshape(-1)]


def _boxes(piece: Piece, width: int, height: int) -> list[float]:
    x, y = piece.x + piece.width / 2, piece.y + piece.height / 2
    return [x / width, y / height, piece.width / width, piece.height / height]


def _config(export: Export) -> str:
    import yaml

    used = {image.item.split for image in export.images}
    places = {_FOLDERS[split]: f"images/{_FOLDERS[split]}" for split in _FOLDERS if split in used}
    names = dict(enumerate(export.defects))
    text: str = yaml.safe_dump(
        {**places, "nc": len(names), "names": names, "good": list(export.good)}, allow_unicode=True, sort_keys=False
    )
    return text


def write_classify(export: Export) -> None:
    """Write for classification: `<split>/<class>/<image>`."""
    for image in export.images:
        export.copy(image, _place(image))
        export.advance()


def _place(image: Exported) -> str:
    return f"{_FOLDERS[image.item.split]}/{safe_class(image.item.label)}/{image.name}"
