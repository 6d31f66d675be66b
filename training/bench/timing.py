"""Candidates take turns, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Key = TypeVar("Key")

Call = Callable[[], object]
"""Does the work once, and returns when it is done."""
Times = list[list[float]]
"""Milliseconds of each call, by round."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """How long is measured.

    Attributes:
        number: Turns of all candidates.
        seconds: Of each turn; at least one call.
        warm: Calls before each turn that do not count: the threads of the candidate before are at rest again, and
            this one's data are in the processor's caches.
    """

    number: int = 10
    seconds: float = 0.2
    warm: int = 1


def take_turns(
    calls: Mapping[Key, Call], rounds: Rounds, advance: Callable[[int, int], None] = lambda _done, _total: None
) -> dict[Key, Times]:
    """Time every candidate in every round.

    Args:
        calls: By candidate.
        rounds: How many, how long.
        advance: Hears of (turns done, turns in all).
    """
    spent: dict[Key, Times] = {key: [] for key in calls}
    for number in range(rounds.number):
        for place, (key, call) in enumerate(calls.items()):
            spent[key].append(_turn(call, rounds))
            advance(number * len(calls) + place + 1, rounds.number * len(calls))
    return spent


def _turn(call: Call, rounds: Rounds) -> list[float]:
    for _ in range(rounds.warm):
        call()
    found: list[float] = []
    until = time.perf_counter() + rounds.seconds
    while not found or time.perf_counter() < until:
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def times_faster(baseline: Times, other: Times) -> float:
    """Return the median over the rounds of how many times as fast the other one was, by the medians of the round."""
    pairs = zip(baseline, other, strict=True)
    return round(float(np.median([np.median(slow) / np.median(fast) for slow, fast in pairs])), 3)


def flat(times: Times) -> list[float]:
    """Return the calls of all rounds."""
    return [value for turn in times for value in turn]
