"""The straight line of one part: trigger, frames, regions, prediction, decision, record, output."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.cameras.base import EndOfSource, PartError
from inspector.cameras.feed import CameraFeed
from inspector.cameras.trigger import TriggerSignal
from inspector.challenge import Challenge
from inspector.decisions.outputs import Output
from inspector.decisions.policy import decide, rejected_by_error, rejected_by_lateness
from inspector.errors import CameraError, DiskFullError, StoreError
from inspector.events import Event, PartDecided, RecordAmended
from inspector.inference.base import Model
from inspector.log import Log, correction
from inspector.recipe import Recipe
from inspector.types import Decision, Frame, Image, Prediction, Record, RecordKind, StoredImage, Verdict

CLOCK_TICKS_PER_MS = 1e6
_INSTEAD_OF = "instead_of"


@dataclass(slots=True)
class StageClock:
    """Times the stages of one part against its trigger.

    Attributes:
        trigger_ns: `time.monotonic_ns()` of the trigger.
        stage_ms: Milliseconds by stage, in the order of the way.
    """

    trigger_ns: int
    stage_ms: dict[str, float] = field(default_factory=dict)
    _last_ns: int = field(default_factory=time.monotonic_ns)

    def mark(self, stage: str) -> None:
        """End the stage that has run since the last mark."""
        now_ns = time.monotonic_ns()
        self.stage_ms[stage] = (now_ns - self._last_ns) / CLOCK_TICKS_PER_MS
        self._last_ns = now_ns

    def elapsed_ms(self) -> float:
        """Return the milliseconds since the trigger."""
        return (time.monotonic_ns() - self.trigger_ns) / CLOCK_TICKS_PER_MS


@dataclass(slots=True)
class _Findings:
    """What is known of the part so far; an exception leaves the rest empty."""

    part_id: str = ""
    frames: tuple[Frame, ...] = ()
    predictions: dict[str, Prediction] = field(default_factory=dict)
    images: tuple[StoredImage, ...] = ()
    without_picture: str = ""


class Station:
    """Judges parts one by one. Used from one thread.

    Args:
        recipe: The product.
        feeds: One per camera of the recipe, started.
        model: Loaded and warm; `use` takes another between two parts.
        output: The reject gate.
        log: Where records go.
        name: The station's name, for the records.
        emit: Told of every decided part.
        on_error: Told of every exception that made a part ERROR.
        alarms: What the line's watch says right now; a record keeps what held when its part was decided.

    Attributes:
        model: Judges the next part.
    """

    def __init__(
        self,
        recipe: Recipe,
        feeds: Sequence[CameraFeed],
        model: Model,
        output: Output,
        log: Log,
        *,
        name: str,
        emit: Callable[[Event], None],
        on_error: Callable[[Exception], None] = lambda _error: None,
        alarms: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._recipe = recipe
        self._feeds = feeds
        self._output = output
        self._log = log
        self._name = name
        self._emit = emit
        self._on_error = on_error
        self._alarms = alarms
        self._deadline_ms = recipe.content.policy.deadline_ms
        self.use(model)
        self._pending: list[Record] = []
        self._open_until_ns: int | None = None
        self._release_ns = int(recipe.content.output.release_ms * CLOCK_TICKS_PER_MS)
        self._regions = {c.name: c.region.to_region() if c.region else None for c in recipe.content.cameras}

    def use(self, model: Model) -> None:
        """Let another model judge from the next part on, at its own limits where the recipe sets none."""
        card = model.package.card
        self.model = model
        self._good = card.good
        self._thresholds = self._recipe.content.policy.thresholds(card.thresholds.to_thresholds())

    def inspect(self, signal: TriggerSignal, challenge: Challenge | None = None) -> Record:
        """Take one part from its trigger to its record and, for PASS, its release.

        Whatever goes wrong on the way makes the part ERROR: rejected, and recorded.

        Args:
            signal: The trigger.
            challenge: The challenge that the part belongs to: a known bad part is never released, whatever the verdict.

        Returns:
            The durable record, `stage_ms` completed by the stages after the commit.

        Raises:
            StoreError: The record could not be made durable. The part stays rejected and nothing was released; the
                record waits, as ERROR, for `catch_up`.
            EndOfSource: The source had no further part: nothing to judge, nothing recorded.
        """
        clock = StageClock(signal.trigger.monotonic_ns)
        found = _Findings()
        try:
            self._open_until_ns = None
            self._output.reject()
            decision = self._judge(signal, found, clock)
            if clock.elapsed_ms() > self._deadline_ms:
                decision = rejected_by_lateness(decision, clock.elapsed_ms(), self._deadline_ms)
        except EndOfSource:
            raise
        except Exception as error:  # noqa: BLE001 - any exception on the way means reject; it is recorded and reported
            decision = rejected_by_error(error, self._thresholds)
            found.part_id = found.part_id or (error.part_id if isinstance(error, PartError) else "")
            self._on_error(error)
        record = self._commit(self._record(signal, found, decision, clock, challenge))
        clock.mark("commit")
        to_release = decision.verdict is Verdict.PASS and challenge is None
        kept_shut = self._release(record, clock) if to_release else "rejected"
        clock.stage_ms["total"] = clock.elapsed_ms()
        record = replace(record, stage_ms=dict(clock.stage_ms))
        self._emit(PartDecided(record, found.frames, released=not kept_shut))
        if to_release and kept_shut:
            self._pending.append(correction(record, reason=kept_shut))
            self.catch_up()
        return record

    def miss(self, signal: TriggerSignal, reason: str) -> Record:
        """Record a trigger whose part was not looked at as ERROR. Raises StoreError."""
        clock = StageClock(signal.trigger.monotonic_ns)
        decision = Decision(Verdict.ERROR, reason, thresholds=self._thresholds)
        record = self._commit(self._record(signal, _Findings(), decision, clock))
        self._emit(PartDecided(replace(record, stage_ms={"total": clock.elapsed_ms()}), ()))
        return record

    def catch_up(self) -> None:
        """Write what could not be made durable in its time. Raises StoreError while that still fails."""
        while self._pending:
            late = self._settled(self._pending[0])
            self._pending.pop(0)
            if late.kind is RecordKind.CORRECTION:
                self._emit(RecordAmended(late))
            else:
                self._emit(PartDecided(late, ()))

    def _settled(self, late: Record) -> Record:
        """Write what waits, unless its first commit had succeeded after all and only the answer was lost."""
        known = self._log.records.held(late.details.get(_INSTEAD_OF, ""))
        if known is None:
            return self._log.append(late)
        if known.decision.verdict is Verdict.PASS:  # it says that the part was released, and it was not
            return self._log.append(correction(known, reason=late.decision.reason))
        return known

    def rest_when_due(self) -> None:
        """Bring the gate back to REJECT once it has been open long enough for one part. Raises OutputError."""
        if self._open_until_ns is not None and time.monotonic_ns() >= self._open_until_ns:
            self._open_until_ns = None
            self._output.reject()

    def _commit(self, record: Record) -> Record:
        """Make the record durable, after those that wait; where that fails, it waits as ERROR: nothing was released."""
        try:
            self.catch_up()
            return self._log.append(record)
        except StoreError as error:
            reason = f"the record could not be made durable in its time: {error.message}"
            decision = replace(record.decision, verdict=Verdict.ERROR, reason=reason)
            details = {**record.details, _INSTEAD_OF: record.record_id}
            self._pending.append(replace(record, record_id=uuid.uuid4().hex, decision=decision, details=details))
            raise

    def _judge(self, signal: TriggerSignal, found: _Findings, clock: StageClock) -> Decision:
        """Grab, crop, predict, decide; what is found on the way is left in `found` even when a later step fails."""
        found.frames = self._grab(signal)
        found.part_id = found.frames[0].part_id
        clock.mark("grab")
        writing = self._log.images.submit(found.frames)
        try:
            regions = [self._crop(frame) for frame in found.frames]
            clock.mark("crop")
            predictions = self.model.predict(regions)
            found.predictions = dict(zip((frame.view for frame in found.frames), predictions, strict=True))
            clock.mark("predict")
            return decide(found.predictions, self._thresholds, self._good)
        finally:
            self._keep_images(writing, found)
            clock.mark("images")

    def _keep_images(self, writing: Sequence[Future[StoredImage]], found: _Findings) -> None:
        """Wait for the pictures to be durable; a full disk costs the part its pictures, where the recipe allows it."""
        try:
            found.images = _stored(writing)
        except DiskFullError as error:
            if self._recipe.content.retention.without_picture == "reject":
                raise
            found.without_picture = error.message

    def _grab(self, signal: TriggerSignal) -> tuple[Frame, ...]:
        """Return fresh frames of every camera, exposed after the trigger.

        Every camera is asked even when one has failed: sources that hold one item per part must stay in step.
        """
        frames: list[Frame] = []
        failures: list[Exception] = []
        for number, feed in enumerate(self._feeds):
            try:
                frames += [signal.frame] if number == 0 and signal.frame else self._grab_from(feed, signal)
            except Exception as error:  # noqa: BLE001 - raised again below, when every camera has been asked
                failures.append(error)
        if failures:
            raise _most_telling(failures, some_delivered=bool(frames))
        _check_same_part(frames)
        return tuple(frames)

    def _grab_from(self, feed: CameraFeed, signal: TriggerSignal) -> tuple[Frame, ...]:
        """Return the frames of one camera, within its time counted from the trigger."""
        trigger_ns = signal.trigger.monotonic_ns
        waited_ms = (time.monotonic_ns() - trigger_ns) / CLOCK_TICKS_PER_MS
        left_ms = min(self._deadline_ms, feed.config.timeout_ms) - waited_ms
        if signal.missed or left_ms <= 0:
            raise CameraError(
                f"The trigger had waited {waited_ms:.0f} ms when its turn came: parts come too fast.",
                cure="Slow the line, or raise timeout_ms and deadline_ms in the recipe.",
            )
        return feed.grab(trigger_ns, left_ms / 1000.0)

    def _crop(self, frame: Frame) -> Image:
        region = self._regions[frame.camera]
        if region is None:
            return frame.pixels
        try:
            return region.crop(frame.pixels)
        except ValueError as error:
            raise CameraError(
                f"Camera {frame.camera}: {error}.", cure="Correct the region in the recipe, or the camera's resolution."
            ) from error

    def _record(
        self,
        signal: TriggerSignal,
        found: _Findings,
        decision: Decision,
        clock: StageClock,
        challenge: Challenge | None = None,
    ) -> Record:
        said: dict[str, Any] = {}
        if challenge is not None:
            said["challenge"] = challenge.after(decision.verdict).document()
        if found.without_picture:
            said["without_picture"] = found.without_picture
        if standing := self._alarms():
            said["alarms"] = list(standing)
        part_id, earlier = self._part_in_log(found.part_id, signal)
        if earlier:
            said["inspected_before"] = earlier
        return Record(
            record_id=uuid.uuid4().hex,
            kind=RecordKind.INSPECTION if challenge is None else RecordKind.CHALLENGE,
            part_id=part_id,
            recipe_hash=self._recipe.hash,
            package_hash=self.model.package.hash,
            decision=decision,
            predictions=found.predictions,
            images=found.images,
            stage_ms=dict(clock.stage_ms),
            trigger_time_ns=signal.trigger.wall_time_ns,
            decided_time_ns=time.time_ns(),
            station=self._name,
            truth=found.frames[0].truth if found.frames else "",
            details={**self._details(signal, found.frames), **said},
        )

    def _part_in_log(self, part_id: str, signal: TriggerSignal) -> tuple[str, str]:
        """Return the part's id and its last inspection; where the log cannot be read, an id by the trigger's time.

        The trigger must get its record all the same: the commit right after meets the same trouble, tells it, and
        lets the record wait.
        """
        try:
            if part_id:
                return part_id, self._log.records.last_inspection(part_id)
            return f"{self._name}-{self._log.records.last_counter() + 1:07d}", ""
        except StoreError:
            return part_id or f"{self._name}-{signal.trigger.wall_time_ns}", ""

    def _details(self, signal: TriggerSignal, frames: Sequence[Frame]) -> Mapping[str, Any]:
        trigger_ns = signal.trigger.monotonic_ns
        return {
            "trigger": {"number": signal.trigger.number, "source": signal.trigger.source},
            "device": self.model.device,
            "frames": [
                {
                    "camera": frame.camera,
                    "view": frame.view,
                    "sequence": frame.sequence,
                    "after_trigger_ms": (frame.monotonic_ns - trigger_ns) / CLOCK_TICKS_PER_MS,
                    "source": frame.source,
                }
                for frame in frames
            ],
        }

    def _release(self, record: Record, clock: StageClock) -> str:
        """Open the gate for a recorded PASS. Return why it stayed shut, "" where it opened."""
        if clock.elapsed_ms() > self._deadline_ms:
            return "the record was durable only after the deadline: the part was not released"
        try:
            self._output.release(record)
        except Exception as error:  # noqa: BLE001 - whatever the device's driver raised, the part was not released
            self._on_error(error)
            return f"the part was not released: {rejected_by_error(error).reason}"
        finally:
            clock.mark("release")
        self._open_until_ns = time.monotonic_ns() + self._release_ns
        return ""


def _most_telling(failures: Sequence[Exception], *, some_delivered: bool) -> Exception:
    """Return the failure to report: a real one before the end of a source, which counts only when all have ended."""
    real = [failure for failure in failures if not isinstance(failure, EndOfSource)]
    if real:
        return real[0]
    if some_delivered:
        return CameraError("One camera's source has ended while another still gives parts: a view is missing.")
    return failures[0]


def _check_same_part(frames: Sequence[Frame]) -> None:
    """Refuse frames that show the same view twice, or different parts where the sources know them."""
    views = [frame.view for frame in frames]
    if len(set(views)) != len(views):
        raise CameraError(f"Two frames of the part show the same view ({', '.join(views)}).", cure="Name the views.")
    parts = sorted({frame.part_id for frame in frames if frame.part_id})
    if len(parts) > 1:
        raise CameraError(f"The cameras show different parts: {', '.join(parts)}.", cure="Bring the sources into step.")


def _stored(writing: Sequence[Future[StoredImage]]) -> tuple[StoredImage, ...]:
    """Wait for the part's pictures to be durable; raises StoreError where one is not."""
    return tuple(future.result() for future in writing)
