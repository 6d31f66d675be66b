"""Reads the chain of one log back: its identity, links, the rows they cover, signed heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from inspector.errors import StoreError
from inspector.log.chain import Head, Identity, Link, Tip, genesis
from inspector.log.database import Database
from inspector.log.schema import CHAINED, HEADS, JOURNAL, LOGS

NOWHERE = -(2**62)
"""Position of an entry whose place was overwritten with something that is no number."""


class Links:
    """The chain of one log of a database.

    Args:
        database: Open.
        log: Number of the log there; 0 where several are read, none of which can be verified together.

    Attributes:
        database: Open.
        log: Number of the log there.
    """

    def __init__(self, database: Database, log: int) -> None:
        self.database = database
        self.log = log

    def identity(self) -> Identity:
        """Return whose log it is. Raises StoreError where several are read."""
        with self.database.transaction("read") as connection:
            row = connection.execute(select(LOGS).where(LOGS.c.number == self.log)).first()
        if row is None:
            raise StoreError(f"{self.database.name}: name one log: the database holds several, or none.")
        return Identity(str(row.log_id), str(row.station), int(row.created_ns))

    def tip(self) -> Tip:
        """Return where the chain ends."""
        query = select(JOURNAL).where(JOURNAL.c.log == self.log).order_by(JOURNAL.c.position.desc()).limit(1)
        log_id, found = self.identity().log_id, self._links(query)
        return Tip(log_id, found[0].position, found[0].chain) if found else Tip(log_id, 0, genesis(log_id))

    def journal(self, *, after: int = 0, limit: int = 1000) -> list[Link]:
        """Return the links behind position `after`, in order."""
        query = select(JOURNAL).where(JOURNAL.c.log == self.log, JOURNAL.c.position > after)
        return self._links(query.order_by(JOURNAL.c.position).limit(limit))

    def link_of(self, subject: str, number: int) -> Link | None:
        """Return the link of one entry by its table and number there; None where it has none."""
        query = select(JOURNAL).where(JOURNAL.c.log == self.log, JOURNAL.c.subject == subject, JOURNAL.c.row == number)
        return next(iter(self._links(query)), None)

    def _links(self, query: Select[Any]) -> list[Link]:
        with self.database.transaction("read") as connection:
            rows = connection.execute(query).all()
        return [Link(_whole(row.position), str(row.subject), _whole(row.row), _blob(row.chain)) for row in rows]

    def rows(self, subject: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return the rows of a chained table with these numbers; missing ones are left out."""
        table = CHAINED[subject]
        query = select(table).where(table.c.log == self.log, table.c.number.in_(numbers))
        with self.database.transaction("read") as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def heads(self, *, after: int = 0, limit: int | None = None) -> list[Head]:
        """Return the signed heads behind position `after`, in order. The first one of a log is at position 0."""
        query = select(HEADS).where(HEADS.c.log == self.log, HEADS.c.position > after)
        return self._heads(query.order_by(HEADS.c.position).limit(limit))

    def last_head(self, *, until: int | None = None) -> Head | None:
        """Return the newest signed head, of those up to position `until` where given; None where there is none."""
        query = select(HEADS).where(HEADS.c.log == self.log)
        if until is not None:
            query = query.where(HEADS.c.position <= until)
        return next(iter(self._heads(query.order_by(HEADS.c.position.desc()).limit(1))), None)

    def _heads(self, query: Select[Any]) -> list[Head]:
        with self.database.transaction("read") as connection:
            rows = connection.execute(query).all()
        return [
            Head(_whole(row.position), _blob(row.chain), _whole(row.time_ns), str(row.key_id), _blob(row.signature))
            for row in rows
        ]


def _whole(value: Any) -> int:
    """A SQLite column takes values of every kind: what is no whole number fits nowhere."""
    return value if isinstance(value, int) else NOWHERE


def _blob(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""
