"""Days and shifts on the wall clock, also when the clocks change."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import UsageError
from inspector.reports.make import moment, shift_bounds
from inspector.reports.shifts import day_bounds, parse_shifts, turn_at, turns

BERLIN = ZoneInfo("Europe/Berlin")
SHIFTS = parse_shifts("early 06:00, late 14:00, night 22:00")
DAY_S = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def test_that_a_night_belongs_to_the_day_on_which_it_began() -> None:
    found = turns(*day_bounds(date(2026, 11, 24), BERLIN), SHIFTS, BERLIN)
    assert [(turn.day.day, turn.name) for turn in found] == [(23, "night"), (24, "early"), (24, "late"), (24, "night")]
    assert turn_at(at("2026-11-24T05:59:59"), found).day == date(2026, 11, 23)
    assert turn_at(at("2026-11-24T06:00:00"), found).name == "early"
    assert shift_bounds(date(2026, 11, 24), "night", SHIFTS, BERLIN) == (
        *(at("2026-11-24T22:00"), at("2026-11-25T06:00")),
    )


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_that_a_day_is_as_long_as_its_clocks_make_it(day: date, hours: int) -> None:
    since_s, until_s = day_bounds(day, BERLIN)
    assert until_s - since_s == hours * 3600
    night = next(turn for turn in turns(since_s, until_s, SHIFTS, BERLIN) if turn.name == "night")
    assert night.end_s - night.start_s == (hours - 16) * 3600


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.integers(1_577_836_800, 1_893_456_000),
    st.integers(1, 30),
    st.sets(st.integers(0, 95), min_size=1, max_size=5),
)
def test_that_shifts_touch_and_every_moment_has_exactly_one(
    name: str, since_s: int, days: int, quarters: set[int]
) -> None:
    zone = ZoneInfo(name)
    shifts = parse_shifts(", ".join(f"s{q} {q // 4:02d}:{q % 4 * 15:02d}" for q in quarters))
    until_s = since_s + days * DAY_S
    found = turns(since_s, until_s, shifts, zone)
    assert found[0].start_s <= since_s
    assert found[-1].end_s >= until_s
    assert all(first.end_s == second.start_s for first, second in itertools.pairwise(found))
    for moment_s in (since_s, until_s - 1, (since_s + until_s) // 2):
        turn = turn_at(moment_s, found)
        assert turn.start_s <= moment_s < turn.end_s


@pytest.mark.parametrize("text", ["", "early", "early 6", "early 06:10", "a 06:00, a 14:00", "a 06:00, b 06:00"])
def test_that_shifts_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shifts(text)


def test_that_an_unknown_shift_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        shift_bounds(date(2026, 11, 24), "noon", SHIFTS, BERLIN)
    assert "early, late, night" in caught.value.cure


def test_that_times_are_read_on_the_wall_clock() -> None:
    assert moment("2026-11-24T06:00", BERLIN) == at("2026-11-24T06:00")
    assert moment("2026-11-24T06:00+00:00", BERLIN) == at("2026-11-24T06:00") + timedelta(hours=1).seconds
    with pytest.raises(UsageError):
        moment("yesterday", BERLIN)
