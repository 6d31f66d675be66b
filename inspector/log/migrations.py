"""Ordered, append-only migrations of the log. Never edit one that was released: add the next."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from inspector.errors import StoreError
from inspector.log.chain import COLUMNS, canonical, genesis, link

_APPEND_ONLY = "the log is append-only"
_RECORD_COLUMNS = """
    record_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, part_id TEXT NOT NULL, verdict TEXT NOT NULL,
    reason TEXT NOT NULL, predicted_class TEXT NOT NULL, score FLOAT, pass_below FLOAT, fail_from FLOAT,
    view TEXT NOT NULL, recipe_hash TEXT NOT NULL, package_hash TEXT NOT NULL, predictions TEXT NOT NULL,
    images TEXT NOT NULL, stage_ms TEXT NOT NULL, details TEXT NOT NULL, trigger_time_ns BIGINT NOT NULL,
    decided_time_ns BIGINT NOT NULL, station TEXT NOT NULL, refers_to TEXT NOT NULL, who TEXT NOT NULL,
    truth TEXT NOT NULL"""


def _first_tables(connection: Connection) -> None:
    """Records, recipes and packages. One SQLite file is one log; PostgreSQL holds one log per station."""
    if connection.dialect.name == "sqlite":
        sequence, key, shared = "INTEGER NOT NULL PRIMARY KEY", "hash TEXT NOT NULL PRIMARY KEY", ""
    else:
        sequence, key = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "hash TEXT NOT NULL"
        shared = ", log INTEGER NOT NULL, number BIGINT NOT NULL"
        _run(connection, _POSTGRES_GUARD)
    unique = ", PRIMARY KEY (log, hash), UNIQUE (log, number)" if shared else ""
    _run(connection, f"CREATE TABLE records (sequence {sequence}, {_RECORD_COLUMNS}{shared})")
    _run(
        connection,
        f"CREATE TABLE recipes ({key}, name TEXT NOT NULL, path TEXT NOT NULL, text TEXT NOT NULL, "
        f"first_used_ns BIGINT NOT NULL{shared}{unique})",
    )
    _run(
        connection,
        f"CREATE TABLE packages ({key}, folder TEXT NOT NULL, card TEXT NOT NULL, "
        f"first_used_ns BIGINT NOT NULL{shared}{unique})",
    )
    for column in ("part_id", "verdict", "decided_time_ns", "refers_to"):
        _run(connection, f"CREATE INDEX records_by_{column} ON records ({column})")
    for table, same in (
        ("records", "sequence = NEW.sequence OR record_id = NEW.record_id"),
        ("recipes", "hash = NEW.hash"),
        ("packages", "hash = NEW.hash"),
    ):
        _make_append_only(connection, table, same)


def _chain(connection: Connection) -> None:
    """Every entry gets its link; the audit trail, the signed heads and the log's own identity join it."""
    small = "INTEGER" if connection.dialect.name == "sqlite" else "BIGINT"
    blob, rowless = ("BLOB", " WITHOUT ROWID") if connection.dialect.name == "sqlite" else ("BYTEA", "")
    _run(
        connection,
        "CREATE TABLE logs (number INTEGER NOT NULL PRIMARY KEY, log_id TEXT NOT NULL UNIQUE, "
        "station TEXT NOT NULL, created_ns BIGINT NOT NULL)",
    )
    _run(
        connection,
        f"CREATE TABLE audit (log INTEGER NOT NULL, number {small} NOT NULL, time_ns BIGINT NOT NULL, "
        "action TEXT NOT NULL, subject TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, who TEXT NOT NULL, "
        f"role TEXT NOT NULL, why TEXT NOT NULL, details TEXT NOT NULL, PRIMARY KEY (log, number)){rowless}",
    )
    _run(
        connection,
        f"CREATE TABLE journal (log INTEGER NOT NULL, position {small} NOT NULL, subject TEXT NOT NULL, "
        f'"row" {small} NOT NULL, chain {blob} NOT NULL, PRIMARY KEY (log, position)){rowless}',
    )
    _run(connection, 'CREATE UNIQUE INDEX journal_by_row ON journal (log, subject, "row")')
    _run(
        connection,
        f"CREATE TABLE heads (log INTEGER NOT NULL, position {small} NOT NULL, chain {blob} NOT NULL, "
        f"time_ns BIGINT NOT NULL, key_id TEXT NOT NULL, signature {blob} NOT NULL, "
        f"PRIMARY KEY (log, position)){rowless}",
    )
    if connection.dialect.name == "sqlite":
        _number_rows(connection)
    _run(connection, "CREATE UNIQUE INDEX records_by_number ON records (log, number)")
    for table, key in (("logs", "number"), ("audit", "number"), ("journal", "position"), ("heads", "position")):
        same = f"{key} = NEW.{key}" + ("" if table == "logs" else " AND log = NEW.log")
        _make_append_only(connection, table, same)
    if connection.dialect.name == "sqlite":
        _link_what_was_there(connection)


def _number_rows(connection: Connection) -> None:
    """Give the rows of an older file their log and number: once, with its guards lifted."""
    for table, order in (("records", "sequence"), ("recipes", "rowid"), ("packages", "rowid")):
        _run(connection, f"DROP TRIGGER {table}_no_update")
        _run(connection, f"ALTER TABLE {table} ADD COLUMN log INTEGER NOT NULL DEFAULT 1")
        _run(connection, f"ALTER TABLE {table} ADD COLUMN number INTEGER NOT NULL DEFAULT 0")
        _run(connection, f"UPDATE {table} SET number = {order}")  # noqa: S608 - constant names
        _run(connection, _sqlite_guard(table, "UPDATE"))


