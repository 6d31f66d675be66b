import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.coreset import Pool, farthest_first


def rows_of(seed: int, count: int, dimensions: int = 4) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(2, 300), kept=st.integers(1, 120))
def test_that_farthest_first_covers_the_rows_at_most_twice_as_far_as_any_choice(
    seed: int, count: int, kept: int
) -> None:
    rows = rows_of(seed, count)
    chosen = farthest_first(rows, kept)
    assert len(set(chosen.tolist())) == len(chosen) == min(kept, count)
    reach = torch.cdist(rows, rows[chosen]).amin(1).max()
    apart = torch.cdist(rows[chosen], rows[chosen]).fill_diagonal_(float("inf")).min() if len(chosen) > 1 else reach
    assert reach <= apart + 1e-4  # nothing left out lies farther than the chosen lie from each other (Gonzalez)


def test_that_far_away_rows_are_taken_before_a_crowd() -> None:
    crowd = rows_of(0, 500) * 0.01
    lonely = torch.tensor([[50.0, 0, 0, 0], [0, -50.0, 0, 0], [0, 0, 50.0, 0]])
    chosen = farthest_first(torch.cat([crowd, lonely]), 4)
    assert {500, 501, 502} <= set(chosen.tolist())


def test_that_equal_rows_are_taken_once() -> None:
    rows = torch.ones(50, 3)
    rows[10:] = 2.0
    assert len(farthest_first(rows, 20)) == 2


@settings(max_examples=20, deadline=None)
@given(pictures=st.integers(1, 60), most=st.integers(1, 200))
def test_that_the_pool_is_bounded_and_every_row_keeps_its_picture(pictures: int, most: int) -> None:
    pool = Pool(pictures, most, seed=1)
    for number in range(pictures):
        pool.add(torch.full((30, 2), float(number)), number)
    rows, sources = pool.contents()
    assert len(rows) <= max(most, 1)
    assert pool.shown == 30 * pictures
    assert torch.equal(rows[:, 0].long(), sources)


@pytest.mark.parametrize("seed", [0, 5])
def test_that_a_seed_decides_the_pool(seed: int) -> None:
    def filled(number: int) -> torch.Tensor:
        pool = Pool(3, 30, number)
        for picture in range(3):
            pool.add(rows_of(picture, 40), picture)
        return pool.contents()[0]

    assert torch.equal(filled(seed), filled(seed))
    assert not torch.equal(filled(seed), filled(seed + 1))
