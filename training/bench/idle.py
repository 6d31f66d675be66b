"""Whether a part is as fast after a pause as in continuous running: the station's thread keeps its model warm."""

from __future__ import annotations

import queue
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inspector.events import Event, PartDecided, StationState, StationStateChanged
from inspector.inference.package import open_package
from inspector.log import open_log
from inspector.recipe import load_recipe
from inspector.slots import LatestSlot
from inspector.types import Frame, Record
from inspector.worker import StationThread
from training.bench.line import random_package

ALLOWED_TIMES = 1.5
_CONTINUOUS = 200
_WARM = 10
_BUDGET_S = 60.0
_MOST, _LEAST = 200, 3
_PATIENCE_S = 60.0


def after_idle(
    package: Path | None, device: str, pauses_s: Sequence[float], folder: Path | None
) -> list[dict[str, Any]]:
    """Return the figures of `predict` and of the whole part for each pause; the first is continuous running.

    A pause is repeated for about a minute; one that is longer, `_LEAST` times.
    """
    with _running(package, device, folder) as (thread, events):
        for _ in range(_WARM):
            _part(thread, events)
        found = [_figures(0.0, [_part(thread, events) for _ in range(_CONTINUOUS)])]
        for pause_s in pauses_s:
            times = int(min(_MOST, max(_LEAST, _BUDGET_S / pause_s)))
            print(f"{times} pauses of {pause_s:g} s", file=sys.stderr, flush=True)
            found.append(_figures(pause_s, [_part(thread, events, pause_s) for _ in range(times)]))
    for each in found:
        each["times_continuous_p99"] = round(each["predict_ms"]["p99"] / found[0]["predict_ms"]["p99"], 3)
        each["times_continuous_p50"] = round(each["predict_ms"]["p50"] / found[0]["predict_ms"]["p50"], 3)
    return found


@contextmanager
def _running(
    package: Path | None, device: str, folder: Path | None
) -> Iterator[tuple[StationThread, queue.SimpleQueue[Event]]]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        found = open_package(package) if package else random_package(root / "package")
        path = root / "recipe.toml"
        path.write_text(
            'name = "bench"\nheat_map = false\n[[cameras]]\nkind = "simulated"\nsize_px = 512\n'
            '[trigger]\nkind = "manual"\n'
            f'[model]\npackage = "{found.folder.as_posix()}"\ndevice = "{device}"\n[policy]\ndeadline_ms = 60000\n',
            encoding="utf-8",
        )
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        preview: LatestSlot[Frame] = LatestSlot()
        with open_log(root / "log", station="bench") as log:
            thread = StationThread(load_recipe(path), log, events, preview, station="bench")
            thread.start()
            try:
                _wait(events, StationStateChanged)
                yield thread, events
            finally:
                thread.stop()
                thread.join()


def _part(thread: StationThread, events: queue.SimpleQueue[Event], pause_s: float = 0.0) -> Record:
    """Wait, trigger, and return the record."""
    if pause_s:
        time.sleep(pause_s)
    thread.trigger()
    decided = _wait(events, PartDecided)
    assert isinstance(decided, PartDecided)  # noqa: S101 - what was waited for
    return decided.record


def _wait(events: queue.SimpleQueue[Event], kind: type[Event]) -> Event:
    while True:
        event = events.get(timeout=_PATIENCE_S)
        if isinstance(event, StationStateChanged) and event.state is not StationState.RUNNING:
            continue
        if isinstance(event, kind):
            return event


def _figures(pause_s: float, records: Sequence[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {"pause_s": pause_s, "parts": len(records)}
    for stage in ("predict", "total"):
        values = [record.stage_ms[stage] for record in records]
        p50, p99, worst = np.percentile(values, (50, 99, 100)).round(3).tolist()
        found[f"{stage}_ms"] = {"p50": p50, "p99": p99, "max": worst}
    return found


def idle_lines(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return the table for people; nothing where no pause was asked for."""
    if not found:
        return []
    lines = [
        "After pauses (station's thread, simulated camera, model kept warm):",
        "",
        "| pause, s | parts | predict p50, ms | p99 | max | p99 times continuous | total p50, ms | p99 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        predict, total = each["predict_ms"], each["total_ms"]
        lines.append(
            f"| {each['pause_s']:g} | {each['parts']} | {predict['p50']:.2f} | {predict['p99']:.2f} | "
            f"{predict['max']:.2f} | {each['times_continuous_p99']:.2f} | {total['p50']:.2f} | {total['p99']:.2f} |"
        )
    return ["\n".join(lines)]