def _link_what_was_there(connection: Connection) -> None:
    log_id = uuid.uuid4().hex
    connection.execute(
        text("INSERT INTO logs (number, log_id, station, created_ns) VALUES (1, :log_id, '', :now)"),
        {"log_id": log_id, "now": time.time_ns()},
    )
    chain, position = genesis(log_id), 0
    insert = text(
        'INSERT INTO journal (log, position, subject, "row", chain) VALUES (1, :position, :subject, :row, :chain)'
    )
    for subject in ("recipes", "packages", "records"):
        for row in _rows_in_order(connection, subject):
            position += 1
            chain = link(chain, canonical(subject, row))
            connection.execute(insert, {"position": position, "subject": subject, "row": row["number"], "chain": chain})


def _rows_in_order(connection: Connection, subject: str, step: int = 1000) -> Iterator[Mapping[str, Any]]:
    columns, after = ", ".join(COLUMNS[subject]), 0
    query = text(
        f"SELECT {columns} FROM {subject} WHERE number > :after ORDER BY number LIMIT {step}"  # noqa: S608 - constants
    )
    while rows := connection.execute(query, {"after": after}).mappings().all():
        for row in rows:
            yield dict(row)
        after = rows[-1]["number"]


_FACET = "station, recipe_hash, package_hash, predicted_class, kind, verdict"


def _indexes_of_a_search(connection: Connection) -> None:
    """Runs in the order of time for every filter, and the facets that occur: see `pages` and `facets`."""
    for name, columns in (
        ("serial", "(part_id, kind, verdict, predicted_class, decided_time_ns)"),
        ("kind", "(kind, verdict, decided_time_ns)"),
        ("who", "(who, decided_time_ns, kind, verdict, recipe_hash, package_hash, station) WHERE who <> ''"),
        ("facet", f"({_FACET}, decided_time_ns)"),
    ):
        _run(connection, f"CREATE INDEX records_by_{name} ON records {columns}")
    _run(connection, "DROP INDEX records_by_part_id")  # records_by_serial begins with it
    columns = ", ".join(f"{name} TEXT NOT NULL" for name in _FACET.split(", "))
    rowless = " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""
    _run(connection, f"CREATE TABLE facets ({columns}, PRIMARY KEY ({_FACET})){rowless}")
    _run(connection, f"INSERT INTO facets SELECT DISTINCT {_FACET} FROM records")  # noqa: S608 - constant names
    new = ", ".join(f"NEW.{name}" for name in _FACET.split(", "))
    if connection.dialect.name == "sqlite":
        note = f"INSERT OR IGNORE INTO facets VALUES ({new})"  # noqa: S608 - constant names
        _run(connection, f"CREATE TRIGGER records_facet AFTER INSERT ON records BEGIN {note}; END")
        return
    _run(
        connection,
        "CREATE FUNCTION note_facet() RETURNS trigger LANGUAGE plpgsql AS "  # noqa: S608 - constant names
        f"$$ BEGIN INSERT INTO facets VALUES ({new}) ON CONFLICT DO NOTHING; RETURN NULL; END $$",
    )
    _run(
        connection,
        "CREATE TRIGGER records_facet AFTER INSERT ON records FOR EACH ROW EXECUTE FUNCTION note_facet()",
    )


MIGRATIONS = (_first_tables, _chain, _indexes_of_a_search)

_POSTGRES_GUARD = f"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$"""


def _make_append_only(connection: Connection, table: str, same: str) -> None:
    """Refuse every UPDATE and DELETE of a table; a correction is a new record, nothing here is ever changed."""
    if connection.dialect.name != "sqlite":
        _run(
            connection,
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
        return
    for change in ("UPDATE", "DELETE"):
        _run(connection, _sqlite_guard(table, change))
    _run(  # INSERT OR REPLACE deletes without asking the triggers above
        connection,
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - constant names
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END",
    )


def _sqlite_guard(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
    )


def _run(connection: Connection, statement: str) -> None:
    if connection.dialect.name != "sqlite" and statement.startswith("CREATE TABLE"):
        statement = statement.replace(" TEXT", ' TEXT COLLATE "C"')  # as SQLite sorts: by the characters' numbers
    connection.execute(text(statement))


def migrate(connection: Connection, name: str) -> None:
    """Bring the database to this program's version, inside the caller's transaction.

    Raises:
        StoreError: It was written by a newer program.
    """
    if connection.dialect.name != "sqlite":  # two stations may come at the same moment
        _run(connection, "SELECT pg_advisory_xact_lock(hashtext('inspector.migrations'))")
    version = check_version(connection, name)
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        step(connection)
        _note_version(connection, number)


def check_version(connection: Connection, name: str) -> int:
    """Return the database's version, 0 for an empty one; raises StoreError where it is newer than this program."""
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{name}: the log has format {version}; this program knows formats up to {len(MIGRATIONS)}.",
            cure="Update the program; an older one must not write into a newer log.",
        )
    return version


def _version(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return int(connection.execute(text("PRAGMA user_version")).scalar_one())
    if connection.execute(text("SELECT to_regclass('log_format')")).scalar_one() is None:
        return 0
    return int(connection.execute(text("SELECT max(version) FROM log_format")).scalar_one())


def _note_version(connection: Connection, number: int) -> None:
    if connection.dialect.name == "sqlite":
        _run(connection, f"PRAGMA user_version = {number}")
        return
    _run(
        connection,
        "CREATE TABLE IF NOT EXISTS log_format (version INTEGER PRIMARY KEY, since TIMESTAMPTZ DEFAULT now())",
    )
    connection.execute(text("INSERT INTO log_format (version) VALUES (:number)"), {"number": number})
