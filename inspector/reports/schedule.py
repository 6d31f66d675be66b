"""Reports that are due: one at the end of every shift or day, each once, missed ones made up."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from filelock import FileLock

from inspector.errors import InspectorError
from inspector.jsonfile import replace_file
from inspector.log import Log
from inspector.reports.files import write_report
from inspector.reports.make import report_of
from inspector.reports.shifts import Turn, day_bounds, local_zone, parse_shifts, turns
from inspector.settings import ReportSettings, data_folder

STATE_FILE = "reports.json"
GRACE_S = 120
"""A report is made so long after the end: the last parts and words on them have come in."""
MOST_BACK = timedelta(days=31)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """One period whose report is to be written: its bounds, Unix seconds, and its name."""

    since_s: int
    until_s: int
    name: str


def due(settings: ReportSettings, done_s: int, now_s: float, zone: tzinfo) -> list[Due]:
    """Return the periods that ended since `done_s`, the end of the last one reported, oldest first."""
    first_s = max(done_s, int(now_s - MOST_BACK.total_seconds()))
    found = [turn for turn in _periods(settings, first_s, int(now_s), zone) if turn.start_s >= first_s]
    return [Due(turn.start_s, turn.end_s, turn.name) for turn in found if turn.end_s + GRACE_S <= now_s]


def _periods(settings: ReportSettings, since_s: int, until_s: int, zone: tzinfo) -> list[Turn]:
    if settings.every == "shift":
        found = turns(since_s, until_s, parse_shifts(settings.shifts), zone)
        return [Turn(each.start_s, each.end_s, each.day, f"{each.day:%Y-%m-%d}-{each.name}") for each in found]
    day, days = datetime.fromtimestamp(since_s, zone).date(), []
    while (bounds := day_bounds(day, zone))[0] < until_s:
        days.append(Turn(*bounds, day, f"{day:%Y-%m-%d}"))
        day += timedelta(days=1)
    return days


class Schedule:
    """What was reported so far, kept beside this PC's settings.

    Args:
        settings: Where reports go, and how often.
        zone: Whose wall clock counts.
        state: The file; default: in the data folder.
        now_s: Unix seconds.
    """

    def __init__(
        self,
        settings: ReportSettings,
        *,
        zone: tzinfo | None = None,
        state: Path | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._zone = zone or local_zone()
        self._state = state or data_folder() / STATE_FILE
        self._now_s = now_s

    def due(self) -> list[Due]:
        """Return what is to be written now; the first time it only notes where to begin: with the running period."""
        if not self._settings.folder:
            return []
        done_s, now_s = self._done_s(), int(self._now_s())
        if done_s is None or done_s > now_s:  # the clock ran ahead once: what it left behind would silence all reports
            running = _periods(self._settings, now_s - 86_400, now_s, self._zone)
            self._note(running[-1].start_s)
            return []
        return due(self._settings, done_s, self._now_s(), self._zone)

    def write(self, log: Log) -> list[Path]:
        """Write every report that is due; each is noted when its files are complete. Raises StoreError, UsageError.

        Whoever comes while another process writes waits for it, and finds nothing due.
        """
        self._state.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._state.with_suffix(".lock")):
            return self._write(log)

    def _write(self, log: Log) -> list[Path]:
        written: list[Path] = []
        shifts = parse_shifts(self._settings.shifts)
        for each in self.due():
            report = report_of(log, each.since_s, each.until_s, shifts=shifts, zone=self._zone)
            for ending in self._settings.formats:
                path = Path(self._settings.folder) / f"inspection-{each.name}.{ending}"
                write_report(report, path, self._settings.language)
                written.append(path)
            self._note(each.until_s)
        return written

    def _done_s(self) -> int | None:
        try:
            return int(json.loads(self._state.read_text(encoding="utf-8"))["done_s"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _note(self, done_s: int) -> None:
        replace_file(self._state, json.dumps({"done_s": done_s}).encode())


class ReportClock(threading.Thread):
    """Looks beside a station whether a report is due, and has a process of its own write it: no part waits for it.

    Args:
        schedule: What is due.
        log: Folder of the log.
        interval_s: From look to look.
        command: Starts the process; the log's folder is added.
    """

    def __init__(
        self,
        schedule: Schedule,
        log: Path,
        *,
        interval_s: float = 30.0,
        command: Sequence[str] = (sys.executable, "-m", "inspector.cli", "report", "--scheduled", "--log"),
    ) -> None:
        super().__init__(name="reports", daemon=True)
        self._schedule, self._log, self._interval_s = schedule, log, interval_s
        self._command = [*command, str(log)]
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """End; a process that is writing goes on by itself."""
        self._stop_asked.set()
        if self.is_alive():
            self.join(5.0)

    def run(self) -> None:
        """Thread: see the class."""
        while not self._stop_asked.wait(self._interval_s):
            try:
                if self._schedule.due():
                    done = subprocess.run(self._command, check=False, capture_output=True, text=True)
                    if done.returncode:
                        _LOG.warning("a scheduled report could not be written: %s", done.stderr.strip())
            except (InspectorError, OSError) as error:  # it is tried again: a report never stops a station
                _LOG.warning("whether a report is due could not be found out: %s", error)
