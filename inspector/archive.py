"""Archives (ZIP): packed the same way every time, and unpacked by rules, for an archive comes from anywhere.

Whatever the archive says, unpacking writes regular files inside one new folder, of bounded number and size, and puts
that folder in place as a whole or not at all. Names and kinds are refused, never repaired (`member_names`). Bombs are
told by what is declared, before anything is written, and nothing more than what is declared is ever read: total size,
number, and the ratio of the whole archive, which also catches entries that share their data (Fifield, "A better zip
bomb", WOOT 2019).
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inspector.errors import ArchiveError, InspectorError
from inspector.jsonfile import sync_folder
from inspector.member_names import MOST_WHOLE_BYTES, clashing_name, name_problem
from inspector.regular import open_regular

CURE = "Use archives that this program packed. If this is one: it was damaged on the way, copy it again."
_CHUNK = 1 << 20
_END_BYTES, _LOCATOR_BYTES, _END64_BYTES = 22, 20, 56
_NEVER_TIME = (1980, 1, 1, 0, 0, 0)
# What zipfile raises for damage: of its own, of the decompressor, and of a reader that trusts its input.
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError, IndexError, KeyError, AttributeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold at most.

    Attributes:
        files: Entries, folders counted.
        total_bytes: Of all files together, unpacked.
        ratio: Unpacked bytes for each byte of the archive. Weights reach 1.1, an all black picture 1,000.
        free_bytes: Small archives may hold so much whatever the ratio.
    """

    files: int = 10_000
    total_bytes: int = 16 * 2**30
    ratio: float = 100.0
    free_bytes: int = 4 * 2**20


Progress = Callable[[int, int], None]
"""Called with the files done and all of them."""


