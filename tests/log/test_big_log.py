"""The log of the search benchmark is a log like any other, only longer; and the benchmark can fail."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.log.chain import canonical, genesis, link
from inspector.log.evidence import altered_rules
from inspector.log.query import Order, Query
from inspector.log.schema import row_of
from inspector.log.store import RecordStore
from inspector.types import Verdict
from tests.performance import search_benchmark
from tests.performance.big_log import build
from tests.performance.search_benchmark import measure, searches

COUNT = 1500


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The benchmark's log in small."""
    path = tmp_path_factory.mktemp("big") / "records.sqlite"
    build(path, COUNT, lambda _done: None)
    return path


def test_that_the_big_log_has_the_rules_the_rows_and_the_chain_of_any_other(big: Path) -> None:
    with closing(RecordStore(big)) as store:
        assert altered_rules(store.links.database) == []
        chain, after = genesis(store.tip().log_id), 0
        while links := store.journal(after=after):
            rows = {name: store.rows(name, [e.row for e in links if e.subject == name]) for name in ("records",)}
            for each in links:
                row = rows.get(each.subject, {}).get(each.row) or store.rows(each.subject, [each.row])[each.row]
                chain = link(chain, canonical(each.subject, row))
                assert chain == each.chain
            after = links[-1].position
        for record in store.search(Query(limit=500)):
            kept = store.rows("records", [record.sequence])[record.sequence]
            assert all(kept[name] == value for name, value in row_of(record).items())
        assert store.last_counter() == COUNT
        assert store.counts()[Verdict.PASS] > 0.9 * COUNT


def test_that_every_search_of_the_benchmark_finds_what_reading_everything_finds(big: Path) -> None:
    with closing(RecordStore(big, read_only=True)) as store:
        kinds = set()
        for name, query in searches(store, COUNT):
            everything = store.search(replace(query, order=Order.SEQUENCE, limit=None))
            by_time = query.order is Order.TIME
            everything.sort(key=lambda r: (r.decided_time_ns if by_time else r.part_id, r.sequence), reverse=True)
            assert store.search(query) == everything[: query.limit], query
            kinds.add(name)
        assert len(kinds) > 20


def test_that_the_benchmark_measures_every_kind_of_search(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(RecordStore(big, read_only=True)) as store:
        wanted = dict(searches(store, COUNT))
    monkeypatch.setattr(search_benchmark, "searches", lambda _store, _count: wanted.items())
    monkeypatch.setattr(search_benchmark, "WARM_RUNS", 1)
    found = measure(big, COUNT)
    assert all(len(times.cold) == len(times.warm) == len(times.rows) > 0 for times in found.values())
    assert {"serial", "verdict", "class", "operator", "recipe", "model", "time", "the page after"} <= set(found)
    assert all(times.slowest > 0 for times in found.values())
