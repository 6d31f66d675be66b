"""Triggers: what says that a part is in front of the camera. Every trigger yields exactly one record."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.recipe import (
    ManualTrigger,
    PresenceTrigger,
    RegionConfig,
    SourceTrigger,
    TimerTrigger,
    TriggerConfig,
)
from inspector.types import Frame, Trigger

MOST_WAITING_FRAMES = 8
"""Triggers with a frame that may wait; further ones come without, as missed: memory stays bounded."""
_SAMPLES = 30
_GAP_NS = 500_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TriggerSignal:
    """A trigger, and for the presence trigger the first camera's frame that showed the part.

    `missed`: the station was so far behind that the frame was not kept; the part is ERROR.
    """

    trigger: Trigger
    frame: Frame | None = None
    missed: bool = False


class TriggerSource:
    """Hands triggers to the station, in order, none dropped. `fire` works from any thread.

    The kinds differ in `_due`: when a trigger comes by itself. A manual `fire` works beside every kind.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[TriggerSignal] = queue.SimpleQueue()
        self._number = 0

    def start(self) -> None:
        """Begin: from now on triggers count."""

    def fire(self, source: str = "manual", frame: Frame | None = None) -> None:
        """Raise a trigger now; never blocks."""
        now_ns = frame.monotonic_ns if frame else time.monotonic_ns()
        wall_ns = frame.wall_time_ns if frame else time.time_ns()
        missed = frame is not None and self._queue.qsize() >= MOST_WAITING_FRAMES
        self._queue.put(TriggerSignal(Trigger(0, now_ns, wall_ns, source), None if missed else frame, missed))

    def wait(self, timeout_s: float) -> TriggerSignal | None:
        """Return the next trigger, numbered from 1; None when none came in time."""
        due_ns, source = self._due()
        wait_s = timeout_s if due_ns is None else min(timeout_s, max(0.0, (due_ns - time.monotonic_ns()) / 1e9))
        try:
            signal = self._queue.get(timeout=wait_s) if wait_s > 0 else self._queue.get_nowait()
        except queue.Empty:
            now_ns = time.monotonic_ns()
            if due_ns is None or due_ns > now_ns:
                return None
            self._taken(due_ns)
            signal = TriggerSignal(Trigger(0, due_ns, time.time_ns() - (now_ns - due_ns), source))
        self._number += 1
        raised = signal.trigger
        numbered = Trigger(self._number, raised.monotonic_ns, raised.wall_time_ns, raised.source)
        return TriggerSignal(numbered, signal.frame, signal.missed)

    def waiting(self) -> bool:
        """Return whether a trigger that was fired has not been taken yet."""
        return not self._queue.empty()

    def _due(self) -> tuple[int | None, str]:
        """Return when the next trigger comes by itself (monotonic ns, None: never) and its name."""
        return None, "manual"

    def _taken(self, due_ns: int) -> None:
        """The trigger due at `due_ns` was handed out."""

    def on_frame(self, frame: Frame) -> None:
        """See a frame of the first, live camera; called in the feed's thread."""


class TimerSource(TriggerSource):
    """One trigger every period. When the station falls behind, the missed ones still come, with their own time."""

    def __init__(self, period_ms: float) -> None:
        super().__init__()
        self._period_ns = int(period_ms * 1e6)
        self._next_ns = time.monotonic_ns()

    def start(self) -> None:
        """See TriggerSource.start."""
        self._next_ns = time.monotonic_ns()

    def _due(self) -> tuple[int | None, str]:
        return self._next_ns, "timer"

    def _taken(self, due_ns: int) -> None:
        self._next_ns = due_ns + self._period_ns


class ItemSource(TriggerSource):
    """One trigger for every item of the source, as fast as the station can take them, or paced."""

    def __init__(self, period_ms: float) -> None:
        super().__init__()
        self._period_ns = int(period_ms * 1e6)
        self._next_ns = 0

    def _due(self) -> tuple[int | None, str]:
        return max(self._next_ns, time.monotonic_ns()), "source"

    def _taken(self, due_ns: int) -> None:
        self._next_ns = due_ns + self._period_ns


class PresenceSource(TriggerSource):
    """Free run: raises a trigger when a part has come into the region and, where asked, has settled.

    The empty picture is learned as the median of the first 0.6 s, so start with nothing in the region; it then
    follows slow changes of light while no part is there.

    Args:
        config: Region, threshold (mean absolute grey difference, 0..255) and settling time.
        learn_s: How long the empty picture is learned.
    """

    def __init__(self, config: PresenceTrigger, *, learn_s: float = 0.6) -> None:
        super().__init__()
        self._config = config
        self._learn_s = learn_s
        self._samples: list[tuple[int, NDArray[np.float32]]] = []
        self._last_ns = 0
        self._counting = False
        self._empty: NDArray[np.float32] | None = None
        self._previous: NDArray[np.float32] | None = None
        self._since_ns: int | None = None
        self._fired = False

    def start(self) -> None:
        """See TriggerSource.start. The empty picture is learned before, too; parts count from now on."""
        self._counting = True

    @property
    def learning(self) -> bool:
        """Whether the empty picture is still being learned: no triggers yet."""
        return self._empty is None

    def learn_empty(self, frame: Frame) -> None:
        """Take this frame as the empty picture, at once."""
        self._empty = self._small(frame)

    def on_frame(self, frame: Frame) -> None:
        """See TriggerSource.on_frame."""
        picture = self._small(frame)
        if self._empty is None:
            self._learn(frame.monotonic_ns, picture)
            return
        present = float(np.abs(picture - self._empty).mean()) > self._config.threshold
        if frame.monotonic_ns - self._last_ns > _GAP_NS:  # the camera was away: what is there now is another part
            self._since_ns, self._fired, self._previous = None, False, None
        self._last_ns = frame.monotonic_ns
        moving = self._previous is None or float(np.abs(picture - self._previous).mean()) > self._config.threshold / 4
        self._previous = picture
        if not present:
            self._since_ns, self._fired = None, False
            self._empty = 0.98 * self._empty + 0.02 * picture
            return
        if self._since_ns is None or (moving and self._config.settle_ms > 0):
            self._since_ns = frame.monotonic_ns
        settled = frame.monotonic_ns - self._since_ns >= self._config.settle_ms * 1e6
        if settled and not self._fired and self._counting:
            self._fired = True
            self.fire("presence", frame)

    def _learn(self, now_ns: int, picture: NDArray[np.float32]) -> None:
        if not self._samples or now_ns - self._samples[-1][0] >= self._learn_s * 1e9 / _SAMPLES:
            self._samples.append((now_ns, picture))
        if now_ns - self._samples[0][0] >= self._learn_s * 1e9:
            self._empty = np.median(np.stack([sample for _, sample in self._samples]), axis=0).astype(np.float32)
            self._samples.clear()

    def _small(self, frame: Frame) -> NDArray[np.float32]:
        """Return the region as a (48, 48) float32 grey picture."""
        import cv2

        region: RegionConfig | None = self._config.region
        pixels = region.to_region().crop(frame.pixels) if region else frame.pixels
        small = cv2.resize(pixels, (48, 48), interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def trigger_source(config: TriggerConfig) -> TriggerSource:
    """Return the trigger of the recipe's `[trigger]` table."""
    match config:
        case ManualTrigger():
            return TriggerSource()
        case TimerTrigger():
            return TimerSource(config.period_ms)
        case PresenceTrigger():
            return PresenceSource(config)
        case SourceTrigger():
            return ItemSource(config.period_ms)
