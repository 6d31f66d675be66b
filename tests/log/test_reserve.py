"""A disk that other programs filled: records still go in, pictures yield, then an error says so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from inspector.errors import DiskFullError
from inspector.log import open_log
from inspector.log.query import Query
from inspector.log.reserve import RESERVE_BYTES, Reserve
from tests.performance.reserve_campaign import (
    WANTED,
    append_until_refused,
    fill,
    records_on_a_full_disk,
    small_disk,
)
from tests.support import a_record, noise_picture

DISK_MIB = 64


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in memory."""
    with ExitStack() as stack:
        try:
            mounted = stack.enter_context(small_disk(tmp_path / "disk", DISK_MIB))
        except (subprocess.CalledProcessError, FileNotFoundError):
            pytest.skip("a disk of its own can be mounted only by root, on Linux")
        yield mounted  # a disk that is still in use at the end is an error: a file was left open


def test_that_a_sixth_of_the_reserve_keeps_more_than_a_tenth_of_the_records(disk: Path) -> None:
    assert records_on_a_full_disk(disk, RESERVE_BYTES // 6) >= WANTED // 10  # SQLite's journal takes its part once


def test_that_pictures_yield_first_and_records_go_on_when_there_is_room_again(disk: Path) -> None:
    with open_log(disk / "log", reserve_bytes=0) as log:
        log._reserve = Reserve(disk / "log", 1 << 20)
        image = log.images.put(noise_picture(1), "front")
        assert log.hold_reserve()
        others = fill(disk)
        with pytest.raises(DiskFullError):
            log.images.put(noise_picture(2), "front")
        count = append_until_refused(log, image)
        assert count > 0
        with pytest.raises(DiskFullError) as caught:
            log.append(a_record("refused"))
        assert "Free disk space" in caught.value.cure
        others.unlink()
        assert log.append(a_record("after")).sequence == count + 1
        assert log.records.count(Query()) == count + 1
        assert log.hold_reserve()


def test_that_the_reserve_is_not_taken_from_a_disk_that_is_short(disk: Path) -> None:
    reserve = Reserve(disk, size=(DISK_MIB // 2 + 8) << 20)
    assert not reserve.hold()
    assert not reserve.held
    assert not reserve.give_up()
