"""From a log to a report of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from inspector.errors import UsageError
from inspector.log import Log
from inspector.reports.figures import Grouping, Report, make_report
from inspector.reports.promises import promises_of
from inspector.reports.shifts import STEP_S, Shift, day_bounds, turns

_NS = 1_000_000_000


def report_of(
    log: Log,
    since_s: int,
    until_s: int,
    *,
    shifts: Sequence[Shift],
    zone: tzinfo,
    product: str = "",
    station: str = "",
    grouping: Grouping | None = None,
) -> Report:
    """Return the report of the parts that were decided in a period.

    Args:
        log: Open for reading.
        since_s: Begin, Unix seconds; taken down to the quarter of an hour.
        until_s: End, Unix seconds; taken up to it.
        shifts: Of a day.
        zone: Whose wall clock counts.
        product: Only this recipe's name; every one where empty.
        station: Only this station; every one where empty.
        grouping: Of the chart; by the length of the period where None.

    Raises:
        StoreError: The log cannot be read.
    """
    since_s, until_s = since_s // STEP_S * STEP_S, -(-until_s // STEP_S) * STEP_S
    names = {kept["hash"]: kept["name"] for kept in log.records.recipes()}
    cells = log.records.cells(since_s * _NS, until_s * _NS, STEP_S)
    words = log.records.last_words(since_s * _NS, until_s * _NS, STEP_S)
    if product:
        cells = [cell for cell in cells if names.get(cell.recipe_hash) == product]
        words = [word for word in words if names.get(word.cell.recipe_hash) == product]
    if station:
        cells = [cell for cell in cells if cell.station == station]
        words = [word for word in words if word.cell.station == station]
    return make_report(
        cells,
        words,
        since_s=since_s,
        until_s=until_s,
        names=names,
        shifts=shifts,
        zone=zone,
        grouping=grouping,
        promises=promises_of(log, cells),
    )


def shift_bounds(day: date, name: str, shifts: Sequence[Shift], zone: tzinfo) -> tuple[int, int]:
    """Return begin and end of one shift of a day in Unix seconds. Raises UsageError where there is no such shift."""
    since_s, until_s = day_bounds(day, zone)
    for turn in turns(since_s, until_s, shifts, zone):
        if turn.name == name and turn.day == day:
            return turn.start_s, turn.end_s
    known = ", ".join(shift.name for shift in shifts)
    raise UsageError(f"There is no shift {name!r} on {day}.", cure=f"The shifts are: {known}.")


def moment(text: str, zone: tzinfo) -> int:
    """Return a time as people write it, in Unix seconds; without an offset it is the zone's wall clock."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time.", cure="Write it as 2026-11-22 or 2026-11-22T14:00.") from error
    return int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())
