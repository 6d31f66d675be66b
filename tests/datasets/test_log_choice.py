"""Which parts of a log are chosen, and what people's words make of their labels."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.log_choice import Classes, Reason, Wanted, choose, is_drawn, reason_of, says_defective
from datasets.log_label import Known, known_of
from inspector.log import Log, confirm, label, open_log, override
from inspector.types import Prediction, Record, StoredImage, Verdict
from tests.datasets.stationlog import StationLog, all_kinds
from tests.support import a_record

CLASSES = Classes(("good", "dent", "scratch"), ("good",))
NOTHING = Wanted(review=False, overrides=False, drifted=False, errors=False)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return open_log(tmp_path / "log")


def test_that_each_part_is_chosen_once_for_its_weightiest_reason(tmp_path: Path, log: Log) -> None:
    kinds = all_kinds(tmp_path, log)
    names = {record.record_id: name for name, record in kinds.items()}
    chosen = choose(log, Wanted(), CLASSES)
    assert [(names[each.record_id], each.reason) for each in chosen] == [
        ("missed", Reason.MISSED), ("named", Reason.MISSED), ("views", Reason.MISSED), ("spared", Reason.OVERRIDDEN),
        ("review", Reason.REVIEW), ("confirmed", Reason.REVIEW), ("drifted", Reason.DRIFTED), ("error", Reason.ERROR),
    ]  # fmt: skip
    log.close()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"review": True}, {"review", "confirmed"}),
        ({"overrides": True}, {"missed", "named", "views", "spared"}),
        ({"drifted": True}, {"drifted"}),
        ({"errors": True}, {"error"}),
        ({"passes": 1.0}, {"plain", "drifted", "missed", "named", "views"}),
        ({}, set()),
    ],
)
def test_that_only_what_is_asked_for_is_chosen(
    tmp_path: Path, log: Log, asked: dict[str, Any], names: set[str]
) -> None:
    kinds = all_kinds(tmp_path, log)
    chosen = {each.record_id for each in choose(log, replace(NOTHING, **asked), CLASSES)}
    assert chosen == {kinds[name].record_id for name in names}
    log.close()


def test_that_an_old_part_that_was_spoken_of_lately_is_found_by_the_time_of_the_word(log: Log) -> None:
    station = StationLog(log)
    old = station.part("P1", Verdict.PASS, decided_time_ns=1_000)
    station.part("P2", Verdict.REVIEW, decided_time_ns=2_000)
    word = station.says(old, Verdict.FAIL)
    chosen = choose(log, Wanted(since_ns=word.decided_time_ns), CLASSES)
    assert [(each.record_id, each.reason) for each in chosen] == [(old.record_id, Reason.MISSED)]
    assert choose(log, Wanted(until_ns=1_500), CLASSES) == choose(log, Wanted(overrides=True, until_ns=1_500), CLASSES)
    log.close()


@given(st.lists(st.uuids(version=4), max_size=40), st.floats(0, 1), st.floats(0, 1), st.integers(0, 5))
def test_that_a_larger_share_of_passes_holds_the_smaller_one(
    ids: list[uuid.UUID], one: float, other: float, seed: int
) -> None:
    small, large = sorted((one, other))
    drawn = [{each for each in ids if is_drawn(each.hex, share, seed)} for share in (small, large)]
    assert drawn[0] <= drawn[1]


def test_that_about_the_share_is_drawn_and_another_seed_draws_others() -> None:
    ids = [f"{number:032x}" for number in range(20_000)]
    first, second = ({each for each in ids if is_drawn(each, 0.05, seed)} for seed in (0, 1))
    assert 900 < len(first) < 1100
    assert len(first & second) < 100
    assert not any(is_drawn(each, 0.0, 0) for each in ids)
    assert all(is_drawn(each, 1.0, 0) for each in ids)


PASSED, REVIEWED = a_record("P", Verdict.PASS), a_record("P", Verdict.REVIEW)


@pytest.mark.parametrize(
    ("word", "defective"),
    [
        (None, None),
        (confirm(PASSED, who="A"), False),
        (confirm(REVIEWED, who="A"), None),
        (override(PASSED, verdict=Verdict.FAIL, reason="", note="", who="A"), True),
        (override(PASSED, verdict=Verdict.REVIEW, reason="", note="", who="A"), None),
        (label(PASSED, truth="good", who="A"), False),
        (label(PASSED, truth="dent", who="A"), True),
        (label(PASSED, truth="a class of another data set", who="A"), None),
    ],
)
def test_that_a_word_tells_of_defects_only_what_it_says(word: Record | None, defective: bool | None) -> None:
    assert says_defective(word, CLASSES) is defective
    reason = reason_of(PASSED, word, Wanted(), CLASSES)
    assert (reason is Reason.MISSED) == (defective is True)


def prediction() -> Prediction:
    return Prediction("good", {"good": 0.6, "dent": 0.1, "scratch": 0.25, "stain": 0.05}, 0.4)


def inspected(views: int = 1) -> Record:
    images = tuple(StoredImage(f"view{number}", "a" * 64, "", 1, 1) for number in range(views))
    return a_record("P", predictions={"side": prediction()}, images=images)


@pytest.mark.parametrize(
    ("said", "views", "known"),
    [
        (lambda _: None, 1, Known("", "good")),
        (lambda r: override(r, verdict=Verdict.PASS, reason="", note="", who="A"), 2, Known("good", "good", "A")),
        (lambda r: override(r, verdict=Verdict.FAIL, reason="", note="", who="A"), 1, Known("", "scratch")),
        (lambda r: label(r, truth="dent", who="A"), 1, Known("dent", "dent", "A")),
        (lambda r: label(r, truth="dent", who="A"), 2, Known("", "dent")),
        (lambda r: label(r, truth="good", who="A"), 2, Known("good", "good", "A")),
        (lambda r: label(r, truth="burr", who="A"), 1, Known("", "burr")),
        (lambda r: override(r, verdict=Verdict.REVIEW, reason="", note="", who="A"), 1, Known("", "good")),
    ],
)
def test_that_a_word_becomes_a_label_only_where_it_names_the_class_of_the_view(
    said: Callable[[Record], Record | None], views: int, known: Known
) -> None:
    record = inspected(views)
    assert known_of(record, "side", said(record), CLASSES) == known


def test_that_with_one_kind_of_defect_a_rejected_part_of_one_view_has_a_label() -> None:
    record = inspected()
    word = override(record, verdict=Verdict.FAIL, reason="", note="", who="A")
    assert known_of(record, "side", word, Classes(("good", "defect"), ("good",))) == Known("defect", "defect", "A")
    assert known_of(inspected(2), "side", word, Classes(("good", "defect"), ("good",))).label == ""
