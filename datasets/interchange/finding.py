"""Which file a name in another program's file means. Nothing outside of the source folder is ever looked at."""

from __future__ import annotations

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from datasets.pattern import SPLIT_ALIASES
from datasets.scan import list_files
from inspector.errors import DatasetError
from inspector.imaging import IMAGE_SUFFIXES


class Finder:
    """Finds images below a source folder.

    Args:
        source: The folder, absolute.
        skip: A folder in it that is left out: the data set to be made.
    """

    def __init__(self, source: Path, skip: Path | None = None) -> None:
        self.source = source
        self._skip = skip

    @cached_property
    def files(self) -> list[str]:
        """Every file below the source, relative, '/' between names."""
        return [name for name in list_files(self.source, self._skip) if _is_text(name)]

    @cached_property
    def images(self) -> list[str]:
        """Those that are images by their name."""
        return [name for name in self.files if name.lower().endswith(IMAGE_SUFFIXES)]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.images:
            found[posixpath.basename(name)].append(name)
        return found

    def find(self, name: str, near: Iterable[str] = ("",)) -> str:
        """Return the image that `name` means, relative to the source.

        In this order: below the folders `near`; the one image whose path ends in `name`; and, for an address or a path
        from another machine, the one image that agrees with the longest end of it.

        Args:
            name: A path, with either slash, or an address; it is not followed.
            near: Folders of the source to begin with, in this order.

        Raises:
            DatasetError: No such image, several, or one outside of the source.
        """
        text, foreign = _local_name(name)
        if not text or text.endswith("/") or "\0" in text:
            raise DatasetError(f"{name!r} is no name of an image")
        if not foreign and Path(text).is_absolute():
            path = Path(os.path.normpath(text))
            if path.is_relative_to(self.source) and _is_file(path):
                return path.relative_to(self.source).as_posix()
            foreign = True
        if not foreign:
            for folder in near:
                below = posixpath.normpath(posixpath.join(folder, text))
                if not below.startswith(("../", "/")) and _is_file(self.source / below):
                    return below
        return self._by_end(name, text, foreign=foreign)

    def _by_end(self, name: str, text: str, *, foreign: bool) -> str:
        wanted = [piece for piece in text.split("/") if piece not in ("", ".", "..")]
        same = self._by_name.get(wanted[-1] if wanted else "", [])
        agree = {path: _agreement(path.split("/"), wanted) for path in same}
        longest = max(agree.values(), default=0) if foreign else len(wanted)
        fitting = [path for path, length in agree.items() if length >= longest]
        if len(fitting) == 1 and ".." not in text.split("/"):
            return fitting[0]
        if len(fitting) > 1:
            raise DatasetError(f"{name!r} may mean {fitting[0]} or {fitting[1]}")
        raise DatasetError(f"the image {name!r} is not below {self.source}")


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - a name that is too long is no file either; Path raises


def _agreement(path: Sequence[str], wanted: Sequence[str]) -> int:
    length = 0
    for mine, theirs in zip(reversed(path), reversed(wanted), strict=False):
        if mine != theirs:
            break
        length += 1
    return length


def _local_name(name: str) -> tuple[str, bool]:
    """Return a path with '/' between names, and whether it is of another place: an address, or another machine."""
    text = name.strip().replace("\\", "/")
    if re.match(r"^[A-Za-z]:/", text):
        return text[2:], True
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", text):
        return unquote(urlsplit(text).path), True
    if text.startswith("/data/"):  # Label Studio: /data/local-files/?d=PATH and /data/upload/PROJECT/FILE
        parts = urlsplit(text)
        return parse_qs(parts.query).get("d", [unquote(parts.path)])[0], True
    return text, False


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def split_of(path: str) -> str:
    """Return the split that a path's folders or its file's name tell (`train/…`, `instances_val2017.json`), or ""."""
    *folders, file = path.lower().split("/")
    words = [*reversed(folders), *re.split(r"[^a-z]+", file.rsplit(".", 1)[0])]
    return next((SPLIT_ALIASES[word] for word in words if word in SPLIT_ALIASES), "")
