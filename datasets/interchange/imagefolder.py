"""Image folders of Hugging Face `datasets`: `metadata.csv` or `metadata.jsonl` with `file_name`; read and written.

https://huggingface.co/docs/datasets/image_dataset#imagefolder . Folders without metadata, one per class, are read by
the format `folders`.
"""

from __future__ import annotations

import csv
import io
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from datasets.interchange.entries import Entry, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.planning import Source
from datasets.interchange.reading import mapping, parse_json, read_text
from datasets.interchange.writing import Export
from datasets.pattern import SPLIT_ALIASES
from inspector.errors import DatasetError

_NAMES = ("metadata.csv", "metadata.jsonl")
_CLASS = ("label", "class")
_MASK = ("mask_file_name", "mask")
_COLUMNS = ("file_name", "label", "part", "view", "lot", "mask_file_name")


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read the metadata files of the folder, at its top or in the folders of the splits.

    Columns: `file_name`; `label` or `class` (else the image's folder is its class, as in `datasets`); `part`, `view`,
    `lot`, `split`, and `mask_file_name`. Paths are relative to the metadata file.

    Raises:
        DatasetError: No such file, or one without the column `file_name`.
    """
    named = [path for path in source.finder.files if posixpath.basename(path) in _NAMES]
    files = source.files or tuple(source.folder / path for path in named)
    if not files:
        raise DatasetError(
            f"{source.folder}: neither metadata.csv nor metadata.jsonl lies here.",
            cure="Where the folders alone are the classes: --format folders",
        )
    entries = []
    for file in files:
        folder = file.parent.relative_to(source.folder).as_posix() if file.is_relative_to(source.folder) else ""
        for place, row in _rows(file):
            where = f"{posixpath.join(folder, file.name)}, line {place}"
            try:
                entries.append(_entry(row, where, folder, source))
            except DatasetError as error:
                mistakes.add(where, error.message)
    return Reading(entries)


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = read_text(file)
    if file.suffix == ".jsonl":
        for place, line in enumerate(text.splitlines(), 1):
            if line.strip():
                values = mapping(parse_json(line, f"{file}, line {place}"), f"{file}, line {place}")
                yield place, {key: "" if value is None else str(value) for key, value in values.items()}
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "file_name" not in (reader.fieldnames or ()):
            raise DatasetError(f"{file}: the first line names no column file_name.", cure="Correct the first line.")
        for row in reader:
            yield reader.line_num, {key: value or "" for key, value in row.items() if isinstance(key, str)}
    except csv.Error as error:
        raise DatasetError(f"{file}, line {reader.line_num}: is no CSV ({error}).", cure="Correct the file.") from error


def _entry(row: Mapping[str, str], where: str, folder: str, source: Source) -> Entry:
    path = source.finder.find(row.get("file_name", ""), (folder,))
    label = next((row[key] for key in _CLASS if row.get(key)), "")
    above = posixpath.basename(posixpath.dirname(path))
    if not label and above and above.lower() not in SPLIT_ALIASES and above != "images":
        label = above
    if not label:
        raise DatasetError("has no label, and its folder is no class")
    mask = next((row[key] for key in _MASK if row.get(key)), "")
    split = SPLIT_ALIASES.get(row.get("split", "").lower(), "")
    return Entry(
        path=path,
        where=where,
        labels=(label,),
        mask=source.finder.find(mask, (folder,)) if mask else "",
        part=row.get("part", ""),
        view=row.get("view", ""),
        split=split or split_of(posixpath.dirname(path) + "/"),
        lot=row.get("lot", ""),
    )


def write(export: Export) -> None:
    """Write per split `metadata.csv`, `images/` and `masks/`."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for image in export.images:
        item = image.item
        export.copy(image, f"{item.split}/images/{image.name}")
        mask = item.read_mask()
        if mask is not None:
            export.write_mask(f"{item.split}/masks/{image.stem}.png", mask)
        name = "" if mask is None else f"masks/{image.stem}.png"
        row = (f"images/{image.name}", item.label, item.part, item.view, image.lot, name)
        rows.setdefault(item.split, []).append(row)
        export.advance()
    for split, lines in rows.items():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(lines)
        export.write(f"{split}/metadata.csv", text.getvalue())
