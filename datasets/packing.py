"""A data set as one archive, and out of it again: every picture inside, every byte as the manifest names it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from datasets.manifest import Dataset, open_dataset
from datasets.schema import MANIFEST_FILE, connect
from datasets.verify import verify
from inspector.archive import Limits, Progress, pack, unpack
from inspector.errors import ArchiveError, DatasetError
from inspector.member_names import name_problem
from inspector.sqlite import driver

LIMITS = Limits(files=500_000, total_bytes=2**40)
CURE = "Pack the data set again with `inspector dataset pack`."


def pack_dataset(folder: Path, file: Path, progress: Progress) -> str:
    """Write a data set whose pictures all lie in its folder into an archive; return its fingerprint.

    Raises:
        DatasetError: No data set, or pictures lie elsewhere.
        ArchiveError: The archive cannot be written.
    """
    with open_dataset(folder) as dataset, tempfile.TemporaryDirectory() as beside:
        copy = Path(beside) / MANIFEST_FILE
        names = _names(dataset)
        dataset.connection.execute("VACUUM INTO ?", (str(copy),))  # whole, whoever writes meanwhile
        members = [(MANIFEST_FILE, copy), *((name, dataset.folder / name) for name in names)]
        pack(file, members, progress)
        return dataset.fingerprint


def unpack_dataset(file: Path, target: Path, progress: Progress) -> str:
    """Bring a data set out of an archive into a new folder, and return its fingerprint.

    Raises:
        ArchiveError: The archive breaks a rule, or is no data set whose every file is there and unaltered.
        DatasetError: Its manifest cannot be read.
    """
    unpack(file, target, LIMITS, lambda folder: _check(folder, file), progress)
    with open_dataset(target) as dataset:
        return dataset.fingerprint


def _check(folder: Path, file: Path) -> None:
    try:
        _check_tables(folder / MANIFEST_FILE, file)
        with open_dataset(folder) as dataset:
            names = _names(dataset)
            inside = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
            others = sorted(inside - {MANIFEST_FILE, *names})
            found = verify(dataset, lambda _done, _all: None)
    except (driver().Error, TypeError, ValueError, KeyError) as error:  # SQLite takes any kind of value
        raise ArchiveError(f"{file}: the data set's manifest is damaged ({error}).", cure=CURE) from error
    if found or others:
        said = f"{found[0].path.name} is {found[0].problem}" if found else f"{others[0]} is in no manifest"
        raise ArchiveError(f"{file}: {said}.", cure=CURE)


def _check_tables(manifest: Path, file: Path) -> None:
    """Refuse a manifest with tables, views or triggers of its own: a view may compute for ever."""
    with tempfile.TemporaryDirectory() as beside:
        ours = _tables(Path(beside) / MANIFEST_FILE, create=True)
    if _tables(manifest, create=False) != ours:
        raise ArchiveError(f"{file}: the manifest has other tables than this program makes.", cure=CURE)


def _tables(path: Path, *, create: bool) -> set[tuple[Any, ...]]:
    connection = connect(path, create=create)
    try:
        return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())
    finally:
        connection.close()


def _names(dataset: Dataset) -> list[str]:
    """Return the names of pictures and masks relative to the folder. Raises DatasetError where one lies elsewhere."""
    paths = {path for path, _ in dataset.files()}
    names = sorted(Path(os.path.relpath(path, dataset.folder)).as_posix() for path in paths)
    outside = next((name for name in names if name_problem(name)), None)
    if outside is not None:
        raise DatasetError(
            f"{dataset.folder}: {outside} lies elsewhere, or has a name that not every system takes.",
            cure="Import the pictures with `--copy`, under plain names.",
        )
    return names
