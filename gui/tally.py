"""Counts of today and the reject share over the last hours, kept minute by minute. No Qt."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspector.types import Verdict

MINUTE_NS = 60 * 1_000_000_000
SPAN_MINUTES = 240
"""The trend reaches back four hours."""

Counts = Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the trend.

    Attributes:
        start_s: Unix time of its left edge.
        width_s: Its length in seconds.
        parts: Parts judged within it.
        rejects: Parts not passed within it.
        limit: Upper control limit of the share, mean + 3 sigma of a p-chart (Montgomery 2019, ch. 7), 0..1.
    """

    start_s: float
    width_s: float
    parts: int
    rejects: int
    limit: float

    @property
    def share(self) -> float:
        """Rejected share, 0..1; 0 where no part came."""
        return self.rejects / self.parts if self.parts else 0.0

    @property
    def beyond(self) -> bool:
        """Whether more was rejected than chance explains."""
        return self.parts > 0 and self.share > self.limit


class Tally:
    """Counts by verdict since local midnight, and parts and rejects by minute for the trend."""

    def __init__(self) -> None:
        self.today: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        self._midnight_ns = 0
        self._minutes: dict[int, tuple[int, int]] = {}

    def load(self, counts: Callable[[int], Counts], now_ns: int) -> None:
        """Begin with what the log holds.

        Args:
            counts: `Log.counts`: parts by verdict since a Unix time in nanoseconds.
            now_ns: Unix nanoseconds.
        """
        self._midnight_ns = midnight_ns(now_ns)
        self.today = {**dict.fromkeys(Verdict, 0), **counts(self._midnight_ns)}
        minute = now_ns // MINUTE_NS
        self._minutes = {}
        self._load_minutes(counts, minute - SPAN_MINUTES + 1, minute + 1, None, dict.fromkeys(Verdict, 0))

    def add(self, verdict: Verdict, time_ns: int) -> None:
        """Count one part; at midnight the counts of the day begin anew."""
        if midnight_ns(time_ns) > self._midnight_ns:
            self._midnight_ns = midnight_ns(time_ns)
            self.today = dict.fromkeys(Verdict, 0)
        self.today[verdict] += 1
        minute = time_ns // MINUTE_NS
        parts, rejects = self._minutes.get(minute, (0, 0))
        self._minutes[minute] = (parts + 1, rejects + (verdict is not Verdict.PASS))
        if len(self._minutes) > 2 * SPAN_MINUTES:
            self._minutes = {m: v for m, v in self._minutes.items() if m > minute - SPAN_MINUTES}

    @property
    def parts(self) -> int:
        """Parts judged today."""
        return sum(self.today.values())

    @property
    def pass_share(self) -> float | None:
        """Share of today's parts that passed, 0..1; None before the first."""
        return self.today[Verdict.PASS] / self.parts if self.parts else None

    def bars(self, now_ns: int) -> list[Bar]:
        """Return the trend, oldest first: a quarter of an hour, one or four hours, as far as parts reach back."""
        minute = now_ns // MINUTE_NS
        recent = [m for m in self._minutes if m > minute - SPAN_MINUTES]
        age = minute - min(recent, default=minute) + 1
        span, step = (15, 1) if age <= 15 else (60, 2) if age < 60 else (SPAN_MINUTES, 5)
        first = (minute // step + 1) * step - span
        sums = [self._sum(start, start + step) for start in range(first, first + span, step)]
        total, rejected = sum(parts for parts, _ in sums), sum(rejects for _, rejects in sums)
        mean = rejected / total if total else 0.0
        return [
            Bar((first + i * step) * 60.0, step * 60.0, parts, rejects, _upper_limit(mean, parts))
            for i, (parts, rejects) in enumerate(sums)
        ]

    def _sum(self, start: int, end: int) -> tuple[int, int]:
        found = [self._minutes.get(minute, (0, 0)) for minute in range(start, end)]
        return sum(parts for parts, _ in found), sum(rejects for _, rejects in found)

    def _load_minutes(
        self, counts: Callable[[int], Counts], start: int, end: int, since: Counts | None, after: Counts
    ) -> None:
        """Halve the span until a piece is empty or one minute long: a quiet log costs few queries."""
        since = since if since is not None else counts(start * MINUTE_NS)
        inside = {verdict: since.get(verdict, 0) - after.get(verdict, 0) for verdict in Verdict}
        parts = sum(inside.values())
        if parts == 0:
            return
        if end - start == 1:
            self._minutes[start] = (parts, parts - inside[Verdict.PASS])
            return
        middle = (start + end) // 2
        half = counts(middle * MINUTE_NS)
        self._load_minutes(counts, start, middle, since, half)
        self._load_minutes(counts, middle, end, half, after)


def midnight_ns(time_ns: int) -> int:
    """Return the local midnight before a Unix time, both in nanoseconds."""
    local = dt.datetime.fromtimestamp(time_ns / 1e9).astimezone()
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1_000_000_000


def _upper_limit(mean: float, parts: int) -> float:
    return min(1.0, mean + 3 * math.sqrt(mean * (1 - mean) / parts)) if parts else 1.0
