"""The record store: SQLite in WAL mode with synchronous=FULL, one connection, one writer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, StaticPool, Table, create_engine, event, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from inspector import sqlite
from inspector.errors import StoreError
from inspector.log.migrations import check_version, migrate
from inspector.log.schema import PACKAGES, RECIPES, RECORDS, record_of, row_of
from inspector.types import Record, RecordKind, Verdict

DATABASE_FILE = "records.sqlite"
_AMENDMENTS = (RecordKind.CONFIRM.value, RecordKind.OVERRIDE.value, RecordKind.CORRECTION.value)


class RecordStore:
    """Appends records durably and finds them again. Safe to call from several threads.

    Args:
        path: The database file; made where absent unless `read_only`.
        read_only: For readers beside a running station; nothing can be written through it.

    Raises:
        StoreError: The file cannot be opened, is no log, is damaged, or is newer than this program.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        mode = "ro" if read_only else "rwc"
        uri = f"{path.resolve().as_uri()}?mode={mode}"
        module = self._driver = sqlite.driver()

        self._closed = False

        def connect() -> Any:
            connection = module.connect(uri, uri=True, check_same_thread=False, timeout=10, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync does not reach the platters
            return connection

        self._engine = create_engine("sqlite://", creator=connect, module=module, poolclass=StaticPool)
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        try:
            self._prepare(read_only=read_only)
        except BaseException:
            self._engine.dispose()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        with self._translated("opened"):
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                if not read_only:
                    mode = sqlite.journal_mode()
                    cursor.execute(f"PRAGMA journal_mode = {mode}")
                    found = str(cursor.fetchall()[0][0])
                    if found.upper() != mode:
                        raise StoreError(f"{self.path}: the journal mode {mode} was refused (it is {found}).")
            finally:
                raw.close()
            with self._engine.begin() as connection:
                if read_only:
                    check_version(connection, str(self.path))
                else:
                    migrate(connection, str(self.path))

    def append(self, record: Record) -> Record:
        """Make a record durable; on return it survives a power cut. Returns it with its `sequence`.

        Raises:
            StoreError: It could not be made durable: nothing of it is in the log.
        """
        with self._transaction("written to") as connection:
            result = connection.execute(insert(RECORDS).values(row_of(record)))
            (sequence,) = result.inserted_primary_key or (0,)
        return replace(record, sequence=int(sequence))

    def keep_recipe(self, hash_: str, name: str, path: str, content: str) -> None:
        """Keep a recipe's text under its hash, for replay; once."""
        self._keep(RECIPES, {"hash": hash_, "name": name, "path": path, "text": content})

    def keep_package(self, hash_: str, folder: str, card: str) -> None:
        """Keep a model package's card under its hash; once."""
        self._keep(PACKAGES, {"hash": hash_, "folder": folder, "card": card})

    def _keep(self, table: Table, values: dict[str, Any]) -> None:
        with self._transaction("written to") as connection:
            if connection.execute(select(table.c.hash).where(table.c.hash == values["hash"])).first() is None:
                connection.execute(insert(table).values(**values, first_used_ns=time.time_ns()))

    def recipe(self, hash_: str) -> Mapping[str, Any]:
        """Return name, path and text of a recipe that was in force. Raises StoreError."""
        return self._kept(RECIPES, hash_)

    def package(self, hash_: str) -> Mapping[str, Any]:
        """Return folder and card of a model package that was in force. Raises StoreError."""
        return self._kept(PACKAGES, hash_)

    def _kept(self, table: Table, hash_: str) -> Mapping[str, Any]:
        with self._transaction("read") as connection:
            row = connection.execute(select(table).where(table.c.hash == hash_)).mappings().first()
        if row is None:
            raise StoreError(f"{self.path}: the log holds no {table.name[:-1]} with the hash {hash_}.")
        return dict(row)

    def get(self, record_id: str) -> Record:
        """Return one record; an unambiguous beginning of its id is enough. Raises StoreError."""
        pattern = RECORDS.c.record_id.startswith(record_id, autoescape=True)
        with self._transaction("read") as connection:
            rows = connection.execute(select(RECORDS).where(pattern).limit(2)).mappings().all()
        if len(rows) != 1:
            found = "no record" if not rows else "more than one record"
            raise StoreError(
                f"{self.path}: {found} whose id begins with {record_id!r}.",
                cure="Find the id with `inspector log list`.",
            )
        return record_of(dict(rows[0]))

    def find(
        self,
        *,
        part_id: str | None = None,
        verdict: Verdict | None = None,
        kind: RecordKind | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = 100,
        newest_first: bool = True,
    ) -> list[Record]:
        """Return the newest records that match every given condition.

        Args:
            part_id: Exact id.
            verdict: As recorded, before any override.
            kind: Inspections, confirmations, overrides, corrections, challenges or shadows.
            since_ns: Decided at this Unix time in nanoseconds or later.
            until_ns: Decided before this Unix time in nanoseconds.
            limit: At most so many, the newest; None for all.
            newest_first: Order of the answer, by sequence.
        """
        query = select(RECORDS)
        for column, value in (
            (RECORDS.c.part_id, part_id),
            (RECORDS.c.verdict, verdict),
            (RECORDS.c.kind, kind),
        ):
            if value is not None:
                query = query.where(column == str(value))
        if since_ns is not None:
            query = query.where(RECORDS.c.decided_time_ns >= since_ns)
        if until_ns is not None:
            query = query.where(RECORDS.c.decided_time_ns < until_ns)
        query = query.order_by(RECORDS.c.sequence.desc()).limit(limit)
        with self._transaction("read") as connection:
            found = [record_of(dict(row)) for row in connection.execute(query).mappings()]
        return found if newest_first else found[::-1]

    def amendments(self, record_id: str) -> list[Record]:
        """Return the confirmations, overrides and corrections of a record, oldest first; not what a challenger said."""
        query = (
            select(RECORDS)
            .where(RECORDS.c.refers_to == record_id, RECORDS.c.kind.in_(_AMENDMENTS))
            .order_by(RECORDS.c.sequence)
        )
        with self._transaction("read") as connection:
            return [record_of(dict(row)) for row in connection.execute(query).mappings()]

    def last_passed_challenge(self) -> Record | None:
        """Return the record with which the last passed challenge ended; None where none ever was."""
        query = (
            select(RECORDS)
            .where(
                RECORDS.c.kind == RecordKind.CHALLENGE.value,
                RECORDS.c.verdict.in_((Verdict.FAIL.value, Verdict.REVIEW.value)),
                func.json_extract(RECORDS.c.details, "$.challenge.passed") == 1,
            )
            .order_by(RECORDS.c.sequence.desc())
            .limit(1)
        )
        with self._transaction("read") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else record_of(dict(row))

    def counts(self, *, since_ns: int = 0) -> dict[Verdict, int]:
        """Return how many inspected parts got each verdict since a Unix time in nanoseconds; no known bad ones.

        A PASS that the station corrected, because the part was not released, counts as ERROR.
        """
        query = (
            select(RECORDS.c.verdict, func.count())
            .where(RECORDS.c.kind == RecordKind.INSPECTION.value, RECORDS.c.decided_time_ns >= since_ns)
            .group_by(RECORDS.c.verdict)
        )
        corrections = select(func.count()).where(
            RECORDS.c.kind == RecordKind.CORRECTION.value, RECORDS.c.decided_time_ns >= since_ns
        )
        with self._transaction("read") as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
            corrected = connection.execute(corrections).scalar_one()
        found["PASS"] = found.get("PASS", 0) - corrected
        found["ERROR"] = found.get("ERROR", 0) + corrected
        return {verdict: found.get(verdict.value, 0) for verdict in Verdict}

    def last_counter(self) -> int:
        """Return the sequence of the newest record, 0 in an empty log; new part counters start above it."""
        with self._transaction("read") as connection:
            return int(connection.execute(select(func.coalesce(func.max(RECORDS.c.sequence), 0))).scalar_one())

    def check(self) -> None:
        """Read every page of the file. Raises StoreError where SQLite finds damage."""
        with self._transaction("checked") as connection:
            found = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        if found != "ok":
            raise StoreError(f"{self.path}: the log is damaged: {found}.", cure="Restore it from a backup.")

    def close(self) -> None:
        """Close the connection; further calls fail."""
        with self._lock:
            self._closed = True
            self._engine.dispose()

    @contextmanager
    def _transaction(self, what: str) -> Iterator[Connection]:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.path}: the log was closed before it could be {what}.")
            with self._translated(what), self._engine.begin() as connection:
                yield connection

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, self._driver.Error, UnicodeError, OverflowError) as error:
            said = str(getattr(error, "orig", error))
            raise StoreError(f"{self.path}: the log could not be {what} ({said}).", cure=_cure(said)) from error


def _cure(said: str) -> str:
    if "full" in said:
        return "Free disk space, or move the log to a larger disk."
    if "locked" in said:
        return "Another program holds the log: close it."
    if "malformed" in said or "not a database" in said:
        return "Put the file aside for evidence and restore the last backup."
    return "Check that the folder exists, may be written, and that its disk is in order."
