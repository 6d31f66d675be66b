"""A candidate: one way of running a network that takes its turn with the others, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.bench.rows import Row, percentile
from training.bench.subjects import Subject
from training.bench.timing import Call, Rounds, Times, flat, take_turns, times_faster

BASELINE = ("torch", "fp32")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way of running a network.

    Attributes:
        runtime: As rows name it.
        precision: Of the network.
        how: What exactly is run.
        prepare: Makes the call for a subject and a batch. Whatever it raises becomes the row's reason.
    """

    runtime: str
    precision: str
    how: str
    prepare: Callable[[Subject, int], Call]


def compare(
    subject: Subject,
    batch: int,
    candidates: Sequence[Candidate],
    rounds: Rounds,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Row]:
    """Run all candidates on one subject in turns; one row each, in their order. `share_of_peak` is not filled yet."""
    calls: dict[tuple[str, str], Call] = {}
    reasons: dict[tuple[str, str], str] = {}
    for each in candidates:
        key = each.runtime, each.precision
        try:
            calls[key] = each.prepare(subject, batch)
            calls[key]()
        except Exception as error:  # noqa: BLE001 - any library may refuse in its own words: they are the row's reason
            reasons[key] = first_line(error)
            calls.pop(key, None)
    spent = take_turns(calls, rounds, advance)
    return [_row(subject, batch, each, spent, reasons) for each in candidates]


def _row(
    subject: Subject,
    batch: int,
    each: Candidate,
    spent: dict[tuple[str, str], Times],
    reasons: dict[tuple[str, str], str],
) -> Row:
    key = each.runtime, each.precision
    if key in reasons:
        return Row(subject.name, each.runtime, each.precision, batch, how=each.how, reason=reasons[key])
    times, baseline = spent[key], spent.get(BASELINE)
    return timed_row(Row(subject.name, each.runtime, each.precision, batch, how=each.how), times, baseline)


def timed_row(row: Row, times: Times, baseline: Times | None) -> Row:
    """Return the row with its figures."""
    values = flat(times)
    median = float(np.median(values))
    return replace(
        row,
        ms_p50=round(median, 3),
        ms_p99=percentile(values, 99),
        images_per_s=round(row.batch * 1000 / median, 2),
        calls=len(values),
        times_baseline=times_faster(baseline, times) if baseline else None,
    )


def first_line(error: Exception) -> str:
    """Return an exception's first line for a table."""
    text = getattr(error, "message", "") or str(error)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).replace("|", "/")[:200]
