"""Whether the pictures of the records are those that were recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from inspector.log.chain import Link
from inspector.log.deletions import DELETED
from inspector.log.store import RecordStore
from inspector.log.verification import Finding

_TOGETHER = 10_000
_CHUNK = 1 << 20


class ImageCheck:
    """Hashes pictures as their records come by.

    Args:
        store: The log, which says what was deleted on purpose.
        folder: The log's folder.

    Attributes:
        good: Pictures that hold what was recorded.
        deleted: Pictures that are gone and of which the audit trail says so.
    """

    def __init__(self, store: RecordStore, folder: Path) -> None:
        self.good = self.deleted = 0
        self._store = store
        self._folder = folder
        self._missing: dict[str, list[Finding]] = {}

    def check(self, each: Link, row: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield what is wrong with the pictures of a record's row."""
        for image in _images_of(row):
            path, sha256 = str(image.get("path", "")), str(image.get("sha256", ""))
            finding = Finding(
                f"picture {path} is not what was recorded",
                each.position,
                "records",
                row["number"],
                str(row["record_id"]),
                str(row["part_id"]),
                picture=True,
            )
            found = sha256_of_file(self._folder, path)
            if found == sha256:
                self.good += 1
            elif found is not None:
                yield finding
            else:
                self._missing.setdefault(sha256, []).append(finding)
        if len(self._missing) >= _TOGETHER:
            yield from self.finish()

    def finish(self) -> Iterator[Finding]:
        """Yield those that are missing and were not deleted on purpose."""
        before: int | None = None
        while self._missing and (page := self._store.audit(action=DELETED, before=before, limit=100)):
            for entry in page:
                for sha256 in entry.details.get("sha256", ()):
                    self.deleted += len(self._missing.pop(str(sha256), ()))
            before = page[-1].number
        missing, self._missing = self._missing, {}
        for findings in missing.values():
            for finding in findings:
                what = finding.what.replace("is not what was recorded", "is missing, and no rule deleted it")
                yield replace(finding, what=what)


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
