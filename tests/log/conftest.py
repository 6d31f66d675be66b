"""The same tests against both databases: a SQLite file, and a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspector.log.store import DATABASE_FILE, RecordStore

if TYPE_CHECKING:
    from tests.postgres import Cluster

Opener = Callable[..., RecordStore]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server of one's own, started once."""
    from tests.postgres import Cluster, server_programs

    if server_programs() is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    cluster = Cluster("fsync = off")
    yield cluster
    cluster.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store of its own can be opened."""
    if request.param == "sqlite":
        return tmp_path / DATABASE_FILE
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture
def open_store(target: Path | str) -> Iterator[Opener]:
    """Open a store on the target, as often as asked; closed at the end."""
    opened: list[RecordStore] = []

    def opener(*, read_only: bool = False, log_name: str = "line-1") -> RecordStore:
        opened.append(RecordStore(target, read_only=read_only, log_name=log_name))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> RecordStore:
    """An empty store."""
    return open_store()
