"""The store behind one interface: every test runs on a SQLite file and on a PostgreSQL server."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from inspector import sqlite
from inspector.errors import StoreError
from inspector.log import confirm, override
from inspector.log.chain import Head, canonical, genesis, link
from inspector.log.migrations import MIGRATIONS
from inspector.log.query import Query
from inspector.log.store import RecordStore
from inspector.types import AuditEntry, Decision, RecordKind, Thresholds, Verdict
from tests.log.conftest import Opener
from tests.support import a_record


def recomputed(store: RecordStore) -> list[bytes]:
    """Return the chain as the rows themselves give it."""
    chain, found = genesis(store.tip().log_id), []
    for entry in store.journal():
        chain = link(chain, canonical(entry.subject, store.rows(entry.subject, [entry.row])[entry.row]))
        found.append(chain)
    return found


def test_that_a_record_comes_back_bit_for_bit(store: RecordStore) -> None:
    decision = Decision(Verdict.REVIEW, "naïve – 裂纹", "crack", 0.1 + 0.2, Thresholds(1 / 3, 2 / 3), "top")
    record = a_record("π-17", decision=decision, stage_ms={"grab": 1e-17}, details={"n": 2**60, "x": [None, True]})
    stored = store.append(record)
    assert stored == replace(record, sequence=1)
    assert store.get(record.record_id) == stored


def test_that_every_entry_is_linked_in_order(store: RecordStore) -> None:
    store.keep_recipe("a" * 64, "washer", "/washer.toml", "name = 'washer'")
    store.keep_recipe("a" * 64, "washer", "/washer.toml", "name = 'washer'")
    store.append(a_record("A"))
    store.append_audit(AuditEntry("recipe.changed", "washer", old="1", new="2", who="Ada", why="new lamp"))
    store.append(a_record("B", decision=Decision(Verdict.PASS, "good", "good", -0.0, Thresholds(0, 1), "top")))
    store.keep_package("b" * 64, "/package", "{}")
    links = store.journal()
    assert [(each.position, each.subject, each.row) for each in links] == [
        (1, "recipes", 1),
        (2, "records", 1),
        (3, "audit", 1),
        (4, "records", 2),
        (5, "packages", 1),
    ]
    assert [each.chain for each in links] == recomputed(store)
    tip = store.tip()
    assert (tip.position, tip.chain) == (5, links[-1].chain)
    assert store.link_of("records", 2) == links[3]
    assert store.link_of("records", 3) is None


def test_that_the_chain_goes_on_when_the_log_is_opened_again(open_store: Opener) -> None:
    first = open_store()
    first.append(a_record("A"))
    before = first.tip()
    first.close()
    second = open_store()
    assert second.tip() == before
    second.append(a_record("B"))
    assert second.tip().position == 2
    assert [each.chain for each in second.journal()] == recomputed(second)
    reader = open_store(read_only=True)
    assert reader.tip() == second.tip()


def test_that_waiting_parts_share_a_commit_and_each_is_there_once(store: RecordStore) -> None:
    threads = [
        threading.Thread(target=lambda n=number: [store.append(a_record(f"{n}-{i}")) for i in range(25)])
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.search(Query(limit=None, oldest_first=True))
    assert sorted(record.part_id for record in found) == sorted(f"{n}-{i}" for n in range(8) for i in range(25))
    assert [record.sequence for record in found] == list(range(1, 201))
    assert [each.chain for each in store.journal()] == recomputed(store)


def test_that_a_bad_record_takes_no_waiting_one_with_it(store: RecordStore) -> None:
    failures: list[str] = []

    def append(part_id: str) -> None:
        try:
            store.append(a_record(part_id))
        except StoreError as error:
            failures.append(error.message)

    with store._database.lock:  # all of them wait, and become one batch
        threads = [threading.Thread(target=append, args=(name,)) for name in ("A", "broken \udcff", "B")]
        for thread in threads:
            thread.start()
        while len(store._own_writer()._queue) < 3:
            pass
    for thread in threads:
        thread.join()
    assert len(failures) == 1
    assert sorted(record.part_id for record in store.search(Query())) == ["A", "B"]
    assert [each.chain for each in store.journal()] == recomputed(store)


def test_that_a_record_is_appended_only_once(store: RecordStore) -> None:
    record = a_record("A")
    store.append(record)
    with pytest.raises(StoreError, match="written to"):
        store.append(record)
    assert store.append(a_record("B")).sequence >= 2
    assert store.count(Query()) == 2
    assert [each.chain for each in store.journal()] == recomputed(store)


@pytest.mark.parametrize("table", ["records", "audit", "journal", "heads", "logs", "recipes"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_that_the_database_itself_refuses_changes(store: RecordStore, table: str, change: str) -> None:
    store.append(a_record("A"))
    store.append_audit(AuditEntry("setting.changed", "x"))
    store.keep_recipe("a" * 64, "washer", "/washer.toml", "text")
    store.append_head(Head(1, b"c" * 32, 5, "key", b"s" * 64))
    column = {"journal": "position", "heads": "position", "records": "sequence", "recipes": "number"}.get(
        table, "number"
    )
    with (
        pytest.raises(StoreError, match=r"append-only|can only be updated to DEFAULT"),
        store._database.transaction("altered") as connection,
    ):
        connection.execute(text(change.format(table, column, column)))


def test_that_a_query_finds_what_meets_all_its_conditions(store: RecordStore) -> None:
    store.keep_recipe("a" * 64, "washer", "/washer.toml", "text")
    crack = Decision(Verdict.FAIL, "crack", "crack", 0.9, None, "top")
    first = store.append(a_record("S-100", decision=crack, recipe_hash="a" * 64, decided_time_ns=10))
    second = store.append(a_record("S-101", recipe_hash="b" * 64, decided_time_ns=20, station="line-2"))
    third = store.append(override(first, verdict=Verdict.PASS, reason="clean", note="", who="Ada"))
    store.append(confirm(second, who="Bo"))

    def parts(query: Query) -> list[int]:
        return [record.sequence for record in store.search(query)]

    assert parts(Query()) == [4, 3, 2, 1]
    assert parts(Query(part_id="S-100")) == [3, 1]
    assert parts(Query(part_id="S-10*", kinds=(RecordKind.INSPECTION,))) == [2, 1]
    assert parts(Query(part_id="S_10*")) == []
    assert parts(Query(verdicts=(Verdict.FAIL, Verdict.REVIEW))) == [1]
    assert parts(Query(classes=("crack",))) == [1]
    assert parts(Query(whos=("Ada",))) == [third.sequence]
    assert parts(Query(stations=("line-2",), kinds=(RecordKind.INSPECTION,))) == [2]
    assert parts(Query(recipe="washer", kinds=(RecordKind.INSPECTION,))) == [1]
    assert parts(Query(recipe="bbbb", kinds=(RecordKind.INSPECTION,))) == []
    assert parts(Query(since_ns=10, until_ns=20)) == [1]
    assert parts(Query(before=3, limit=1)) == [2]
    assert parts(Query(after=1, oldest_first=True, limit=2)) == [2, 3]
    assert store.count(Query(limit=1)) == 4
    assert [record.who for record in store.amendments(first.record_id)] == ["Ada"]
    assert store.choices().classes == ("crack", "good")
    assert store.choices().whos == ("Ada", "Bo")
    assert store.choices().recipes == ("washer",)


def test_that_the_audit_trail_is_found_again(store: RecordStore) -> None:
    for number, action in enumerate(("user.added", "user.removed", "recipe.changed"), 1):
        entry = store.append_audit(AuditEntry(action, "x", who="Ada", time_ns=number, details={"n": number}))
        assert entry.number == number
    assert [entry.action for entry in store.audit()] == ["recipe.changed", "user.removed", "user.added"]
    assert [entry.number for entry in store.audit(action="user.*")] == [2, 1]
    assert [entry.details for entry in store.audit(action="user.added")] == [{"n": 1}]
    assert store.audit(who="Bo") == []
    assert [entry.number for entry in store.audit(since_ns=2, before=3)] == [2]


def test_that_a_log_of_a_newer_program_is_refused_with_the_cure(store: RecordStore, open_store: Opener) -> None:
    newer = len(MIGRATIONS) + 1
    with store._database.transaction("altered") as connection:
        template = "PRAGMA user_version = {}" if store.is_sqlite else "INSERT INTO log_format VALUES ({})"
        connection.execute(text(template.format(newer)))
    store.close()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=f"format {newer}") as caught:
            open_store(read_only=read_only)
        assert "Update the program" in caught.value.cure


def test_that_heads_come_back_in_order(store: RecordStore) -> None:
    for position in (1, 3):
        store.append_head(Head(position, bytes([position]) * 32, position, "key", b"s" * 64))
    assert [head.position for head in store.heads()] == [1, 3]
    assert store.heads(after=1) == [Head(3, b"\x03" * 32, 3, "key", b"s" * 64)]


def test_that_a_text_with_a_nul_is_kept_as_its_symbol(store: RecordStore) -> None:
    store.append(a_record("A\0B"))
    assert store.search(Query())[0].part_id == "A␀B"
    assert [each.chain for each in store.journal()] == recomputed(store)


def test_that_an_older_file_is_numbered_and_linked(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    store = RecordStore(path)
    stored = [store.append(a_record(f"P{number}")) for number in range(3)]
    store.keep_recipe("a" * 64, "washer", "/washer.toml", "text")
    store.close()
    older = sqlite.driver().connect(str(path))
    older.executescript(_BACK_TO_FORMAT_1)
    older.close()
    with pytest.raises(StoreError, match="older format 1"):
        RecordStore(path, read_only=True)
    upgraded = RecordStore(path)
    try:
        assert upgraded.search(Query(oldest_first=True)) == stored
        assert [each.subject for each in upgraded.journal()] == ["recipes", "records", "records", "records"]
        assert [each.chain for each in upgraded.journal()] == recomputed(upgraded)
        assert upgraded.append(a_record("P3")).sequence == 4
        with pytest.raises(StoreError, match="append-only"), upgraded._database.transaction("altered") as connection:
            connection.execute(text("UPDATE records SET verdict = 'PASS'"))
    finally:
        upgraded.close()


_BACK_TO_FORMAT_1 = """
DROP TRIGGER records_facet; DROP TABLE facets;
DROP INDEX records_by_serial; DROP INDEX records_by_kind; DROP INDEX records_by_who; DROP INDEX records_by_facet;
CREATE INDEX records_by_part_id ON records (part_id);
DROP TABLE logs; DROP TABLE audit; DROP TABLE journal; DROP TABLE heads; DROP INDEX records_by_number;
DROP TRIGGER records_no_update; DROP TRIGGER recipes_no_update; DROP TRIGGER packages_no_update;
ALTER TABLE records DROP COLUMN log; ALTER TABLE records DROP COLUMN number;
ALTER TABLE recipes DROP COLUMN log; ALTER TABLE recipes DROP COLUMN number;
ALTER TABLE packages DROP COLUMN log; ALTER TABLE packages DROP COLUMN number;
CREATE TRIGGER records_no_update BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER recipes_no_update BEFORE UPDATE ON recipes BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER packages_no_update BEFORE UPDATE ON packages BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
PRAGMA user_version = 1;
"""
