"""What several tests build on: small real packages, recipes, and doubles for devices that can misbehave."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inspector.cameras.base import Shot
from inspector.events import Event
from inspector.imaging import encode_png
from inspector.inference.package import Package, write_package
from inspector.inference.preprocess import Preprocessing
from inspector.types import Decision, HeatMap, Image, Prediction, Record, RecordKind, Thresholds, Verdict

CLASSES = ("good", "crack", "dent", "missing_feature", "scratch", "stain", "chip")


def noise_picture(seed: int, width: int = 64, height: int = 48) -> Image:
    """Return a (height, width, 3) picture that no other seed gives."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def tiny_package(
    folder: Path, *, pass_below: float = 0.3, fail_from: float = 0.7, size: int = 48, seed: int = 0
) -> Package:
    """Write a real package: the smallest network with random weights."""
    import safetensors.torch
    import torch

    from inspector.inference.networks import build_network

    torch.manual_seed(seed)
    network = build_network("resnet10", len(CLASSES))
    card = {
        "method": "classifier",
        "backbone": "resnet10",
        "classes": CLASSES,
        "good": ("good",),
        "preprocessing": Preprocessing(width=size, height=size),
        "thresholds": {"pass_below": pass_below, "fail_from": fail_from},
        "training": {"note": "random weights"},
        "data": {},
        "metrics": {},
        "libraries": {"torch": torch.__version__},
        "created": "2026-01-01T00:00:00+00:00",
    }
    return write_package(folder, card, {"weights.safetensors": safetensors.torch.save(network.state_dict())})


def recipe_text(
    package: Path,
    *,
    camera: str = 'kind = "simulated"\nsize_px = 96',
    trigger: str = 'kind = "source"',
    extra: str = "",
) -> str:
    """Return a recipe as TOML."""
    return (
        f'name = "test product"\n[[cameras]]\n{camera}\n[trigger]\n{trigger}\n'
        f'[model]\npackage = "{package.as_posix()}"\ndevice = "cpu"\n{extra}\n'
    )


def picture_folder(folder: Path, count: int) -> Path:
    """Write `count` different PNG files and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"part{number:05d}.png").write_bytes(encode_png(noise_picture(number)))
    return folder


def a_record(part_id: str = "P1", verdict: Verdict = Verdict.PASS, **changes: Any) -> Record:
    """Return a record that was not stored yet."""
    values: dict[str, Any] = {
        "record_id": f"{np.random.default_rng().integers(0, 2**63):032x}",
        "kind": RecordKind.INSPECTION,
        "part_id": part_id,
        "recipe_hash": "a" * 64,
        "package_hash": "b" * 64,
        "decision": Decision(verdict, "because", "good", 0.1, Thresholds(0.3, 0.7), "front"),
        "predictions": {"front": Prediction("good", {"good": 0.9, "crack": 0.1}, 0.1)},
        "images": (),
        "stage_ms": {"grab": 1.5},
        "trigger_time_ns": time.time_ns(),
        "decided_time_ns": time.time_ns(),
        "station": "test",
    }
    return Record(**{**values, **changes})


class AlwaysGoodModel:
    """The most dangerous model there is: calls whatever it sees good. Only the station's own care prevents a PASS."""

    device = "double"

    def __init__(self, package: Package) -> None:
        self.package = package
        self.seen: list[Image] = []

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Call every region good."""
        self.seen += [region.copy() for region in regions]
        others = dict.fromkeys(CLASSES[1:], 0.0)
        return [Prediction("good", {"good": 1.0, **others}, 0.0) for _ in regions]

    def explain(self, region: Image) -> HeatMap:
        """Nothing speaks for a defect."""
        return np.zeros(region.shape[:2], np.float32)


class ScriptedCamera:
    """A live camera whose every read is a step of a script: a picture, an exception to raise, or a call to make."""

    live = True
    repeats_mean_frozen = True

    def __init__(
        self, steps: Iterator[Any], *, on_open: Callable[[], None] = lambda: None, pace_s: float = 0.005
    ) -> None:
        self._steps = steps
        self._on_open = on_open
        self._pace_s = pace_s
        self.closed = False

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        self._on_open()
        return ()

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        time.sleep(self._pace_s)
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step = step()
        return (Shot(step),)

    def close(self) -> None:
        """See Camera.close."""
        self.closed = True


def drained(events: queue.SimpleQueue[Event]) -> list[Event]:
    """Return everything that is in the queue now."""
    found = []
    while not events.empty():
        found.append(events.get())
    return found
