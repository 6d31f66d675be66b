"""Store and forward: the centre gets every entry of every station once, whatever happens to the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inspector.errors import StoreError
from inspector.log.centre import Batch, Centre
from inspector.log.chain import Head, canonical, genesis, link
from inspector.log.forward import Backlog, Forwarder, forward_once
from inspector.log.query import Query
from inspector.log.signer import Signer
from inspector.log.station_key import PUBLIC_FILE, public_keys
from inspector.log.store import RecordStore
from inspector.log.verify import verify
from inspector.types import AuditEntry
from tests.postgres import Cluster
from tests.proxy import CuttableProxy
from tests.support import a_record

WAIT_S = 30


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RecordStore]:
    """A station's log."""
    with closing(RecordStore(tmp_path / "records.sqlite")) as store:
        yield store


def verified(store: RecordStore) -> int:
    """Return how many entries of a log's copy follow one another as they should."""
    tip = store.tip()
    chain, count = genesis(tip.log_id), 0
    for each in store.journal(limit=100_000):
        chain = link(chain, canonical(each.subject, store.rows(each.subject, [each.row])[each.row]))
        assert each.chain == chain
        count += 1
    return count


def test_that_everything_arrives_as_it_was_and_verifies_there(own: RecordStore, postgres: Cluster) -> None:
    url = postgres.new_database()
    own.keep_recipe("a" * 64, "washer", "/washer.toml", "text")
    own.keep_package("b" * 64, "/package", "{}")
    stored = [own.append(a_record(f"P{number}")) for number in range(7)]
    entry = own.append_audit(AuditEntry("user.added", "Ada"))
    own.append_head(Head(10, own.tip().chain, 5, "key", b"s" * 64))
    with closing(Centre(url, own.tip().log_id, "line-1")) as centre:
        positions = [forward_once(own, centre, batch=4).position for _ in range(4)]
    assert positions == [4, 8, 10, 10]
    with closing(RecordStore(url, read_only=True)) as copy:
        found = copy.search(Query(oldest_first=True))
        assert [record.record_id for record in found] == [record.record_id for record in stored]
        assert copy.audit() == [entry]
        assert copy.tip() == own.tip()
        assert copy.heads() == own.heads()
        assert copy.recipe("a" * 64)["name"] == "washer"
        assert verified(copy) == 10


def test_that_a_head_signed_after_its_entries_were_forwarded_follows_them(
    own: RecordStore, postgres: Cluster, tmp_path: Path
) -> None:
    url, signer = postgres.new_database(), Signer(own, tmp_path / "keys")
    with closing(Centre(url, own.tip().log_id, "line-1")) as centre:
        for number in range(3):
            own.append(a_record(f"P{number}"))
            forward_once(own, centre)
            signer.sign()
            forward_once(own, centre)
    with closing(RecordStore(url, read_only=True, log_name="line-1")) as copy:
        assert copy.heads() == own.heads()
        result = verify(copy, public_keys([tmp_path / "keys" / PUBLIC_FILE]))
        assert result.clean, result.sentences()
        assert result.vouched == 3


def test_that_a_batch_whose_answer_was_lost_is_not_taken_twice(own: RecordStore, postgres: Cluster) -> None:
    url = postgres.new_database()
    own.append(a_record("A"))
    links = own.journal()
    batch = Batch(links, {"records": [own.rows("records", [1])[1]]}, ())
    with closing(Centre(url, own.tip().log_id, "line-1")) as centre:
        centre.receive(batch)
        with pytest.raises(StoreError, match="does not follow"):
            centre.receive(batch)
        assert forward_once(own, centre).position == 1


def test_that_an_altered_entry_is_not_forwarded(own: RecordStore, postgres: Cluster) -> None:
    own.append(a_record("A"))
    row = {**own.rows("records", [1])[1], "verdict": "FAIL"}
    with closing(Centre(postgres.new_database(), own.tip().log_id, "line-1")) as centre:
        with pytest.raises(StoreError, match="entry 1 of the station's log"):
            centre.receive(Batch(own.journal(), {"records": [row]}, ()))
        assert centre.tip().position == 0


def test_that_a_log_restored_from_an_older_backup_is_noticed(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    with closing(RecordStore(tmp_path / "a.sqlite")) as own:
        own.append(a_record("A"))
        log_id = own.tip().log_id
        with closing(Centre(url, log_id, "line-1")) as centre:
            forward_once(own, centre)
    with closing(RecordStore(tmp_path / "b.sqlite")) as other, closing(Centre(url, log_id, "line-1")) as centre:
        with pytest.raises(StoreError, match="not in it") as caught:
            forward_once(other, centre)
        assert "verify" in caught.value.cure


def test_that_a_cut_network_loses_and_doubles_nothing(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    proxy = CuttableProxy(postgres.port)
    path, told = tmp_path / "records.sqlite", list[Backlog]()
    own = RecordStore(path)
    forwarder = Forwarder(
        lambda: RecordStore(path, read_only=True),
        url.replace(str(postgres.port), str(proxy.port)),
        "line-1",
        told.append,
    )
    forwarder.start()
    try:
        for number in range(60):
            own.append(a_record(f"P{number}"))
            if number % 20 == 10:
                proxy.cut()
            if number % 20 == 15:
                proxy.mend()
        _wait(lambda: bool(told) and told[-1].forwarded == 60 and told[-1].waiting == 0)
    finally:
        forwarder.stop()
        forwarder.join(WAIT_S)
        proxy.close()
        own.close()
    assert any(backlog.error is not None for backlog in told)
    with closing(RecordStore(url, read_only=True)) as copy:
        parts = [record.part_id for record in copy.search(Query(limit=None, oldest_first=True))]
        assert parts == [f"P{number}" for number in range(60)]
        assert verified(copy) == 60


def _wait(condition: object) -> None:
    assert callable(condition)
    until, pause = time.monotonic() + WAIT_S, threading.Event()
    while not condition():
        assert time.monotonic() < until, "the backlog did not drain"
        pause.wait(0.02)
