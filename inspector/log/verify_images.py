"""Whether the pictures of the records are those that were recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from inspector.log.chain import Link
from inspector.log.missing import MissingImages
from inspector.log.store import RecordStore
from inspector.log.verification import Finding

_CHUNK = 1 << 20


class ImageCheck:
    """Hashes pictures as their records come by.

    Args:
        store: The log, which says what was deleted on purpose.
        folder: The log's folder.

    Attributes:
        good: Pictures that hold what was recorded.
    """

    def __init__(self, store: RecordStore, folder: Path) -> None:
        self.good = 0
        self._folder = folder
        self._missing = MissingImages[Finding](store)

    @property
    def deleted(self) -> int:
        """Pictures that are gone and of which the audit trail says so."""
        return self._missing.deleted

    def check(self, each: Link, row: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield what is wrong with the pictures of a record's row."""
        for image in _images_of(row):
            path, sha256 = str(image.get("path", "")), str(image.get("sha256", ""))
            found = sha256_of_file(self._folder, path)
            if found == sha256:
                self.good += 1
                continue
            wrong = "missing, and no rule deleted it" if found is None else "not what was recorded"
            names = (row["number"], str(row["record_id"]), str(row["part_id"]))
            finding = Finding(f"picture {path} is {wrong}", each.position, "records", *names, picture=True)
            if found is None:
                yield from self._missing.add(sha256, finding)
            else:
                yield finding

    def finish(self) -> list[Finding]:
        """Return those that are missing and were not deleted on purpose."""
        return self._missing.lost()


def is_inside(relative: str) -> bool:
    """Return whether a picture's path stays in the log's folder: who altered a record may have led it elsewhere."""
    path = PurePosixPath(relative)
    return bool(relative) and not path.is_absolute() and ".." not in path.parts and "\\" not in relative


def sha256_of_file(folder: Path, relative: str) -> str | None:
    """Return the SHA-256 of a file of the log's folder; None where there is no such regular file inside it."""
    path = folder / relative
    if not is_inside(relative) or not path.is_file():
        return None
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _images_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        images = json.loads(row["images"])
    except (TypeError, ValueError):
        return []  # the row itself is found to be bad
    return [image for image in images if isinstance(image, dict)] if isinstance(images, list) else []
