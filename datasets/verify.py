"""Looking whether a data set's files are still what they were at the import."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from datasets.manifest import Dataset
from inspector.errors import ImageError
from inspector.imaging import read_bytes, sha256_of


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is `missing` or was `altered`."""

    path: Path
    problem: str


def verify(dataset: Dataset, progress: Callable[[int, int], None]) -> list[Finding]:
    """Read every image and mask, earlier masks included, and compare with the SHA-256 in the manifest."""
    files = dataset.files()
    findings = []
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        for done, finding in enumerate(pool.map(_verify_one, files), 1):
            progress(done, len(files))
            if finding is not None:
                findings.append(finding)
    return findings


def _verify_one(file: tuple[Path, str]) -> Finding | None:
    path, sha256 = file
    try:
        data = read_bytes(path)
    except ImageError:
        return Finding(path, "missing")
    return None if sha256_of(data) == sha256 else Finding(path, "altered")
