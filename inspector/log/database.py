"""The one connection to the log's database: a SQLite file, or PostgreSQL; transactions, and what their errors mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from inspector import sqlite
from inspector.errors import DamagedLogError, DiskFullError, StoreError

_TIMEOUT_S = 10
_POSTGRES_ARGUMENTS = {
    "connect_timeout": _TIMEOUT_S,
    "keepalives_idle": _TIMEOUT_S,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": _TIMEOUT_S * 1000,  # a network that swallows everything must not hold the line
    "options": "-c synchronous_commit=on -c statement_timeout=60000 -c lock_timeout=10000",
}


class Database:
    """One connection, used by one thread at a time.

    Args:
        target: A SQLite file, or a URL `postgresql+psycopg://user@host/database`.
        read_only: Nothing can be written through it.

    Attributes:
        name: For messages: the file, or the URL without its password.
        lock: Held during a transaction; hold it to do several without another thread between them.

    Raises:
        StoreError: The database cannot be opened.
    """

    def __init__(self, target: Path | str, *, read_only: bool) -> None:
        self.lock = threading.RLock()
        self._closed = False
        self._driver: Any = sqlite.driver()
        if isinstance(target, Path):
            self.name, self._engine = str(target), self._sqlite(target, read_only=read_only)
        else:
            self.name, self._engine = self._postgres(target, read_only=read_only)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        try:
            with self.translated("opened"):
                if self.is_sqlite and not read_only:
                    self._set_journal_mode()
        except BaseException:
            self._engine.dispose()
            raise

    def _sqlite(self, path: Path, *, read_only: bool) -> Engine:
        uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        module = self._driver

        def connect() -> Any:
            connection = module.connect(
                uri, uri=True, check_same_thread=False, timeout=_TIMEOUT_S, isolation_level=None
            )
            connection.execute(f"PRAGMA synchronous = {sqlite.synchronous()}")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync does not reach the platters
            return connection

        engine = create_engine("sqlite://", creator=connect, module=module, poolclass=StaticPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    def _postgres(self, target: str, *, read_only: bool) -> tuple[str, Engine]:
        try:
            url = make_url(target)
            engine = create_engine(
                url,
                poolclass=StaticPool,
                connect_args=_POSTGRES_ARGUMENTS,
                isolation_level="READ COMMITTED",
                execution_options={"postgresql_readonly": read_only},
            )
        except (ArgumentError, ImportError) as error:
            hidden = re.sub(r"//[^@/]*@", "//…@", target)
            raise StoreError(
                f"{hidden}: no such kind of log ({error}).",
                cure="Write postgresql+psycopg://user@host/database, and install the extra: "
                "pip install 'inspector-station[postgresql]'.",
            ) from error
        return url.render_as_string(hide_password=True), engine

    def _set_journal_mode(self) -> None:
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            mode = sqlite.journal_mode()
            cursor.execute(f"PRAGMA journal_mode = {mode}")
            found = str(cursor.fetchall()[0][0])
            if found.upper() != mode:
                raise StoreError(f"{self.name}: the journal mode {mode} was refused (it is {found}).")
        finally:
            raw.close()

    @contextmanager
    def transaction(self, what: str) -> Iterator[Connection]:
        """Run the block in one transaction, durable at its end. `what` completes 'the log could not be …'.

        Raises:
            StoreError: The database refused, or is closed.
        """
        with self.lock:
            if self._closed:
                raise StoreError(f"{self.name}: the log was closed before it could be {what}.")
            with self.translated(what), self._engine.begin() as connection:
                yield connection

    @contextmanager
    def driver_transaction(self, what: str) -> Iterator[Any]:
        """`transaction` for SQLite, yielding a cursor: SQLAlchemy's own work would cost a commit as much as the disk.

        Raises:
            StoreError: The database refused, or is closed.
        """
        with self.lock:
            if self._closed:
                raise StoreError(f"{self.name}: the log was closed before it could be {what}.")
            with self.translated(what), self.driver_connection() as connection:
                cursor = connection.cursor()
                cursor.execute("BEGIN")
                try:
                    yield cursor
                    cursor.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:  # a full disk has ended it already
                        cursor.execute("ROLLBACK")
                    raise
                finally:
                    cursor.close()  # an open statement would keep the file open after the connection was closed

    @contextmanager
    def translated(self, what: str) -> Iterator[None]:
        """Turn the driver's errors into a StoreError with its cure."""
        try:
            yield
        except (SQLAlchemyError, self._driver.Error, UnicodeError, OverflowError) as error:
            if getattr(error, "connection_invalidated", False):
                self._engine.dispose()  # the next transaction connects anew
            said = str(getattr(error, "orig", error)).strip()
            cure = _sqlite_cure(said) if self.is_sqlite else _postgres_cure(said)
            raise _kind(said)(f"{self.name}: the log could not be {what} ({said}).", cure=cure) from error

    def check(self, *, quick: bool = False) -> None:
        """Read every page of a SQLite file, without its indexes where `quick`; PostgreSQL checks its own.

        Raises:
            DamagedLogError: There is damage.
        """
        if not self.is_sqlite:
            return
        with self.transaction("checked") as connection:
            found = connection.execute(text(f"PRAGMA {'quick' if quick else 'integrity'}_check(1)")).scalar_one()
        if found != "ok":
            raise DamagedLogError(f"{self.name}: the log is damaged: {found}.", cure="Restore it from a backup.")

    @contextmanager
    def driver_connection(self) -> Iterator[Any]:
        """Yield SQLite's own connection, for what SQLAlchemy has no word for; nobody else uses it meanwhile."""
        with self.lock:
            raw = self._engine.raw_connection()
            try:
                yield raw.driver_connection
            finally:
                raw.close()

    def close(self) -> None:
        """Close the connection; further transactions fail."""
        with self.lock:
            self._closed = True
            self._engine.dispose()


def _kind(said: str) -> type[StoreError]:
    if "is full" in said or "No space" in said:
        return DiskFullError
    return DamagedLogError if "malformed" in said or "not a database" in said else StoreError


def _sqlite_cure(said: str) -> str:
    if "full" in said:
        return "Free disk space, or move the log to a larger disk."
    if "locked" in said:
        return "Another program holds the log: close it."
    if "malformed" in said or "not a database" in said:
        return "Put the file aside for evidence and restore the last backup."
    return "Check that the folder exists, may be written, and that its disk is in order."


def _postgres_cure(said: str) -> str:
    if "password" in said or "role" in said or "permission" in said:
        return "Check the user, its password (PGPASSWORD or ~/.pgpass) and its rights in the database."
    if "does not exist" in said:
        return "Create the database first: createdb, by its administrator."
    if "No space" in said or "disk full" in said:
        return "Free disk space on the database server."
    return "Check that the PostgreSQL server runs and can be reached, and the URL."
