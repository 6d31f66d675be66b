from __future__ import annotations

import shutil
import sys

import pytest

from tests.performance.label_power_cut import READY, run, verdict_on

traced = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"
)


@traced
def test_that_no_acknowledged_label_is_lost_in_a_power_cut() -> None:
    report = run("", 2)
    assert report.deeds == 2
    assert report.opened > 50
    assert (report.lost, report.corrupt, report.example) == (0, 0, "")


@traced
def test_that_the_model_of_the_disk_catches_a_weaker_setting() -> None:
    assert run("FULL", 2).lost > 0


def test_that_a_manifest_that_is_no_more_is_noticed() -> None:
    assert verdict_on({"manifest.sqlite": b"SQLite format 3\0" + bytes(5000)}, [READY]) == "corrupt"
