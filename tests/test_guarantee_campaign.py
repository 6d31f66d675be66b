"""The campaign of docs/guarantee.md in small, and that it can fail."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.decisions.limits import AcceptedRisk
from inspector.types import Risk, Thresholds
from tests.performance.guarantee_campaign import (
    ORDERS,
    WORLDS,
    as_scores,
    from_pool,
    pool_orders,
    rest_above,
    row_of,
    simulate,
)


def test_that_no_simulated_promise_is_broken_too_often() -> None:
    for number, world in enumerate(WORLDS):
        accepted, good, defective = ORDERS[number % len(ORDERS)]
        assert all(row.kept for row in simulate(world, accepted, good, defective, 120, number))


@pytest.mark.parametrize("number", range(len(WORLDS)))
def test_that_the_truth_of_a_world_is_what_its_parts_do(number: int) -> None:
    world, rng = WORLDS[number], np.random.default_rng(number)
    parts = world.draw(40_000, 40_000, rng)
    for limit in (0.1, 0.3, 0.35, 0.6):
        limits = Thresholds(limit, limit)
        escape = float((parts.scores[parts.defective] < limit).mean())
        overkill = float((parts.fail_scores[~parts.defective] >= limit).mean())
        assert world.true_rate(Risk.ESCAPE, limits) == pytest.approx(escape, abs=0.01)
        assert world.true_rate(Risk.OVERKILL, limits) == pytest.approx(overkill, abs=0.01)


def test_that_a_pool_of_real_scores_keeps_its_promises() -> None:
    parts = WORLDS[1].draw(300, 160, np.random.default_rng(5))
    pool = as_scores(parts.fail_scores, parts.defective)
    rows = [row for accepted in pool_orders(pool)[:3] for row in from_pool(pool, accepted, 150, 1)]
    assert {row.parts for row in rows} == {"real, drawn", "real, re-split, whole", "real, re-split, rest"}
    assert all(row.kept for row in rows)


def test_that_the_rest_exceeds_the_rate_as_often_as_the_theory_says() -> None:
    pool = as_scores(np.random.default_rng(6).random(120), np.ones(120, np.bool_))
    accepted = AcceptedRisk(0.1)
    (row,) = [row for row in from_pool(pool, accepted, 800, 2) if row.parts == "real, re-split, rest"]
    assert row.figure == pytest.approx(rest_above(120, 60, accepted, Risk.ESCAPE), abs=0.03)
    assert row.low <= row.expected <= row.high


def test_that_the_campaign_can_fail() -> None:
    rates = np.where(np.arange(1000) < 90, 0.02, 0.001)  # 9 % of the calibrations broke the promise
    assert not row_of("x", AcceptedRisk(0.01), Risk.ESCAPE, 299, rates).kept
    assert row_of("x", AcceptedRisk(0.01), Risk.ESCAPE, 299, np.where(np.arange(1000) < 50, 0.02, 0.001)).kept
    assert not row_of("x", AcceptedRisk(0.01, confidence=0.0), Risk.ESCAPE, 99, rates * 10).kept
