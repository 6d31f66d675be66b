"""What the database shows beside the chain: altered rules, entries that no link covers, foreign logs in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, StaticPool, create_engine, exists, func, or_, select, text

from inspector import sqlite
from inspector.log.database import Database
from inspector.log.migrations import migrate
from inspector.log.schema import CHAINED, HEADS, JOURNAL, LOGS

_OWN_LOG = 1
_STEP = 100_000
_GUARDED = (*CHAINED, "journal", "heads", "logs")
_INSTRUCTIONS = 2_000_000
"""Of SQLite's machine between two looks at whether to go on: some 50 ms."""


def altered_rules(database: Database) -> list[str]:
    """Return the names of tables, indexes and guards that are missing, changed or too many."""
    with database.transaction("checked") as connection:
        if not database.is_sqlite:
            return _missing_guards(connection)
        found = _rules(connection)
    reference = create_engine("sqlite://", module=sqlite.driver(), poolclass=StaticPool)
    with reference.begin() as connection:
        migrate(connection, "reference")
        wanted = _rules(connection)
    reference.dispose()
    return sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))


def _rules(connection: Connection) -> dict[str, str | None]:
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'"
    return {str(name): sql for name, sql in connection.execute(text(query))}


def _missing_guards(connection: Connection) -> list[str]:
    query = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
    there = set(connection.execute(query).scalars())
    return [f"{table}_no_change" for table in _GUARDED if f"{table}_no_change" not in there]


def foreign_logs(database: Database) -> int:
    """Return how many logs a SQLite file holds beside its own: none, unless somebody put one in."""
    if not database.is_sqlite:
        return 0
    with database.transaction("read") as connection:
        return int(connection.execute(select(func.count()).where(LOGS.c.number != _OWN_LOG)).scalar_one())


def misplaced(database: Database, log: int) -> int:
    """Return how many links and heads stand before the first position, or under another log of a SQLite file."""
    total = 0
    with database.transaction("read") as connection:
        for table, first in ((JOURNAL, 1), (HEADS, 0)):
            wrong: ColumnElement[bool] = (table.c.log == log) & (table.c.position < first)
            if database.is_sqlite:
                wrong = or_(wrong, table.c.log != _OWN_LOG)
            total += int(connection.execute(select(func.count()).select_from(table).where(wrong)).scalar_one())
    return total


def unlinked(database: Database, log: int, subject: str, *, most: int = 20) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a chained table that no link of their log covers, in steps through the table.

    Args:
        database: Open.
        log: The log in question; in a SQLite file every other one is foreign.
        subject: The table.
        most: At most so many a step.
    """
    table = CHAINED[subject]
    linked = exists().where(
        JOURNAL.c.log == table.c.log,
        JOURNAL.c.subject == subject,
        JOURNAL.c.row == table.c.number,
        JOURNAL.c.position > 0,
    )
    strange: ColumnElement[bool] = ~linked
    if database.is_sqlite:
        strange = or_(strange, table.c.log != _OWN_LOG)
        ours: ColumnElement[bool] = table.c.log.is_not(None)
    else:
        ours = or_(table.c.log == log, table.c.log.not_in(select(LOGS.c.number)))
    with database.transaction("read") as connection:
        lowest, highest = connection.execute(select(func.min(table.c.number), func.max(table.c.number))).one()
    for start in _steps(lowest, highest):
        within = () if start is None else (table.c.number >= start, table.c.number < start + _STEP)
        with database.transaction("read") as connection:
            found = connection.execute(select(table).where(ours, strange, *within).limit(most)).mappings().all()
        yield [dict(row) for row in found]


def _steps(lowest: Any, highest: Any) -> Iterator[int | None]:
    """Yield where each step through the numbers begins; None for all at once, where a number is none or far off."""
    if lowest is None:
        return
    if not (isinstance(lowest, int) and isinstance(highest, int)) or highest - lowest > 2**40:
        yield None
        return
    yield from range(lowest, highest + 1, _STEP)


@contextmanager
def interruptible(database: Database, look: Callable[[], None]) -> Iterator[None]:
    """Call `look` now and then during the block's statements on a SQLite file; what it raises ends the block."""
    if not database.is_sqlite:
        yield
        return
    raised: list[BaseException] = []

    def handler() -> int:
        try:
            look()
        except BaseException as error:  # noqa: BLE001 - SQLite's C code cannot pass it on; it is raised again below
            raised.append(error)
        return len(raised)

    with database.driver_connection() as connection:
        connection.set_progress_handler(handler, _INSTRUCTIONS)
        try:
            yield
        except Exception:
            if raised:
                raise raised[0] from None
            raise
        finally:
            connection.set_progress_handler(None, 0)
