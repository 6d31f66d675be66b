"""The one writer of a log: several waiting entries share one commit, and each is linked into the chain."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from inspector.errors import StoreError
from inspector.log.chain import Tip, canonical, genesis, link
from inspector.log.database import Database
from inspector.log.schema import CHAINED, JOURNAL, LOGS, RECORDS

_TAKE_OVER_S = 3.0

_InsertRows = Callable[[Table, Sequence[dict[str, Any]]], list[int]]
"""Inserts rows of a table and returns their sequence."""


@dataclass(slots=True)
class _Entry:
    """A row on its way; `done` once its fate is known, `durable` only after a commit that held it."""

    subject: str
    row: dict[str, Any]
    done: bool = False
    durable: bool = False
    sequence: int = 0
    error: StoreError | None = None


@dataclass(slots=True)
class _State:
    """Where the log ends, as the last commit left it."""

    position: int
    chain: bytes
    numbers: dict[str, int] = field(default_factory=dict)


class Writer:
    """Appends rows to one log of a database.

    Whoever comes while a commit runs waits, and the first of the waiting commits for all of them: one flush of the
    disk serves many parts when they come faster than it (group commit).

    Args:
        database: Open for writing, migrated.
        log_name: Which of several logs in PostgreSQL: the station's name. A SQLite file holds one log.

    Attributes:
        log: Number of the log in this database.
        log_id: Its identity everywhere.

    Raises:
        StoreError: Another program writes this log.
    """

    def __init__(self, database: Database, log_name: str) -> None:
        self._database = database
        self._queue_lock = threading.Lock()
        self._queue: list[_Entry] = []
        self._name = log_name
        self._state: _State | None = None
        self._statements: dict[str, tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]] = {}
        with database.transaction("opened") as connection:
            self.log, self.log_id = self._log_of(connection)

    def _log_of(self, connection: Connection) -> tuple[int, str]:
        """Return number and identity of the log, made where it is new."""
        if not self._database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('inspector.logs'))"))
        own = LOGS.c.number == 1 if self._database.is_sqlite else LOGS.c.station == self._name
        row = connection.execute(select(LOGS.c.number, LOGS.c.log_id).where(own)).first()
        if row is not None:
            return int(row[0]), str(row[1])
        number = int(connection.execute(select(func.coalesce(func.max(LOGS.c.number), 0))).scalar_one()) + 1
        log_id = uuid.uuid4().hex
        connection.execute(
            insert(LOGS).values(number=number, log_id=log_id, station=self._name, created_ns=time.time_ns())
        )
        return number, log_id

    def append(self, subject: str, row: Mapping[str, Any]) -> tuple[int, int]:
        """Make one row durable and linked; on return it survives a power cut.

        Returns:
            Its number in this log, and for a record its `sequence` in the database.

        Raises:
            StoreError: It could not be made durable.
        """
        entry = _Entry(subject, dict(row))
        with self._queue_lock:
            self._queue.append(entry)
        with self._database.lock:
            if not entry.done:
                with self._queue_lock:
                    batch, self._queue = self._queue, []
                self._commit(batch)
        if entry.error is not None:
            raise entry.error
        if not entry.durable:
            raise StoreError(f"{self._database.name}: the log's writer was stopped before the entry was durable.")
        return entry.row["number"], entry.sequence

    def tip(self) -> Tip:
        """Return where the chain ends now."""
        with self._database.lock:
            state = self._state or self._read()
        return Tip(self.log_id, state.position, state.chain)

    def last_number(self, subject: str) -> int:
        """Return the number of the newest row of a chained table, 0 where there is none, as the last commit told it."""
        with self._database.lock:
            state = self._state or self._read()
        return state.numbers.get(subject, 0)

    def _read(self) -> _State:
        with self._database.transaction("read") as connection:
            return self._read_state(connection)

    def _commit(self, batch: Sequence[_Entry]) -> None:
        """Commit all together; where that fails, one by one, so that a bad row takes no other with it."""
        try:
            self._write(batch)
        except StoreError as error:
            if len(batch) == 1:
                batch[0].error = error
            else:
                for entry in batch:
                    self._commit([entry])
        finally:
            for entry in batch:
                entry.done = True

    def _write(self, batch: Sequence[_Entry]) -> None:
        known, self._state = self._state, None  # after a failure it is read again
        if self._database.is_sqlite:
            state = known or self._read()
            with self._database.driver_transaction("written to") as cursor:
                self._insert_batch(state, batch, partial(self._insert_quickly, cursor))
        else:
            with self._database.transaction("written to") as connection:
                self._hold(connection)
                state = known or self._read_state(connection)
                self._insert_batch(state, batch, partial(_insert_numbered, connection))
        self._state = state
        for entry in batch:
            entry.durable = True

    def _insert_batch(self, state: _State, batch: Sequence[_Entry], insert_rows: _InsertRows) -> None:
        links = [self._linked(state, entry) for entry in batch]
        for subject in {entry.subject for entry in batch}:
            entries = [entry for entry in batch if entry.subject == subject]
            for entry, sequence in zip(entries, insert_rows(CHAINED[subject], [e.row for e in entries]), strict=True):
                entry.sequence = sequence
        insert_rows(JOURNAL, links)

    def _linked(self, state: _State, entry: _Entry) -> dict[str, Any]:
        """Give the row its number, move the state on, and return the journal's row."""
        number = state.numbers.get(entry.subject, 0) + 1
        entry.row |= {"log": self.log, "number": number}
        state.numbers[entry.subject] = number
        state.position += 1
        state.chain = link(state.chain, canonical(entry.subject, entry.row))
        return {
            "log": self.log,
            "position": state.position,
            "subject": entry.subject,
            "row": number,
            "chain": state.chain,
        }

    def _insert_quickly(self, cursor: Any, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Insert rows into SQLite; a record's sequence is its number, since the file holds one log."""
        if table.name not in self._statements:
            names = [column.name for column in table.columns]
            self._statements[table.name] = _insert_statement(table.name, names), itemgetter(*names)
        statement, values_of = self._statements[table.name]
        if table is RECORDS:
            for row in rows:
                row["sequence"] = row["number"]
        cursor.executemany(statement, [values_of(row) for row in rows])
        return [row.get("sequence", 0) for row in rows]

    def _hold(self, connection: Connection) -> None:
        """In PostgreSQL, be the only writer of this log: for as long as this connection lives."""
        if self._database.is_sqlite:
            return
        if connection.info.get("log") == self.log:
            return
        key = text("SELECT pg_try_advisory_lock(hashtext('inspector.log'), :log)")
        until_s = time.monotonic() + _TAKE_OVER_S
        while not connection.execute(key, {"log": self.log}).scalar_one():
            if time.monotonic() < until_s:  # the server may not have noticed yet that our last connection is gone
                time.sleep(0.05)
                continue
            raise StoreError(
                f"{self._database.name}: another program writes the log {self._name!r}.",
                cure="Stop the other station, or give this one a name of its own (INSPECTOR_STATION).",
            )
        connection.info["log"] = self.log

    def _read_state(self, connection: Connection) -> _State:
        last = (
            select(JOURNAL.c.position, JOURNAL.c.chain)
            .where(JOURNAL.c.log == self.log)
            .order_by(JOURNAL.c.position.desc())
            .limit(1)
        )
        row = connection.execute(last).first()
        position, chain = (int(row[0]), bytes(row[1])) if row else (0, genesis(self.log_id))
        numbers = {
            name: int(
                connection.execute(
                    select(func.coalesce(func.max(table.c.number), 0)).where(table.c.log == self.log)
                ).scalar_one()
            )
            for name, table in CHAINED.items()
        }
        return _State(position, chain, numbers)


def _insert_numbered(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows into PostgreSQL, which numbers the records of all its logs in one sequence."""
    if table is not RECORDS:
        connection.execute(insert(table), rows)
        return [0] * len(rows)
    statement = insert(RECORDS).returning(RECORDS.c.sequence, sort_by_parameter_order=True)
    return [int(sequence) for sequence in connection.execute(statement, rows).scalars()]


def _insert_statement(table: str, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of the schema
