"""The shadow: a challenger package judges along on the live station, and never acts.

It sees the same frames after the part was released or rejected, in a thread of its own with a model of its own, and its
word goes into the log as a SHADOW record beside the inspection. When parts come faster than it can judge, the oldest
waiting one is let go: counted, and told where it happens often. The line never waits for it.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.alarms import Cautions
from inspector.decisions.policy import decide, rejected_by_error
from inspector.errors import InspectorError, StoreError
from inspector.events import Caution, CautionCode
from inspector.inference.base import Model
from inspector.log import Log
from inspector.models import keep_card
from inspector.recipe import Recipe, ShadowConfig
from inspector.release import ReleaseWatch, is_release, read_release
from inspector.types import Decision, Frame, Image, Prediction, Record, RecordKind

_LOG = logging.getLogger(__name__)
SOURCE = "shadow"
WAITING = 8
"""So many parts may wait; their frames are kept in memory."""
TOO_MANY_DROPPED = 0.05
"""A caution is raised when more of the last parts than this share went unjudged; it is cleared below half of it."""
_RECENT, _FEWEST = 200, 20
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class ShadowCounts:
    """What the shadow did.

    Attributes:
        judged: Parts with a SHADOW record.
        agreed: Those of them with the champion's verdict.
        dropped: Parts let go because they came too fast.
        failed: Parts without a SHADOW record because the challenger or the log failed.
    """

    judged: int = 0
    agreed: int = 0
    dropped: int = 0
    failed: int = 0


class Shadow:
    """Judges inspected parts a second time, in the background.

    `submit` is called from the station's thread and never waits.

    Args:
        recipe: The product, with a `[shadow]` table.
        config: That table. A release folder stands for its challenger; while it has none, nothing is judged.
        log: Gets the SHADOW records.
        cautions: Where trouble is told.
    """

    def __init__(self, recipe: Recipe, config: ShadowConfig, log: Log, cautions: Cautions) -> None:
        self._recipe = recipe
        self._config = config
        self._log = log
        self._cautions = cautions
        self._regions = {c.name: c.region.to_region() if c.region else None for c in recipe.content.cameras}
        self._watch = ReleaseWatch(config.package)
        self._model: Model | None = None
        self._loaded = False
        self._queue: queue.Queue[tuple[Record, tuple[Frame, ...]] | None] = queue.Queue(WAITING)
        self._recent: deque[bool] = deque(maxlen=_RECENT)
        self._judged = self._agreed = self._dropped = self._failed = 0
        self._dropped_said = 0
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)

    @property
    def counts(self) -> ShadowCounts:
        """What was done so far."""
        return ShadowCounts(self._judged, self._agreed, self._dropped, self._failed)

    def start(self) -> None:
        """Start the thread; it loads the challenger."""
        self._thread.start()

    def submit(self, record: Record, frames: tuple[Frame, ...]) -> None:
        """Let the challenger judge an inspected part, when its turn comes; challenges and parts without frames are not.

        Never blocks: where the queue is full the oldest waiting part is let go.
        """
        if record.kind is not RecordKind.INSPECTION or not frames:
            return
        dropped = self._put((record, frames))
        self._dropped += dropped
        if self._loaded:  # while it loads it is not too slow
            self._recent.append(dropped > 0)
            self._tell_dropped()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Judge what waits for at most `timeout_s`, and end the thread; what is left then counts as dropped."""
        until_s = time.monotonic() + timeout_s
        while self._thread.is_alive() and not self._queue.empty() and time.monotonic() < until_s:
            time.sleep(0.01)
        self._dropped += self._drop_all() + self._put(None)
        self._thread.join(max(0.5, until_s - time.monotonic()))

    def _put(self, task: tuple[Record, tuple[Frame, ...]] | None) -> int:
        """Queue a task, taking out the oldest where there is no room; return how many went."""
        dropped = 0
        while True:
            try:
                self._queue.put_nowait(task)
            except queue.Full:
                dropped += self._drop_oldest()
            else:
                return dropped

    def _drop_oldest(self) -> int:
        try:
            self._queue.get_nowait()
        except queue.Empty:
            return 0
        return 1

    def _drop_all(self) -> int:
        dropped = 0
        while self._drop_oldest():
            dropped += 1
        return dropped

    def _tell_dropped(self) -> None:
        share = sum(self._recent) / len(self._recent)
        if len(self._recent) >= _FEWEST and share > TOO_MANY_DROPPED:
            what = (
                f"The challenger is too slow for this line: of the last parts more than {TOO_MANY_DROPPED:.0%} went "
                "unjudged by it. The champion is not concerned."
            )
            cure = "Run the shadow on another device ([shadow] device), or take a faster challenger."
            self._cautions.tell(Caution(CautionCode.RELEASE, SOURCE, what, cure))
        elif share < TOO_MANY_DROPPED / 2:
            self._cautions.clear(CautionCode.RELEASE, SOURCE)

    def _run(self) -> None:
        """Thread: see the class."""
        yield_to_the_line()
        self._refresh()
        while (task := self._queue.get()) is not None:
            if self._watch.changed():
                self._refresh()
            record, frames = task
            try:
                self._judge(record, frames)
            except StoreError as error:
                self._failed += 1
                self._warn("What the challenger said cannot be recorded.", error)

    def _refresh(self) -> None:
        """Load the challenger that is to judge from now on; none where there is none, or it cannot be used."""
        self._model = None
        self._loaded = False
        try:
            self._model = load_challenger(self._config.package, self._config.device)
            if self._model is not None:
                keep_card(self._log, self._model)
            self._loaded = True
        except Exception as error:  # noqa: BLE001 - whatever a run-time raises: it is told, and the line is not concerned
            self._model = None
            self._warn("The challenger cannot be used; parts are inspected without it.", error)
        else:
            self._cautions.clear(CautionCode.RELEASE, str(self._config.package))

    def _judge(self, record: Record, frames: tuple[Frame, ...]) -> None:
        """Write the challenger's word on a part; nothing where it is itself the champion, or there is none."""
        model = self._model
        if model is None:
            self._failed += not self._loaded
            return
        if model.package.hash == record.package_hash:
            return
        begun_s = time.monotonic()
        predictions: dict[str, Prediction] = {}
        try:
            found = model.predict([self._crop(frame) for frame in frames])
            predictions = dict(zip((frame.view for frame in frames), found, strict=True))
            card = model.package.card
            limits = self._recipe.content.policy.thresholds(card.thresholds.to_thresholds())
            decision = decide(predictions, limits, card.good)
        except Exception as error:  # noqa: BLE001 - what would have made the part ERROR is what the challenger said
            _LOG.warning("the challenger failed on part %s", record.part_id, exc_info=True)
            decision = rejected_by_error(error)
        spent_ms = (time.monotonic() - begun_s) * 1000.0
        dropped = self._dropped
        self._log.append(_shadow_of(record, model, decision, predictions, spent_ms, dropped - self._dropped_said))
        self._dropped_said = dropped
        self._judged += 1
        self._agreed += decision.verdict is record.decision.verdict

    def _crop(self, frame: Frame) -> Image:
        region = self._regions[frame.camera]
        return frame.pixels if region is None else region.crop(frame.pixels)

    def _warn(self, what: str, error: Exception) -> None:
        _LOG.warning("%s %s", what, error, exc_info=not isinstance(error, InspectorError))
        said = error.message if isinstance(error, InspectorError) else f"{type(error).__name__}: {error}"
        cure = error.cure if isinstance(error, InspectorError) else "Correct [shadow] in the recipe."
        self._cautions.tell(Caution(CautionCode.RELEASE, str(self._config.package), f"{what} {said}", cure))


