"""The p chart: the share of rejects from group to group, with limits that follow the size of each group.

Source: D. C. Montgomery, "Introduction to Statistical Quality Control", 7th edition, section 7.2: for a variable sample
size the limits are p +/- 3 sqrt(p (1 - p) / n) for each n. The run rule is the fourth of the Western Electric handbook
(1956): eight points one after the other on one side of the centre line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

RUN = 8
SIGMAS = 3.0


class Signal(StrEnum):
    """Why a point is out of control."""

    NONE = ""
    ABOVE = "above the upper limit"
    BELOW = "below the lower limit"
    RUN = "eight in a row on one side"


@dataclass(frozen=True, slots=True)
class Point:
    """One group.

    Attributes:
        label: For people: an hour, a shift, a day.
        start_s: Its begin, Unix seconds.
        n: Parts.
        rejects: Rejects among them.
        share: `rejects / n`.
        lower: Lower limit, 0..1.
        upper: Upper limit, 0..1.
        signal: Why it is out of control.
    """

    label: str
    start_s: int
    n: int
    rejects: int
    share: float
    lower: float
    upper: float
    signal: Signal


@dataclass(frozen=True, slots=True)
class PChart:
    """All groups with parts, in order.

    Attributes:
        centre: Rejects of all groups over parts of all groups; 0 without parts.
        points: One a group.
    """

    centre: float
    points: tuple[Point, ...]

    @property
    def signals(self) -> tuple[Point, ...]:
        """The points that are out of control."""
        return tuple(point for point in self.points if point.signal)


def p_chart(groups: Sequence[tuple[str, int, int, int]]) -> PChart:
    """Return the chart of groups (label, start_s, n, rejects); groups without parts are left out."""
    groups = [group for group in groups if group[2] > 0]
    total = sum(n for _label, _start, n, _rejects in groups)
    centre = sum(rejects for *_rest, rejects in groups) / total if total else 0.0
    points: list[Point] = []
    side = length = 0
    for label, start_s, n, rejects in groups:
        share = rejects / n
        width = SIGMAS * sqrt(centre * (1.0 - centre) / n)
        lower, upper = max(0.0, centre - width), min(1.0, centre + width)
        now = (share > centre) - (share < centre)
        length = length + 1 if now == side and now else abs(now)
        side = now
        points.append(Point(label, start_s, n, rejects, share, lower, upper, _signal(share, lower, upper, length)))
    return PChart(centre, tuple(points))


def _signal(share: float, lower: float, upper: float, length: int) -> Signal:
    if share > upper:
        return Signal.ABOVE
    if share < lower:
        return Signal.BELOW
    return Signal.RUN if length >= RUN else Signal.NONE
