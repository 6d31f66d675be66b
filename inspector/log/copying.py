"""Copies a log: its database through SQLite's own backup interface, its pictures by their content.

The copy of the database is one read transaction of the one driver, in this process or beside a station in another:
SQLite's locks know of both. Any other way (cp, rsync, hashing the file) opens it behind SQLite's back: it copies a torn
state, and in the same process closing that handle drops the locks of the station, which then loses what it committed.
Source: sqlite.org/backup.html, and sqlite.org/howtocorrupt.html section 2.2.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inspector import sqlite
from inspector.errors import StoreError
from inspector.imaging import sha256_of
from inspector.jsonfile import replace_file, sync_folder
from inspector.log.missing import MissingImages
from inspector.log.store import RecordStore
from inspector.log.verify_images import is_inside

_PAGES = 1024
_RECORDS = 500
MOST_SENTENCES = 100
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
        damaged: How many are missing or altered: not copied.
        sentences: About the first MOST_SENTENCES of those.
        until: Number of the last record that was looked at.
    """

    copied: int = 0
    there: int = 0
    deleted: int = 0
    damaged: int = 0
    sentences: list[str] = field(default_factory=list)
    until: int = 0

    def complain(self, sentences: Iterable[str]) -> None:
        """Count pictures that are not copied."""
        for sentence in sentences:
            self.damaged += 1
            if len(self.sentences) < MOST_SENTENCES:
                self.sentences.append(sentence)


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
    missing = MissingImages[str](records)
    total = records.last_counter()
    while numbers := range(done.until + 1, min(done.until + _RECORDS, total) + 1):
        for row in records.links.rows("records", numbers):
            for path, sha256 in images_of(str(row["images"])):
                about = f"{path} of part {row['part_id']}"
                data = _wanted(source, target, path, done)
                if data is None:
                    done.complain(f"{each} is missing" for each in missing.add(sha256, about))
                elif data and sha256_of(data) != sha256:
                    done.complain([f"{about} is not what was recorded"])
                elif data:
                    _write(target / path, data)
                    done.copied += 1
        done.until = numbers[-1]
        on_progress(done.until, total)
    done.complain(f"{each} is missing" for each in missing.lost())
    done.deleted = missing.deleted
    return done


def images_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-256 of the pictures in a record's row."""
    for image in json.loads(text):
        yield str(image["path"]), str(image["sha256"])


def _wanted(source: Path, target: Path, path: str, done: CopiedImages) -> bytes | None:
    """Return what is to be copied: empty where it is there already, None where there is nothing to copy."""
    if not is_inside(path):
        return None
    if (target / path).is_file() and (target / path).stat().st_size > 0:
        done.there += 1
        return b""
    try:
        return (source / path).read_bytes() or None
    except OSError:
        return None


def _write(path: Path, data: bytes) -> None:
    try:
        replace_file(path, data)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}).", cure="Free disk space.") from error
