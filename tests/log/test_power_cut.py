"""The power-cut campaign in small, and the disk model that it stands on."""

from __future__ import annotations

import random
import shutil
import sys

import pytest

from inspector import sqlite
from tests.performance.power_cut_campaign import run
from tests.performance.power_disk import Disk, Loss, Operation

traced = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strace") is None, reason="strace is not installed: apt-get install strace"
)


def test_that_only_what_was_synced_survives_a_drop() -> None:
    disk = Disk()
    for operation in (
        Operation("create", "a"),
        Operation("sync-folder", ""),
        Operation("write", "a", 0, b"one"),
        Operation("sync", "a"),
        Operation("write", "a", 3, b"two"),
        Operation("create", "b"),
        Operation("write", "b", 0, b"three"),
        Operation("sync", "b"),
    ):
        disk.apply(operation)
    assert disk.after_cut(Loss.DROPPED, random.Random(0)) == {"a": b"one"}  # b's name was never synced
    kept = {tuple(sorted(disk.after_cut(Loss.SUBSET, random.Random(seed)).items())) for seed in range(40)}
    assert kept == {
        (("a", b"one"),),
        (("a", b"onetwo"),),
        (("a", b"one"), ("b", b"three")),
        (("a", b"onetwo"), ("b", b"three")),
    }


def test_that_a_deletion_can_be_undone_until_the_folder_is_synced() -> None:
    disk = Disk()
    for operation in (
        Operation("create", "a"),
        Operation("sync-folder", ""),
        Operation("unlink", "a"),
    ):
        disk.apply(operation)
    assert disk.after_cut(Loss.DROPPED, random.Random(0)) == {"a": b""}
    disk.apply(Operation("sync-folder", ""))
    assert disk.after_cut(Loss.DROPPED, random.Random(0)) == {}


def test_that_a_torn_write_keeps_whole_sectors() -> None:
    disk = Disk()
    disk.apply(Operation("create", "a"))
    disk.apply(Operation("sync-folder", ""))
    disk.apply(Operation("write", "a", 500, b"x" * 1000))
    for seed in range(20):
        left = disk.after_cut(Loss.TORN, random.Random(seed)).get("a", b"")
        pieces = [left[500:512], left[512:1024], left[1024:1500]]
        assert all(set(piece) in ({ord("x")}, {0}, set()) for piece in pieces)


@traced
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_that_a_power_cut_loses_nothing_that_was_acknowledged(journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "journal_mode", sqlite.journal_mode)  # put back what the campaign sets
    report = run(journal, "", 2)
    assert report.appends == 2
    assert report.distinct > 100
    assert (report.lost, report.corrupt, report.example) == (0, 0, "")


@traced
@pytest.mark.parametrize(("journal", "synchronous"), [("WAL", "NORMAL"), ("DELETE", "FULL")])
def test_that_the_campaign_catches_a_weaker_setting(
    journal: str, synchronous: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "journal_mode", sqlite.journal_mode)
    report = run(journal, synchronous, 2)
    assert report.lost > 0
    assert "lost" in report.example
