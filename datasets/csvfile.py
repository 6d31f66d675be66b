"""Lists of images as CSV: `path,class,part,view,split,mask,lot`, with a header; only `path` must be there."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.pattern import SPLIT_ALIASES
from datasets.scan import Candidate
from inspector.errors import DatasetError, UsageError

COLUMNS = ("path", "class", "part", "view", "split", "mask", "lot")
_SHOWN = 10


def read_lists(source: Path, lists: Sequence[Path]) -> list[Candidate]:
    """Read CSV lists whose paths are relative to `source`, or absolute.

    Other columns than `COLUMNS` are allowed and not used. A line without class takes it from its mask.

    Raises:
        UsageError: A list without the header.
        DatasetError: A list that cannot be read, or wrong lines; every one is named.
    """
    found: dict[str, Candidate] = {}
    wrong: list[str] = []
    for path in lists:
        for number, row in _rows(path):
            problem = _mistake(source, row)
            if not problem and row["path"] in found:
                problem = f"{row['path']} was listed before"
            if problem:
                wrong.append(f"{path.name}, line {number}: {problem}")
            else:
                found[row["path"]] = _candidate(row)
    if wrong:
        more = f"\n  … and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        listed = "\n  ".join(wrong[:_SHOWN])
        raise DatasetError(f"{len(wrong)} wrong lines:\n  {listed}{more}", cure="Correct these lines.")
    if not found:
        raise DatasetError(f"{', '.join(str(path) for path in lists)}: no image is listed.", cure="Add lines.")
    return [found[key] for key in sorted(found)]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, stripped values) of the known columns."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            header = [(name or "").strip() for name in reader.fieldnames or ()]
            if "path" not in header:
                raise UsageError(
                    f"{path}: the first line names no column 'path' (it has: {', '.join(header) or 'nothing'}).",
                    cure=f"Start the file with the line {','.join(COLUMNS)}",
                )
            reader.fieldnames = header
            for row in reader:
                if any(value for value in row.values()):
                    yield reader.line_num, {name: str(row.get(name) or "").strip() for name in COLUMNS}
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}).", cure="Check the name.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: is no CSV file in UTF-8 ({error}).", cure="Save it as CSV, UTF-8.") from error


def _mistake(source: Path, row: dict[str, str]) -> str:
    if not row["path"]:
        return "no path"
    if not (source / row["path"]).is_file():
        return f"{row['path']} does not exist"
    if row["mask"] and not (source / row["mask"]).is_file():
        return f"the mask {row['mask']} does not exist"
    if row["split"] and row["split"].lower() not in SPLIT_ALIASES:
        return f"{row['split']!r} is no split (train, validation or test)"
    if not row["class"] and not row["mask"]:
        return "neither a class nor a mask"
    return ""


def _candidate(row: dict[str, str]) -> Candidate:
    return Candidate(
        path=row["path"],
        mask=row["mask"] or None,
        label=row["class"] or None,
        part=row["part"] or str(Path(row["path"]).with_suffix("").as_posix()),
        view=row["view"],
        split=SPLIT_ALIASES[row["split"].lower()] if row["split"] else "",
        lot=row["lot"],
    )
