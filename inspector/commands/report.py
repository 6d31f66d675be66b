"""`inspector report`: yield, Pareto, p chart and overrides of a day, a shift or any period."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.jsonfile import add_json_option, write_json
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.reports.figures import Report
    from inspector.settings import ReportSettings

SCHEMA = "inspector.report/1"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--day", metavar="DATE", help="a calendar day, for example 2026-11-24; default: today")
    parser.add_argument("--shift", metavar="NAME", help="only this shift of the day")
    parser.add_argument("--from", dest="since", metavar="TIME", help="begin of another period, ISO 8601")
    parser.add_argument("--to", dest="until", metavar="TIME", help="its end; default: now")
    parser.add_argument("--product", "--recipe", default="", metavar="NAME", help="only the parts of this recipe")
    parser.add_argument("--station", default="", metavar="NAME", help="only the parts of this station")
    parser.add_argument("--group", choices=["hour", "shift", "day"], help="what a point of the p chart stands for")
    parser.add_argument("--out", type=Path, metavar="FILE", help="target: .pdf, .xlsx, .csv, .parquet or .html")
    parser.add_argument("--language", choices=["en", "zh_CN"], help="of the file; default: as this PC's settings say")
    parser.add_argument("--scheduled", action="store_true", help="write the reports that are due, each once")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.add_argument("--who", default="", help="who asks; on a PC with users the password is asked for")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from inspector.log import read_log
    from inspector.people import Action, require
    from inspector.people.console import person_of_console
    from inspector.reports.schedule import Schedule
    from inspector.settings import log_folder, read_settings

    settings = read_settings().report
    folder = options.log or log_folder()
    if not options.scheduled:  # what is scheduled was decided by who set it up
        require(person_of_console(options.who, log=folder), Action.MAKE_REPORTS)
    with read_log(folder) as log:
        if options.scheduled:
            _give_way()
            written = Schedule(settings).write(log)
            print("\n".join(str(path) for path in written) or "no report is due")
            return 0
        from inspector.reports.figures import Grouping
        from inspector.reports.make import report_of
        from inspector.reports.shifts import local_zone, parse_shifts

        since_s, until_s = _period(options, settings)
        report = report_of(
            log,
            since_s,
            until_s,
            shifts=parse_shifts(settings.shifts),
            zone=local_zone(),
            product=options.product,
            station=options.station,
            grouping=Grouping(options.group) if options.group else None,
        )
    _tell(report, options, options.language or settings.language)
    return 0


def _give_way() -> None:
    """Stand back behind the station, which may be running on this PC."""
    import os

    if hasattr(os, "nice"):
        os.nice(10)


def _period(options: Namespace, settings: ReportSettings) -> tuple[int, int]:
    import time
    from datetime import date, datetime

    from inspector.errors import UsageError
    from inspector.reports.make import moment, shift_bounds
    from inspector.reports.shifts import day_bounds, local_zone, parse_shifts

    zone = local_zone()
    if options.since:
        since_s = moment(options.since, zone)
        until_s = moment(options.until, zone) if options.until else int(time.time())
        if until_s <= since_s:
            raise UsageError("The period ends before it begins.", cure="Give --from before --to.")
        return since_s, until_s
    try:
        day = date.fromisoformat(options.day) if options.day else datetime.now(zone).date()
    except ValueError as error:
        raise UsageError(f"{options.day!r} is no day.", cure="Write it as 2026-11-22.") from error
    if options.shift:
        return shift_bounds(day, options.shift, parse_shifts(settings.shifts), zone)
    return day_bounds(day, zone)


def _tell(report: Report, options: Namespace, language: str) -> None:
    from inspector.reports.files import write_report
    from inspector.reports.page import shown
    from inspector.reports.tables import document, period, summary

    if options.out:
        write_report(report, options.out, language)
    if options.json:
        write_json(document(report), options.json, schema=SCHEMA)
    if options.json != "-":
        print(period(report))
        for name, value in summary(report, "en").rows:
            print(f"  {name!s:<26}{shown(value, share=True):>24}")
        for point in report.chart.signals:
            print(f"  out of control: {point.label}: {point.share:.2%} of {point.n}, {point.signal.value}")
        if options.out:
            print(f"written to {options.out}")


COMMAND = Command("yield, Pareto, p chart and overrides of a day, a shift or any period", _configure, _run)
