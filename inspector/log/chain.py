"""The hash chain: every entry of the log is linked to all that came before it.

`link(n) = SHA-256(link(n-1) || canonical row n)`, and the first link comes from the log's own identity. Who changes,
removes, inserts or swaps an entry must compute every later link anew, and cannot sign the heads (`heads`).
Source: S. Haber, W. S. Stornetta, "How to time-stamp a digital document", J. Cryptology 3 (1991).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = "inspector.chain/1"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "records": (
        *("number", "record_id", "kind", "part_id", "verdict", "reason", "predicted_class", "score", "pass_below"),
        *("fail_from", "view", "recipe_hash", "package_hash", "predictions", "images", "stage_ms", "details"),
        *("trigger_time_ns", "decided_time_ns", "station", "refers_to", "who", "truth"),
    ),
    "audit": ("number", "time_ns", "action", "subject", "old", "new", "who", "role", "why", "details"),
    "recipes": ("number", "hash", "name", "path", "text", "first_used_ns"),
    "packages": ("number", "hash", "folder", "card", "first_used_ns"),
}
"""What a link covers, by table. Frozen: a later column belongs to a later format."""

_FLOATS = frozenset({"score", "pass_below", "fail_from"})


@dataclass(frozen=True, slots=True)
class Link:
    """One entry's place in the chain.

    Attributes:
        position: Counts the entries of a log from 1.
        subject: The table of the entry: `records`, `audit`, `recipes` or `packages`.
        row: The entry's `number` there.
        chain: 32 bytes.
    """

    position: int
    subject: str
    row: int
    chain: bytes


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a chain ends: position 0 and the genesis for an empty log.

    Attributes:
        log_id: The log's identity, UUID4 in hexadecimal.
        position: Of the last entry.
        chain: Its link, 32 bytes.
    """

    log_id: str
    position: int
    chain: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose log it is.

    Attributes:
        log_id: The log's identity, UUID4 in hexadecimal.
        station: The station's name where the log was made; "" where it had none.
        created_ns: When, Unix nanoseconds.
    """

    log_id: str
    station: str
    created_ns: int


@dataclass(frozen=True, slots=True)
class Head:
    """A tip that was signed.

    Attributes:
        position: Of the entry that it closes.
        chain: That entry's link, 32 bytes.
        time_ns: When it was signed, Unix nanoseconds.
        key_id: SHA-256 of the public key, hexadecimal.
        signature: Ed25519, 64 bytes.
    """

    position: int
    chain: bytes
    time_ns: int
    key_id: str
    signature: bytes


def genesis(log_id: str) -> bytes:
    """Return what the first link stands on, 32 bytes."""
    return hashlib.sha256(f"{FORMAT} {log_id}".encode()).digest()


def canonical(subject: str, row: Mapping[str, Any]) -> bytes:
    """Return the bytes of a row that its link covers; the same whatever database it was read from.

    Args:
        subject: Its table; KeyError for one that is not chained.
        row: Column values; further columns are ignored.
    """
    values = [_same_everywhere(name, row[name]) for name in COLUMNS[subject]]
    return json.dumps([subject, values], separators=(",", ":")).encode()


def link(previous: bytes, entry: bytes) -> bytes:
    """Return the link of an entry, 32 bytes, from the link before it and the entry's canonical bytes."""
    return hashlib.sha256(previous + entry).digest()


def _same_everywhere(name: str, value: Any) -> Any:
    """Databases keep numbers of a real column as doubles, and no minus zero."""
    return value if value is None or name not in _FLOATS else float(value) + 0.0
