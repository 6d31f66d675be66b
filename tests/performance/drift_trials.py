"""Trials of the drift campaign: a well line, a change, and what the monitor says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from inspector.line.monitor import Alarm, LineMonitor
from inspector.line.scores import LEARNED_PARTS
from tests.performance.drift_faults import CameraFault, camera_faults, recompressed
from tests.performance.drift_line import VIEW, Bench, Pool, Sample, Stream, measured

HORIZON = 600
SETTLED_AFTER = 50
WELL_PARTS = LEARNED_PARTS + 50
PLACES = ((0.3, 0.3), (0.5, 0.75), (0.8, 0.5), (0.15, 0.85))
"""Where dirt lies, as shares of width and height."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One repetition.

    Attributes:
        delay: Parts from the change to the first alarm, both included; None where none came within the horizon.
        first: What the first alarm said: `camera`, `parts`; `none` without one; `false alarm` where it came before.
        settled: What stood some parts later.
        named: Whether the ailment told first is one of those expected.
    """

    delay: int | None
    first: str
    settled: str
    named: bool


def kind_of(alarms: Sequence[Alarm]) -> str:
    """Return `camera`, `parts` or `none`."""
    return "none" if not alarms else "camera" if alarms[0].ailments else "parts"


def trial(monitor: LineMonitor, before: Iterator[Sample], after: Iterator[Sample], expected: Sequence[str]) -> Trial:
    """Run a monitor over well parts, then over changed ones."""
    for sample in islice(before, WELL_PARTS):
        if _add(monitor, sample):
            return Trial(0, "false alarm", "false alarm", named=False)
    for number, sample in enumerate(islice(after, HORIZON), 1):
        if alarms := _add(monitor, sample):
            named = bool(alarms[0].ailments) and alarms[0].ailments[0] in expected
            later = [_add(monitor, sample) for sample in islice(after, SETTLED_AFTER)]
            return Trial(number, kind_of(alarms), kind_of(later[-1]), named)
    return Trial(None, "none", "none", named=False)


def _add(monitor: LineMonitor, sample: Sample) -> tuple[Alarm, ...]:
    return monitor.add({VIEW: sample.picture}, sample.score, rejected=sample.rejected)


def repeat(bench: Bench, streams: Sequence[Stream], trials: int, expected: Sequence[str] = ()) -> list[Trial]:
    """Repeat a change; each repetition has parts of its own."""
    found = []
    for number in range(trials):
        rng = np.random.default_rng((77, number))
        found.append(trial(bench.setup.monitor(), bench.well(rng), streams[number % len(streams)](rng), expected))
    return found


def camera_rows(bench: Bench, trials: int) -> dict[str, list[Trial]]:
    """Run every fault of the camera."""
    return {
        name: repeat(bench, [of_fault(bench, fault) for fault in faults], trials, faults[0].ailments)
        for name, faults in camera_faults(PLACES).items()
    }


def of_fault(bench: Bench, fault: CameraFault) -> Stream:
    """Return parts as a sick camera shows them."""
    rng = np.random.default_rng(5)
    if fault.frozen:
        copies = [
            Pool(measured([recompressed(pixels, rng) for _ in range(20)], bench.judge), ()) for pixels in bench.good[:4]
        ]
        return lambda rng: copies[int(rng.integers(len(copies)))].stream(rng, 0.0)
    good, bad = bench.good[:120], bench.bad[: 30 if bench.bad_share else 0]
    spoilt = Pool(
        measured([fault.spoil(pixels, rng) for pixels in good], bench.judge),
        measured([fault.spoil(pixels, rng) for pixels in bad], bench.judge),
    )
    return lambda rng: spoilt.stream(rng, bench.bad_share)


def parts_rows(bench: Bench, trials: int) -> dict[str, list[Trial]]:
    """Run what can be wrong with the parts: more defective ones, and good ones that score higher."""
    rows = {}
    for share in (0.1, 0.2, 0.5):
        rows[f"defective share {bench.bad_share:.0%} → {share:.0%}"] = repeat(
            bench, [_with_share(bench, share)], trials
        )
    for sigmas in (0.5, 1.0, 2.0):
        worse = Bench(bench.setup, _raised(bench.pool, sigmas), bench.good, bench.bad, bench.judge, bench.bad_share)
        rows[f"scores of good parts + {sigmas} σ"] = repeat(bench, [worse.well], trials)
    return rows


def _with_share(bench: Bench, share: float) -> Stream:
    return lambda rng: bench.pool.stream(rng, share)


def well_row(bench: Bench, trials: int) -> list[Trial]:
    """Run without any change."""
    return repeat(bench, [bench.well], trials)


def _raised(pool: Pool, sigmas: float) -> Pool:
    """Return the pool with the logits of the good parts' scores raised; above the highest that passed is rejected."""
    logits = _logits([sample.score for sample in pool.good if sample.score < 1.0])
    step = sigmas * float(np.quantile(logits, 0.84) - np.quantile(logits, 0.16)) / 2
    limit = max((sample.score for sample in pool.good if not sample.rejected), default=1.0)
    raised = 1.0 / (1.0 + np.exp(-(_logits([sample.score for sample in pool.good]) + step)))
    good = [
        replace(sample, score=float(score), rejected=sample.rejected or bool(score > limit))
        for sample, score in zip(pool.good, raised, strict=True)
    ]
    return Pool(good, pool.bad)


def _logits(scores: Sequence[float]) -> NDArray[np.float64]:
    inside = np.clip(np.array(scores, np.float64), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(inside / (1 - inside)))
