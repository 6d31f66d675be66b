"""The campaigns of the record in small: the same code that docs/reliability.md runs at length."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import server_programs

ROOT = Path(__file__).parent.parent.parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="fork, SIGKILL and LD_PRELOAD are those of Linux")


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run a campaign in a process of its own; return what it printed."""
    command = [sys.executable, "-m", f"tests.performance.{name}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@linux
def test_that_a_killed_writer_loses_nothing_that_it_acknowledged() -> None:
    assert run("store_kill_campaign", "--kills", "8", "--seed", "3")["kills"] == 8


@linux
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: apt-get install gcc")
def test_that_a_failing_disk_lets_nothing_acknowledged_go_missing() -> None:
    report = run("io_fault_campaign", "--errors", "60")
    assert report["errors"] >= 60
    assert report["released"] > 0


@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server: apt-get install postgresql")
def test_that_cuts_and_a_crash_of_the_server_lose_and_double_nothing() -> None:
    report = run("centre_campaign", "--cuts", "4", "--restarts", "2", "--rate", "40")
    assert report["failed_attempts"] > 0
