"""A folder of images as a camera: one part per file, or per group of files where the pattern names `{part}`."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from inspector.cameras.base import EndOfSource, PartError, Shot
from inspector.errors import CameraError, ImageError
from inspector.imaging import IMAGE_SUFFIXES, printable, read_image
from inspector.recipe import FOLDER_FIELDS, FolderCamera


class FolderSource:
    """Reads parts from a folder in the order of their names.

    Every file that the pattern matches becomes a part, whatever its content: a damaged or foreign file makes its part
    ERROR, never a silently skipped one.
    """

    live = False
    repeats_mean_frozen = False

    def __init__(self, config: FolderCamera) -> None:
        self._config = config
        self._parts: list[tuple[str, list[tuple[str, Path, str]]]] = []
        self._next = 0

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        root = self._config.path
        if not root.is_dir():
            raise CameraError(f"Camera {self._config.name}: there is no folder {root}.", cure="Correct the path.")
        self._parts = self._parts or self._find(root)
        if not self._parts:
            raise CameraError(
                f"Camera {self._config.name}: no file below {root} matches the pattern {self._config.pattern!r}.",
                cure=f"Correct the pattern; it may use {', '.join('{' + field + '}' for field in FOLDER_FIELDS)}.",
            )
        return ()

    def _find(self, root: Path) -> list[tuple[str, list[tuple[str, Path, str]]]]:
        """Return (part id, [(view, path, class)]) for every part."""
        expression = _compiled(self._config.pattern)
        parts: dict[str, list[tuple[str, Path, str]]] = {}
        for path in sorted(root.rglob("*")):
            relative = printable(path.relative_to(root))
            match = expression.fullmatch(relative)
            if match is None or not path.is_file() or fnmatch(relative, self._config.exclude):
                continue
            fields = match.groupdict()
            part = fields.get("part") or str(Path(relative).with_suffix(""))
            view = fields.get("view") or self._config.view
            parts.setdefault(part, []).append((view, path, fields.get("class") or ""))
        return list(parts.items())

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        if self._next >= len(self._parts):
            if not self._config.loop:
                raise EndOfSource
            self._next = 0
        part, files = self._parts[self._next]
        self._next += 1
        try:
            return tuple(Shot(read_image(path), view, part, printable(path), truth) for view, path, truth in files)
        except ImageError as error:
            raise PartError(error.message, part_id=part, cure=error.cure) from error

    def close(self) -> None:
        """See Camera.close."""


def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate a path pattern to a regular expression; without a file ending it takes every image type."""
    seen: set[str] = set()
    pieces = []
    for piece in re.split(r"(\{[^}]*\})", pattern):
        field = piece[1:-1]
        if not piece.startswith("{"):
            pieces.append(re.escape(piece))
        elif field not in FOLDER_FIELDS:
            raise CameraError(
                f"The folder pattern {pattern!r} uses the unknown field {piece}.",
                cure=f"Use {', '.join('{' + name + '}' for name in FOLDER_FIELDS)}.",
            )
        elif field in seen:
            pieces.append(f"(?P={field})")
        else:
            seen.add(field)
            # With no sub-folder in the pattern, `{id}` reaches into sub-folders: the whole tree is the source.
            pieces.append(f"(?P<{field}>{'.+' if field == 'id' and '/' not in pattern else '[^/]+'})")
    if not Path(pattern).suffix:
        pieces.append("(?:" + "|".join(re.escape(suffix) for suffix in IMAGE_SUFFIXES) + ")")
    return re.compile("".join(pieces), re.IGNORECASE)
