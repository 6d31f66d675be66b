"""Scheduled reports: each due one once, missed ones made up, never in the way of a part."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from inspector.log import open_log, read_log
from inspector.reports import schedule as module
from inspector.reports.schedule import GRACE_S, ReportClock, Schedule
from inspector.settings import ReportSettings
from tests.support import a_record


class Clock:
    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.now_s = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now_s


def schedule(tmp_path: Path, clock: Clock, every: str = "shift") -> Schedule:
    settings = ReportSettings.model_validate({"folder": str(tmp_path / "out"), "every": every, "formats": ("csv",)})
    return Schedule(settings, zone=UTC, state=tmp_path / "reports.json", now_s=clock)


def test_that_each_shift_is_reported_once_and_missed_ones_are_made_up(tmp_path: Path) -> None:
    clock = Clock("2026-11-24T10:00")
    with open_log(tmp_path / "log") as log:
        log.append(a_record(decided_time_ns=int(clock.now_s) * 10**9))
    made = schedule(tmp_path, clock)
    with read_log(tmp_path / "log") as log:
        assert made.write(log) == []  # the shift that runs
        clock.set("2026-11-24T14:00")
        assert made.write(log) == []  # the last words may still come
        clock.now_s += GRACE_S
        assert [path.name for path in made.write(log)] == ["inspection-2026-11-24-early.csv"]
        assert schedule(tmp_path, clock).write(log) == []
        clock.set("2026-11-25T08:00")
        assert [path.name for path in schedule(tmp_path, clock).write(log)] == [
            "inspection-2026-11-24-late.csv",
            "inspection-2026-11-24-night.csv",
        ]
    assert ",1" in (tmp_path / "out" / "inspection-2026-11-24-early.csv").read_text(encoding="utf-8-sig")


def test_that_days_can_be_reported(tmp_path: Path) -> None:
    clock = Clock("2026-11-24T10:00")
    open_log(tmp_path / "log").close()
    made = schedule(tmp_path, clock, every="day")
    with read_log(tmp_path / "log") as log:
        assert made.write(log) == []
        clock.set("2026-11-27T00:10")
        names = [path.name for path in made.write(log)]
    assert names == [f"inspection-2026-11-{day}.csv" for day in (24, 25, 26)]


def test_that_a_report_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock("2026-11-24T10:00")
    open_log(tmp_path / "log").close()
    made = schedule(tmp_path, clock)
    with read_log(tmp_path / "log") as log:
        made.write(log)
        clock.set("2026-11-24T15:00")

        def fail(*_arguments: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(module, "write_report", fail)
            with pytest.raises(KeyboardInterrupt):
                made.write(log)
        assert len(made.write(log)) == 1
        assert made.write(log) == []


def test_that_nothing_is_due_without_a_folder(tmp_path: Path) -> None:
    assert Schedule(ReportSettings(), zone=UTC, state=tmp_path / "s.json").due() == []


def test_that_a_process_of_its_own_writes_beside_the_station(tmp_path: Path) -> None:
    clock = Clock("2026-11-24T10:00")
    made = schedule(tmp_path, clock)
    made.due()
    clock.set("2026-11-24T15:00")
    target = tmp_path / "called"
    script = f"import sys, pathlib; pathlib.Path({str(target)!r}).write_text(sys.argv[1])"
    beside = ReportClock(made, tmp_path / "log", interval_s=0.02, command=(sys.executable, "-c", script))
    beside.start()
    for _ in range(500):
        if target.exists():
            break
        threading.Event().wait(0.02)
    beside.stop()
    assert target.read_text() == str(tmp_path / "log")
    assert not beside.is_alive()


def test_that_two_who_come_at_once_write_each_report_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock("2026-11-24T10:00")
    open_log(tmp_path / "log").close()
    schedule(tmp_path, clock).due()
    clock.set("2026-11-25T15:00")
    written: list[str] = []
    both = threading.Barrier(2)

    def note(_report: object, path: Path, _language: str) -> None:
        written.append(path.name)
        threading.Event().wait(0.01)  # the other one would get in between

    monkeypatch.setattr(module, "write_report", note)

    def write() -> None:
        both.wait()
        with read_log(tmp_path / "log") as log:
            schedule(tmp_path, clock).write(log)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [
        "inspection-2026-11-24-early.csv",
        "inspection-2026-11-24-late.csv",
        "inspection-2026-11-24-night.csv",
        "inspection-2026-11-25-early.csv",
    ]


def test_that_a_clock_that_ran_ahead_does_not_silence_the_reports(tmp_path: Path) -> None:
    clock = Clock("2027-11-24T10:00")
    open_log(tmp_path / "log").close()
    made = schedule(tmp_path, clock)
    with read_log(tmp_path / "log") as log:
        made.write(log)
        clock.set("2026-11-24T10:00")
        assert made.write(log) == []
        clock.set("2026-11-24T15:00")
        assert [path.name for path in made.write(log)] == ["inspection-2026-11-24-early.csv"]


def test_that_trouble_with_a_report_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = schedule(tmp_path, Clock("2026-11-24T10:00"))
    looked = threading.Semaphore(0)

    def fail() -> list[module.Due]:
        looked.release()
        raise PermissionError("reports.json")

    monkeypatch.setattr(made, "due", fail)
    beside = ReportClock(made, tmp_path / "log", interval_s=0.01)
    beside.start()
    assert all(looked.acquire(timeout=10) for _ in range(3))
    beside.stop()
    assert "reports.json" in caplog.text


def test_that_the_command_writes_what_is_due_in_a_process_of_its_own(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    open_log(tmp_path / "log").close()
    (home / "settings.toml").write_text(f'[report]\nfolder = "{out.as_posix()}"\nformats = ["csv"]\nevery = "day"\n')
    (home / module.STATE_FILE).write_text(f'{{"done_s": {int(time.time()) - 3 * 86_400}}}')
    command = [sys.executable, "-m", "inspector.cli", "report", "--scheduled", "--log", str(tmp_path / "log")]
    environment = {**os.environ, "INSPECTOR_HOME": str(home)}
    first, second = (
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout for _ in range(2)
    )
    written = sorted(str(path) for path in out.iterdir())
    assert len(written) >= 2
    assert first.split() == written
    assert second.strip() == "no report is due"


def test_that_settings_without_sense_are_refused() -> None:
    with pytest.raises(ValidationError, match="no shift"):
        ReportSettings(shifts="early 06:07")
