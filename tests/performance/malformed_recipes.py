"""Recipes, spoiled in one way each."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

from tests.performance.malformed_values import PATHS, damaged, pickles

Spoiler = Callable[[Path, random.Random, Path], None]
"""Spoils the recipe in a file; the last path is what nobody may make."""

_VALUES = (
    "1" * 5000, "1" * 4000, "-1", "0", "9223372036854775808", "1e999", "-1e999", "nan", "inf", "1e308", "5e-324",
    "true", '""', '"\\u0000"', "[]", "{}", "[[]]", "0x" + "f" * 3000, "1979-05-27T07:32:00Z", "9999-99-99",
    "0001-01-01", "25:61:61", "[" * 300 + "]" * 300, "{a=" * 200 + "1" + "}" * 200, '"' + "x" * 100_000 + '"',
    '"""' + "\n" * 50_000 + '"""', "1_0", "+5",
)  # fmt: skip


def damaged_text(path: Path, random_: random.Random, _canary: Path) -> None:
    """Bits, cuts and pieces."""
    path.write_bytes(damaged(path.read_bytes(), random_))


def hostile_value(path: Path, random_: random.Random, _canary: Path) -> None:
    """One value that is out of every bound."""
    lines = path.read_text().splitlines()
    at = random_.choice([number for number, line in enumerate(lines) if "=" in line])
    key = lines[at].split("=")[0]
    given = random_.choice((*_VALUES, *("'" + name.replace("\0", "").replace("\ud800", "") + "'" for name in PATHS)))
    lines[at] = f"{key}= {given}"
    path.write_text("\n".join(lines))


def keys(path: Path, random_: random.Random, _canary: Path) -> None:
    """Keys and tables without end, doubled, deep, or of hostile names."""
    text = path.read_text()
    more = random_.choice(
        (
            "".join(f"k{number} = 1\n" for number in range(15_000)), ".".join("a" * 20_000) + " = 1\n", "name = 1\n",
            "[" + ".".join("a" * 20_000) + "]\n", "[[cameras]]\nkind = 'simulated'\n" * 3000, '"" = 1\n', "[[model]]\n",
            '"\\u0000" = 1\n', "'../../x' = 1\n", "".join(f"[t{number}]\n" for number in range(10_000)),
            "a = [" * 50_000,
            "a = " + "[" * 100_000, "a = " + "{b = " * 20_000, "[cameras.settings.x.y.z]\n", "__class__ = 1\n",
        )
    )  # fmt: skip
    path.write_text(more + text if random_.random() < 0.5 else text + more)


def slow_to_explain(path: Path, random_: random.Random, _canary: Path) -> None:
    """A mistake in a recipe whose lines take long to look through for it."""
    line = random_.choice(
        ("[" + " " * 100_000, "[[" + " " * 100_000 + "]", "a" * 100_000, " " * 100_000, "[" * 100_000)
    )
    path.write_text(f"mistake = 1\n{path.read_text()}\n[x]\ny = '''\n{line}\n{'[' * 10}\n'''\n")


def other_bytes(path: Path, random_: random.Random, canary: Path) -> None:
    """No recipe at all: other encodings, pickles, nothing, too much."""
    text = path.read_text()
    path.write_bytes(
        random_.choice(
            (b"", b"\0" * 1000, text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), b"\xff" * 50, b"\r" * 5000,
             text.encode() + b"\0", b"#" * 300_000, b" " * 10_000_000, *pickles(canary))
        )
    )  # fmt: skip


def not_regular(path: Path, random_: random.Random, _canary: Path) -> None:
    """A pipe, a device, a folder, or a link where the recipe, its signature or its package should be."""
    text = path.read_text()
    target = random_.choice((path, path.with_name(path.name + ".sig"), path.parent / "strange"))
    target.unlink(missing_ok=True)
    match random_.randrange(4):
        case 0:
            os.mkfifo(target)
        case 1:
            target.mkdir()
        case 2:
            target.symlink_to(random_.choice(("/dev/zero", "/dev/urandom", "/dev/stdin")))
        case _:
            target.symlink_to(target.name)
    if target.name == "strange":
        path.write_text(re.sub(r'package = ".*?"', 'package = "strange"', text))


SPOILERS: tuple[Spoiler, ...] = (
    damaged_text, damaged_text, hostile_value, hostile_value, hostile_value, keys, slow_to_explain, other_bytes,
    not_regular,
)  # fmt: skip
