from __future__ import annotations

import math
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.kappa import cohen_kappa, fleiss_kappa
from datasets.review.agreement import agreement, repeatability
from datasets.review.opinions import Rating

SAID = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from("ABC"), st.sampled_from(("good", "dent", "crack")), st.booleans()),
    max_size=40,
)


def ratings(*said: tuple[int, str, str, bool]) -> list[Rating]:
    numbers = count(1)
    return [Rating(next(numbers), item, who, label, blind, False, "") for item, who, label, blind in said]


def test_that_the_example_of_the_literature_comes_out() -> None:
    """Cohen's kappa of a 2x2 table of 20, 5, 10, 15: 0.4 (the usual textbook example)."""
    said = [(k, "A", "yes", True) for k in range(25)] + [(k, "A", "no", True) for k in range(25, 50)]
    said += [(k, "B", "yes" if k < 20 or 25 <= k < 35 else "no", True) for k in range(50)]
    found = agreement(ratings(*said))
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.images, pair.classes) == ("A", "B", 50, ("no", "yes"))
    assert pair.kappa.value == pytest.approx(0.4)
    assert pair.kappa.low < 0.4 < pair.kappa.high
    assert pair.table.tolist() == [[15, 10], [5, 20]]
    assert pair.agreement.value == pytest.approx(0.7)
    assert (found.ratings, found.images) == (2, 50)


def test_that_only_images_judged_by_both_count_and_of_each_the_first_word() -> None:
    found = agreement(
        ratings(
            (1, "A", "good", False), (1, "B", "dent", True), (1, "B", "good", False),
            (2, "A", "dent", False), (3, "B", "dent", True), (4, "A", "good", False), (4, "B", "good", True),
        )
    )  # fmt: skip
    (pair,) = found.pairs
    assert pair.images == 2
    assert pair.agreement.value == 0.5
    assert agreement(ratings((1, "A", "good", False), (1, "B", "dent", True)), blind=True).pairs == ()


def test_that_fleiss_rests_on_the_images_with_the_commonest_number_of_ratings() -> None:
    said = [
        (item, who, label, True)
        for item in range(4)
        for who, label in zip("ABC", ("x", "x", "xy"[item % 2]), strict=True)
    ]
    found = agreement(ratings(*said, (9, "A", "x", True), (9, "B", "y", True), (10, "C", "x", True)))
    assert (found.ratings, found.images) == (3, 4)
    expected = fleiss_kappa(np.array([[3, 0], [2, 1], [3, 0], [2, 1]], np.float64))
    assert found.fleiss == expected


def test_that_repeatability_holds_a_blind_word_against_the_last_one_before() -> None:
    said = ratings(
        (1, "A", "good", False), (1, "A", "dent", False), (1, "A", "dent", True), (1, "A", "good", True),
        (2, "A", "good", True), (2, "A", "dent", True), (3, "A", "good", False), (3, "A", "good", False),
        (3, "B", "good", True),
    )  # fmt: skip
    (pair,) = repeatability(said)
    assert (pair.first, pair.second, pair.images) == ("A", "A", 2)
    assert pair.agreement.value == 0.5


def test_that_a_decision_is_nobodys_rating() -> None:
    said = [*ratings((1, "A", "good", False), (1, "B", "dent", True)), Rating(9, 1, "C", "dent", False, True, "")]
    assert [(pair.first, pair.second) for pair in agreement(said).pairs] == [("A", "B")]


def test_that_nobody_agrees_where_nobody_has_judged() -> None:
    found = agreement([])
    assert (found.pairs, found.repeats, found.ratings, found.images) == ((), (), 0, 0)
    assert math.isnan(found.fleiss.value)


@given(SAID)
def test_that_agreement_is_what_counting_by_hand_gives(said: list[tuple[int, str, str, bool]]) -> None:
    first: dict[tuple[int, str], str] = {}
    for item, who, label, _ in said:
        first.setdefault((item, who), label)
    for pair in agreement(ratings(*said)).pairs:
        both = [
            (first[item, pair.first], first[item, pair.second])
            for item in range(7)
            if (item, pair.first) in first and (item, pair.second) in first
        ]
        assert pair.images == len(both) > 0
        assert pair.agreement.value == pytest.approx(np.mean([one == other for one, other in both]))
        assert pair.kappa == cohen_kappa(pair.table, len(both)) or math.isnan(pair.kappa.value)
        assert pair.table.sum() == len(both)
        assert pair.agreement.low <= pair.agreement.value <= pair.agreement.high