def load_challenger(folder: Path, device: str) -> Model | None:
    """Load the package that is to judge in shadow: a plain one, or a release's challenger (None where it has none).

    Raises:
        PackageError: It cannot be used, or nobody vouches for it whom this PC trusts.
        ModelError: It cannot be run on this PC.
    """
    from inspector.inference.load import load_model
    from inspector.inference.package import open_package
    from inspector.keys import signed_package, trust_of_this_pc

    hash_ = read_release(folder).challenger if is_release(folder) else None
    if hash_ is None and is_release(folder):
        return None
    package = open_package(folder, hash_)
    trust_of_this_pc().require(signed_package(package))
    model = load_model(package, device=device)
    model.warm_up()
    return model


def yield_to_the_line() -> None:
    """Give this thread, and the threads that it starts, a lower priority, where the system has one per thread.

    Linux keeps niceness by thread, and a new thread inherits it: so does the network library's own pool.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _shadow_of(
    record: Record,
    model: Model,
    decision: Decision,
    predictions: Mapping[str, Prediction],
    spent_ms: float,
    dropped: int,
) -> Record:
    """Return the SHADOW record; the pictures are those of the inspection that it refers to."""
    champion = {
        "package_hash": record.package_hash,
        "verdict": record.decision.verdict.value,
        "score": record.decision.score,
    }
    return replace(
        record,
        record_id=uuid.uuid4().hex,
        kind=RecordKind.SHADOW,
        package_hash=model.package.hash,
        decision=decision,
        predictions=dict(predictions),
        images=(),
        stage_ms={"predict": spent_ms},
        decided_time_ns=time.time_ns(),
        refers_to=record.record_id,
        sequence=0,
        details={"champion": champion, "dropped_before": dropped, "device": model.device},
    )
