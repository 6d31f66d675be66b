"""Where the records of a log folder lie: a SQLite file in it, or the PostgreSQL database that a line in it names."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import StoreError
from inspector.jsonfile import replace_file
from inspector.log.store import DATABASE_FILE, RecordStore

STORE_FILE = "store.url"


def records_at(folder: Path) -> Path | str:
    """Return what a `RecordStore` of this folder opens. Raises StoreError where the line cannot be read."""
    named = folder / STORE_FILE
    if not named.exists():
        return folder / DATABASE_FILE
    try:
        url = named.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise StoreError(
            f"{named}: cannot be read ({error}).", cure="Name the database anew: `inspector log use URL`."
        ) from error
    if "://" not in url:
        raise StoreError(f"{named}: names no database.", cure="Name it: `inspector log use postgresql+psycopg://…`.")
    return url


def use_database(folder: Path, url: str, *, station: str) -> None:
    """Let the records of a folder lie in a PostgreSQL database from now on.

    Args:
        folder: The log's folder; pictures stay in it.
        url: `postgresql+psycopg://user@host/database`; its tables are made where absent. A password belongs in
            PGPASSWORD or ~/.pgpass.
        station: Name of the station, and so of its log there.

    Raises:
        StoreError: The folder holds records of its own, or the database cannot be used.
    """
    if (folder / DATABASE_FILE).exists():
        raise StoreError(
            f"{folder}: this log holds records of its own.",
            cure="Choose another folder with --log; keep this one, and forward it to the centre.",
        )
    RecordStore(url, log_name=station).close()
    replace_file(folder / STORE_FILE, (url + "\n").encode())
