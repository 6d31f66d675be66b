"""Pages of a search: whatever the filters, a page holds what reading everything gives; and an index answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from inspector.log import pages
from inspector.log.facets import unnoted
from inspector.log.query import Order, Query
from inspector.log.schema import FACETS
from inspector.log.store import RecordStore
from inspector.log.verify import verify
from inspector.types import Decision, Record, RecordKind, Verdict
from tests.support import a_record

RECIPES = ("1" * 64, "2" * 64, "1" * 63 + "3")
PACKAGES = ("b" * 64, "c" * 64)
SERIALS = ("A-1", "A-2", "A-10", "B-1", "ä", "")


def some_records() -> list[Record]:
    """Sixty records in which every filter says something; clocks that repeat and jump back."""
    found = []
    for n in range(60):
        kind = list(RecordKind)[(n * n + n // 6) % 6]
        said = kind in (RecordKind.CONFIRM, RecordKind.OVERRIDE)
        verdict = list(Verdict)[(n // 3) % 4]
        found.append(
            a_record(
                SERIALS[n % 5],
                kind=kind,
                record_id=f"{n:032x}",
                decision=Decision(verdict, "because", "" if said else ("good", "crack", "dent")[n % 3]),
                who=("Ada", "Mei")[n % 2] if said else "",
                refers_to=f"{n // 2:032x}" if said else "",
                recipe_hash=RECIPES[n // 20],
                package_hash=PACKAGES[(n // 7) % 2],
                station=("line-1", "line-2")[n % 7 == 0],
                decided_time_ns=1000 + 10 * ((n * 7) % 50 // 4),
            )
        )
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> RecordStore:
    """A store with all of them."""
    store = RecordStore(tmp_path_factory.mktemp("pages") / "records.sqlite")
    fill(store)
    return store


def fill(store: RecordStore) -> list[Record]:
    """Append all of them."""
    for number, hash_ in enumerate(RECIPES):
        store.keep_recipe(hash_, ("washer", "disc", "washer")[number], "", "")
    for hash_ in PACKAGES:
        store.keep_package(hash_, "", "")
    return [store.append(record) for record in some_records()]


def several(*values: object) -> st.SearchStrategy[tuple[object, ...]]:
    """Return none, one or two of the values."""
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


QUERIES = st.builds(
    Query,
    part_id=st.sampled_from(("", "A-1", "A-*", "A-1*", "*", "B*", "ä", "nothing")),
    kinds=several(*RecordKind),
    verdicts=several(*Verdict),
    classes=several("good", "crack", "dent"),
    whos=several("Ada", "Mei"),
    stations=several("line-1", "line-2"),
    recipe=st.sampled_from(("", "washer", "disc", "1", "2222", "none")),
    package=st.sampled_from(("", "b", "ccc", "f")),
    refers_to=st.sampled_from(("", f"{5:032x}")),
    since_ns=st.none() | st.integers(1000, 1130),
    until_ns=st.none() | st.integers(1000, 1130),
    limit=st.integers(1, 9),
    order=st.sampled_from((Order.TIME, Order.SERIAL)),
)


def everything(store: RecordStore, query: Query) -> list[Record]:
    """Return what a search by sequence gives, put into the query's order."""
    found = store.search(replace(query, order=Order.SEQUENCE, limit=None, before=None))
    by_time = query.order is Order.TIME
    return sorted(found, key=lambda r: (r.decided_time_ns if by_time else r.part_id, r.sequence), reverse=True)


def turned_over(store: RecordStore, query: Query) -> list[Record]:
    """Return all pages, one after the other."""
    found: list[Record] = []
    while page := store.search(replace(query, before=found[-1].sequence if found else None)):
        assert len(page) <= (query.limit or 0)
        found += page
    return found


@pytest.mark.parametrize("few", [0, 1, 5, 2000])
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=QUERIES)
def test_that_turning_pages_gives_everything_once_and_in_order(
    filled: RecordStore, few: int, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "FEW", few)  # whichever filter leads
    assert turned_over(filled, query) == everything(filled, query)


def test_that_pages_are_the_same_in_every_database(store: RecordStore) -> None:
    fill(store)
    for query in (
        Query(order=Order.TIME, limit=7),
        Query(part_id="A-*", order=Order.SERIAL, limit=4),
        Query(verdicts=(Verdict.FAIL, Verdict.ERROR), order=Order.TIME, limit=5),
        Query(recipe="washer", classes=("crack",), order=Order.TIME, limit=3),
        Query(whos=("Ada",), package="b", order=Order.TIME, limit=3),
    ):
        assert turned_over(store, query) == everything(store, query) != []


def test_that_everything_at_once_is_not_a_page(filled: RecordStore) -> None:
    with pytest.raises(ValueError, match="limit"):
        filled.search(Query(order=Order.TIME, limit=None))


def test_that_the_choices_of_the_filters_are_what_the_log_holds(filled: RecordStore) -> None:
    choices = filled.choices()
    assert choices.classes == ("crack", "dent", "good")
    assert choices.whos == ("Ada", "Mei")
    assert choices.recipes == ("disc", "washer")


def test_that_a_search_never_reads_the_whole_table(filled: RecordStore, tmp_path: Path) -> None:
    """What SQLite says it does for each run: it searches an index, and sorts nothing."""
    from sqlalchemy import event

    plans: list[str] = []
    engine = filled._database._engine

    def explain(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT records.decided_time_ns, records.sequence"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            plans.extend(str(row[3]) for row in cursor.fetchall())  # type: ignore[attr-defined]

    event.listen(engine, "before_cursor_execute", explain)
    try:
        for query in (
            Query(),
            Query(verdicts=(Verdict.ERROR,)),
            Query(kinds=(RecordKind.CHALLENGE,)),
            Query(classes=("crack",)),
            Query(whos=("Ada",)),
            Query(recipe="disc", since_ns=1000),
            Query(package="b", verdicts=(Verdict.PASS,), kinds=(RecordKind.INSPECTION,)),
            Query(stations=("line-2",)),
        ):
            filled.search(replace(query, order=Order.TIME))
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert len(plans) > 20
    equal_times = "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"
    assert not [plan for plan in plans if "USING COVERING INDEX records_by_" not in plan and plan != equal_times]


def test_that_a_verification_names_records_that_were_hidden_from_searches(store: RecordStore) -> None:
    fill(store)
    hidden = Query(classes=("crack",), order=Order.TIME, limit=9)
    assert store.search(hidden)
    database = store.links.database
    with database.transaction("read") as connection:
        assert unnoted(connection) == []
    with database.transaction("altered") as connection:
        connection.execute(delete(FACETS).where(FACETS.c.predicted_class == "crack"))
    assert store.search(hidden) == []
    with database.transaction("read") as connection:
        assert {facet[3] for facet in unnoted(connection)} == {"crack"}
    findings = [finding.what for finding in verify(store, {}).findings]
    assert any("does not show the records of" in what and "crack" in what for what in findings)
