"""Ordered, append-only migrations of the log. Never edit one that was released: add the next."""

from __future__ import annotations

from sqlalchemy import Connection, text

from inspector.errors import StoreError
from inspector.log.schema import METADATA


def _first_tables(connection: Connection) -> None:
    METADATA.create_all(connection)
    for column in ("part_id", "verdict", "decided_time_ns", "refers_to"):
        connection.execute(text(f"CREATE INDEX records_by_{column} ON records ({column})"))
    for table in METADATA.tables:
        for change in ("UPDATE", "DELETE"):  # a correction is a new record; nothing here is ever changed
            connection.execute(
                text(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
                )
            )
    for table, same in (
        ("records", "sequence = NEW.sequence OR record_id = NEW.record_id"),
        ("recipes", "hash = NEW.hash"),
        ("packages", "hash = NEW.hash"),
    ):  # INSERT OR REPLACE deletes without asking the triggers above
        connection.execute(
            text(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 - constant names
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            )
        )


MIGRATIONS = (_first_tables,)


def migrate(connection: Connection, name: str) -> None:
    """Bring the file to this program's version, inside the caller's transaction.

    Raises:
        StoreError: The file was written by a newer program.
    """
    version = check_version(connection, name)
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        step(connection)
        connection.execute(text(f"PRAGMA user_version = {number}"))


def check_version(connection: Connection, name: str) -> int:
    """Return the file's version; raises StoreError where it is newer than this program."""
    version: int = connection.execute(text("PRAGMA user_version")).scalar_one()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{name}: the log has format {version}; this program knows formats up to {len(MIGRATIONS)}.",
            cure="Update the program; an older one must not write into a newer log.",
        )
    return version
