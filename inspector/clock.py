"""Whether this PC's clock runs on: the monotonic one decides every deadline, the wall clock only says when.

A wall clock that is set, by hand or by a time service after a wrong start, makes times of records lie. The order of
records is their sequence, which no clock touches; the jump itself is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from inspector.alarms import Cautions
from inspector.errors import StoreError
from inspector.events import Caution, CautionCode
from inspector.log import Log, Query
from inspector.types import AuditEntry

SMALLEST_JUMP_S = 2.0
"""A time service that corrects gently stays far below."""
_TOLD_S = 600.0
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock went from `expected_ns` to `found_ns`, Unix nanoseconds, from one moment to the next."""

    expected_ns: int
    found_ns: int

    @property
    def seconds(self) -> float:
        """How far; negative for a clock set back."""
        return (self.found_ns - self.expected_ns) / _NS


class ClockWatch:
    """Compares the wall clock with the monotonic one, and at the start with the newest record.

    Args:
        log: Where a jump is recorded.
        cautions: Told of a jump; cleared ten minutes later.
        station: The station's name.
        wall_ns: Unix time.
        monotonic_ns: The clock that nobody sets.
    """

    def __init__(
        self,
        log: Log,
        cautions: Cautions,
        station: str,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._log, self._cautions, self._station = log, cautions, station
        self._wall_ns, self._monotonic_ns = wall_ns, monotonic_ns
        self._told_ns: int | None = None
        self._waiting: list[Jump] = []
        self._offset_ns = wall_ns() - monotonic_ns()
        newest = log.search(Query(limit=1))
        if newest and wall_ns() < newest[0].decided_time_ns:
            self._found(Jump(newest[0].decided_time_ns, wall_ns()))

    def check(self) -> None:
        """Look at both clocks; call it between parts. A jump that cannot be recorded now is recorded later."""
        now_ns, wall_ns = self._monotonic_ns(), self._wall_ns()
        expected_ns = self._offset_ns + now_ns
        self._offset_ns = wall_ns - now_ns
        if abs(wall_ns - expected_ns) > SMALLEST_JUMP_S * _NS:
            self._found(Jump(expected_ns, wall_ns))
        elif self._told_ns is not None and now_ns - self._told_ns > _TOLD_S * _NS:
            self._told_ns = None
            self._cautions.clear(CautionCode.CLOCK, self._station)
        self._record()

    def _found(self, jump: Jump) -> None:
        self._waiting.append(jump)
        self._told_ns = self._monotonic_ns()
        what = f"The clock went from {_utc(jump.expected_ns)} to {_utc(jump.found_ns)} at once ({jump.seconds:+.1f} s)."
        cure = "Check the PC's time service and its battery. The jump is in the audit trail."
        self._cautions.tell(Caution(CautionCode.CLOCK, self._station, what, cure))
        self._record()

    def _record(self) -> None:
        while self._waiting:
            jump = self._waiting[0]
            entry = AuditEntry(
                "clock.jumped",
                self._station,
                old=_utc(jump.expected_ns),
                new=_utc(jump.found_ns),
                details={"seconds": round(jump.seconds, 3)},
            )
            try:
                self._log.append_audit(entry)
            except StoreError:
                return  # the station meets the same trouble with its next part, and tells of it
            self._waiting.pop(0)


def _utc(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / _NS, UTC).isoformat(timespec="milliseconds")
