"""The central log of several stations: a PostgreSQL database that takes each station's chain as it is, once.

What a station forwards arrives in the order of its chain, a batch a transaction. The centre's own last position says
where to go on: a batch that was cut on its way, or whose answer was, is sent again or not at all, never twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from inspector.errors import StoreError
from inspector.log.chain import Head, Link, Tip, canonical, genesis, link
from inspector.log.database import Database
from inspector.log.migrations import migrate
from inspector.log.schema import CHAINED, HEADS, JOURNAL, LOGS


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive entries of one log.

    Attributes:
        links: Their places in the chain, in order.
        rows: By table, their column values in the same order.
        heads: The heads that were signed since, over these or earlier ones; the one of the log's birth stays there.
    """

    links: Sequence[Link]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    heads: Sequence[Head]


class Centre:
    """One station's way into the central log.

    Args:
        url: `postgresql+psycopg://user@host/database`; its tables are made where absent.
        log_id: The station's log.
        station: The station's name.

    Raises:
        StoreError: The database cannot be reached, or another program forwards this log.
    """

    def __init__(self, url: str, log_id: str, station: str) -> None:
        self._log_id = log_id
        self._database = Database(url, read_only=False)
        self.name = self._database.name
        try:
            with self._database.transaction("opened") as connection:
                migrate(connection, self.name)
                self._number = self._register(connection, station)
        except BaseException:
            self._database.close()
            raise

    def _register(self, connection: Connection, station: str) -> int:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('inspector.logs'))"))
        known = select(LOGS.c.number).where(LOGS.c.log_id == self._log_id)
        number = connection.execute(known).scalar_one_or_none()
        if number is None:
            number = int(connection.execute(select(func.coalesce(func.max(LOGS.c.number), 0))).scalar_one()) + 1
            created_ns = func.cast(func.extract("epoch", func.now()) * 1_000_000_000, LOGS.c.created_ns.type)
            connection.execute(
                insert(LOGS).values(number=number, log_id=self._log_id, station=station, created_ns=created_ns)
            )
        return int(number)

    def tip(self) -> Tip:
        """Return where the centre's copy of the log ends. Raises StoreError."""
        with self._database.transaction("read") as connection:
            return self._tip(connection)

    def last_head(self) -> int:
        """Return the position of the last signed head that the centre holds, 0 for none. Raises StoreError."""
        last = select(func.coalesce(func.max(HEADS.c.position), 0)).where(HEADS.c.log == self._number)
        with self._database.transaction("read") as connection:
            return int(connection.execute(last).scalar_one())

    def _tip(self, connection: Connection) -> Tip:
        last = (
            select(JOURNAL.c.position, JOURNAL.c.chain)
            .where(JOURNAL.c.log == self._number)
            .order_by(JOURNAL.c.position.desc())
            .limit(1)
        )
        row = connection.execute(last).first()
        position, chain = (int(row[0]), bytes(row[1])) if row else (0, genesis(self._log_id))
        return Tip(self._log_id, position, chain)

    def receive(self, batch: Batch) -> Tip:
        """Take the next entries, all of them or none. Returns the new tip.

        Raises:
            StoreError: They do not follow what the centre holds, do not verify, or the database failed.
        """
        with self._database.transaction("forwarded") as connection:
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('inspector.forward'), :log)"), {"log": self._number}
            )
            tip = self._tip(connection)
            self._check(tip, batch)
            for subject, table in CHAINED.items():
                rows = [
                    {**{name: value for name, value in row.items() if name != "sequence"}, "log": self._number}
                    for row in batch.rows.get(subject, ())
                ]
                if rows:
                    connection.execute(insert(table), rows)
            if batch.links:
                connection.execute(insert(JOURNAL), [self._of_this_log(each) for each in batch.links])
            if batch.heads:
                connection.execute(insert(HEADS), [self._of_this_log(each) for each in batch.heads])
            return self._tip(connection)

    def _of_this_log(self, value: Link | Head) -> dict[str, Any]:
        return {"log": self._number, **{name: getattr(value, name) for name in value.__slots__}}

    def _check(self, tip: Tip, batch: Batch) -> None:
        """Verify the entries against the centre's own end: nothing altered on the way, nothing left out."""
        rows = {subject: iter(given) for subject, given in batch.rows.items()}
        position, chain = tip.position, tip.chain
        for each in batch.links:
            position += 1
            row = next(rows[each.subject])
            chain = link(chain, canonical(each.subject, row))
            if (each.position, each.chain, each.row) != (position, chain, row["number"]):
                raise StoreError(
                    f"{self.name}: entry {each.position} of the station's log does not follow entry {position - 1} "
                    "that the centre holds.",
                    cure="Run `inspector log verify` on the station: its log was altered, or restored from an older "
                    "backup.",
                )

    def close(self) -> None:
        """Close the connection."""
        self._database.close()
