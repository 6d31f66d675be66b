"""Rows of numbers and codes for every image, computed once per image content and kept with the data set.

Shards of a few hundred images lie in DATASET/review/embeddings/KEY/; one is written whenever it is full, so that an
interrupted audit goes on where it stopped, and a changed label costs nothing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from datasets.audit.files import REVIEW_FOLDER
from datasets.audit.fingerprints import CODE_LENGTH, code_of
from datasets.items import Item
from inspector.errors import DatasetError, ImageError
from inspector.imaging import sha256_of
from inspector.jsonfile import replace_file
from inspector.types import Image

SHARD = 256
"""Images per file: what an interruption costs at most."""

_BATCH = 16
_THREADS = 2


class Embedding(Protocol):
    """Gives rows of numbers for pictures; `inspector.inference.embedding.NetworkEmbedding` is one."""

    @property
    def name(self) -> str:
        """What the rows are, in words."""
        ...

    @property
    def key(self) -> str:
        """Names the numbers; kept rows of another key are not used."""
        ...

    def embed(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return (n, d) for pictures (H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What was read of the images.

    Attributes:
        items: The images that could be read, in the order of the data set.
        rows: (n, d) float16.
        codes: (n, CODE_LENGTH) float16, of `datasets.audit.fingerprints`.
        unread: Images that could not be read.
    """

    items: list[Item]
    rows: NDArray[np.float16]
    codes: NDArray[np.float16]
    unread: list[Item]


def look_at(
    folder: Path,
    items: Sequence[Item],
    embedding: Embedding,
    progress: Callable[[int, int], None] = lambda _d, _t: None,
) -> Looks:
    """Return rows and codes of `items`; what an earlier audit kept is not computed again.

    Args:
        folder: Of the data set.
        items: Its images.
        embedding: Computes the rows.
        progress: Called with (done, total).
    """
    store = _Store(folder / REVIEW_FOLDER / "embeddings" / sha256_of(embedding.key.encode())[:16])
    missing = [item for item in items if item.sha256 not in store.found]
    done = len(items) - len(missing)
    unread: list[Item] = []
    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            for batch in _batched(missing):
                read = list(zip(batch, pool.map(_read, batch), strict=True))
                unread += [item for item, pixels in read if pixels is None]
                whole = [(item, pixels) for item, pixels in read if pixels is not None]
                if whole:
                    rows = embedding.embed([pixels for _, pixels in whole])
                    for (item, pixels), row in zip(whole, rows, strict=True):
                        store.add(item.sha256, row, code_of(pixels))
                done += len(batch)
                progress(done, len(items))
    finally:
        store.flush()
    progress(len(items), len(items))
    return _gather(store, items, unread)


def _gather(store: _Store, items: Sequence[Item], unread: list[Item]) -> Looks:
    gone = {item.item_id for item in unread}
    kept = [item for item in items if item.item_id not in gone]
    if not kept:
        return Looks([], np.zeros((0, 1), np.float16), np.zeros((0, CODE_LENGTH), np.float16), unread)
    pairs = [store.found[item.sha256] for item in kept]
    return Looks(kept, np.stack([row for row, _ in pairs]), np.stack([code for _, code in pairs]), unread)


def _batched(items: Sequence[Item]) -> list[tuple[Item, ...]]:
    return [tuple(items[start : start + _BATCH]) for start in range(0, len(items), _BATCH)]


def _read(item: Item) -> Image | None:
    try:
        return item.read_pixels()
    except (DatasetError, ImageError):
        return None


class _Store:
    """Rows and codes by SHA-256 of the image file, in shards on disk."""

    def __init__(self, folder: Path) -> None:
        self.found: dict[str, tuple[NDArray[np.float16], NDArray[np.float16]]] = {}
        self._folder = folder
        self._new: list[str] = []
        self._next = 0
        for path in sorted(folder.glob("*.npz")):
            self._next = max(self._next, int(path.stem) + 1) if path.stem.isdigit() else self._next
            self._load(path)

    def _load(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as file:
                names, rows, codes = file["sha256"], file["rows"], file["codes"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            path.unlink(missing_ok=True)  # a damaged shard is computed again
            return
        for name, row, code in zip(names, rows, codes, strict=True):
            self.found[str(name)] = (row, code)

    def add(self, sha256: str, row: NDArray[Any], code: NDArray[np.float32]) -> None:
        limit = float(np.finfo(np.float16).max)
        self.found[sha256] = (np.nan_to_num(row).clip(-limit, limit).astype(np.float16), code.astype(np.float16))
        self._new.append(sha256)
        if len(self._new) >= SHARD:
            self.flush()

    def flush(self) -> None:
        """Make everything that was added durable."""
        if not self._new:
            return
        pairs = [self.found[name] for name in self._new]
        buffer = io.BytesIO()
        np.savez(
            buffer,
            sha256=np.array(self._new),
            rows=np.stack([row for row, _ in pairs]),
            codes=np.stack([code for _, code in pairs]),
        )
        replace_file(self._folder / f"{self._next:06d}.npz", buffer.getvalue())
        self._next += 1
        self._new = []
