"""Run a station without a window: what `inspector run`, the demo without a display, and tests use."""

from __future__ import annotations

import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inspector.control import StationControl
from inspector.events import (
    CautionRaised,
    ChallengeProgress,
    Event,
    FaultRaised,
    GuaranteeChanged,
    ModelChanged,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.log import open_log
from inspector.people import Action, require
from inspector.people.console import system_name
from inspector.recipe import Recipe
from inspector.settings import station_name
from inspector.shadow import ShadowCounts
from inspector.slots import LatestSlot
from inspector.types import Frame, Person, Record, RecordKind, Verdict
from inspector.worker import StationThread


@dataclass(slots=True)
class RunSummary:
    """What a run did.

    Attributes:
        folder: The log's folder.
        parts: Parts decided; known bad parts of a challenge are not among them.
        counts: Parts by verdict.
        challenge_parts: Known bad parts judged.
        shadow: What the challenger in shadow did.
        models: Hashes of the packages that judged, in order.
        records: Inspections that this run added to the log, counted there.
        stage_ms: Every part's milliseconds by stage.
        faults: What went wrong, each sentence once.
        cautions: What a person should look into, each sentence once.
        guarantee: Under which the last part was decided.
        failure: What ended the run early, if anything.
    """

    folder: Path
    parts: int = 0
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    challenge_parts: int = 0
    shadow: ShadowCounts = field(default_factory=ShadowCounts)
    models: list[str] = field(default_factory=list)
    records: int = 0
    stage_ms: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    guarantee: GuaranteeChanged = field(default_factory=lambda: GuaranteeChanged((), holds=True))
    failure: Exception | None = None

    def add(self, record: Record) -> None:
        """Count one part."""
        if record.kind is RecordKind.CHALLENGE:
            self.challenge_parts += 1
            return
        self.parts += 1
        self.counts[record.decision.verdict] += 1
        for stage, spent_ms in record.stage_ms.items():
            self.stage_ms.setdefault(stage, []).append(spent_ms)

    def percentiles(self) -> dict[str, dict[str, float]]:
        """Return p50, p99 and max in milliseconds by stage."""
        return {
            stage: {
                "p50": float(np.percentile(values, 50)),
                "p99": float(np.percentile(values, 99)),
                "max": float(np.max(values)),
            }
            for stage, values in self.stage_ms.items()
        }

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "parts": self.parts,
            **{verdict.value.lower(): number for verdict, number in self.counts.items()},
            "records": self.records,
            "log": str(self.folder),
            "stage_ms": self.percentiles(),
            "challenge_parts": self.challenge_parts,
            "shadow": asdict(self.shadow),
            "models": self.models,
            "faults": self.faults,
            "cautions": self.cautions,
            "guarantee": asdict(self.guarantee),
            "failure": str(self.failure) if self.failure else None,
        }


def run_headless(
    recipe: Recipe,
    folder: Path,
    *,
    person: Person | None = None,
    max_parts: int | None = None,
    quiet: bool = False,
    on_part: Callable[[Record], None] = lambda _record: None,
) -> RunSummary:
    """Inspect until the source ends, `max_parts` are done, or Ctrl-C or SIGTERM asks to stop.

    Args:
        recipe: The product.
        folder: The log's folder.
        person: Who starts it; None: whom the system knows, which does on a PC without users alone.
        max_parts: Stop after so many, known bad ones included; None: until the source ends.
        quiet: Print no line per part.
        on_part: Told of each durable record.

    Raises:
        NotAllowedError: The person may not start a station.
        StoreError: The log cannot be opened.
    """
    person = person or Person(system_name())
    require(person, Action.START_STATION)
    summary = RunSummary(folder)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    preview: LatestSlot[Frame] = LatestSlot()
    with open_log(folder, station=station_name()) as log:
        before = sum(log.counts().values())
        thread = StationThread(recipe, log, events, preview, station=station_name(), max_parts=max_parts)
        with _stopped_by_signals(thread):
            StationControl(thread).start(person)
            try:
                _drain(events, summary, quiet=quiet, on_part=on_part)
            finally:  # also when nobody reads our output any more: the log must outlive the station
                thread.stop()
                thread.join()
        summary.records = sum(log.counts().values()) - before
        summary.failure = thread.failure
        summary.shadow = thread.shadow_counts
    return summary


def _drain(
    events: queue.SimpleQueue[Event], summary: RunSummary, *, quiet: bool, on_part: Callable[[Record], None]
) -> None:
    while True:
        try:
            event = events.get(timeout=0.5)  # bounded, so that signals are handled on every platform
        except queue.Empty:
            continue
        match event:
            case PartDecided(record=record):
                summary.add(record)
                on_part(record)
                if not quiet:
                    print(_line_of(record), flush=True)
            case FaultRaised(fault=fault):
                _tell_once("fault", f"{fault.what} {fault.cure}", summary.faults)
            case CautionRaised(caution=caution):
                _tell_once("caution", f"{caution.what} {caution.cure}", summary.cautions)
            case GuaranteeChanged():
                summary.guarantee = event
                if event.guarantees:
                    print(_guarantee_line(event), file=sys.stderr, flush=True)
            case ModelChanged(package_hash=hash_, reason=reason):
                summary.models.append(hash_)
                if reason != "start":
                    print(f"{reason}: {hash_[:12]} judges from now on", file=sys.stderr, flush=True)
            case ChallengeProgress():
                print(_challenge_line(event), file=sys.stderr, flush=True)
            case StationStateChanged(state=StationState.STOPPED):
                return
            case _:
                pass


def _tell_once(what: str, sentence: str, told: list[str]) -> None:
    sentence = sentence.strip()
    if sentence not in told:
        told.append(sentence)
        print(f"{what}: {sentence}", file=sys.stderr, flush=True)


def _guarantee_line(event: GuaranteeChanged) -> str:
    if not event.holds:
        return f"guarantee does not hold: {' '.join(event.reasons)}"
    promises = (
        f"{each.risk} at most {each.limit:.4g} ({f'{each.confidence:.0%}' if each.confidence else 'expected'}), "
        f"resting on {each.n} parts"
        for each in event.guarantees
    )
    return f"guarantee: {'; '.join(promises)}"


def _challenge_line(event: ChallengeProgress) -> str:
    if event.escaped:
        return f"challenge: {event.escaped} ESCAPED; 0 of {event.wanted} known bad parts rejected, nothing is released"
    done = "passed: production goes on" if event.rejected >= event.wanted else "nothing is released"
    return f"challenge ({event.cause}): {event.rejected} of {event.wanted} known bad parts rejected, {done}"


def _line_of(record: Record) -> str:
    decision = record.decision
    spent_ms = record.stage_ms.get("total", 0.0)
    word = "challenge:" if record.kind is RecordKind.CHALLENGE else ""
    return f"{record.part_id:<24} {word}{decision.verdict.value:<7} {spent_ms:7.1f} ms  {decision.reason}"


@contextmanager
def _stopped_by_signals(thread: StationThread) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run after the part in work. Outside the main thread signals stay as they are."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    previous = {kind: signal.signal(kind, lambda *_: thread.stop()) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
