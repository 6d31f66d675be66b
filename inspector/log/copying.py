"""Copies a log: its database through SQLite's own backup interface, its pictures by their content.

The copy of the database is one read transaction of the one driver, in this process or beside a station in another:
SQLite's locks know of both. Any other way (cp, rsync, hashing the file) opens it behind SQLite's back: it copies a torn
state, and in the same process closing that handle drops the locks of the station, which then loses what it committed.
Source: sqlite.org/backup.html, and sqlite.org/howtocorrupt.html section 2.2.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector import sqlite
from inspector.errors import StoreError
from inspector.imaging import sha256_of
from inspector.jsonfile import replace_file, sync_folder
from inspector.log.deletions import deletion_of
from inspector.log.store import RecordStore
from inspector.log.verify_images import is_inside

_PAGES = 1024
_RECORDS = 500
Progress = Callable[[int, int], None]


def copy_database(source: RecordStore, target: Path, on_progress: Progress) -> None:
    """Copy a SQLite file as it stands now into a new one, durably.

    Args:
        source: Open; a station may go on writing it from another process.
        target: Replaced where it exists, whole or not at all; nobody may hold it open.
        on_progress: Told (pages done, of so many); raise from it to stop.

    Raises:
        StoreError: It could not be copied.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        _copy_pages(source, part, on_progress)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error.strerror}).", cure="Check the disk.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _copy_pages(source: RecordStore, part: Path, on_progress: Progress) -> None:
    """Hold one read transaction throughout: else every commit of the station would begin the copy anew."""
    database = source.links.database
    with database.translated("copied"), database.driver_connection() as connection:
        copy = sqlite.driver().connect(str(part))
        try:
            copy.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                connection.backup(
                    copy, pages=_PAGES, progress=lambda _status, left, total: on_progress(total - left, total)
                )
            finally:
                connection.execute("ROLLBACK")
            copy.execute(
                "PRAGMA journal_mode = DELETE"
            )  # a copy in one file, readable on a medium that cannot be written
        finally:
            copy.close()


@dataclass(slots=True)
class CopiedImages:
    """What became of the pictures.

    Attributes:
        copied: Written, and found to hold what was recorded.
        there: There already.
        deleted: Gone; the audit trail says that they were deleted.
        damaged: Sentences about pictures that are missing or altered: not copied.
        until: Number of the last record that was looked at.
    """

    copied: int = 0
    there: int = 0
    deleted: int = 0
    damaged: tuple[str, ...] = ()
    until: int = 0


def copy_images(
    records: RecordStore, source: Path, target: Path, on_progress: Progress, *, after: int = 0
) -> CopiedImages:
    """Copy the pictures of records that the target lacks, each verified by its SHA-256 and durable.

    Args:
        records: Which pictures there are.
        source: Folder of the log.
        target: Folder of the copy.
        on_progress: Told (records done, of so many); raise from it to stop. The next time goes on from there.
        after: Only records with a higher number.

    Raises:
        StoreError: The target cannot be written.
    """
    done = CopiedImages(until=after)
    total = records.last_counter()
    while numbers := range(done.until + 1, min(done.until + _RECORDS, total) + 1):
        for row in records.links.rows("records", numbers):
            for path, sha256 in images_of(str(row["images"])):
                _copy_image(records, source, target, path, sha256, str(row["part_id"]), done)
        done.until = numbers[-1]
        on_progress(done.until, total)
    return done


def images_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-256 of the pictures in a record's row."""
    for image in json.loads(text):
        yield str(image["path"]), str(image["sha256"])


def _copy_image(
    records: RecordStore, source: Path, target: Path, path: str, sha256: str, part_id: str, done: CopiedImages
) -> None:
    if not is_inside(path):
        done.damaged += (f"{path} of part {part_id}: its path leads out of the log",)
        return
    if (target / path).is_file() and (target / path).stat().st_size > 0:
        done.there += 1
        return
    try:
        data = (source / path).read_bytes()
    except OSError as error:
        if deletion_of(records, sha256) is None:
            done.damaged += (f"{path} of part {part_id} cannot be read ({error.strerror})",)
        else:
            done.deleted += 1
        return
    if sha256_of(data) != sha256:
        done.damaged += (f"{path} of part {part_id} is not what was recorded",)
        return
    try:
        replace_file(target / path, data)
    except OSError as error:
        raise StoreError(f"{target / path}: cannot be written ({error.strerror}).", cure="Free disk space.") from error
    done.copied += 1
