"""Reading the manifest by columns: arrays and lists with one place per image, in the order of `Dataset.items`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.items import SPLITS
from datasets.manifest import Dataset

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

_CHUNK = 20_000  # rows in memory as Python objects
_QUERY = (
    "SELECT item_id, root_id, path, sha256, width, height, label, coalesce(mask_root_id, -1), coalesce(mask_path, ''),"
    " part, view, split, source, synthetic, item_id IN (SELECT item_id FROM derived),"
    " part IN (SELECT part FROM regression_apart), labelled_utc"
    " FROM current_item ORDER BY part, view, path, item_id"
)


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the manifest holds of n images.

    Attributes:
        numbers: By column of `_QUERY`: values, or codes into `names`, (n,) each.
        names: By column of text: the names behind the codes; a label that nobody has said yet is -1.
        paths: Relative to their root.
        masks: Relative to their root; "" where there is none.
        hashes: SHA-256, (n, 32) uint8.
        changed: Unix seconds of the last label, (n,).
    """

    numbers: dict[str, Ints]
    names: dict[str, list[str]]
    paths: list[str]
    masks: list[str]
    hashes: NDArray[np.uint8]
    changed: Ints


class Coder:
    """Names as numbers, in the order in which they come.

    Attributes:
        codes: Number by name.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.codes = {name: number for number, name in enumerate(names)}

    def all(self, names: Iterable[str]) -> list[int]:
        """Return the codes of names; new names get the next numbers."""
        codes = self.codes
        return [codes.setdefault(name, len(codes)) for name in names]

    def labels(self, names: Iterable[str]) -> list[int]:
        """Return the codes of classes, -1 for "": nobody has said the class yet."""
        codes = self.codes
        return [codes.setdefault(name, len(codes)) if name else -1 for name in names]


_PLAIN = {
    0: "item",
    1: "root",
    4: "width",
    5: "height",
    7: "mask_root",
    13: "synthetic",
    14: "derived",
    15: "regression",
}
_CODED = {6: "label", 9: "part", 10: "view", 11: "split", 12: "source"}


def read_columns(dataset: Dataset) -> Columns:
    """Read every image, those without a class included."""
    coders = {name: Coder() for name in _CODED.values()}
    coders["label"], coders["split"] = Coder(name for name in dataset.classes if name), Coder(SPLITS)
    pieces: dict[str, list[NDArray[np.int64]]] = {name: [] for name in (*_PLAIN.values(), *_CODED.values())}
    paths: list[str] = []
    masks: list[str] = []
    hashes: list[bytes] = []
    changed: list[Ints] = []
    clock = Clock()
    cursor = dataset.connection.execute(_QUERY)
    while rows := cursor.fetchmany(_CHUNK):
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for number, name in _PLAIN.items():
            pieces[name].append(np.array(columns[number], np.int64))
        for number, name in _CODED.items():
            codes = coders[name].labels if name == "label" else coders[name].all
            pieces[name].append(np.array(codes(columns[number]), np.int64))
        changed.append(np.array(clock.all(columns[16]), np.int64))
        paths += columns[2]
        masks += columns[8]
        hashes.append(bytes.fromhex("".join(columns[3])))
    empty = np.zeros(0, np.int64)
    numbers = {name: np.concatenate([empty, *found]) for name, found in pieces.items()}
    return Columns(
        numbers=numbers,
        names={name: list(coder.codes) for name, coder in coders.items()},
        paths=paths,
        masks=masks,
        hashes=np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32),
        changed=np.concatenate([empty, *changed]),
    )


class Clock:
    """Times as seconds; imports write the same time a thousand times over.

    Attributes:
        known: Seconds by text.
    """

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def all(self, times: Iterable[str]) -> list[int]:
        """Return the Unix seconds of times as the manifest writes them."""
        known = self.known
        return [known[when] if when in known else known.setdefault(when, unix_s(when)) for when in times]


def unix_s(when_utc: str) -> int:
    """Return the seconds since 1970 of a time as the manifest writes it."""
    return int(datetime.fromisoformat(when_utc).timestamp())
