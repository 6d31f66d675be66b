"""The one SQLite driver of the product.

SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when a checkpoint races with a write (the WAL-reset defect).
The pysqlite3 wheel brings a newer library; where only the interpreter's old one is to be had, the rollback journal is
used instead. Two drivers in one process must never open the same file: closing a handle drops the other's locks.
"""

from __future__ import annotations

from typing import Any

FIRST_SAFE_WAL_VERSION = (3, 51, 3)


def driver() -> Any:
    """Return the DB-API module: pysqlite3 where installed, else the interpreter's sqlite3."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3 as dbapi2
    return dbapi2


def journal_mode() -> str:
    """Return "WAL" where the SQLite library is new enough for it, else "DELETE" (rollback journal)."""
    return "WAL" if driver().sqlite_version_info >= FIRST_SAFE_WAL_VERSION else "DELETE"


def synchronous() -> str:
    """Return FULL for the write-ahead log, which syncs at every commit; EXTRA for the rollback journal.

    There a commit is the deletion of the journal, and FULL does not sync the folder after it: a power cut can bring the
    journal back, and with it undo an acknowledged commit (https://sqlite.org/pragma.html#pragma_synchronous).
    """
    return "FULL" if journal_mode() == "WAL" else "EXTRA"
