"""Heat maps of why, made after the decision in a thread of their own, so that no part waits for one."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from inspector.errors import InspectorError
from inspector.events import Event, HeatMapReady
from inspector.inference.base import Model
from inspector.types import Frame, HeatMap, Image, Record, Region, Verdict

_LOG = logging.getLogger(__name__)
_WAITING = 4


class Explainer:
    """Explains rejected parts in the background.

    When rejects come faster than they can be explained, the oldest waiting ones are let go: a heat map can be made
    again at any time from the stored picture, a decision cannot wait.

    Args:
        load: Loads a model of its own from the hash of a package; called in the explainer's thread. A part is explained
            by the package that judged it, also when another is in force meanwhile.
        regions: Judged rectangle by camera name; None for the whole frame.
        emit: Gets a HeatMapReady per explained view.
    """

    def __init__(
        self, load: Callable[[str], Model], regions: dict[str, Region | None], emit: Callable[[Event], None]
    ) -> None:
        self._load = load
        self._regions = regions
        self._emit = emit
        self._queue: queue.Queue[tuple[Record, tuple[Frame, ...]] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="explainer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, record: Record, frames: tuple[Frame, ...]) -> None:
        """Ask for the heat map of a FAIL or REVIEW part; others are ignored. Never blocks."""
        if record.decision.verdict not in (Verdict.FAIL, Verdict.REVIEW):
            return
        wanted = tuple(frame for frame in frames if frame.view == record.decision.view)
        while True:
            try:
                self._queue.put_nowait((record, wanted))
            except queue.Full:
                self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            self._queue.get_nowait()
        except queue.Empty:
            return

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the picture in work and end the thread."""
        while True:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                self._drop_oldest()
            else:
                break
        self._thread.join(timeout_s)

    def _run(self) -> None:
        model: Model | None = None
        while (task := self._queue.get()) is not None:
            record, frames = task
            try:
                if model is None or model.package.hash != record.package_hash:
                    model = self._load(record.package_hash)
                for frame in frames:
                    heat_map = explain_frame(model, frame.pixels, self._regions[frame.camera])
                    self._emit(HeatMapReady(record.record_id, frame.view, heat_map))
            except InspectorError:
                _LOG.exception("part %s could not be explained; its verdict stands", record.part_id)


def explain_frame(model: Model, pixels: Image, region: Region | None) -> HeatMap:
    """Return the evidence over a whole frame (H, W); zero outside the judged rectangle. Raises ModelError."""
    import numpy as np

    if region is None:
        return model.explain(pixels)
    whole = np.zeros(pixels.shape[:2], np.float32)
    whole[region.y : region.y + region.height, region.x : region.x + region.width] = model.explain(region.crop(pixels))
    return whole
