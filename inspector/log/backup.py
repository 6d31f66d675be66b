"""Backs a log up beside the running station: verified, and only onto a backup that it continues."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspector import sqlite
from inspector.errors import StoreError, UsageError
from inspector.jsonfile import replace_file
from inspector.log.chain import Tip
from inspector.log.copying import CopiedImages, copy_database, copy_images
from inspector.log.log import held, read_log
from inspector.log.place import records_at
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verification import Verification
from inspector.log.verify import verify
from inspector.people.access import require
from inspector.people.rights import Action
from inspector.types import Person

BACKUP_FILE = "backup.json"
BACKUP_SCHEMA = "inspector.backup/1"
FRESH = f"{DATABASE_FILE}.fresh"
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds now.

    Attributes:
        tip: Where the copied log ends.
        verification: Of the copy.
        images: What became of the pictures; None where the copy was not kept.
    """

    tip: Tip
    verification: Verification
    images: CopiedImages | None

    @property
    def clean(self) -> bool:
        """Whether the backup holds the whole log as it was recorded."""
        return self.verification.clean and self.images is not None and not self.images.damaged


def back_up(
    folder: Path,
    target: Path,
    person: Person,
    keys: Mapping[str, Ed25519PublicKey],
    *,
    outside: Path | None = None,
    on_progress: Report = lambda _what, _done, _total: None,
) -> Backup:
    """Copy a log into a folder of its own that can be verified and restored; the next time only what is new.

    The database is copied whole, verified against chain and heads, and only then takes the place of the earlier copy;
    a log that was altered never does. Stopped at any moment, the next call goes on.

    Args:
        folder: The log's folder; a station may run on it.
        target: The backup's folder.
        person: Who backs it up.
        keys: Trusted public keys.
        outside: Heads as they were written off the machine.
        on_progress: Told (step, done, total); raise from it to stop.

    Raises:
        NotAllowedError: The person has no right to.
        UsageError: The log lies in PostgreSQL, or the target is a backup of another log, or of another course of it.
        StoreError: Something cannot be read or written.
    """
    require(person, Action.BACK_UP_LOG)
    _check_place(folder, target)
    with closing(read_log(folder)) as log:
        known = _known(target)
        if known is not None:
            _check_continues(log.records, known, target)
        with nullcontext() if sqlite.journal_mode() == "WAL" else held(folder):
            copy_database(log.records, target / FRESH, partial(on_progress, "copy"))
    try:
        with closing(RecordStore(target / FRESH, read_only=True)) as copy:
            found = verify(
                copy, keys, outside=outside, on_progress=lambda done, total: on_progress("verify", done, total)
            )
            tip = copy.tip()
            if not found.clean:
                return Backup(tip, found, None)
        (target / FRESH).replace(target / DATABASE_FILE)
    finally:
        (target / FRESH).unlink(missing_ok=True)
    return Backup(tip, found, _pictures(folder, target, tip, on_progress))


def _check_place(folder: Path, target: Path) -> None:
    if not isinstance(records_at(folder), Path):
        raise UsageError(
            f"{folder}: the records of this log lie in PostgreSQL.",
            cure="Back the database up with pg_dump (or continuous archiving), and copy the folder's images/ with it.",
        )
    here, there = folder.resolve(), target.resolve()
    if here == there or here in there.parents:
        raise UsageError(f"{target}: a backup does not lie in the log itself.", cure="Give another disk or machine.")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{target}: cannot be used ({error.strerror}).", cure="Give another folder.") from error


def _known(target: Path) -> Tip | None:
    """Return where the earlier backup ends; None where there is none."""
    if not (target / DATABASE_FILE).exists():
        return None
    with closing(RecordStore(target / DATABASE_FILE, read_only=True)) as earlier:
        return earlier.tip()


def _check_continues(records: RecordStore, known: Tip, target: Path) -> None:
    tip = records.tip()
    there = records.journal(after=known.position - 1, limit=1) if known.position else []
    same = known.position == 0 or (bool(there) and there[0].chain == known.chain)
    if tip.log_id != known.log_id or not same:
        raise UsageError(
            f"{target}: holds {known.position} entries of log {known.log_id}, which this log (log {tip.log_id}, "
            f"{tip.position} entries) does not continue.",
            cure="Keep that backup, give another folder, and run `inspector log verify`.",
        )


def _pictures(folder: Path, target: Path, tip: Tip, on_progress: Report) -> CopiedImages:
    earlier = _read(target)
    after = int(earlier.get("images_until", 0)) if earlier.get("log_id") == tip.log_id else 0

    def progress(done: int, total: int) -> None:
        if done == total:
            return
        _write(target, tip, done)
        on_progress("pictures", done, total)

    with closing(RecordStore(target / DATABASE_FILE, read_only=True)) as copy:
        images = copy_images(copy, folder, target, progress, after=after)
    _write(target, tip, after if images.damaged else images.until)  # damaged ones are looked at again
    return images


def _read(target: Path) -> dict[str, Any]:
    try:
        document = json.loads((target / BACKUP_FILE).read_bytes())
    except (OSError, ValueError):
        return {}  # everything is looked at again
    return document if isinstance(document, dict) else {}


def _write(target: Path, tip: Tip, images_until: int) -> None:
    document = {
        "schema": BACKUP_SCHEMA,
        "log_id": tip.log_id,
        "position": tip.position,
        "chain": tip.chain.hex(),
        "time_ns": time.time_ns(),
        "images_until": images_until,
    }
    try:
        replace_file(target / BACKUP_FILE, json.dumps(document, indent=1).encode())
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error.strerror}).", cure="Check the disk.") from error
