"""A damaged log is put aside for evidence, and no new one begins in its place until a person says so.

`log.json` in the folder says which log lies there; it stays when the file goes. A mark, `quarantine.json`, says that a
file was put aside: while it is there, the folder is not opened. `inspector log restore` and `inspector log new` end it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.errors import DamagedLogError, StoreError
from inspector.jsonfile import replace_file, sync_folder
from inspector.log.place import records_at
from inspector.log.store import DATABASE_FILE, RecordStore

_LOG = logging.getLogger(__name__)
MARK_FILE, IDENTITY_FILE, SUSPECT_FILE, FOLDER = "quarantine.json", "log.json", "suspect", "quarantine"
MARK_SCHEMA, IDENTITY_SCHEMA = "inspector.quarantine/1", "inspector.log-identity/1"
CHECKED_AT_START_BYTES = 256 << 20
"""A file up to this size is read whole at every start (quick_check); a larger one where damage is suspected."""
CURE = "Bring the last backup back with `inspector log restore`, or begin a new log with `inspector log new --why …`."


def refuse_quarantined(folder: Path, *, reading: bool = False) -> None:
    """Refuse a folder whose log was put aside, or is gone. Raises DamagedLogError.

    Args:
        folder: The log's folder.
        reading: Nothing is moved: only the one writer may.
    """
    mark = _read(folder / MARK_FILE)
    if mark is not None:
        if not reading:
            finish_quarantine(folder)
        raise DamagedLogError(
            f"{folder}: the log was damaged and put aside ({mark.get('what')} Kept in {mark.get('kept')}).", cure=CURE
        )
    known = known_log(folder)
    if not known or reading or not isinstance(records_at(folder), Path):
        return
    path = folder / DATABASE_FILE
    if not path.exists() or path.stat().st_size == 0:
        put_aside(folder, f"{path}: the file of log {known} is {'empty' if path.exists() else 'gone'}.")


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Put the file aside where opening it shows damage. Only for the one writer. Raises DamagedLogError instead."""
    try:
        yield
    except DamagedLogError as error:
        if isinstance(records_at(folder), Path):
            put_aside(folder, error.message)
        raise


def check_at_start(folder: Path, store: RecordStore) -> None:
    """Look for damage, and that the file holds the log that this folder had; note its identity where it is new.

    Raises:
        DamagedLogError: The file is damaged.
        StoreError: It holds another log.
    """
    if not store.is_sqlite:
        return
    suspected = folder / SUSPECT_FILE
    if suspected.exists():
        store.check()
    elif (folder / DATABASE_FILE).stat().st_size <= CHECKED_AT_START_BYTES:
        store.check(quick=True)
    suspected.unlink(missing_ok=True)
    known, found = known_log(folder), store.links.identity().log_id
    if known and known != found:
        raise StoreError(f"{folder}: the file holds log {found}; this folder's log was {known}.", cure=CURE)
    if not known:
        note_log(folder, found)


def suspect(folder: Path) -> None:
    """Have the whole file checked at the next start: something in it could not be read."""
    try:
        replace_file(folder / SUSPECT_FILE, b"")
    except OSError:
        _LOG.exception("the suspicion could not be noted")


def known_log(folder: Path) -> str:
    """Return the identity of the log that lies, or lay, in a folder; "" where none is known. Raises StoreError."""
    return str((_read(folder / IDENTITY_FILE) or {}).get("log_id", ""))


def note_log(folder: Path, log_id: str) -> None:
    """Remember which log lies in a folder. Raises StoreError."""
    _write(folder / IDENTITY_FILE, {"schema": IDENTITY_SCHEMA, "log_id": log_id})


def put_aside(folder: Path, what: str) -> None:
    """Move a damaged file with its journal into the quarantine, leave the mark, and say so.

    Raises:
        DamagedLogError: Always: nothing can be recorded in this folder now.
    """
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
    mark = {"schema": MARK_SCHEMA, "what": what, "when": moment, "kept": f"{FOLDER}/{moment}"}
    mark["log_id"] = known_log(folder)
    _write(folder / MARK_FILE, mark)
    finish_quarantine(folder)
    _LOG.critical("the log of %s was put aside: %s", folder, what)
    raise DamagedLogError(
        f"{folder}: the log is damaged and was put aside in {mark['kept']} ({what}) Nothing is inspected without it.",
        cure=CURE,
    )


def end_quarantine(folder: Path) -> None:
    """Move the mark to what it speaks of: the folder may be opened again. Raises StoreError."""
    mark = _read(folder / MARK_FILE)
    if mark is None:
        return
    try:
        kept = folder / str(mark["kept"])
        kept.mkdir(parents=True, exist_ok=True)
        (folder / MARK_FILE).replace(kept / MARK_FILE)
        sync_folder(kept)
        sync_folder(folder)
    except OSError as error:
        raise StoreError(f"{folder}: the quarantine cannot be ended ({error.strerror}).") from error


def finish_quarantine(folder: Path) -> None:
    """Move what is still there: a power cut may have come between mark and move. Nothing without a mark.

    Raises:
        DamagedLogError: A file cannot be moved.
    """
    mark = _read(folder / MARK_FILE)
    if mark is None:
        return
    kept = folder / str(mark["kept"])
    try:
        kept.mkdir(parents=True, exist_ok=True)
        for ending in ("-wal", "-shm", "-journal", ""):  # a file without its journal would look whole and be older
            path = folder / f"{DATABASE_FILE}{ending}"
            if path.exists():
                path.replace(kept / path.name)
        sync_folder(kept)
        sync_folder(folder)
    except OSError as error:
        raise DamagedLogError(
            f"{folder}: the log is damaged, and cannot be put aside ({error.strerror}).",
            cure="Close every program that reads it, then try again.",
        ) from error


def _read(path: Path) -> dict[str, Any] | None:
    try:
        if not path.exists():
            return None
        document = json.loads(path.read_bytes())
        return document if isinstance(document, dict) else {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read ({error}).", cure=CURE) from error


def _write(path: Path, document: Mapping[str, Any]) -> None:
    try:
        replace_file(path, json.dumps(document, indent=1).encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}).", cure="Check the disk.") from error
