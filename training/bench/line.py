"""The line that `inspector bench part` runs: the real station and the real log, frames that are there at once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from inspector.cameras.base import Shot
from inspector.cameras.feed import CameraFeed
from inspector.cameras.trigger import TriggerSignal
from inspector.cameras.washer import GOOD, WasherRenderer, WasherSpec
from inspector.decisions.outputs import SimulatedGate
from inspector.events import Event
from inspector.inference.base import Model
from inspector.inference.load import load_model
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package, open_package, write_package
from inspector.inference.runtimes import RuntimeKind
from inspector.log import Log, open_log
from inspector.recipe import Recipe, load_recipe
from inspector.station import Station
from inspector.types import Image, Record, Trigger
from training import openvino_export as ov
from training.export import candidate_model
from training.graphs import classifier_network

WIDTH, HEIGHT = 1280, 1024
_BASES = 8
_CLASSES = ("good", "defect")


class PreparedCamera:
    """Hands out frames that lie in memory, all views of a part at once; implements `Camera`.

    Exposure and transport are not measured. Every frame differs in its first pixels, so that no picture is known to the
    log already.
    """

    live = False
    repeats_mean_frozen = False

    def __init__(self, views: int) -> None:
        self._views = views
        self._bases = frames()
        self._number = 0
        self._next: tuple[Shot, ...] = ()

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        return ()

    def prepare(self) -> tuple[Shot, ...]:
        """Make the next part's exposures, for `read`, and return them."""
        shots = []
        for view in range(self._views):
            self._number += 1
            pixels = self._bases[self._number % _BASES].copy()
            pixels[0, :8].reshape(-1)[:8] = np.frombuffer(self._number.to_bytes(8, "little"), np.uint8)
            shots.append(Shot(pixels, view=f"view{view}"))
        self._next = tuple(shots)
        return self._next

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        return self._next

    def close(self) -> None:
        """See Camera.close."""


def frames(width: int = WIDTH, height: int = HEIGHT) -> list[Image]:
    """Return pictures of washers on a conveyor with a sensor's noise, (height, width, 3) uint8."""
    renderer, random = WasherRenderer(WasherSpec(min(width, height), 0.3)), np.random.default_rng(0)
    drawn = [renderer.render_part(random, GOOD).pixels for _ in range(_BASES)]
    border = ((0, 0), (0, max(0, width - drawn[0].shape[1])), (0, 0))
    return [np.ascontiguousarray(np.pad(each, border, mode="reflect")) for each in drawn]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A station that is ready.

    Attributes:
        station: As the product runs it.
        feed: Its camera.
        model: Loaded and warm.
        log: On the disk that is measured.
        folder: Of the log.
        camera: What the feed reads.
    """

    station: Station
    feed: CameraFeed
    model: Model
    log: Log
    folder: Path
    camera: PreparedCamera

    def part(self) -> Record:
        """Take the part that the camera has prepared from its trigger to its record."""
        return self.station.inspect(TriggerSignal(Trigger(1, time.monotonic_ns(), time.time_ns(), "bench")))

    def forget_pictures(self) -> None:
        """Delete the pictures written so far: ten thousand parts of eight views are 300 GB."""
        for path in (self.folder / "images").glob("*/*"):
            path.unlink()


@contextmanager
def running_line(views: int, package: Path | None, device: str, folder: Path | None) -> Iterator[Line]:
    """Yield a station with a log in a temporary folder.

    Args:
        views: Of each part.
        package: What judges; None: resnet18 with weights by chance, in int8 on OpenVINO unless `device` says otherwise.
        device: As in a recipe.
        folder: On the disk to be measured; None: that of temporary files.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name, ExitStack() as teardown:
        root = Path(name)
        found = open_package(package) if package else random_package(root / "package")
        model = load_model(found, device) if package or device != "auto" else on_openvino(found)
        model.warm_up()
        recipe = _recipe(root, found.folder)
        camera = PreparedCamera(views)
        feed = CameraFeed(recipe.content.cameras[0], lambda: camera)
        teardown.callback(feed.stop)
        feed.start()
        feed.wait_until_open(10)
        log = teardown.enter_context(open_log(root / "log", station="bench"))
        events: list[Event] = []
        station = Station(recipe, [feed], model, SimulatedGate(), log, name="bench", emit=events.append)
        teardown.callback(events.clear)
        yield Line(station, feed, model, log, root / "log", camera)


def _recipe(folder: Path, package: Path) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text(
        'name = "bench"\n[[cameras]]\nkind = "simulated"\ntimeout_ms = 60000\n[trigger]\nkind = "source"\n'
        f'[model]\npackage = "{package.as_posix()}"\ndevice = "cpu"\n[policy]\ndeadline_ms = 60000\n',
        encoding="utf-8",
    )
    return load_recipe(path)


def random_package(folder: Path, backbone: str = "resnet18", size: int = 224) -> Package:
    """Write a classifier with weights by chance that calls everything good: every part goes the whole way."""
    torch.manual_seed(0)
    network = build_network(backbone, len(_CLASSES))
    card = {
        "method": "classifier",
        "backbone": backbone,
        "classes": _CLASSES,
        "good": ("good",),
        "preprocessing": {"width": size, "height": size},
        "thresholds": {"pass_below": 0.999, "fail_from": 0.9999},
        "training": {"note": "weights by chance"},
        "data": {},
        "metrics": {},
        "libraries": {},
        "created": "2026-01-01T00:00:00+00:00",
    }
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(network.state_dict())})


def on_openvino(package: Package) -> Model:
    """Return a classifier on OpenVINO in int8, without asking whether it may judge."""
    kind = RuntimeKind(runtime="openvino", precision="int8", fitted_anew=False)
    shape = package.card.preprocessing
    graph = ov.convert(classifier_network(package), (1, 3, shape.height, shape.width))
    graph = ov.quantise(graph, [shape.normalise([shape.fit(frame)]) for frame in frames()])
    return candidate_model(package, kind, ov.encoded(ov.from_pixels(graph, shape)))
