"""Model packages and releases, spoiled in one way each, most of them with hashes that fit again.

A hash stops accidents; what is looked for here is what an attacker reaches who made the card himself.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.imaging import sha256_of
from inspector.inference.package import CARD_FILE, SIGNATURE_FILE, WEIGHTS_FILE
from inspector.release import RELEASE_FILE
from tests.performance.malformed_values import HUGE, PATHS, damaged, pickles, spoiled, value

Spoiler = Callable[[Path, random.Random, Path], None]
"""Spoils the package in a folder; the last path is what nobody may make."""


def _card(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / CARD_FILE).read_bytes())
    return found


def _write_card(folder: Path, card: Any) -> None:
    (folder / CARD_FILE).write_bytes(json.dumps(card, ensure_ascii=True).encode())


def _replace(folder: Path, name: str, data: bytes) -> None:
    """Put other bytes into a file that the card names, and let the card name their hash."""
    card = _card(folder)
    (folder / name).write_bytes(data)
    card["files"][name] = {"sha256": sha256_of(data), "bytes": len(data)}
    _write_card(folder, card)


def _a_file(folder: Path, random_: random.Random) -> str:
    return str(random_.choice(sorted(_card(folder)["files"])))


def damaged_file(folder: Path, random_: random.Random, _canary: Path) -> None:
    """Bits, cuts and pieces of any file; no hash fits any more."""
    path = folder / random_.choice([CARD_FILE, *sorted(_card(folder)["files"])])
    path.write_bytes(damaged(path.read_bytes(), random_))


def damaged_weights(folder: Path, random_: random.Random, _canary: Path) -> None:
    """The same with hashes that fit, most of it in the header of the weights."""
    name = _a_file(folder, random_)
    data = (folder / name).read_bytes()
    head = 8 + struct.unpack("<Q", data[:8])[0] if name == WEIGHTS_FILE else len(data)
    changed = damaged(data[:head], random_) + data[head:] if random_.random() < 0.7 else damaged(data, random_)
    _replace(folder, name, changed)


def pickled(folder: Path, random_: random.Random, canary: Path) -> None:
    """A pickle under the name of weights or calibration, bare or behind a header."""
    data = random_.choice(pickles(canary))
    if random_.random() < 0.3:
        header = json.dumps({"__metadata__": {"format": "pt"}, "x": _tensor("U8", [len(data)], 0, len(data))}).encode()
        data = struct.pack("<Q", len(header)) + header + data
    _replace(folder, _a_file(folder, random_), data)


def _tensor(dtype: Any, shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def weights_header(folder: Path, random_: random.Random, _canary: Path) -> None:
    """A header of the weights that lies: sizes, shapes, offsets, types, names, nesting, length."""
    data = (folder / WEIGHTS_FILE).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    name = random_.choice([key for key in header if key != "__metadata__"])
    match random_.randrange(8):
        case 0:
            header = spoiled(header, random_)
        case 1:
            header[name]["shape"] = random_.choice(([HUGE], [2**62, 4], [0], [-1], [2**32] * 3, [1] * 500, []))
        case 2:
            offsets = ([0, 2**63], [5, 1], [-4, 4], [HUGE, HUGE], [0, 0], [2**64, 2**64 + 4], ["0", 4])
            header[name]["data_offsets"] = random_.choice(offsets)
        case 3:
            header[name]["dtype"] = random_.choice(
                ("F64", "BF16", "I64", "BOOL", "F8_E4M3", "C64", "O", "", 5, "F4", "U16")
            )
        case 4:
            header[random_.choice(PATHS)] = header.pop(name)
        case 5:
            header = {f"t{number}": _tensor("F32", [1], 0, 4) for number in range(20_000)}
        case 6:
            raw = random_.choice(
                (b"[" * 100_000, b'{"a":' * 100_000, b"{" + b" " * 1_000_000 + b"}", b'{"x":1e999999}')
            )
            _replace(folder, WEIGHTS_FILE, struct.pack("<Q", len(raw)) + raw + body)
            return
        case _:
            claimed = random_.choice((0, 1, length - 1, length + 1, len(data), 2**31, 2**40, 2**63, 2**64 - 1))
            _replace(folder, WEIGHTS_FILE, struct.pack("<Q", claimed) + data[8:])
            return
    raw = json.dumps(header).encode()
    _replace(folder, WEIGHTS_FILE, struct.pack("<Q", len(raw)) + raw + body)


def foreign_weights(folder: Path, random_: random.Random, _canary: Path) -> None:
    """Weights of one package, card of another."""
    others = sorted(folder.parent.glob("other*"))
    _replace(folder, WEIGHTS_FILE, (random_.choice(others) / WEIGHTS_FILE).read_bytes())


def spoiled_card(folder: Path, random_: random.Random, _canary: Path) -> None:
    """One or two places of the card with hostile values."""
    card = spoiled(_card(folder), random_)
    _write_card(folder, spoiled(card, random_) if random_.random() < 0.3 else card)


def spoiled_settings(folder: Path, random_: random.Random, _canary: Path) -> None:
    """What the run-times read: method, backbone, classes, preprocessing, anomaly."""
    card = _card(folder)
    key = random_.choice(
        ("method", "backbone", "classes", "good", "preprocessing", "anomaly", "thresholds", "training")
    )
    likely: dict[str, list[Any]] = {
        "method": ["classifier", "patch-memory", "autoencoder", "hybrid"],
        "backbone": ["resnet18", "mobilenet_v2", "../x", "resnet10", "__class__", "vit_b_16", "torch.hub"],
        "good": [["good", "crack"], ["crack"], []],
    }
    if key in likely and random_.random() < 0.7:
        card[key] = random_.choice(likely[key])
    elif isinstance(card.get(key), dict) and card[key] and random_.random() < 0.8:
        own = random_.choice(sorted(card[key]))
        card[key][own] = spoiled(card[key][own], random_)
    else:
        card[key] = value(random_)
    _write_card(folder, card)


def raw_card(folder: Path, random_: random.Random, _canary: Path) -> None:
    """Bytes that are no card: deep, long, of another encoding, of numbers without end."""
    text = (folder / CARD_FILE).read_text()
    raw = random_.choice(
        (
            b"[" * 200_000, b'{"a":' * 200_000, b"", b"null", b"5", b'"x"', b"[]", b"{}", b"1" * 1_000_000,
            b"\xff" * 100, text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), text.encode() + b"x",
            b" " * 5_000_000, b"\0" * 1000,
            text.replace("0.2", "1" * 5000).encode(), text.replace('"method"', '"a":NaN,"method"').encode(),
            text.replace("inspector.package/1", "inspector.package/2").encode(),
            text[:-1].encode() + b',"method":"hybrid"}',
        )
    )  # fmt: skip
    (folder / CARD_FILE).write_bytes(raw)


def named_elsewhere(folder: Path, random_: random.Random, _canary: Path) -> None:
    """A card that names files that lie elsewhere, or very many of them; the bytes behind the name do fit."""
    card, name = _card(folder), random_.choice(PATHS)
    try:
        data = (folder / name).read_bytes() if "zero" not in name else b""
    except (OSError, ValueError):
        data = b""
    card["files"][name] = {"sha256": sha256_of(data), "bytes": random_.choice((len(data), len(data), 2**40, 0, -1))}
    if random_.random() < 0.2:
        card["files"] |= {f"{number}.bin": card["files"][WEIGHTS_FILE] for number in range(random_.choice((10, 5000)))}
    _write_card(folder, card)


def not_regular(folder: Path, random_: random.Random, _canary: Path) -> None:
    """A pipe, a device, a folder, or a link where a file should be."""
    name = random_.choice([CARD_FILE, SIGNATURE_FILE, *sorted(_card(folder)["files"])])
    path = folder / name
    path.unlink(missing_ok=True)
    match random_.randrange(5):
        case 0:
            os.mkfifo(path)
        case 1:
            path.mkdir()
        case 2:
            path.symlink_to(random_.choice(("/dev/zero", "/dev/stdin", "/dev/urandom", "/dev/tty")))
        case 3:
            path.symlink_to(name)
        case _:
            path.symlink_to(folder.parent.parent / "outside" / "secret.bin")


def signature(folder: Path, random_: random.Random, _canary: Path) -> None:
    """The file of the signatures, and files that no signature covers."""
    path = folder / SIGNATURE_FILE
    known = path.read_bytes() if path.exists() else b'{"schema": "inspector.signature/1", "signatures": []}'
    match random_.randrange(5):
        case 0:
            path.write_bytes(damaged(known, random_))
        case 1:
            path.write_text(json.dumps(spoiled(json.loads(known), random_)))
        case 2:
            path.write_bytes(random_.choice((b"[" * 10_000, b"", b"{}", bytes(100), b"1" * 5000, b"x" * 100_000)))
        case 3:
            many = json.loads(known)["signatures"] * random_.choice((0, 16, 17, 40))
            path.write_text(json.dumps({"schema": "inspector.signature/1", "signatures": many}))
        case _:
            (folder / random_.choice(("extra.py", ".hidden", "card.json.sig2", "__init__.py"))).write_bytes(
                b"import os"
            )


def release(folder: Path, random_: random.Random, _canary: Path) -> None:
    """A release folder whose file is spoiled; it takes the package's place."""
    shutil.rmtree(folder)
    shutil.copytree(folder.parent / "release", folder)
    path = folder / RELEASE_FILE
    match random_.randrange(4):
        case 0:
            path.write_bytes(damaged(path.read_bytes(), random_))
        case 1:
            path.write_bytes(
                random_.choice((b"[" * 200_000, b"", b"[]", b"1" * 1_000_000, b"\xff\xfe", b"null", b'{"a":' * 50_000))
            )
        case 2:
            document = json.loads(path.read_bytes())
            document["champion"] = document["history"][-1]["hash"] = random_.choice(PATHS)
            path.write_text(json.dumps(document))
        case _:
            path.write_text(json.dumps(spoiled(json.loads(path.read_bytes()), random_)))


SPOILERS: tuple[Spoiler, ...] = (
    damaged_file, damaged_weights, damaged_weights, pickled, weights_header, weights_header, foreign_weights,
    spoiled_card, spoiled_card, spoiled_settings, spoiled_settings, raw_card, named_elsewhere, not_regular,
    signature, release,
)  # fmt: skip
