"""A disk that loses its power: what a program wrote, and what of it may be left at any moment.

The operations of a real process are recorded by strace and replayed onto a model that promises no more than POSIX: the
bytes and the length of a file are durable after fsync of the file, its name (made, or taken away) after fsync of the
folder. Whatever was not synced may be there, or not, or be torn at sectors of 512 bytes, each on its own.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SECTOR = 512
_CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"|<((?:\\x[0-9a-f]{2})*)>')


class Loss(StrEnum):
    """What happens to everything that was not synced."""

    DROPPED = "dropped"
    SUBSET = "random subset"
    TORN = "torn sectors"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the process did to a file.

    Attributes:
        kind: `create`, `write`, `truncate`, `sync`, `unlink`, `sync-folder` or `acknowledge`.
        name: The file's name in the watched folder.
        offset: Where it was written; the new length for `truncate`.
        data: What was written or acknowledged.
    """

    kind: str
    name: str
    offset: int = 0
    data: bytes = b""


def record(command: Sequence[str], folder: Path, acknowledgements: str) -> list[Operation]:
    """Run a program under strace and return what it did to the files of `folder`.

    Args:
        command: The program; it writes a line to the file `acknowledgements` of the folder for what it promises.
        folder: Watched; nothing below it is.
        acknowledgements: Name of that file.
    """
    trace = folder.parent / f"{folder.name}.trace"
    traced = ["strace", "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={_CALLS}", "-o", str(trace), *command]
    subprocess.run(traced, check=True)
    try:
        with trace.open(encoding="ascii") as lines:
            return list(_operations(lines, folder, acknowledgements))
    finally:
        trace.unlink()


def _operations(lines: Iterator[str], folder: Path, acknowledgements: str) -> Iterator[Operation]:
    appended: dict[str, int] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None or int(found[3]) < 0:
            continue
        call, arguments = found[1], found[2]
        texts = [bytes.fromhex((a or b).replace("\\x", "")) for a, b in _STRING.findall(arguments)]
        path = Path((texts[1] if call == "openat" else texts[0]).decode())
        if path == folder and call in ("fsync", "fdatasync"):
            yield Operation("sync-folder", "")
        if path.parent != folder or path.name.endswith("-shm"):  # shared memory is made anew after a power cut
            continue
        match call:
            case "openat" if "O_CREAT" in arguments:
                yield Operation("create", path.name)
            case "pwrite64":
                yield Operation("write", path.name, int(arguments.rsplit(", ", 1)[1]), texts[1][: int(found[3])])
            case "write" if path.name == acknowledgements:
                yield Operation("acknowledge", path.name, data=texts[1])
            case "write":
                offset = appended.get(path.name, 0)
                appended[path.name] = offset + int(found[3])
                yield Operation("write", path.name, offset, texts[1][: int(found[3])])
            case "ftruncate":
                yield Operation("truncate", path.name, int(arguments.rsplit(", ", 1)[1]))
            case "fsync" | "fdatasync":
                yield Operation("sync", path.name)
            case "unlink":
                yield Operation("unlink", path.name)
            case "rename":
                raise AssertionError(f"rename of {path}: the model does not know it")


@dataclass(slots=True)
class _File:
    """Durable bytes, and what came after them in order."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)


class Disk:
    """The model: apply operations, then ask what is left after a cut.

    Attributes:
        acknowledged: What the process had promised so far.
    """

    def __init__(self) -> None:
        self._now: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._names_pending: list[tuple[str, _File | None]] = []
        self.acknowledged: list[bytes] = []

    def apply(self, operation: Operation) -> None:
        """Do one more thing."""
        file = self._now.get(operation.name)
        match operation.kind:
            case "acknowledge":
                self.acknowledged += operation.data.splitlines()
            case "create" if file is None:
                self._now[operation.name] = _File()
                self._names_pending.append((operation.name, self._now[operation.name]))
            case "write" | "truncate":
                assert file is not None
                file.pending.append(operation)
            case "sync":
                assert file is not None
                _write_all(file.durable, file.pending)
                file.pending = []
            case "unlink" if file is not None:
                del self._now[operation.name]
                self._names_pending.append((operation.name, None))
            case "sync-folder":
                self._durable_names = dict(self._now)
                self._names_pending = []

    def after_cut(self, loss: Loss, chance: random.Random) -> dict[str, bytes]:
        """Return the files as the next start finds them: by name, their bytes."""
        names = dict(self._durable_names)
        for name, file in self._names_pending:
            if loss is not Loss.DROPPED and chance.random() < 0.5:
                if file is None:
                    names.pop(name, None)
                else:
                    names[name] = file
        left = {}
        for name, file in names.items():
            content = bytearray(file.durable)
            _write_all(content, _survivors(file.pending, loss, chance))
            left[name] = bytes(content)
        return left


def _survivors(pending: Sequence[Operation], loss: Loss, chance: random.Random) -> Iterator[Operation]:
    if loss is Loss.DROPPED:
        return
    for operation in pending:
        if loss is Loss.SUBSET or operation.kind == "truncate":
            pieces = [operation]
        else:
            pieces = [_piece(operation, *each) for each in _sectors(operation.offset, len(operation.data))]
        yield from (each for each in pieces if chance.random() < 0.5)


def _piece(operation: Operation, start: int, stop: int) -> Operation:
    return Operation("write", operation.name, operation.offset + start, operation.data[start:stop])


def _sectors(offset: int, length: int) -> Iterator[tuple[int, int]]:
    """Give the pieces of a write that lie in one sector each, as places in its data."""
    start = 0
    while start < length:
        stop = min(length, start + SECTOR - (offset + start) % SECTOR)
        yield start, stop
        start = stop


def _write_all(content: bytearray, operations: Sequence[Operation] | Iterator[Operation]) -> None:
    for operation in operations:
        if operation.kind == "truncate":
            del content[operation.offset :]
            content.extend(bytes(operation.offset - len(content)))
            continue
        end = operation.offset + len(operation.data)
        content.extend(bytes(max(0, end - len(content))))
        content[operation.offset : end] = operation.data
