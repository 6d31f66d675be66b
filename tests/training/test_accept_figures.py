"""The figures of an acceptance, counted by hand, and the rules by which they are accepted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.items import Item
from inspector.decisions.policy import decide
from inspector.decisions.risk import parts_needed, upper_bound
from inspector.recipe import RequirementsConfig
from inspector.types import Prediction, Thresholds
from training.accept_figures import (
    agreement,
    per_class,
    per_size,
    repeatability,
    size_edges,
    verdict_rates,
    worst_cases,
)
from training.accept_judge import JudgedPart, Take
from training.accept_requirements import Requirement, aiag_grade, check_requirements
from training.intervals import share

LIMITS = Thresholds(0.3, 0.7)
P, R, F = 0.1, 0.5, 0.9  # scores of PASS, REVIEW and FAIL


def part(name: str, label: str, *scores: float, size: float | None = None) -> JudgedPart:
    """Return a part with one take per score; whatever is not labelled good is defective."""
    takes = []
    for number, score in enumerate(scores):
        item = Item(number, Path(f"{name}_{number}.png"), "0" * 64, 40, 40, label, None, name, "top", "test", "", False)
        prediction = Prediction("good" if score < 0.5 else "crack", {"good": 1 - score, "crack": score}, score)
        takes.append(Take(decide({"top": prediction}, LIMITS, ("good",)), {"top": item}, {"top": prediction}))
    marked = None if size is None else size**2 / 1600
    return JudgedPart(name, (label,), label != "good", tuple(takes), size, marked)


SOME = (
    part("g1", "good", P), part("g2", "good", P, R), part("g3", "good", P, F, P), part("g4", "good", R),
    part("c1", "crack", F), part("c2", "crack", F, P), part("d1", "dent", R), part("d2", "dent", float("nan")),
)  # fmt: skip


def test_that_escape_and_overkill_are_counted_by_part_with_exact_bounds() -> None:
    found = verdict_rates(SOME, 0.9)
    counts = {name: (row["events"], row["n"]) for name, row in found.items()}
    assert counts == {"escape": (1, 4), "overkill": (1, 4), "review_good": (2, 4), "review_defective": (1, 4)}
    assert found["escape"]["value"] == 0.25
    assert found["escape"]["interval"] == [share(1, 4).low, share(1, 4).high]
    assert found["escape"]["upper"] == upper_bound(1, 4, 0.9)


def test_that_a_good_part_without_a_trustworthy_answer_is_overkill() -> None:
    found = verdict_rates([part("g1", "good", float("nan"))], 0.95)
    assert found["overkill"]["events"] == 1
    assert found["review_good"]["events"] == 0


def test_that_classes_list_all_verdicts_and_their_own_error() -> None:
    rows = per_class(SOME, 0.95)
    assert list(rows) == ["good", "crack", "dent"]
    assert rows["good"]["verdicts"] == {"PASS": 1, "FAIL": 1, "REVIEW": 2, "ERROR": 0}
    assert rows["dent"]["verdicts"] == {"PASS": 0, "FAIL": 0, "REVIEW": 1, "ERROR": 1}
    assert (rows["crack"]["error"]["events"], rows["crack"]["error"]["n"]) == (1, 2)
    assert (rows["good"]["error"]["events"], rows["good"]["error"]["n"]) == (1, 4)


@given(st.lists(st.floats(0.5, 300), min_size=1, max_size=80))
def test_that_the_ranges_of_sizes_hold_every_part_once(sizes: list[float]) -> None:
    found = per_size([part(f"c{n}", "crack", F, size=size) for n, size in enumerate(sizes)], 0.95)
    assert found is not None
    assert sum(each["n"] for each in found["ranges"]) == len(sizes)
    assert 1 <= len(found["ranges"]) <= 4
    assert found["ranges"][0]["from_px"] == min(sizes)
    assert found["ranges"][-1]["to_px"] == max(sizes)
    edges = size_edges(np.array(sizes))
    assert (np.diff(edges) >= 0).all()


def test_that_detection_by_size_is_counted_within_its_range() -> None:
    small = [part(f"s{n}", "crack", P if n < 3 else F, size=4.0 + n / 10) for n in range(10)]
    large = [part(f"l{n}", "crack", R, size=20.0 + n) for n in range(10)]
    found = per_size([*small, *large, part("x", "crack", P), part("g", "good", P)], 0.95)
    assert found is not None
    assert [(each["n"], each["missed"]) for each in found["ranges"]] == [(5, 3), (5, 0), (5, 0), (5, 0)]
    assert found["ranges"][0]["interval"] == [share(2, 5).low, share(2, 5).high]
    assert (found["unmarked"]["n"], found["unmarked"]["missed"]) == (1, 1)
    assert found["largest_missed_px"] == 4.2
    assert per_size([part("x", "crack", P)], 0.95) is None


def test_that_repeatability_is_that_of_the_repeated_parts() -> None:
    found = repeatability((*SOME, part("g5", "good", P, P + 0.02)))
    assert (found["measured"], found["parts"], found["takes"]) == (True, 4, 2)
    assert found["same_verdict"]["value"] == 0.25
    assert [row["part"] for row in found["changed"]] == ["g2", "g3", "c2"]
    variances = [np.var([P, R], ddof=1), np.var([P, F, P], ddof=1), np.var([F, P], ddof=1), np.var([0, 0.02], ddof=1)]
    assert found["score_deviation"] == pytest.approx(np.sqrt(np.mean(variances)))
    assert found["largest_range"] == pytest.approx(0.8)


def test_that_a_take_without_an_answer_changes_the_verdict_and_no_score() -> None:
    found = repeatability([part("g1", "good", P, float("nan")), part("g2", "good", P, P + 0.02)])
    assert found["same_verdict"]["value"] == 0.5
    assert found["largest_range"] == pytest.approx(0.02)
    assert found["changed"][0]["scores"] == [P, None]
    assert np.isnan(repeatability([part("g1", "good", P, float("nan"))])["score_deviation"])


def test_that_repeatability_is_not_measured_without_repetitions() -> None:
    assert repeatability([part("g1", "good", P)]) == {"measured": False, "parts": 0}


def test_that_review_and_error_count_as_rejected_in_the_agreement() -> None:
    found = agreement(SOME)
    assert found["table"] == {
        "PASS": {"good": 4, "defective": 1}, "FAIL": {"good": 1, "defective": 2},
        "REVIEW": {"good": 2, "defective": 1}, "ERROR": {"good": 0, "defective": 1},
    }  # fmt: skip
    assert found["judgements"] == 12
    assert found["miss_rate"]["value"] == pytest.approx(0.5 / 4)
    assert found["false_alarm_rate"]["value"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1) / 4)
    assert found["effectiveness"]["value"] == pytest.approx(4 / 8)


def test_that_the_worst_cases_come_first_and_close_calls_last() -> None:
    found = [(kind, each.part, take.score) for kind, each, take in worst_cases(SOME, 12)]
    assert found[:2] == [("Escape", "c2", P), ("Overkill", "g3", F)]
    assert [kind for kind, _, _ in found[2:]] == ["Nearly escaped"] * 2 + ["Nearly rejected"] * 2
    assert found[2][1:] == ("d1", R)
    many = [part(f"c{n:02}", "crack", P + n / 1000) for n in range(40)]
    assert [each.part for _, each, _ in worst_cases(many, 6)] == [f"c{n:02}" for n in range(6)]


def requirement(rows: Sequence[Requirement], name: str) -> Requirement:
    return next(row for row in rows if row.name == name)


def figures(good: Sequence[JudgedPart], bad: Sequence[JudgedPart]) -> dict[str, Any]:
    parts = (*good, *bad)
    return {
        **verdict_rates(parts, 0.95), "agreement": agreement(parts), "repeatability": repeatability(parts),
    }  # fmt: skip


def passed(count: int) -> list[JudgedPart]:
    return [part(f"g{n}", "good", P) for n in range(count)]


def caught(count: int) -> list[JudgedPart]:
    return [part(f"c{n}", "crack", F) for n in range(count)]


def test_that_a_bound_is_shown_by_just_enough_parts() -> None:
    needs = RequirementsConfig(max_escape=0.05, confidence=0.95)
    enough = check_requirements(figures(passed(5), caught(59)), needs, independent=True)
    assert all(row.shown for row in enough)
    short = requirement(check_requirements(figures(passed(5), caught(58)), needs, independent=True), "escape")
    assert (short.shown, short.found) == (False, 0.0)
    assert short.bound == pytest.approx(0.0503, abs=5e-5)
    assert "1 more parts without a further error" in short.note
    escaped = requirement(
        check_requirements(figures(passed(5), [*caught(58), part("x", "crack", P)]), needs, independent=True), "escape"
    )
    assert f"{parts_needed(0.05, 0.95, 1) - 59} more parts" in escaped.note
    worse = [*caught(10), part("x", "crack", P)]
    above = requirement(check_requirements(figures(passed(5), worse), needs, independent=True), "escape")
    assert "itself above the limit" in above.note


def test_that_without_defective_parts_nothing_is_shown_of_escapes() -> None:
    rows = check_requirements(figures(passed(80), []), RequirementsConfig(max_escape=0.5), independent=True)
    escape = requirement(rows, "escape")
    assert (escape.shown, escape.bound) == (False, 1.0)
    assert not requirement(rows, "miss_rate").shown
    assert not requirement(rows, "cohen_kappa").shown
    assert "Not measured" in requirement(rows, "miss_rate").note
    assert requirement(rows, "false_alarm_rate").shown


def test_that_overkill_and_review_are_held_against_their_limits() -> None:
    needs = RequirementsConfig(max_overkill=0.1, max_review=0.05)
    reviewed = [part(f"r{n}", "good", R) for n in range(5)]
    rows = check_requirements(figures([*passed(40), *reviewed], caught(40)), needs, independent=True)
    assert requirement(rows, "overkill").shown
    review = requirement(rows, "review")
    assert not review.shown
    assert review.found == pytest.approx(5 / 45)


def test_that_absent_limits_are_not_required_and_those_of_aiag_are() -> None:
    names = [
        row.name for row in check_requirements(figures(passed(9), caught(9)), RequirementsConfig(), independent=True)
    ]
    assert names == ["independence", "effectiveness", "miss_rate", "false_alarm_rate", "cohen_kappa"]
    waived = RequirementsConfig(min_effectiveness=0, max_miss_rate=1, max_false_alarm_rate=1, min_kappa=-1)
    assert [row.name for row in check_requirements(figures(passed(9), caught(9)), waived, independent=True)] == [
        "independence"
    ]


def test_that_one_miss_in_fifty_is_the_limit_of_aiag() -> None:
    missed = part("x", "crack", P)
    fine = check_requirements(figures(passed(50), [*caught(49), missed]), RequirementsConfig(), independent=True)
    assert requirement(fine, "miss_rate").shown
    worse = check_requirements(figures(passed(50), [*caught(48), missed]), RequirementsConfig(), independent=True)
    assert not requirement(worse, "miss_rate").shown


def test_that_repeatability_is_required_when_measured_or_asked_for() -> None:
    single, asked = figures(passed(9), caught(9)), RequirementsConfig(min_repeatability=0.9)
    row = requirement(check_requirements(single, asked, independent=True), "repeatability")
    assert (row.shown, "Not measured" in row.note) == (False, True)
    twice = [part(f"g{n}", "good", P, P) for n in range(9)]
    steady = check_requirements(figures(twice, caught(9)), RequirementsConfig(), independent=True)
    assert requirement(steady, "repeatability").shown
    shaky = [*twice[:8], part("g8", "good", P, 0.35)]
    rows = check_requirements(figures(shaky, caught(9)), RequirementsConfig(), independent=True)
    assert not requirement(rows, "repeatability").shown
    waived = RequirementsConfig(min_repeatability=0.0)
    assert "repeatability" not in [row.name for row in check_requirements(single, waived, independent=True)]


def test_that_parts_the_package_knows_show_nothing() -> None:
    rows = check_requirements(figures(passed(9), caught(9)), RequirementsConfig(), independent=False)
    assert not requirement(rows, "independence").shown


def test_that_grades_are_those_of_aiag() -> None:
    assert [aiag_grade("effectiveness", value) for value in (0.9, 0.85, 0.79)] == [
        "acceptable", "marginal", "unacceptable",
    ]  # fmt: skip
    assert [aiag_grade("miss_rate", value) for value in (0.02, 0.05, 0.06)] == [
        "acceptable", "marginal", "unacceptable",
    ]  # fmt: skip
    assert [aiag_grade("false_alarm_rate", value) for value in (0.05, 0.1, 0.11)] == [
        "acceptable", "marginal", "unacceptable",
    ]  # fmt: skip
    assert aiag_grade("cohen_kappa", float("nan")) == ""


def test_that_the_published_one_sided_bound_holds() -> None:
    row = verdict_rates([*caught(997), *(part(f"x{n}", "crack", P) for n in range(3))], 0.95)["escape"]
    assert 100 * row["upper"] == pytest.approx(0.774, abs=5e-4)
