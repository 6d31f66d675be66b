"""The figures of a report: counts add up, whatever the order; the p chart is the textbook's."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.log.aggregates import Cell, LastWord
from inspector.reports.chart import Signal, p_chart
from inspector.reports.figures import Grouping, Report, Tally, make_report
from inspector.reports.shifts import parse_shifts
from inspector.types import RecordKind, Verdict

ZONE = ZoneInfo("Europe/Berlin")
SHIFTS = parse_shifts("early 06:00, late 14:00, night 22:00")
SINCE_S = 1_790_000_100 // 900 * 900
HASHES = {"a" * 64: "washer", "b" * 64: "gear"}

verdicts = st.sampled_from(list(Verdict))
cells = st.builds(
    Cell,
    start_s=st.integers(0, 400).map(lambda step: SINCE_S + step * 900),
    station=st.sampled_from(["line-1", "line-2"]),
    recipe_hash=st.sampled_from(sorted(HASHES)),
    package_hash=st.sampled_from(["p", "q"]),
    predicted_class=st.sampled_from(["", "good", "crack", "dent"]),
    kind=st.sampled_from([RecordKind.INSPECTION, RecordKind.CHALLENGE]),
    verdict=verdicts,
    count=st.integers(1, 50),
)


def report(made: list[Cell], words: list[LastWord], grouping: Grouping | None = None) -> Report:
    until_s = SINCE_S + 401 * 900
    return make_report(
        made, words, since_s=SINCE_S, until_s=until_s, names=HASHES, shifts=SHIFTS, zone=ZONE, grouping=grouping
    )


@given(st.lists(cells, max_size=30), st.data(), st.sampled_from(list(Grouping)))
def test_that_every_division_adds_up_to_the_total_and_order_does_not_matter(
    made: list[Cell], data: st.DataObject, grouping: Grouping
) -> None:
    inspected = [cell for cell in made if cell.kind is RecordKind.INSPECTION]
    words = [
        LastWord(replace(cell, count=1), data.draw(st.sampled_from([RecordKind.OVERRIDE, RecordKind.CONFIRM])), verdict)
        for cell, verdict in zip(inspected, data.draw(st.lists(verdicts, max_size=len(inspected))), strict=False)
    ]
    found = report(made, words, grouping)
    for division in (found.by_product, found.by_day, found.by_shift, found.by_station):
        for name in Tally.__slots__:
            assert sum(getattr(tally, name) for tally in division.values()) == getattr(found.total, name)
    assert sum(point.n for point in found.chart.points) == found.total.parts
    assert sum(point.rejects for point in found.chart.points) == found.total.rejects
    assert sum(bar.count for bar in found.pareto) == found.total.failed + found.total.review + found.total.errors
    assert sum(found.by_hour) == sum(bar.count for bar in found.pareto)
    assert sum(found.recipes.values()) == sum(found.packages.values()) == found.total.parts
    if found.pareto:
        assert found.pareto[-1].cumulative == pytest.approx(1.0)
        assert [bar.count for bar in found.pareto] == sorted((bar.count for bar in found.pareto), reverse=True)
    shuffled = random.Random(0).sample(made, len(made))
    assert report(shuffled, words[::-1], grouping) == found


def test_that_yield_follows_what_people_and_the_station_said() -> None:
    cell = Cell(SINCE_S, "line-1", "a" * 64, "p", "crack", RecordKind.INSPECTION, Verdict.FAIL, 1)
    good = replace(cell, verdict=Verdict.PASS, predicted_class="good")
    made = [replace(good, count=90), replace(cell, count=8), replace(cell, verdict=Verdict.REVIEW, count=2)]
    words = [
        *[LastWord(cell, RecordKind.OVERRIDE, Verdict.PASS)] * 3,
        LastWord(cell, RecordKind.CONFIRM, Verdict.FAIL),
        LastWord(good, RecordKind.OVERRIDE, Verdict.FAIL),
        LastWord(good, RecordKind.CORRECTION, Verdict.ERROR),
    ]
    total = report(made, words).total
    assert (total.parts, total.rejects, total.false_rejects, total.found_escapes) == (100, 11, 3, 1)
    assert total.first_pass_yield == pytest.approx(0.89)
    assert total.final_yield == pytest.approx(0.91)
    assert total.override_rate == pytest.approx(0.04)
    assert report(made, words).pareto[0].false_rejects == 3


def test_that_the_interval_is_exact() -> None:
    bounds = Tally(passed=42, failed=8).reject_interval()  # 42/50: 70.887-92.830 %, Clopper-Pearson
    assert bounds is not None
    assert 1 - bounds[1] == pytest.approx(0.70887, abs=5e-6)
    assert 1 - bounds[0] == pytest.approx(0.92830, abs=5e-6)
    assert Tally().reject_interval() is None
    assert Tally().first_pass_yield is None


def test_that_the_limits_are_those_of_the_textbook() -> None:
    # Montgomery, 7th ed., table 7.4 (purchase orders): 25 samples, 2,450 orders, 234 nonconforming, centre 0.096.
    groups = [("1", 0, 100, 12), ("2", 1, 80, 8), ("rest", 2, 2270, 214)]
    chart = p_chart(groups)
    assert chart.centre == pytest.approx(0.096, abs=5e-4)
    assert chart.points[0].upper == pytest.approx(0.184, abs=5e-4)
    assert chart.points[1].upper == pytest.approx(0.194, abs=5e-4)
    assert not chart.signals


def test_that_points_beyond_the_limits_and_runs_are_signals() -> None:
    calm = [(str(n), n, 1000, 50) for n in range(10)]
    assert p_chart([*calm, ("x", 10, 1000, 120)]).points[-1].signal is Signal.ABOVE
    assert p_chart([*[(str(n), n, 1000, 60) for n in range(10)], ("x", 10, 1000, 5)]).points[-1].signal is Signal.BELOW
    drift = [(str(n), n, 1000, 40 if n < 8 else 45) for n in range(16)]
    signals = [point.signal for point in p_chart(drift).points]
    assert [number for number, signal in enumerate(signals) if signal is Signal.RUN] == [7, 15]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=40))
def test_that_limits_hold_the_centre_and_stay_shares(numbers: list[tuple[int, int]]) -> None:
    chart = p_chart([(str(i), i, n, min(n, d)) for i, (n, d) in enumerate(numbers)])
    for point in chart.points:
        assert 0.0 <= point.lower <= chart.centre <= point.upper <= 1.0


def test_that_a_report_of_nothing_is_a_report() -> None:
    found = report([], [])
    assert found.total == Tally()
    assert found.pareto == ()
    assert found.chart.points == ()


def test_that_days_and_shifts_are_those_of_the_wall_clock() -> None:
    night = Cell(1_795_563_000 // 900 * 900, "l", "a" * 64, "p", "", RecordKind.INSPECTION, Verdict.PASS, 4)
    found = make_report(
        [night], [], since_s=night.start_s - 900, until_s=night.start_s + 900, names=HASHES, shifts=SHIFTS, zone=ZONE
    )
    (turn,) = found.by_shift
    (day,) = found.by_day
    assert turn.start_s <= night.start_s < turn.end_s
    assert isinstance(day, date)
    assert found.by_product == {"washer": Tally(passed=4)}
