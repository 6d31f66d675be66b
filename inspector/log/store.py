"""The record store: one log's rows, appended durably, linked into a chain, and found again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, func, insert, select

from inspector.errors import StoreError
from inspector.log.aggregates import Cell, LastWord, cells, last_words
from inspector.log.chain import Head, Link, Tip
from inspector.log.database import Database
from inspector.log.links import Links
from inspector.log.migrations import MIGRATIONS, check_version, migrate
from inspector.log.pages import page
from inspector.log.query import Order, Query
from inspector.log.schema import (
    FACETS,
    HEADS,
    LOGS,
    PACKAGES,
    RECIPES,
    RECORDS,
    audit_entry_of,
    audit_row_of,
    record_of,
    row_of,
)
from inspector.log.select import audit_statement, conditions, distinct, statement
from inspector.log.writer import Writer
from inspector.types import AuditEntry, Record, RecordKind, Verdict

DATABASE_FILE = "records.sqlite"
_AMENDMENTS = (RecordKind.CONFIRM, RecordKind.OVERRIDE, RecordKind.CORRECTION, RecordKind.LABEL)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a search can be set to, each sorted.

    Attributes:
        classes: Predicted classes.
        whos: Persons.
        stations: Stations.
        recipes: Names.
        packages: Hashes, newest first.
    """

    classes: tuple[str, ...]
    whos: tuple[str, ...]
    stations: tuple[str, ...]
    recipes: tuple[str, ...]
    packages: tuple[str, ...]


