"""The reliability campaigns in small: the same code that docs/benchmarks.md runs at length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.performance.kill_campaign import KillReport


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are POSIX")
def test_that_kill_9_loses_no_acknowledged_decision() -> None:
    done = subprocess.run(  # a process of its own: forking needs one without threads
        [sys.executable, "-m", "tests.performance.kill_campaign", "--kills", "4", "--seed", "3"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"kills": 4' in done.stdout


def test_that_parts_of_both_sources_are_recorded_once_and_replay() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.part_campaign", "--parts", "25"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("field", ["lost", "doubled", "damaged_pictures", "unrecorded_passes", "unsafe_starts"])
def test_that_the_campaign_can_fail(field: str) -> None:
    assert KillReport(kills=1).clean
    assert not KillReport(**{"kills": 1, field: 1}).clean
