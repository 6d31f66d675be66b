"""Reports of a log of ten million records: a shift, a day, a week, a month, as the window and `inspector report` ask.

    python -m tests.performance.report_benchmark --records 10000000 --folder /tmp/big-log

Builds the log first where the folder has none (`big_log`). *Cold* is the first report of a period on a store that was
just opened, after the operating system was asked to forget the file; *warm* is the median of five more. The last column
is how long the PDF and the Excel file of that report take. Ends with 1 where the report of a day takes longer than
allowed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from inspector.log import read_log
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.reports.figures import Report
from inspector.reports.files import write_report
from inspector.reports.make import report_of
from inspector.reports.shifts import parse_shifts
from inspector.settings import ReportSettings
from tests.performance.big_log import BEGIN_NS, SPAN_NS, build
from tests.performance.search_benchmark import forget

ALLOWED_MS = 1000.0
WARM_RUNS = 5
DAY_S = 86_400
BEGIN_S, END_S = BEGIN_NS // 10**9, (BEGIN_NS + SPAN_NS) // 10**9
MIDDLE_S = (BEGIN_S + END_S) // 2 // DAY_S * DAY_S
PERIODS = {
    "shift, in the middle": (MIDDLE_S + DAY_S // 4, MIDDLE_S + DAY_S // 4 + DAY_S // 3),
    "day, the last": (END_S - DAY_S, END_S),
    "day, in the middle": (MIDDLE_S, MIDDLE_S + DAY_S),
    "day, the first": (BEGIN_S, BEGIN_S + DAY_S),
    "7 days, in the middle": (MIDDLE_S, MIDDLE_S + 7 * DAY_S),
    "30 days, in the middle": (MIDDLE_S, MIDDLE_S + 30 * DAY_S),
}


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one period's report: the first, the median of more, the slowest, and of writing its files."""

    parts: int
    cold: float
    warm: float
    slowest: float
    files: float


def measure(folder: Path, since_s: int, until_s: int) -> Times:
    """Return the times of one period."""
    shifts = parse_shifts(ReportSettings().shifts)
    made: list[Report] = []
    forget(folder / DATABASE_FILE)
    with read_log(folder) as log:

        def report() -> None:
            made[:] = [report_of(log, since_s, until_s, shifts=shifts, zone=UTC)]

        cold, *warm = [timed_ms(report) for _ in range(1 + WARM_RUNS)]
    with tempfile.TemporaryDirectory() as target:

        def files() -> None:
            for ending in ("pdf", "xlsx"):
                write_report(made[0], Path(target) / f"report.{ending}")

        files_ms = timed_ms(files)
    return Times(made[0].total.parts, cold, statistics.median(warm), max(cold, *warm), files_ms)


def timed_ms(work: Callable[[], None]) -> float:
    """Return how long it takes."""
    started_ns = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started_ns) / 1e6


def _tell(done: int) -> None:
    if done % 500_000 == 0:
        print(f"{done:,} written", file=sys.stderr)


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the log here, and take it from here where it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        path = folder / DATABASE_FILE
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            build(path, options.records, _tell)
        with closing(RecordStore(path, read_only=True)) as store:
            print(f"{store.last_counter():,} records")
        found = {name: measure(folder, *bounds) for name, bounds in PERIODS.items()}
    print(f"{'report of':<24} {'parts':>9} {'cold, ms':>9} {'warm, ms':>9} {'slowest, ms':>12} {'files, ms':>10}")
    for name, times in found.items():
        ms = f"{times.cold:>9.1f} {times.warm:>9.1f} {times.slowest:>12.1f} {times.files:>10.0f}"
        print(f"{name:<24} {times.parts:>9,} {ms}")
    slowest = max(times.slowest for name, times in found.items() if name.startswith("day"))
    print(f"slowest report of a day: {slowest:.1f} ms; allowed {ALLOWED_MS:.0f} ms")
    return 0 if slowest < ALLOWED_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
