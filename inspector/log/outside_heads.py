"""Reads the heads of one log back from the place outside that they were written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspector.errors import UsageError
from inspector.log.chain import Head, Identity, Link
from inspector.log.statement import MARK_BYTES, read_line, said
from inspector.log.station_key import is_signed

_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head of the file that a trusted key signed.

    Attributes:
        identity: Of the log that it speaks of.
        head: The head.
        previous: Position of the head before it.
        offset: Where its line begins in the file; its marks are read again when they are needed.
    """

    identity: Identity
    head: Head
    previous: int
    offset: int


class OutsideHeads:
    """The heads that a file holds of one log. Its marks stay in the file: memory grows by the heads alone.

    Args:
        path: What a station's `heads_file` or a syslog daemon wrote.
        log_id: The log in question; heads of others are passed over.
        keys: Trusted public keys by their name.

    Attributes:
        kept: Signed heads of the log, by position.
        refused: Line numbers of heads of this log that no trusted key signed.
        unreadable: Lines that hold no whole head: a power cut can leave one; the head was then written again.

    Raises:
        UsageError: The file cannot be read.
    """

    def __init__(self, path: Path, log_id: str, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self.path = path
        self.kept: list[KeptHead] = []
        self.refused: list[int] = []
        self.unreadable = 0
        try:
            self._read(log_id, keys)
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be read ({error.strerror}).", cure="Give the file with --heads."
            ) from error
        self.kept.sort(key=lambda kept: kept.head.position)

    def _read(self, log_id: str, keys: Mapping[str, Ed25519PublicKey]) -> None:
        seen: set[Head] = set()
        with self.path.open("rb") as file:
            offset, number = 0, 0
            while line := file.readline(_LONGEST_LINE):
                number, start, offset = number + 1, offset, offset + len(line)
                try:
                    outside = read_line(line)
                except ValueError:
                    self.unreadable += 1
                    continue
                if outside is None or outside.identity.log_id != log_id or outside.head in seen:
                    continue
                head = outside.head
                if is_signed(keys, head.key_id, head.signature, said(outside.identity, head, outside.previous)):
                    seen.add(head)
                    self.kept.append(KeptHead(outside.identity, head, outside.previous, start))
                else:
                    self.refused.append(number)

    def first_difference(self, position: int, journal: Callable[[int, int], list[Link]]) -> int | None:
        """Return the first entry, of those that the head at or behind `position` closes, that is not as it was signed.

        Args:
            position: Of an entry.
            journal: Gives so many links behind a position.

        Returns:
            Its position; None where the file cannot tell.
        """
        closing = next((kept for kept in self.kept if kept.head.position >= position), None)
        if closing is None:
            return None
        start = max(closing.previous, 0)
        marks = self._marks(closing)
        links = journal(start, len(marks))
        for number, mark in enumerate(marks):
            if number >= len(links) or links[number].position != start + number + 1:
                return start + number + 1
            if links[number].chain[:MARK_BYTES] != mark:
                return start + number + 1
        return None

    def _marks(self, kept: KeptHead) -> list[bytes]:
        with self.path.open("rb") as file:
            file.seek(kept.offset)
            outside = read_line(file.readline(_LONGEST_LINE))
        marks = outside.marks if outside else b""
        return [marks[place : place + MARK_BYTES] for place in range(0, len(marks), MARK_BYTES)]
