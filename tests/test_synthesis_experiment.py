from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.performance.synthesis_experiment import (
    ARMS,
    GOOD,
    OVERKILL,
    Setup,
    compare,
    deal,
    recall_at_overkill,
    verdict,
)


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=200))
def test_that_recall_is_the_largest_that_rejects_no_more_good_parts_than_allowed(drawn: list[tuple[int, bool]]) -> None:
    scores, bad = np.array([score / 12 for score, _ in drawn]), np.array([flag for _, flag in drawn])
    if bad.all() or not bad.any():
        return
    possible = [(scores[bad] > limit).mean() for limit in [-1.0, *scores] if (scores[~bad] > limit).mean() <= OVERKILL]
    assert recall_at_overkill(scores, bad) == max(possible)


def test_that_the_test_split_is_the_same_for_every_seed_and_shares_no_picture(tmp_path: Path) -> None:
    for label, count in ((GOOD, 60), ("MT_Crack", 20), ("MT_Fray", 16)):
        for number in range(count):
            path = tmp_path / label / "Imgs" / f"{number:03}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    setup = Setup(tmp_path, tmp_path, 5, 20, 10, 96, 1, 1)
    dealt = [deal(tmp_path, seed, setup) for seed in range(4)]
    tests = [{path for path, _, split in rows if split == "test"} for rows in dealt]
    assert tests[0] == tests[1] == tests[2] == tests[3]
    assert len(tests[0]) == 48
    for rows in dealt:
        assert len({path for path, _, _ in rows}) == len(rows)
        assert sum(label == "MT_Fray" and split == "train" for _, label, split in rows) == 5
    assert dealt[0] != dealt[1]


def test_that_a_real_gain_is_told_and_none_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = [GOOD] * 120 + ["MT_Crack"] * 60
    results: list[dict[str, Any]] = []
    for seed in range(3):
        noise = rng.random(180)
        for arm in ARMS[:3]:
            shift = {"real only": 0.5, "cut-paste": 0.9, "perlin": 0.5}[arm]
            scores = noise + rng.normal(0, 0.05, 180) + np.array([0.0] * 120 + [shift] * 60)
            results.append({"arm": arm, "seed": seed, "paths": labels, "labels": labels, "scores": scores.tolist()})
    words = verdict(compare(results, 200)).splitlines()
    assert words[0].startswith("cut-paste: adds")
    assert words[1].startswith("perlin: shows no difference")
