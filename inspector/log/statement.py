"""What a signed head says, and how it is written outside the log: one line of JSON per head.

A head vouches for every entry up to its position, for the link there depends on all of them. It also names the head
before it, so that none can be taken out of the middle. Outside, a line carries the first bytes of every link that the
head closes: they prove nothing, but show where a log that was rewritten parts from the one that was signed.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from inspector.log.chain import Head, Identity, Tip

SCHEMA = "inspector.head/1"
MARK_BYTES = 4
MOST_MARKS = 10_000
"""A longer stretch (a log of an older program is linked at once) is written without marks."""
NO_HEAD = -1
"""Position of the head before the first one."""


@dataclass(frozen=True, slots=True)
class OutsideHead:
    """A head as it was written outside the log.

    Attributes:
        identity: Of which log.
        head: The head.
        previous: Position of the head before it; NO_HEAD for the first.
        marks: The first MARK_BYTES of every link behind `previous`, up to the head's; empty where there are none.
    """

    identity: Identity
    head: Head
    previous: int
    marks: bytes = b""


def said(identity: Identity, head: Head, previous: int) -> bytes:
    """Return the bytes that a head's signature covers; the first head of a log covers its name and birth as well."""
    birth = [identity.station, identity.created_ns] if head.position == 0 else []
    words = [SCHEMA, identity.log_id, previous, head.position, head.chain.hex(), head.time_ns, head.key_id, *birth]
    return json.dumps(words, separators=(",", ":")).encode()


def unsigned(tip: Tip, time_ns: int, key_id: str) -> Head:
    """Return the head of a tip, yet to be signed."""
    return Head(tip.position, tip.chain, time_ns, key_id, b"")


def line_of(outside: OutsideHead) -> str:
    """Return the line, without its end."""
    head = outside.head
    document = {
        "schema": SCHEMA,
        "log_id": outside.identity.log_id,
        "station": outside.identity.station,
        "created_ns": outside.identity.created_ns,
        "position": head.position,
        "previous": outside.previous,
        "chain": head.chain.hex(),
        "time_ns": head.time_ns,
        "key_id": head.key_id,
        "signature": head.signature.hex(),
    }
    if outside.marks:
        document["marks"] = base64.b64encode(outside.marks).decode()
    return json.dumps(document, separators=(",", ":"))


def read_line(line: bytes) -> OutsideHead | None:
    """Return the head of a line, whatever a syslog daemon wrote before it; None where there is none.

    Raises:
        ValueError: There is one, but it cannot be read.
    """
    start = line.find(b'{"schema":"' + SCHEMA.encode())
    if start < 0:
        return None
    try:
        document = json.loads(line[start:])
        head = Head(
            int(document["position"]),
            bytes.fromhex(document["chain"]),
            int(document["time_ns"]),
            str(document["key_id"]),
            bytes.fromhex(document["signature"]),
        )
        marks = base64.b64decode(document.get("marks", ""), validate=True)
        identity = Identity(str(document["log_id"]), str(document["station"]), int(document["created_ns"]))
        return OutsideHead(identity, head, int(document["previous"]), marks)
    except (KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise ValueError(f"no head: {error}") from error
