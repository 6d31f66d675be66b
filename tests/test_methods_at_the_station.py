"""One station for every method: a part through the thread, recorded, replayed, and explained."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.importer import import_images
from datasets.manifest import Dataset, open_dataset
from datasets.plan import ImportRequest
from inspector.events import Event, HeatMapReady, PartDecided, StationState, StationStateChanged
from inspector.imaging import encode_png
from inspector.inference.package import Package
from inspector.log import open_log, read_log
from inspector.recipe import load_recipe
from inspector.replay import replay
from inspector.slots import LatestSlot
from inspector.types import Image, Verdict
from inspector.worker import StationThread
from tests.support import recipe_text
from training.autoencoder import AutoencoderConfig, train_autoencoder
from training.config import make_config
from training.hybrid import train_hybrid
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.progress import Reporter, TerminalReporter

SIDE = 96
MEMORY = PatchMemoryConfig(
    backbone="resnet10", weights="none", width=SIDE, height=SIDE, memory=200, dimensions=16, precision="float32"
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stripes(rng: np.random.Generator, *, spot: bool = False) -> Image:
    """Draw a striped part, with a bright blot of noise in one place or without."""
    wave = 90 + 40 * np.sin(np.arange(SIDE) / 4.0 + rng.uniform(0, 0.3))
    picture = np.repeat(np.repeat(wave[None, :, None], SIDE, 0), 3, 2) + rng.normal(0, 3, (SIDE, SIDE, 1))
    if spot:
        picture[60:80, 12:32] = rng.uniform(0, 255, (20, 20, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stripes")
    rng = np.random.default_rng(0)
    for kind, count in (("good", 30), ("spot", 14)):
        (folder / "images" / kind).mkdir(parents=True)
        for number in range(count):
            picture = stripes(rng, spot=kind == "spot")
            (folder / "images" / kind / f"{kind}{number:02}.png").write_bytes(encode_png(picture))
    import_images(ImportRequest(folder, folder / "data", pattern="images/{class}/{id}.png", good=("good",)))
    return folder / "data"


def autoencoder(dataset: Dataset, out: Path) -> Package:
    config = AutoencoderConfig(width=48, height=48, epochs=12, batch_size=8, channels=8, latent=4, learning_rate=5e-3)
    return train_autoencoder(dataset, out, config, TerminalReporter(), device="cpu")


def patch_memory(dataset: Dataset, out: Path, reporter: Reporter | None = None) -> Package:
    return fit_patch_memory(dataset, out, MEMORY, reporter or TerminalReporter(), device="cpu")


def hybrid(dataset: Dataset, out: Path) -> Package:
    config = make_config(
        backbone="resnet10", weights="none", width=48, height=48, epochs=4, batch_size=8, learning_rate=4e-3
    )

    def memory(folder: Path, reporter: Reporter) -> Package:
        return patch_memory(dataset, folder, reporter)

    return train_hybrid(dataset, out, config, memory, TerminalReporter(), device="cpu")


@pytest.mark.parametrize("make", [autoencoder, patch_memory, hybrid])
def test_that_a_part_of_every_method_is_judged_recorded_replayed_and_explained(
    make: Callable[[Dataset, Path], Package], data: Path, tmp_path: Path
) -> None:
    with open_dataset(data) as dataset:
        package = make(dataset, tmp_path / "package")
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "bad.png").write_bytes(encode_png(stripes(np.random.default_rng(99), spot=True)))
    recipe = tmp_path / "recipe.toml"
    camera = f'kind = "folder"\npath = "{folder.as_posix()}"'
    recipe.write_text(recipe_text(package.folder, camera=camera), encoding="utf-8")

    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    seen: list[Event] = []
    with open_log(tmp_path / "log") as log:
        station = StationThread(load_recipe(recipe), log, events, LatestSlot())
        station.start()
        while not any(isinstance(event, StationStateChanged) and event.state is StationState.STOPPED for event in seen):
            seen.append(events.get(timeout=60))
        station.join(10)
    decided = next(event.record for event in seen if isinstance(event, PartDecided))
    assert decided.decision.verdict in (Verdict.FAIL, Verdict.REVIEW)
    prediction = next(iter(decided.predictions.values()))
    assert prediction.anomaly is not None
    assert set(prediction.probabilities) == set(package.card.classes)
    heat = next(event.heat_map for event in seen if isinstance(event, HeatMapReady))
    assert heat.shape == (SIDE, SIDE)
    outside = heat.copy()
    outside[44:, :48] = np.nan
    assert heat.max() <= 1.0
    assert float(heat[60:80, 12:32].mean()) > 2 * float(np.nanmean(outside))
    with read_log(tmp_path / "log") as read:
        (replayed,) = replay(read, read.find())
    assert replayed.same
