"""Which stretch of time a report is asked for. No Qt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from inspector.reports.shifts import Shift, day_bounds, turn_at, turns

PERIODS = ("today", "yesterday", "shift", "last_shift", "week", "month", "between")


def bounds(period: str, now: dt.datetime, shifts: Sequence[Shift], since: dt.date, until: dt.date) -> tuple[int, int]:
    """Return begin and end in Unix seconds.

    Args:
        period: One of `PERIODS`.
        now: This moment, with its zone.
        shifts: Of a day.
        since: For `between`: the first day.
        until: For `between`: the last day, included.
    """
    zone = now.tzinfo or dt.UTC
    today, day = now.date(), dt.timedelta(days=1)
    now_s = int(now.timestamp())
    if period in ("shift", "last_shift"):
        plan = turns(now_s - 2 * 86_400, now_s + 86_400, shifts, zone)
        running = turn_at(now_s, plan)
        turn = running if period == "shift" else plan[plan.index(running) - 1]
        return turn.start_s, turn.end_s
    first, last = {
        "yesterday": (today - day, today - day),
        "week": (today - 6 * day, today),
        "month": (today - 29 * day, today),
        "between": (min(since, until), max(since, until)),
    }.get(period, (today, today))
    return day_bounds(first, zone)[0], day_bounds(last, zone)[1]
