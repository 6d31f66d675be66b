"""What one record can prove: its link follows from the one before, and a signed head behind it depends on it.

A verification of the whole log (`verify`) says more; this one says of a single part, within a moment, whether its row
is what the station's key vouched for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from inspector.errors import StoreError
from inspector.log.chain import Head, Link, canonical, genesis, link
from inspector.log.links import Links
from inspector.log.schema import CHAINED, RECORDS
from inspector.log.statement import NO_HEAD, said
from inspector.log.station_key import is_signed
from inspector.log.store import RecordStore

MOST_ENTRIES = 20_000
"""Up to so many entries between the record and its head are computed again; a head is due after a thousand."""
_PAGE = 500


class Standing(StrEnum):
    """What the proof comes to.

    SIGNED: everything from the record to the signed head behind it is what was recorded. LINKED: its link holds; no
    head was signed since. UNKNOWN_KEY: all links hold up to a head whose key is not trusted here. FAR: its link holds;
    the next head is too far for a look. ALTERED: something is not what was recorded.
    """

    SIGNED = "signed"
    LINKED = "linked"
    UNKNOWN_KEY = "unknown key"
    FAR = "far"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of one record.

    Attributes:
        standing: What it comes to.
        log_id: Identity of its log.
        position: Of its entry in the chain; 0 where no link covers it.
        chain: Its link, 32 bytes; empty where it has none.
        head: The next signed head, at or behind it; None where there is none.
        broken_at: For ALTERED: the first position that does not follow; 0 where that is not known.
    """

    standing: Standing
    log_id: str
    position: int = 0
    chain: bytes = b""
    head: Head | None = None
    broken_at: int = 0


def prove(store: RecordStore, record_id: str, keys: Mapping[str, Ed25519PublicKey]) -> Proof:
    """Return what a record's place in the chain proves now, from its row, the links and the next signed head.

    Args:
        store: Its log, or a database that holds its log among others.
        record_id: The record's whole id.
        keys: Trusted public keys by their name (`station_key.public_keys`).

    Raises:
        StoreError: The log could not be read, or holds no such record.
    """
    links, row = _located(store, record_id)
    log_id = links.identity().log_id
    own = links.link_of("records", row["number"])
    if own is None:
        return Proof(Standing.ALTERED, log_id)
    before = links.journal(after=own.position - 2, limit=1) if own.position > 1 else []
    chain = before[0].chain if before else genesis(log_id)
    if own.chain != _link_of(chain, "records", row):
        return Proof(Standing.ALTERED, log_id, own.position, own.chain, broken_at=own.position)
    head = next(iter(links.heads(after=own.position - 1, limit=1)), None)
    standing, broken_at = _up_to(links, own, head, keys)
    return Proof(standing, log_id, own.position, own.chain, head, broken_at)


def _located(store: RecordStore, record_id: str) -> tuple[Links, dict[str, Any]]:
    with store.links.database.transaction("read") as connection:
        row = connection.execute(select(RECORDS).where(RECORDS.c.record_id == record_id)).mappings().first()
    if row is None:
        raise StoreError(f"{store.name}: the log holds no record {record_id}.")
    return Links(store.links.database, row["log"]), dict(row)


def _up_to(links: Links, own: Link, head: Head | None, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Standing, int]:
    """Return how far the chain from the record on holds, and where it breaks."""
    if head is None:
        return Standing.LINKED, 0
    if head.position - own.position > MOST_ENTRIES:
        return Standing.FAR, 0
    broken_at, chain = _first_break(links, own, head.position)
    if not broken_at and chain != head.chain:
        broken_at = head.position
    if broken_at:
        return Standing.ALTERED, broken_at
    if head.key_id not in keys:
        return Standing.UNKNOWN_KEY, 0
    last = links.last_head(until=head.position - 1)
    statement = said(links.identity(), head, NO_HEAD if last is None else last.position)
    return (Standing.SIGNED, 0) if is_signed(keys, head.key_id, head.signature, statement) else (Standing.ALTERED, 0)


def _first_break(links: Links, own: Link, until: int) -> tuple[int, bytes]:
    """Return the first position behind the record that does not follow, 0 where all do; and the link at `until`."""
    chain, position = own.chain, own.position
    while position < until:
        page = links.journal(after=position, limit=min(_PAGE, until - position))
        rows = _rows(links, page)
        for each in page:
            row = rows.get((each.subject, each.row))
            if each.position != position + 1 or row is None or each.chain != _link_of(chain, each.subject, row):
                return position + 1, chain
            chain, position = each.chain, each.position
        if not page:
            return position + 1, chain
    return 0, chain


def _rows(links: Links, page: list[Link]) -> dict[tuple[str, int], dict[str, Any]]:
    return {
        (subject, row["number"]): row
        for subject in CHAINED
        if (numbers := [each.row for each in page if each.subject == subject])
        for row in links.rows(subject, numbers)
    }


def _link_of(before: bytes, subject: str, row: Mapping[str, Any]) -> bytes:
    """Return what the link should be; nothing where the row holds what no column does."""
    try:
        return link(before, canonical(subject, row))
    except (TypeError, ValueError, OverflowError):
        return b""
