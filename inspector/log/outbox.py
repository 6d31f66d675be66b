"""What a command changed while a station holds the log: kept durably, and taken into the chain exactly once.

Only one program writes a log. A command that changes something beside it appends its entry of the audit trail here:
one JSON line, on disk (fsync) before the change itself is made. The running writer takes the lines into the chain
within seconds, the next one when it opens the log. A line stays until its entry is durable in the chain, and is known
by its id there, so that a crash in between neither loses nor doubles it.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from inspector.errors import StoreError
from inspector.jsonfile import sync_folder
from inspector.types import AuditEntry

OUTBOX_FILE: Final = "outbox.jsonl"
LOCK_FILE: Final = "outbox.lock"
LOCK_TIMEOUT_S = 10.0
POLL_S = 1.0
"""A running station looks for the file this often."""
_ID = "outbox"


def post(entry: AuditEntry, folder: Path) -> None:
    """Keep an entry for the log of `folder`; on return it survives a power cut.

    Raises:
        StoreError: It could not be kept: then the change must not be made.
    """
    timed = replace(entry, time_ns=entry.time_ns or time.time_ns())
    document = {**asdict(timed), "details": {**entry.details, _ID: uuid.uuid4().hex}}
    line = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder), (folder / OUTBOX_FILE).open("ab") as file:
            if file.tell() and not _ends_with_newline(folder / OUTBOX_FILE):
                line = b"\n" + line  # a power cut tore the line before, which nobody was told of
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except OSError as error:
        raise StoreError(
            f"{folder / OUTBOX_FILE}: the change cannot be recorded, and so is not made ({error.strerror}).",
            cure="Check the folder's permissions and the space on the disk.",
        ) from error


def take_in(folder: Path, known: Callable[[str], bool], append: Callable[[AuditEntry], AuditEntry]) -> int:
    """Take every waiting entry into the chain, in their order; only the log's one writer may call this.

    Args:
        folder: The log's folder.
        known: Whether the audit trail holds an entry whose details name this id.
        append: Makes an entry durable.

    Returns:
        How many entries were taken in.

    Raises:
        StoreError: An entry could not be made durable; it and those after it wait.
    """
    path = folder / OUTBOX_FILE
    if not path.exists():
        return 0
    taken = 0
    with _locked(folder):
        for line in path.read_bytes().split(b"\n"):
            entry = _entry_of(line)
            if entry is not None and not known(str(entry.details[_ID])):
                append(entry)
                taken += 1
        path.unlink()
        sync_folder(folder)
    return taken


class OutboxWatch:
    """Takes waiting entries in while a station runs, at the cost of one `stat` a second.

    Args:
        folder: The log's folder.
        take: Takes everything in: `Log.take_in`.
    """

    def __init__(self, folder: Path, take: Callable[[], int]) -> None:
        self._path = folder / OUTBOX_FILE
        self._take = take
        self._next_s = 0.0

    def poll(self) -> int:
        """Take in what waits; return how much. Raises StoreError."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return 0
        self._next_s = now_s + POLL_S
        return self._take() if self._path.exists() else 0


def _entry_of(line: bytes) -> AuditEntry | None:
    """Return the entry of a line; one that nobody can read is kept word by word: nothing vanishes from here."""
    if not line.strip():
        return None
    try:
        document: dict[str, Any] = json.loads(line)
        entry = AuditEntry(**{**document, "number": 0})
        known = isinstance(entry.details[_ID], str)
    except (ValueError, TypeError, KeyError):
        known = False
    return entry if known else _unreadable(line)


def _unreadable(line: bytes) -> AuditEntry:
    text = line.decode("utf-8", "backslashreplace")
    made_up = uuid.uuid5(uuid.NAMESPACE_OID, text).hex
    return AuditEntry(
        "outbox.unreadable", OUTBOX_FILE, new=text, why="a waiting line could not be read", details={_ID: made_up}
    )


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / LOCK_FILE, timeout=LOCK_TIMEOUT_S):
            yield
    except Timeout as error:
        raise StoreError(f"{folder}: somebody else has held the outbox for long.", cure="Try again.") from error