class RecordStore:
    """Appends records durably and finds them again. Safe to call from several threads.

    Args:
        target: The SQLite file, made where absent unless `read_only`; or a PostgreSQL URL, which holds many logs.
        read_only: For readers beside a running station; nothing can be written through it.
        log_name: Which log of a PostgreSQL database is written: the station's name. A reader that gives none sees all.

    Attributes:
        name: For messages: the file, or the URL without its password.
        links: Reads the chain back.

    Raises:
        StoreError: The database cannot be opened, is no log, is damaged, or is newer than this program.
    """

    def __init__(self, target: Path | str, *, read_only: bool = False, log_name: str = "") -> None:
        self._database = Database(target, read_only=read_only)
        self.name = self._database.name
        self._writer: Writer | None = None
        try:
            with self._database.transaction("opened") as connection:
                if read_only:
                    self._refuse_older(check_version(connection, self.name))
                else:
                    migrate(connection, self.name)
            if not read_only:
                self._writer = Writer(self._database, log_name)
            self._log = self._writer.log if self._writer else self._log_number(log_name)
            self.links = Links(self._database, self._log)
        except BaseException:
            self._database.close()
            raise

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of this PC; else a PostgreSQL server."""
        return self._database.is_sqlite

    def _refuse_older(self, version: int) -> None:
        if version < len(MIGRATIONS):
            raise StoreError(
                f"{self.name}: the log has the older format {version}; this program reads {len(MIGRATIONS)}.",
                cure="Bring it up to date: start the station once, or run `inspector log upgrade`.",
            )

    def _log_number(self, log_name: str) -> int:
        """Return the number of the log that is read: the only one, or the named one; 0 for all of them."""
        with self._database.transaction("read") as connection:
            rows = connection.execute(select(LOGS.c.number, LOGS.c.station)).all()
        named = [int(row[0]) for row in rows if not log_name or self.is_sqlite or row[1] == log_name]
        if log_name and not named:
            raise StoreError(f"{self.name}: there is no log of a station {log_name!r}.")
        return named[0] if len(named) == 1 else 0

    def append(self, record: Record) -> Record:
        """Make a record durable; on return it survives a power cut. Returns it with its `sequence`.

        Raises:
            StoreError: It could not be made durable: nothing of it is in the log.
        """
        _number, sequence = self._written("records", row_of(record))
        return replace(record, sequence=sequence)

    def append_audit(self, entry: AuditEntry) -> AuditEntry:
        """Make an entry of the audit trail durable, in the same chain. Returns it with its number and time.

        Raises:
            StoreError: It could not be made durable.
        """
        timed = replace(entry, time_ns=entry.time_ns or time.time_ns())
        number, _sequence = self._written("audit", audit_row_of(timed))
        return replace(timed, number=number)

    def _written(self, subject: str, row: Mapping[str, Any]) -> tuple[int, int]:
        return self._own_writer().append(subject, row)

    def _own_writer(self) -> Writer:
        if self._writer is None:
            raise StoreError(f"{self.name}: the log could not be written to (it was opened for reading).")
        return self._writer

    def keep_recipe(self, hash_: str, name: str, path: str, content: str) -> None:
        """Keep a recipe's text under its hash, for replay; once."""
        self._keep(RECIPES, {"hash": hash_, "name": name, "path": path, "text": content})

    def keep_package(self, hash_: str, folder: str, card: str) -> None:
        """Keep a model package's card under its hash; once."""
        self._keep(PACKAGES, {"hash": hash_, "folder": folder, "card": card})

    def _keep(self, table: Table, values: dict[str, Any]) -> None:
        known = select(table.c.hash).where(table.c.hash == values["hash"], table.c.log == self._own_writer().log)
        with self._database.lock:
            with self._database.transaction("read") as connection:
                if connection.execute(known).first() is not None:
                    return
            self._written(table.name, {**values, "first_used_ns": time.time_ns()})

    def recipe(self, hash_: str) -> Mapping[str, Any]:
        """Return name, path and text of a recipe that was in force. Raises StoreError."""
        return self._kept(RECIPES, hash_)

    def package(self, hash_: str) -> Mapping[str, Any]:
        """Return folder and card of a model package that was in force. Raises StoreError."""
        return self._kept(PACKAGES, hash_)

    def recipes(self) -> list[Mapping[str, Any]]:
        """Return name, path and text of every recipe that was in force, in the order of their first use."""
        query = select(RECIPES).order_by(RECIPES.c.first_used_ns, RECIPES.c.number)
        with self._database.transaction("read") as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _kept(self, table: Table, hash_: str) -> Mapping[str, Any]:
        with self._database.transaction("read") as connection:
            row = connection.execute(select(table).where(table.c.hash == hash_)).mappings().first()
        if row is None:
            raise StoreError(f"{self.name}: the log holds no {table.name[:-1]} with the hash {hash_}.")
        return dict(row)

    def get(self, record_id: str) -> Record:
        """Return one record; an unambiguous beginning of its id is enough. Raises StoreError."""
        pattern = (RECORDS.c.record_id >= record_id) & (RECORDS.c.record_id < record_id + "g")
        with self._database.transaction("read") as connection:
            rows = connection.execute(select(RECORDS).where(pattern).limit(2)).mappings().all()
        if len(rows) != 1:
            found = "no record" if not rows else "more than one record"
            raise StoreError(
                f"{self.name}: {found} whose id begins with {record_id!r}.",
                cure="Find the id with `inspector log list`.",
            )
        return record_of(dict(rows[0]))

    def held(self, record_id: str) -> Record | None:
        """Return the record with exactly this id; None where the log does not hold it."""
        query = select(RECORDS).where(RECORDS.c.record_id == record_id)
        with self._database.transaction("read") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else record_of(dict(row))

    def last_inspection(self, part_id: str) -> str:
        """Return the id of the newest inspection of a part; "" where it was never inspected."""
        query = (
            select(RECORDS.c.record_id)
            .where(RECORDS.c.part_id == part_id, RECORDS.c.kind == RecordKind.INSPECTION.value)
            .where(*self._of_this_log())
            .order_by(RECORDS.c.sequence.desc())
            .limit(1)
        )
        with self._database.transaction("read") as connection:
            return str(connection.execute(query).scalar_one_or_none() or "")

    def search(self, query: Query) -> list[Record]:
        """Return the records that meet a query, a page at a time; see `Query`."""
        with self._database.transaction("read") as connection:
            if query.order is not Order.SEQUENCE:
                return [record_of(row) for row in page(connection, query, self._of_this_log())]
            found = connection.execute(statement(query).where(*self._of_this_log())).mappings()
            return [record_of(dict(row)) for row in found]

    def _of_this_log(self) -> list[ColumnElement[bool]]:
        return [RECORDS.c.log == self._log] if self._log and not self.is_sqlite else []

    def count(self, query: Query) -> int:
        """Return how many records meet a query, whatever its limit."""
        counted = select(func.count()).select_from(RECORDS).where(*conditions(query), *self._of_this_log())
        with self._database.transaction("read") as connection:
            return int(connection.execute(counted).scalar_one())

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
        found = self.search(
            Query(
                part_id=part_id or "",
                verdicts=(verdict,) if verdict else (),
                kinds=(kind,) if kind else (),
                since_ns=since_ns,
                until_ns=until_ns,
                limit=limit,
            )
        )
        return found if newest_first else found[::-1]

    def amendments(self, record_id: str) -> list[Record]:
        """Return what people and the station said later of a record, oldest first; not what a challenger said."""
        return self.search(Query(refers_to=record_id, kinds=_AMENDMENTS, limit=None, oldest_first=True))

    def last_passed_challenge(self) -> Record | None:
        """Return the record with which the last passed challenge ended; None where none ever was."""
        asked = Query(kinds=(RecordKind.CHALLENGE,), verdicts=(Verdict.FAIL, Verdict.REVIEW))
        while page := self.search(asked):
            for record in page:
                if record.details.get("challenge", {}).get("passed"):
                    return record
            asked = replace(asked, before=page[-1].sequence)
        return None

    def choices(self) -> Choices:
        """Return what the filters of a search can be set to."""
        with self._database.transaction("read") as connection:
            newest = select(PACKAGES.c.hash).order_by(PACKAGES.c.first_used_ns.desc())
            return Choices(
                classes=distinct(connection, FACETS.c.predicted_class),
                whos=distinct(connection, RECORDS.c.who),
                stations=distinct(connection, FACETS.c.station),
                recipes=distinct(connection, RECIPES.c.name),
                packages=tuple(dict.fromkeys(connection.execute(newest).scalars())),
            )

    def audit(
        self,
        *,
        action: str = "",
        subject: str = "",
        who: str = "",
        mentions: str = "",
        since_ns: int | None = None,
        until_ns: int | None = None,
        before: int | None = None,
        limit: int | None = 100,
    ) -> list[AuditEntry]:
        """Return the newest entries of the audit trail that match every given condition, newest first.

        Args:
            action: Exactly; with a trailing `*` every action that begins so.
            subject: Exactly.
            who: Exactly.
            mentions: A text that its details hold.
            since_ns: At this Unix time in nanoseconds or later.
            until_ns: Before this Unix time in nanoseconds.
            before: Only numbers below.
            limit: At most so many; None for all.
        """
        query = audit_statement(
            self._log,
            action=action,
            subject=subject,
            who=who,
            mentions=mentions,
            since_ns=since_ns,
            until_ns=until_ns,
            before=before,
            limit=limit,
        )
        with self._database.transaction("read") as connection:
            return [audit_entry_of(dict(row)) for row in connection.execute(query).mappings()]

    def counts(self, *, since_ns: int = 0) -> dict[Verdict, int]:
        """Return how many inspected parts got each verdict since a Unix time in nanoseconds; no known bad ones.

        A PASS that the station corrected, because the part was not released, counts as ERROR.
        """
        query = (
            select(RECORDS.c.verdict, func.count())
            .where(RECORDS.c.kind == RecordKind.INSPECTION.value, RECORDS.c.decided_time_ns >= since_ns)
            .where(RECORDS.c.verdict.in_([verdict.value for verdict in Verdict]))  # as the index lies
            .where(*self._of_this_log())
            .group_by(RECORDS.c.verdict)
        )
        corrections = (
            select(func.count())
            .where(RECORDS.c.kind == RecordKind.CORRECTION.value, RECORDS.c.decided_time_ns >= since_ns)
            .where(*self._of_this_log())
        )
        with self._database.transaction("read") as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
            corrected = connection.execute(corrections).scalar_one()
        found["PASS"] = found.get("PASS", 0) - corrected
        found["ERROR"] = found.get("ERROR", 0) + corrected
        return {verdict: found.get(verdict.value, 0) for verdict in Verdict}

    def cells(self, since_ns: int, until_ns: int, step_s: int) -> list[Cell]:
        """Return the counts that reports are made of; see `aggregates.cells`."""
        with self._database.transaction("read") as connection:
            return cells(connection, since_ns, until_ns, step_s)

    def last_words(self, since_ns: int, until_ns: int, step_s: int) -> list[LastWord]:
        """Return the last word on every part of a period; see `aggregates.last_words`."""
        with self._database.transaction("read") as connection:
            return last_words(connection, since_ns, until_ns, step_s)

    def last_counter(self) -> int:
        """Return the number of the log's newest record, 0 in an empty log; new part counters start above it."""
        if self._writer is not None:
            return self._writer.last_number(RECORDS.name)
        highest = select(func.coalesce(func.max(RECORDS.c.number), 0)).where(RECORDS.c.log == self._log)
        with self._database.transaction("read") as connection:
            return int(connection.execute(highest).scalar_one())

    def tip(self) -> Tip:
        """Return where the chain of this log ends."""
        return self.links.tip() if self._writer is None else self._writer.tip()

    def journal(self, *, after: int = 0, limit: int = 1000) -> list[Link]:
        """Return the links behind position `after`, in order."""
        return self.links.journal(after=after, limit=limit)

    def link_of(self, subject: str, number: int) -> Link | None:
        """Return the link of one entry by its table and number there; None where it has none."""
        return self.links.link_of(subject, number)

    def rows(self, subject: str, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return the rows of a chained table by their numbers; those that are missing are left out."""
        return {int(row["number"]): row for row in self.links.rows(subject, numbers)}

    def append_head(self, head: Head) -> None:
        """Keep a signed head. Raises StoreError."""
        values = {name: getattr(head, name) for name in ("position", "chain", "time_ns", "key_id", "signature")}
        with self._database.transaction("written to") as connection:
            connection.execute(insert(HEADS).values(log=self._own_writer().log, **values))

    def heads(self, *, after: int = 0, limit: int | None = None) -> list[Head]:
        """Return the signed heads behind position `after`, in order."""
        return self.links.heads(after=after, limit=limit)

    def check(self, *, quick: bool = False) -> None:
        """Read every page of the file, without its indexes where `quick`. Raises DamagedLogError."""
        self._database.check(quick=quick)

    def close(self) -> None:
        """Close the connection; further calls fail."""
        self._database.close()
