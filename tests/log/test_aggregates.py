"""What reports count, in both databases: the same as counting records one by one; by indexes that fit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import event

from inspector.log.amend import correction, override
from inspector.log.query import Query
from inspector.log.store import RecordStore
from inspector.types import Decision, RecordKind, Verdict
from tests.support import a_record

STEP_S = 900
BEGIN_NS = 1_790_000_100 * 10**9
HOUR_NS = 3600 * 10**9
VERDICTS = (Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR)


def fill(store: RecordStore) -> None:
    """Two stations' worth of parts over five hours, some known bad."""
    for number in range(60):
        verdict = VERDICTS[number % 5]
        class_ = "" if verdict is Verdict.ERROR else "good" if verdict is Verdict.PASS else "crack"
        store.append(
            a_record(
                f"P{number}",
                record_id=f"{number:032x}",
                kind=RecordKind.CHALLENGE if number % 11 == 3 else RecordKind.INSPECTION,
                decision=Decision(verdict, "because", class_, None, None, ""),
                recipe_hash="ab"[number % 2] * 64,
                station="line-1" if number % 3 else "line-2",
                decided_time_ns=BEGIN_NS + number * HOUR_NS // 12,
            )
        )


def test_that_cells_count_what_the_records_say(store: RecordStore) -> None:
    fill(store)
    since_ns, until_ns = BEGIN_NS + HOUR_NS, BEGIN_NS + 4 * HOUR_NS
    counted = Counter(
        (
            record.decided_time_ns // (STEP_S * 10**9) * STEP_S,
            record.station,
            record.recipe_hash,
            record.decision.predicted_class,
            record.kind,
            record.decision.verdict,
        )
        for record in store.search(Query(since_ns=since_ns, until_ns=until_ns, limit=1000))
    )
    found = store.cells(since_ns, until_ns, STEP_S)
    assert sum(counted.values()) == 36
    assert {
        (cell.start_s, cell.station, cell.recipe_hash, cell.predicted_class, cell.kind, cell.verdict): cell.count
        for cell in found
    } == counted


def test_that_the_last_word_counts_where_the_part_is_and_a_correction_stays(store: RecordStore) -> None:
    fill(store)
    long_after_ns = BEGIN_NS + 1000 * HOUR_NS
    parts = {number: store.get(f"{number:032x}") for number in (0, 2, 59)}
    said = (
        override(parts[2], verdict=Verdict.REVIEW, reason="unsure", note="", who="Ada"),
        override(parts[2], verdict=Verdict.PASS, reason="clean", note="", who="Bo"),
        correction(parts[0], reason="too late"),
        override(parts[0], verdict=Verdict.PASS, reason="clean", note="", who="Bo"),
        override(parts[59], verdict=Verdict.FAIL, reason="dent", note="", who="Bo"),
    )
    for word in said:
        store.append(word)
    found = store.last_words(BEGIN_NS, BEGIN_NS + HOUR_NS, STEP_S)
    assert {(word.cell.verdict, word.kind, word.verdict) for word in found} == {
        (Verdict.FAIL, RecordKind.OVERRIDE, Verdict.PASS),
        (Verdict.PASS, RecordKind.CORRECTION, said[2].decision.verdict),
    }
    assert all(word.cell.start_s <= BEGIN_NS // 10**9 + 3600 for word in found)
    assert store.last_words(long_after_ns, long_after_ns * 2, STEP_S) == [], "no part was inspected then"


def test_that_no_report_walks_through_all_records(tmp_path: Path) -> None:
    """What SQLite says it does: it counts along the index of the facets, and finds words from the period's parts."""
    plans: list[str] = []
    store = RecordStore(tmp_path / "records.sqlite")
    fill(store)

    def explain(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            plans.extend(str(row[3]) for row in cursor.fetchall())  # type: ignore[attr-defined]

    event.listen(store._database._engine, "before_cursor_execute", explain)
    store.cells(BEGIN_NS, BEGIN_NS + HOUR_NS, STEP_S)
    store.last_words(BEGIN_NS, BEGIN_NS + HOUR_NS, STEP_S)
    store.close()
    walks = [plan for plan in plans if plan.startswith(("SCAN", "SEARCH"))]
    assert [plan.split(" (")[0] for plan in walks] == [
        "SCAN facets",
        "SEARCH records USING COVERING INDEX records_by_facet",
        "SEARCH part USING INDEX records_by_decided_time_ns",
        "SEARCH said USING INDEX records_by_refers_to",
    ]
    assert "decided_time_ns>?" in walks[1]
