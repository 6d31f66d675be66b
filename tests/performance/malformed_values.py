"""Hostile values, bytes and pickles: what the campaign puts where something reasonable is expected."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

HUGE = 10**400
PATHS = (
    "../outside/secret.bin", "../../outside/secret.bin", "../../../outside/secret.bin", "/etc/passwd", "/dev/zero",
    "a/../../outside/new", "..", ".", "", "/", "C:\\x", "..\\outside\\new", "con", "a\0b", "~root/x", "~nobody-here/x",
    "x" * 300, "a/" * 50 + "b", "a\ud800", "\u202ecod.exe", "card.json", "card.json.sig", "CARD.JSON",
    "weights.safetensors",
)  # fmt: skip
"""Names that lead elsewhere, or mean something else on some system."""


class Canary:
    """Unpickled, it makes a folder: the proof that something was executed."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def pickles(canary: Path) -> list[bytes]:
    """Return pickles in every disguise: bare ones, torch's archive, and a numpy file of objects."""
    made = [pickle.dumps(Canary(canary), protocol) for protocol in (0, 2, 4, 5)]
    for data in made[1:3]:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("archive/data.pkl", data)
            file.writestr("archive/version", "3\n")
            file.writestr("archive/data/0", bytes(64))
        made.append(archive.getvalue())
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    made.append(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + made[1])
    return made


def value(random_: random.Random) -> Any:
    """Return one hostile JSON value."""
    deep: Any = []
    for _ in range(random_.choice((10, 900))):
        deep = [deep] if random_.random() < 0.5 else {"a": deep}
    return random_.choice(
        (
            None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), HUGE, -HUGE, 0.0, -0.0, 1e308, -1e308, 5e-324, "", "a",
            float("nan"), float("inf"), "x" * 100_000, "\0", "a\0b", "../x", [], {}, [[]], {"": ""},
            [None] * 1000, deep,
            random_.choice(PATHS), random_.randrange(-5, 20_000), random_.random(), ["good"] * 3, {"good": 1}, "\ud800",
        )
    )  # fmt: skip


def spoiled(document: Any, random_: random.Random) -> Any:
    """Return a JSON document with one place changed: another value, a key more or less, twice as much."""
    if not isinstance(document, (dict, list)) or not document or random_.random() < 0.15:
        return value(random_)
    keys: list[Any] = list(document) if isinstance(document, dict) else list(range(len(document)))
    key, changed = random_.choice(keys), document.copy()
    match random_.randrange(8):
        case 0:
            del changed[key]
        case 1 if isinstance(changed, dict):
            changed[random_.choice(PATHS)] = value(random_)
        case 2 if isinstance(changed, list):
            changed = changed * random_.choice((2, 1000))
        case _:
            changed[key] = spoiled(document[key], random_)
    return changed


def damaged(data: bytes, random_: random.Random) -> bytes:
    """Return bytes with bits turned, a piece cut out, doubled or filled, or the end cut off."""
    changed = bytearray(data)
    at = random_.randrange(len(changed) + 1)
    length = random_.choice((1, 4, 8, 64, 1024))
    match random_.randrange(6):
        case 0 | 1 if changed:
            for _ in range(random_.choice((1, 1, 3, 50))):
                changed[random_.randrange(len(changed))] ^= 1 << random_.randrange(8)
        case 2:
            del changed[at:]
        case 3:
            del changed[at : at + length]
        case 4:
            changed[at:at] = changed[at : at + length]
        case _:
            changed[at : at + length] = bytes([random_.choice((0, 0xFF, 0x7F, 0x80))]) * min(length, len(changed) - at)
    return bytes(changed)
