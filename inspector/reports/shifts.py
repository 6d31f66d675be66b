"""Days and shifts on the wall clock of a place, daylight saving included."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from inspector.errors import UsageError

STEP_S = 900
"""Counts come by the quarter of an hour: every time zone's offset, and every shift's begin, is a multiple of it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of every day.

    Attributes:
        name: For instance `early`.
        start: When it begins, on the wall clock; it ends where the next one begins.
    """

    name: str
    start: time


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """One shift on one day.

    Attributes:
        start_s: Begin, Unix seconds.
        end_s: End, Unix seconds.
        day: The date on which it began.
        name: Of the shift.
    """

    start_s: int
    end_s: int
    day: date
    name: str


def parse_shifts(text: str) -> tuple[Shift, ...]:
    """Return the shifts of `early 06:00, late 14:00, night 22:00`, in the order of their begin.

    Raises:
        UsageError: No shift, a time that is none or no quarter of an hour, or the same name or time twice.
    """
    found = []
    for part in text.split(","):
        name, _space, start = part.strip().rpartition(" ")
        try:
            begin = time.fromisoformat(start)
        except ValueError:
            begin = None
        if not name or begin is None or begin.minute % 15 or begin.second:
            raise UsageError(
                f"{part.strip()!r} is no shift.", cure="Write `early 06:00, late 14:00, night 22:00`, by the quarter."
            )
        found.append(Shift(name.strip(), begin))
    found.sort(key=lambda shift: shift.start)
    if len({shift.name for shift in found}) < len(found) or len({shift.start for shift in found}) < len(found):
        raise UsageError(f"{text!r} names a shift or a time twice.", cure="Give each its own name and begin.")
    return tuple(found)


def local_zone() -> tzinfo:
    """Return this PC's zone with its rules where they are known, else its present offset."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = _zone_name()
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            pass
    return datetime.now(UTC).astimezone().tzinfo or UTC


def _zone_name() -> str:
    import os
    from pathlib import Path

    if "TZ" in os.environ:
        return os.environ["TZ"].lstrip(":") or "UTC"
    link = Path("/etc/localtime")
    parts = link.resolve().parts if link.exists() else ()
    return "/".join(parts[parts.index("zoneinfo") + 1 :]) if "zoneinfo" in parts else ""


def day_bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """Return begin and end of a calendar day in Unix seconds; 23 or 25 hours where the clocks change."""
    return _at(day, time(), zone), _at(day + timedelta(days=1), time(), zone)


def turns(since_s: int, until_s: int, shifts: Sequence[Shift], zone: tzinfo) -> list[Turn]:
    """Return every shift that has a moment in a period, in order; they touch and do not overlap."""
    first = datetime.fromtimestamp(since_s, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until_s, zone).date() + timedelta(days=1)
    begins = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        begins += [(_at(day, shift.start, zone), day, shift.name) for shift in shifts]
    begins.sort()
    found = [
        Turn(start_s, end_s, day, name) for (start_s, day, name), (end_s, _day, _name) in itertools.pairwise(begins)
    ]
    return [turn for turn in found if turn.start_s < until_s and turn.end_s > since_s and turn.end_s > turn.start_s]


def turn_at(moment_s: float, found: Sequence[Turn]) -> Turn:
    """Return the shift of a moment among `turns`. Raises ValueError for one outside all of them."""
    place = bisect_right([turn.start_s for turn in found], moment_s) - 1
    if place < 0 or moment_s >= found[place].end_s:
        raise ValueError("the moment lies in none of the shifts")
    return found[place]


def _at(day: date, moment: time, zone: tzinfo) -> int:
    """Return a wall clock time in Unix seconds; one that daylight saving skips is read by the offset before."""
    return int(datetime.combine(day, moment, zone).timestamp())
