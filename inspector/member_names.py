"""Which names a file may have inside a package or an archive: the same ones on Linux, Windows and macOS. Pure.

A name comes from outside (a card, an archive) and becomes a path here. So it is not cleaned, it is refused: what has to
be cleaned was not written by this program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST_PARTS = 12
"""Folders deep, the file counted."""
MOST_BYTES = 200
"""Of one part of a name, in UTF-8: with a temporary ending it still fits into the 255 that file systems take."""
MOST_WHOLE_BYTES = 800
"""Of the whole name."""

_FORBIDDEN = frozenset('<>:"|?*\\')
# Windows opens a device for these, whatever the ending (Naming Files, Paths, and Namespaces; Microsoft Learn).
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def name_problem(name: str) -> str:
    """Return why a relative name with `/` between its parts may not become a file here; "" where it may."""
    parts = name.split("/")
    if len(parts) > MOST_PARTS or len(name.encode("utf-8", "surrogatepass")) > MOST_WHOLE_BYTES:
        return "the name is too long or too deep"
    return next((problem for part in parts if (problem := _part_problem(part))), "")


def _part_problem(part: str) -> str:
    if part in ("", ".", ".."):
        return "the name is absolute or leaves the folder"
    if any(unicodedata.category(letter) in ("Cc", "Cs") or letter in _FORBIDDEN for letter in part):
        return "the name holds a character that not every system takes"
    if part != part.strip() or part.endswith(".") or part.startswith("~"):
        return "the name begins or ends as not every system takes it"
    if _DEVICES.fullmatch(part.split(".", maxsplit=1)[0].rstrip()):
        return "the name is that of a device on Windows"
    return "the name is too long" if len(part.encode()) > MOST_BYTES else ""


def clashing_name(names: Iterable[str]) -> str:
    """Return the first name that would fall on another one, or on a folder of another one; "" where none does.

    Names that differ in case alone, or in how a letter with an accent is written, are one file on Windows and macOS.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
        parents = {key[:at] for at, letter in enumerate(key) if letter == "/"}
        if key in files or key in folders or parents & files:
            return name
        files.add(key)
        folders |= parents
    return ""
