"""One open recipe at the window: its log, its station thread (a new one for each start), and the bridge to Qt."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from gui.anomaly import AnomalyScale, read_scale
from gui.bridge import Bridge
from gui.credentials import Credentials
from gui.jobs import Jobs
from gui.parts import WORDS, SeenPart, thumbnail
from gui.tally import Tally
from inspector.control import StationControl
from inspector.errors import InspectorError
from inspector.events import Event, RecordAmended, StationState, StationStateChanged
from inspector.log import Log, open_log
from inspector.people.door import Door
from inspector.people.presence import Presence
from inspector.recipe import Recipe
from inspector.settings import station_name
from inspector.slots import LatestSlot
from inspector.types import Frame, Image, Person, Record, RecordKind, Verdict
from inspector.word import confirm_part, override_part
from inspector.worker import StationThread

EARLIER_REJECTS = 20
"""So many rejects of earlier runs come back into the strip when a recipe is opened."""
JOIN_S = 10.0


class Line(Protocol):
    """What the window asks of a running station; `StationThread` is the real one."""

    started_by: Person

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Ask to end."""

    def trigger(self) -> None:
        """One part, now."""

    def acknowledge(self) -> None:
        """A person has seen the fault."""

    def challenge(self) -> None:
        """A person asks for known bad parts to be shown, now."""

    def is_alive(self) -> bool:
        """Whether it still runs."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""


MakeLine = Callable[[Recipe, Log, "queue.SimpleQueue[Event]", LatestSlot[Frame], int | None], Line]


def real_line(
    recipe: Recipe,
    log: Log,
    events: queue.SimpleQueue[Event],
    preview: LatestSlot[Frame],
    max_parts: int | None,
) -> Line:
    """Return the station itself."""
    return StationThread(recipe, log, events, preview, station=station_name(), max_parts=max_parts)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What the log knew when the recipe was opened.

    Attributes:
        tally: Counts of today and of the last hours.
        rejects: The last rejects, newest first.
    """

    tally: Tally
    rejects: tuple[SeenPart, ...]


