"""What only a PostgreSQL server can do: many logs in one database, other writers, restarts."""

from __future__ import annotations

import pytest

from inspector.errors import StoreError
from inspector.log.query import Query
from inspector.log.store import RecordStore
from tests.postgres import Cluster
from tests.support import a_record


def test_that_two_stations_write_side_by_side_each_with_its_own_chain(postgres: Cluster) -> None:
    url = postgres.new_database()
    first, second = RecordStore(url, log_name="line-1"), RecordStore(url, log_name="line-2")
    for number in range(3):
        first.append(a_record(f"A{number}", station="line-1"))
        second.append(a_record(f"B{number}", station="line-2"))
    assert first.tip().log_id != second.tip().log_id
    assert first.tip().position == second.tip().position == 3
    assert [record.part_id for record in first.search(Query())] == ["A2", "A1", "A0"]
    everything = RecordStore(url, read_only=True)
    assert [record.part_id for record in everything.search(Query(oldest_first=True))] == [
        *("A0", "B0", "A1", "B1", "A2", "B2")
    ]
    assert [r.part_id for r in everything.search(Query(stations=("line-2",), limit=1))] == ["B2"]
    with pytest.raises(StoreError, match="name one log"):
        everything.tip()
    for store in (first, second, everything):
        store.close()


def test_that_a_second_writer_of_the_same_log_is_refused(postgres: Cluster) -> None:
    url = postgres.new_database()
    first, second = RecordStore(url, log_name="line-1"), RecordStore(url, log_name="line-1")
    first.append(a_record("A"))
    with pytest.raises(StoreError, match="another program writes the log 'line-1'"):
        second.append(a_record("B"))
    first.close()
    assert second.append(a_record("B")).sequence > 1
    second.close()


def test_that_a_restart_of_the_server_costs_an_error_and_nothing_else(postgres: Cluster) -> None:
    url = postgres.new_database()
    store = RecordStore(url, log_name="line-1")
    store.append(a_record("A"))
    postgres.stop("immediate")
    with pytest.raises(StoreError) as caught:
        store.append(a_record("B"))
    assert "server runs" in caught.value.cure
    postgres.start()
    store.append(a_record("C"))
    assert [record.part_id for record in store.search(Query())] == ["C", "A"]
    assert store.tip().position == 2
    store.close()


def test_that_a_wrong_address_is_refused_with_the_cure() -> None:
    with pytest.raises(StoreError, match="no such kind of log"):
        RecordStore("nosuchkind://x:secret@y/z")
    with pytest.raises(StoreError) as caught:
        RecordStore("postgresql+psycopg://inspector:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
    assert "server runs" in caught.value.cure
