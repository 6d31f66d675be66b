"""Archives of packages, recipes and data sets, spoiled in one way each."""

from __future__ import annotations

import io
import os
import random
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.performance.malformed_values import PATHS, damaged, pickles

Spoiler = Callable[[Path, random.Random, Path], None]
"""Spoils the archive in a file; the last path is what nobody may make."""

_KINDS = (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR, 0o170000)


def damaged_archive(path: Path, random_: random.Random, _canary: Path) -> None:
    """Bits, cuts and pieces anywhere."""
    path.write_bytes(damaged(path.read_bytes(), random_))


def damaged_directory(path: Path, random_: random.Random, _canary: Path) -> None:
    """The same in the directory at the end, where names, sizes and places stand."""
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    path.write_bytes(data[:start] + damaged(data[start:], random_))


def hostile_entry(path: Path, random_: random.Random, canary: Path) -> None:
    """An entry more: of a name that leads elsewhere, of a kind that is no file, with a pickle or a program in it."""
    content = random_.choice(
        (b"#!/bin/sh\nmkdir executed\n", b"../outside/secret.bin", b"/etc/passwd", *pickles(canary))
    )
    with zipfile.ZipFile(path, "a") as archive:
        names = archive.namelist()
        name = random_.choice(
            (*PATHS, *names, names[0].upper(), names[0] + "/x", "extra.py", "a/b/c", "x" * 60_000, "d/")
        )
        info = zipfile.ZipInfo(name.replace("\ud800", "\ud7ff"))
        if random_.random() < 0.4:
            info.create_system, info.external_attr = 3, (random_.choice(_KINDS) | 0o777) << 16
        archive.writestr(info, content)


def link_then_through(path: Path, random_: random.Random, _canary: Path) -> None:
    """A link to outside, and a file behind it: who follows the link writes there."""
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, random_.choice(("../outside", "/", "..", "../../outside")))
        archive.writestr("link/new.txt", b"escaped")


def nul_name(path: Path, random_: random.Random, _canary: Path) -> None:
    """A name with a NUL, or other bytes that no name has, in both of its places or in one."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        name = random_.choice(archive.namelist()).encode()
    odd = random_.choice((b"\0", b"\x01", b"\\", b":", b"\xff", b"\n", b"/", b"."))
    at = random_.randrange(len(name))
    other = name[:at] + odd + name[at + 1 :]
    path.write_bytes(data.replace(name, other, random_.choice((1, 2, -1))))


def bomb(path: Path, random_: random.Random, _canary: Path) -> None:
    """Much from little: one file of zeros, many entries that share it, or a size that lies."""
    size = random_.choice((6_000_000, 200_000_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("card.json", "w") as file:
        for _ in range(size // 1_000_000):
            file.write(bytes(1_000_000))
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    if random_.random() < 0.5:
        count = random_.choice((50, 5000))
        entry = data[start:end]
        entries = b"".join(entry.replace(b"card.json", b"%09d" % number) for number in range(count))
        tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
        path.write_bytes(data[:start] + entries + tail)
    elif random_.random() < 0.5:
        path.write_bytes(
            data.replace(struct.pack("<I", size), struct.pack("<I", random_.choice((0, 1, 1000, 2**32 - 1))))
        )


def lying_end(path: Path, random_: random.Random, _canary: Path) -> None:
    """An end of the archive that names other counts, sizes and places; with and without the record for large ones."""
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    fields = list(struct.unpack("<4sHHHHIIH", data[end : end + 22]))
    for _ in range(random_.choice((1, 2))):
        at = random_.randrange(1, 8)
        fields[at] = (
            random_.choice((0, 1, 0xFFFF)) if at in (1, 2, 3, 4, 7) else random_.choice((0, 1, end, 2**31, 2**32 - 1))
        )
    tail = struct.pack("<4sHHHHIIH", *fields)
    if random_.random() < 0.5:
        numbers = [random_.choice((0, 1, 2**32, 2**63, 2**64 - 1, end)) for _ in range(5)]
        record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", numbers[0], 45, 45, 0, 0, *numbers[1:])
        tail = record + struct.pack("<4sIQI", b"PK\x06\x07", 0, random_.choice((end, 0, 2**63)), 1) + tail
    path.write_bytes(data[:end] + tail + random_.choice((b"", b"", b"x", data)))


def huge_directory(path: Path, random_: random.Random, _canary: Path) -> None:
    """Entries without end."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = random_.choice((300, 65_535, 400_000))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count % 65_536, count % 65_536, len(entry) * count, 0, 0)
    path.write_bytes(entry * count + tail)


def odd_fields(path: Path, random_: random.Random, _canary: Path) -> None:
    """Flags, methods, versions and extra fields at random in every entry of the directory."""
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    for _ in range(random_.choice((1, 3))):
        data[at + random_.choice((6, 8, 10, 28, 30, 32, 34, 38, 41))] ^= 1 << random_.randrange(8)
    path.write_bytes(data)


def other_format(path: Path, random_: random.Random, canary: Path) -> None:
    """No archive of this program: a tar with tricks, a pickle, compressed bytes, nothing, a pipe, a folder."""
    match random_.randrange(6):
        case 0:
            made = io.BytesIO()
            with tarfile.open(fileobj=made, mode="w") as archive:
                info = tarfile.TarInfo("../outside/new.txt")
                archive.addfile(info)
            path.write_bytes(made.getvalue())
        case 1:
            path.write_bytes(random_.choice(pickles(canary)))
        case 2:
            path.write_bytes(zlib.compress(bytes(10_000_000)))
        case 3:
            path.write_bytes(
                random_.choice((b"", b"PK", b"PK\x05\x06" + bytes(18), b"PK\x05\x06" * 10_000, bytes(5000)))
            )
        case 4:
            path.unlink()
            os.mkfifo(path)
        case _:
            path.unlink()
            path.symlink_to(random_.choice(("/dev/zero", path.name, "/dev/urandom")))


def spoiled_content(path: Path, random_: random.Random, _canary: Path) -> None:
    """A whole archive of files that are spoiled themselves, or that lacks one."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = random_.choice(sorted(files))
    if random_.random() < 0.3:
        del files[name]
    else:
        files[name] = damaged(files[name], random_)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(each, data)


SPOILERS: tuple[Spoiler, ...] = (
    damaged_archive, damaged_directory, damaged_directory, hostile_entry, hostile_entry, link_then_through, nul_name,
    bomb, lying_end, huge_directory, odd_fields, other_format, spoiled_content,
)  # fmt: skip