class StationSession(QObject):
    """Starts and stops the line of one recipe and keeps people's words on its parts.

    Args:
        recipe: The product.
        log: Open for writing; closed by `close`.
        jobs: Runs what touches the disk.
        max_parts: Stop the line after so many parts.
        make_line: Makes the thread; tests give their own.
        presence: Who is at the window.

    Every deed raises NotAllowedError where who is at the window may not do it.

    Attributes:
        bridge: Everything the station tells, as Qt signals.
        state: What the station does.
    """

    ended = Signal()

    def __init__(
        self,
        recipe: Recipe,
        log: Log,
        jobs: Jobs,
        *,
        max_parts: int | None = None,
        make_line: MakeLine = real_line,
        presence: Presence | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.presence = presence or Presence()
        self._door = Door(log.folder)
        self.recipe = recipe
        self.log = log
        self.state = StationState.STOPPED
        self._jobs = jobs
        self._max_parts = max_parts
        self._make_line = make_line
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._preview: LatestSlot[Frame] = LatestSlot()
        self._line: Line | None = None
        self._control: StationControl | None = None
        self._closed = False
        self.bridge = Bridge(self._events, self._preview, self)
        self.bridge.state_changed.connect(self._on_state)
        self.bridge.start()

    @property
    def running(self) -> bool:
        """Whether the line was started and has not yet stopped."""
        return self._line is not None

    def start(self) -> None:
        """Start the line; nothing while it runs."""
        if self._line is None and not self._closed:
            line = self._make_line(self.recipe, self.log, self._events, self._preview, self._max_parts)
            control = StationControl(line)
            control.start(self.presence.person)
            self._line, self._control = line, control

    def stop(self) -> None:
        """Ask the line to stop after the part in work; `ended` tells when it has."""
        if self._control is not None:
            self._control.stop(self.presence.person)

    def trigger(self) -> None:
        """Inspect one part now."""
        if self._control is not None:
            self._control.trigger(self.presence.person)

    def acknowledge(self) -> None:
        """Tell the station that a person has seen the fault."""
        if self._control is not None:
            self._control.acknowledge(self.presence.person)

    def challenge(self) -> None:
        """Ask for known bad parts before anything more is released."""
        if self._control is not None:
            self._control.challenge(self.presence.person)

    def confirm(self, record: Record, failed: Callable[[Exception], None]) -> None:
        """Record that who is here agrees, away from the Qt thread; the bridge then tells `amended`."""
        person = self.presence.person
        self._jobs.run(lambda: confirm_part(self.log, person, record), self._on_appended, failed)

    def override(
        self, record: Record, verdict: Verdict, reason: str, note: str, failed: Callable[[Exception], None]
    ) -> None:
        """Record that who is here judges the part differently, away from the Qt thread; see `confirm`."""
        person = self.presence.person
        self._jobs.run(
            lambda: override_part(self.log, person, record, verdict=verdict, reason=reason, note=note),
            self._on_appended,
            failed,
        )

    def log_in(
        self, credentials: Credentials, done: Callable[[Person], None], failed: Callable[[Exception], None]
    ) -> None:
        """Let somebody in, away from the Qt thread, for that takes its time."""

        def work() -> Person:
            try:
                return credentials.through(self._door)
            finally:
                self.log.take_in()

        self._jobs.run(work, done, failed)

    def load_history(self, done: Callable[[History], None]) -> None:
        """Read counts and the last rejects from the log, away from the Qt thread."""
        self._jobs.run(lambda: read_history(self.log, time.time_ns()), done)

    def load_frames(
        self, part: SeenPart, done: Callable[[Mapping[str, Image]], None], failed: Callable[[Exception], None]
    ) -> None:
        """Read a part's judged pictures back from the log, away from the Qt thread."""
        self._jobs.run(lambda: read_frames(self.log, part.record), done, failed)

    def load_scale(self, part: SeenPart, done: Callable[[AnomalyScale | None], None]) -> None:
        """Read the anomaly scale of the package that judged a part; None where the log has kept no card of it."""
        self._jobs.run(lambda: read_scale(self.log, part.record.package_hash), done, lambda _error: done(None))

    def close(self) -> bool:
        """Stop the line and close the log. Returns False where the line did not end in time."""
        self._closed = True
        line, self._line, self._control = self._line, None, None
        if line is not None:
            line.stop()
            line.join(JOIN_S)
        ended = line is None or not line.is_alive()
        self.bridge.stop()
        self._jobs.close()
        if ended:  # a line that hangs may still write: its log stays open until the process ends
            self.log.close()
        return ended

    @Slot(object)
    def _on_state(self, event: StationStateChanged) -> None:
        self.state = event.state
        if event.state is StationState.STOPPED and self._line is not None:
            self._line.join(1.0)  # STOPPED is the thread's last word
            self._line = self._control = None
            self.ended.emit()

    def _on_appended(self, record: Record) -> None:
        self._events.put(RecordAmended(record))


def open_session(
    recipe: Recipe,
    folder: Path,
    jobs: Jobs,
    *,
    max_parts: int | None = None,
    make_line: MakeLine = real_line,
    presence: Presence | None = None,
) -> StationSession:
    """Open the log and make the session of a recipe. Raises StoreError."""
    log = open_log(folder, station=station_name())
    return StationSession(recipe, log, jobs, max_parts=max_parts, make_line=make_line, presence=presence)


def read_history(log: Log, now_ns: int) -> History:
    """Return counts and the last rejects. Raises StoreError."""
    tally = Tally()
    tally.load(log.counts, now_ns)
    rejected = [
        record
        for verdict in (Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR)
        for record in log.find(verdict=verdict, kind=RecordKind.INSPECTION, limit=EARLIER_REJECTS)
    ]
    newest = sorted(rejected, key=lambda record: -record.sequence)[:EARLIER_REJECTS]
    return History(tally, tuple(_earlier_part(log, record) for record in newest))


def read_frames(log: Log, record: Record) -> Mapping[str, Image]:
    """Return the judged pictures by view. Raises StoreError."""
    return {image.view: log.read_image(image) for image in record.images}


def _earlier_part(log: Log, record: Record) -> SeenPart:
    """A part of an earlier run; one whose picture cannot be read is still listed, without it."""
    wanted = [image for image in record.images if image.view == record.decision.view] or list(record.images)
    small: Image | None = None
    if wanted:
        try:
            small = thumbnail(log.read_image(wanted[0]))
        except InspectorError:  # looking at the part tells what is wrong with its picture
            small = None
    said = tuple(word for word in log.amendments(record.record_id) if word.kind in WORDS)
    return SeenPart(record, amendments=said, thumbnail=small)
