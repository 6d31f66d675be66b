"""From the station's threads to Qt.

Drains queue and preview on a timer in the main thread, so that no core signal crosses threads.
"""

from __future__ import annotations

import queue
import time
from typing import assert_never

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from inspector.events import (
    CautionCleared,
    CautionRaised,
    ChallengeProgress,
    Event,
    FaultCleared,
    FaultRaised,
    GuaranteeChanged,
    HeatMapReady,
    ModelChanged,
    PartDecided,
    RecordAmended,
    StationStateChanged,
)
from inspector.slots import LatestSlot
from inspector.types import Frame

TICK_MS = 15
"""Twice as often as pictures come, so that none of 30 a second is missed."""
BUDGET_S = 0.010
"""Longest time that one tick hands out events; the rest follows in the next."""


class Bridge(QObject):
    """Turns events into Qt signals, each with the event itself.

    Args:
        events: What the station tells; nothing is ever dropped from it.
        preview: The newest camera frame; older ones may go unseen.

    Attributes:
        preview: A new frame of the first camera, at most 66 times a second.
    """

    state_changed = Signal(object)
    fault_raised = Signal(object)
    fault_cleared = Signal(object)
    part_decided = Signal(object)
    heat_map_ready = Signal(object)
    amended = Signal(object)
    caution_raised = Signal(object)
    caution_cleared = Signal(object)
    guarantee_changed = Signal(object)
    challenge_progress = Signal(object)
    model_changed = Signal(object)
    preview = Signal(object)

    def __init__(
        self,
        events: queue.SimpleQueue[Event],
        preview: LatestSlot[Frame],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._events = events
        self._slot = preview
        self._seen = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        """Begin handing out."""
        self._timer.start()

    def stop(self) -> None:
        """Hand out what is left, then no more."""
        self._timer.stop()
        self.drain(float("inf"))

    def drain(self, budget_s: float = BUDGET_S) -> None:
        """Hand out waiting events for at most `budget_s`."""
        until = time.monotonic() + budget_s
        while time.monotonic() < until:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            self._emit(event)

    @Slot()
    def _on_tick(self) -> None:
        self.drain()
        count, frame = self._slot.get()
        if frame is not None and count != self._seen:
            self._seen = count
            self.preview.emit(frame)

    def _emit(self, event: Event) -> None:
        match event:
            case PartDecided():
                self.part_decided.emit(event)
            case HeatMapReady():
                self.heat_map_ready.emit(event)
            case StationStateChanged():
                self.state_changed.emit(event)
            case FaultRaised():
                self.fault_raised.emit(event)
            case FaultCleared():
                self.fault_cleared.emit(event)
            case RecordAmended():
                self.amended.emit(event)
            case CautionRaised():
                self.caution_raised.emit(event)
            case CautionCleared():
                self.caution_cleared.emit(event)
            case GuaranteeChanged():
                self.guarantee_changed.emit(event)
            case ChallengeProgress():
                self.challenge_progress.emit(event)
            case ModelChanged():
                self.model_changed.emit(event)
            case _:
                assert_never(event)