def pack(file: Path, members: Sequence[tuple[str, Path]], progress: Progress = lambda _done, _all: None) -> None:
    """Write an archive; the same files give the same bytes.

    Args:
        file: Made, never replaced.
        members: Name inside and file, in their order.
        progress: Told of every file.

    Raises:
        ArchiveError: The archive exists or cannot be written, or a file cannot be read.
    """
    if os.path.lexists(file):
        raise ArchiveError(f"{file}: exists.", cure="Give another name; nothing is written over.")
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for done, (name, path) in enumerate(members, 1):
                    _add(archive, name, path)
                    progress(done, len(members))
            raw.flush()
            os.fsync(raw.fileno())
        temporary.rename(file)
        sync_folder(file.absolute().parent)
    except OSError as error:
        raise ArchiveError(
            f"{file}: cannot be packed ({error.filename or ''} {error.strerror}).", cure="Check paths and disk space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    if problem := name_problem(name):
        raise ArchiveError(f"{path}: cannot be packed under the name {name!r}: {problem}.", cure="Rename the file.")
    info = zipfile.ZipInfo(name, _NEVER_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    info.file_size = path.stat().st_size
    with open_regular(path) as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, _CHUNK)


def unpack(
    file: Path,
    target: Path,
    limits: Limits,
    check: Callable[[Path], None],
    progress: Progress = lambda _done, _all: None,
) -> None:
    """Unpack an archive into a new folder: all of it, or nothing.

    Args:
        file: The archive.
        target: The folder; must not exist, or be empty.
        limits: What the archive may hold.
        check: Looks at the unpacked folder before it is put in place, and raises an InspectorError to refuse it.
        progress: Told of every file.

    Raises:
        ArchiveError: The archive is damaged, breaks a rule, or there is no room for it. Nothing was written.
        InspectorError: What `check` said. Nothing was written.
    """
    target = target.absolute()
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise ArchiveError(f"{target}: is there already.", cure="Give a new folder; nothing is written over.")
    with _opened(file, limits) as archive, _beside(target) as folder:
        entries = _checked(archive, file, limits)
        _check_room(folder, entries, file)
        for done, entry in enumerate(entries, 1):
            _extract(archive, entry, folder, file)
            progress(done, len(entries))
        check(folder)
        if target.exists():
            target.rmdir()  # it was empty; if it no longer is, this refuses
        folder.rename(target)
        sync_folder(target.parent)


@contextmanager
def _opened(file: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open the archive, and turn whatever its damage makes a reader raise into one kind of error."""
    try:
        with open_regular(file) as raw:
            _check_directory_size(raw, file, limits)
            with zipfile.ZipFile(raw) as archive:
                yield archive
    except InspectorError:
        raise
    except OSError as error:
        raise ArchiveError(
            f"{file}: cannot be unpacked ({error.strerror or error}).", cure="Check paths and disk space."
        ) from error
    except _DAMAGE as error:
        raise ArchiveError(f"{file}: the archive is damaged ({error}).", cure=CURE) from error


def _check_directory_size(raw: IO[bytes], file: Path, limits: Limits) -> None:
    """Refuse a directory of entries that would fill the memory; it is read as a whole before anybody counts them.

    Looks where `zipfile` looks: the last bytes of the file, without a comment, and the ZIP64 record before them.
    """
    size = raw.seek(0, os.SEEK_END)
    length = min(size, _END_BYTES + _LOCATOR_BYTES + _END64_BYTES)
    raw.seek(size - length)
    tail = raw.read(length)
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise ArchiveError(f"{file}: is no ZIP archive, or was cut.", cure=CURE)
    directory = struct.unpack_from("<I", end, 12)[0]
    if tail[-_END_BYTES - _LOCATOR_BYTES :].startswith(b"PK\x06\x07"):
        if len(tail) < length or not tail.startswith(b"PK\x06\x06"):
            raise ArchiveError(f"{file}: the archive's end is damaged.", cure=CURE)
        directory = struct.unpack_from("<Q", tail, 40)[0]
    if directory > limits.files * (46 + 2 * MOST_WHOLE_BYTES) or directory > size:
        raise _too_much(file, f"more than {limits.files:,} files")


def _checked(archive: zipfile.ZipFile, file: Path, limits: Limits) -> list[zipfile.ZipInfo]:
    """Return the entries to write, every rule kept. Raises ArchiveError."""
    entries = archive.infolist()
    if len(entries) > limits.files:
        raise _too_much(file, f"more than {limits.files:,} files")
    for entry in entries:
        if problem := _problem_of(entry):
            raise ArchiveError(f"{file}: {entry.orig_filename[:200]!r}: {problem}.", cure=CURE)
    files = [entry for entry in entries if not entry.is_dir()]
    if clash := clashing_name(entry.filename for entry in files):
        raise ArchiveError(f"{file}: {clash!r}: falls on another entry.", cure=CURE)
    total = sum(entry.file_size for entry in files)
    if total > limits.total_bytes:
        raise _too_much(file, f"{total:,} bytes unpacked, more than {limits.total_bytes:,}")
    if total > limits.free_bytes and total > limits.ratio * file.stat().st_size:
        raise _too_much(file, f"{limits.ratio:g} times its own size or more")
    return files


def _problem_of(entry: zipfile.ZipInfo) -> str:
    """Return which rule an entry breaks; "" where none."""
    if entry.orig_filename != entry.filename:
        return "the name holds a character that not every system takes"
    if problem := name_problem(entry.filename.removesuffix("/")):
        return problem
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
        return "is a link, a device or another thing that is no file"
    if entry.is_dir() and entry.file_size:
        return "is a folder that has content"
    if entry.flag_bits & 0x41:
        return "is encrypted"
    known = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return "" if known else "is compressed in a way that is not accepted"


def _check_room(folder: Path, entries: Sequence[zipfile.ZipInfo], file: Path) -> None:
    needed, free = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
    if needed > free:
        what = f"needs {needed:,} bytes on the disk, {free:,} are free"
        raise ArchiveError(f"{file}: {what}.", cure="Free disk space; or unpack elsewhere.")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, file: Path) -> None:
    path = folder / entry.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while chunk := source.read(min(_CHUNK, entry.file_size - written + 1)):
            written += len(chunk)
            if written > entry.file_size:
                break
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if written != entry.file_size:
        raise ArchiveError(f"{file}: {entry.filename!r}: is not as long as the archive says.", cure=CURE)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a new empty folder beside `target`; what is left of it at the end is removed."""
    folder = target.parent / f".{target.name}.{os.getpid()}.unpacking"
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)  # left by a killed run with this process number
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _too_much(file: Path, what: str) -> ArchiveError:
    return ArchiveError(f"{file}: holds {what}; that is refused.", cure="Pack less into one archive.")
