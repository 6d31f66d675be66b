"""The campaign of malformed packages, recipes and archives in small; docs/reliability.md runs it at length."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.performance.malformed_campaign import Report, noticed
from tests.performance.malformed_worker import CONTROLS, SUBJECTS, Outcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes, devices and /proc are Linux")

GOOD = Outcome(0, "package", "pickled", "refused", "", executed=False, outside=False, spent_ms=1.0)


def test_that_malformed_things_are_refused_and_the_watch_sees_who_is_unsafe(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.malformed_worker", str(tmp_path), "9", "0", "63", *CONTROLS[:4]],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = [Outcome(**each) for each in said if "number" in each]
    controls = Report([each for each in outcomes if each.subject == "control"])
    report = Report([each for each in outcomes if each.subject != "control"])
    assert all(noticed(name, controls) for name in CONTROLS[:4])
    assert report.bad == []
    assert {each.subject for each in report.outcomes if each.result == "refused"} == set(SUBJECTS)
    assert len(report.outcomes) == 63


def test_that_the_campaign_can_fail() -> None:
    assert Report([GOOD]).clean
    for change in ({"executed": True}, {"outside": True}, {"result": "crashed"}):
        assert not Report([GOOD, replace(GOOD, **change)]).clean
    assert not Report([GOOD], dead={3: "exit code -11"}).clean
    assert not Report([GOOD], hung=[3]).clean
    assert not Report([GOOD], unnoticed=["executes"]).clean
    assert not noticed("dies", Report([GOOD]))
    assert not noticed("hangs", Report([GOOD]))
