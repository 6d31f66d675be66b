"""Versions of a data set: frozen copies of its manifest, and what changed from one to the other, and by whom.

A version is named by the data set's fingerprint. Its list (one line per image) is kept beside the manifest, so that a
later version can be held against it, image by image.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.manifest import Dataset, open_dataset
from datasets.schema import MANIFEST_FILE, connect
from inspector.errors import DatasetError
from inspector.jsonfile import replace_file

FOLDER = "versions"
"""Folder below the data set with one list per version that was trained on."""
_COLUMNS = ("sha256", "label", "mask", "part", "view", "split", "path")


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one image between two versions.

    Attributes:
        what: `added`, `relabelled`, `mask`, `split` or `removed` (it waits for a label again).
        path: File of the image, as the data set names it.
        sha256: Of that file.
        before: Label, mask or split before; "" where it is new.
        after: The same now; "" where it was removed.
        who: Who gave the label last; "" where a split or a mask changed.
        when_utc: When that was, ISO 8601; "" as above.
    """

    what: str
    path: str
    sha256: str
    before: str
    after: str
    who: str = ""
    when_utc: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since an earlier version.

    Attributes:
        since: Its fingerprint.
        how: How it is known: `list` (image by image), `history` (by the time of the labels, where no list of that
            version was kept: masks and splits are not seen), or `unknown`.
        rows: One per change.
    """

    since: str
    how: str
    rows: tuple[Change, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON form: counts, and every change."""
        by_who = Counter((row.what, row.who) for row in self.rows if row.who)
        return {
            "since": self.since,
            "how": self.how,
            "counts": dict(Counter(row.what for row in self.rows)),
            "by": [{"what": what, "who": who, "n": n} for (what, who), n in sorted(by_who.items())],
            "relabelled": dict(
                Counter(f"{row.before} -> {row.after}" for row in self.rows if row.what == "relabelled")
            ),
            "rows": [{name: getattr(row, name) for name in Change.__slots__} for row in self.rows],
        }


def freeze(dataset: Dataset, folder: Path) -> str:
    """Copy the manifest into `folder`, as a data set of its own that no later change reaches; return its fingerprint.

    The images stay where they are. The copy is one moment of the data set, whoever writes meanwhile.

    Raises:
        DatasetError: The copy cannot be written.
    """
    target = folder / MANIFEST_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        dataset.connection.execute("VACUUM INTO ?", (str(target),))
    except OSError as error:
        raise DatasetError(
            f"{folder}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    with Dataset(folder, connect(target)) as copy, copy.transaction():
        for number, path in dataset.roots().items():
            copy.connection.execute("UPDATE root SET path = ? WHERE root_id = ?", (str(path.absolute()), number))
        copy.set_meta("name", dataset.name)
    with open_dataset(folder) as copy:
        return copy.fingerprint


def keep_list(dataset: Dataset, folder: Path) -> Path:
    """Write the list of a version below `folder`, named by its fingerprint; return its file. Raises DatasetError."""
    path = folder / FOLDER / f"{dataset.fingerprint}.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(dataset).values())
    try:
        replace_file(path, text.getvalue().encode())
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    return path


def changes_since(dataset: Dataset, folder: Path, fingerprint: str, made_utc: str) -> Changes:
    """Return what changed since the version with this fingerprint.

    Args:
        dataset: As it is now (or frozen).
        folder: Of the data set whose `versions/` may hold the list of that version.
        fingerprint: Of the earlier version.
        made_utc: When the package that was trained on it was made, ISO 8601; without a list, the time tells the labels.
    """
    if fingerprint == dataset.fingerprint:
        return Changes(fingerprint, "list", ())
    path = folder / FOLDER / f"{fingerprint}.csv"
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            before = {row["sha256"]: tuple(row[name] for name in _COLUMNS) for row in csv.DictReader(file)}
        return Changes(fingerprint, "list", tuple(_differences(dataset, before)))
    if not made_utc:
        return Changes(fingerprint, "unknown", ())
    return Changes(fingerprint, "history", tuple(_by_time(dataset, made_utc)))


def _rows(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    rows = dataset.connection.execute(
        "SELECT sha256, label, coalesce(mask_sha256, ''), part, view, split, path FROM current_item"
        " WHERE label <> '' ORDER BY sha256"
    )
    return {row[0]: tuple(row) for row in rows}


def _differences(dataset: Dataset, before: dict[str, tuple[str, ...]]) -> Iterable[Change]:
    now, last = _rows(dataset), _last_words(dataset)
    for sha256, row in now.items():
        who, when = last[sha256]
        if sha256 not in before:
            yield Change("added", row[6], sha256, "", row[1], who, when)
            continue
        old = before[sha256]
        if old[1] != row[1]:
            yield Change("relabelled", row[6], sha256, old[1], row[1], who, when)
        if old[2] != row[2]:
            yield Change("mask", row[6], sha256, old[2][:12], row[2][:12])
        if old[5] != row[5]:
            yield Change("split", row[6], sha256, old[5], row[5])
    for sha256 in before.keys() - now.keys():
        yield Change("removed", before[sha256][6], sha256, before[sha256][1], "")


def _by_time(dataset: Dataset, made_utc: str) -> Iterable[Change]:
    """Yield the images whose label is newer than `made_utc`: added where they had none at that time."""
    rows = dataset.connection.execute(
        "SELECT path, sha256, coalesce((SELECT to_label FROM label AS old WHERE old.item_id = item.item_id"
        " AND old.when_utc <= ? ORDER BY label_id DESC LIMIT 1), ''), last.to_label, last.who, last.when_utc"
        " FROM item JOIN label AS last ON last.label_id ="
        " (SELECT max(label_id) FROM label WHERE label.item_id = item.item_id)"
        " WHERE last.when_utc > ? AND last.to_label <> '' ORDER BY sha256",
        (made_utc, made_utc),
    )
    for path, sha256, before, after, who, when in rows:
        if before != after:
            yield Change("relabelled" if before else "added", path, sha256, before, after, who, when)


def _last_words(dataset: Dataset) -> dict[str, tuple[str, str]]:
    rows = dataset.connection.execute(
        "SELECT sha256, who, when_utc FROM item JOIN label ON label.label_id ="
        " (SELECT max(label_id) FROM label WHERE label.item_id = item.item_id)"
    )
    return {row[0]: (row[1], row[2]) for row in rows}
