"""A wall clock that jumps is noticed and recorded; nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.alarms import Cautions
from inspector.clock import ClockWatch
from inspector.errors import StoreError
from inspector.events import CautionCleared, CautionCode, CautionRaised, Event
from inspector.log import Log, open_log
from inspector.types import AuditEntry
from tests.support import a_record

SECOND = 1_000_000_000


class Clocks:
    """Two clocks that a test turns."""

    def __init__(self) -> None:
        self.wall = 1_790_000_000 * SECOND
        self.monotonic = 5 * SECOND

    def run(self, seconds: float, *, jump: float = 0.0) -> None:
        self.monotonic += int(seconds * SECOND)
        self.wall += int((seconds + jump) * SECOND)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with open_log(tmp_path) as opened:
        yield opened


def watch(log: Log, clocks: Clocks, events: list[Event]) -> ClockWatch:
    return ClockWatch(
        log, Cautions(events.append), "line-1", wall_ns=lambda: clocks.wall, monotonic_ns=lambda: clocks.monotonic
    )


@pytest.mark.parametrize("jump", [-3600.0, 2.5])
def test_that_a_jump_is_recorded_once_and_told(log: Log, jump: float) -> None:
    clocks, events = Clocks(), list[Event]()
    made = watch(log, clocks, events)
    clocks.run(0.1, jump=jump)
    made.check()
    clocks.run(0.1)
    made.check()
    (entry,) = log.records.audit(action="clock.jumped")
    assert entry.details["seconds"] == pytest.approx(jump)
    assert entry.subject == "line-1"
    assert entry.old != entry.new
    (raised,) = events
    assert isinstance(raised, CautionRaised)
    assert raised.caution.code is CautionCode.CLOCK
    clocks.run(601)
    made.check()
    assert isinstance(events[-1], CautionCleared)


def test_that_a_gentle_correction_is_no_jump(log: Log) -> None:
    clocks, events = Clocks(), list[Event]()
    made = watch(log, clocks, events)
    for _ in range(100):
        clocks.run(10, jump=0.005)
        made.check()
    assert not events
    assert not log.records.audit()


def test_that_a_clock_behind_the_newest_record_is_noticed_at_the_start(log: Log) -> None:
    clocks, events = Clocks(), list[Event]()
    log.append(a_record(decided_time_ns=clocks.wall + 60 * SECOND))
    watch(log, clocks, events)
    assert log.records.audit()[0].details["seconds"] == pytest.approx(-60)
    assert len(events) == 1


def test_that_a_jump_that_could_not_be_recorded_is_recorded_later(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks, events = Clocks(), list[Event]()
    made = watch(log, clocks, events)
    real = log.records.append_audit

    def fail(_entry: AuditEntry) -> AuditEntry:
        raise StoreError("disk I/O error")

    monkeypatch.setattr(log.records, "append_audit", fail)
    clocks.run(0.1, jump=10)
    made.check()
    monkeypatch.setattr(log.records, "append_audit", real)
    made.check()
    assert len(log.records.audit()) == 1


def test_that_records_stay_in_their_order_when_the_clock_is_set_back(log: Log) -> None:
    log.append(a_record("first", decided_time_ns=2000))
    log.append(a_record("second", decided_time_ns=1000))
    assert [record.part_id for record in log.find()] == ["second", "first"]
