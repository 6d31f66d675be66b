"""Small real data sets and one trained package, shared by the tests of training."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.imaging import encode_png
from inspector.inference.package import Package
from inspector.types import Image
from training.classify import train_classifier
from training.config import TrainingConfig, make_config
from training.progress import make_reporter

SIDE = 48


def plate(rng: np.random.Generator, kind: str) -> tuple[Image, Image]:
    """Draw a grey plate with a dark spot, a bright bar or nothing on it, and the mask of what is on it."""
    picture = rng.normal(120 + rng.uniform(-15, 15), 6, (SIDE, SIDE, 1)).repeat(3, axis=2)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    y, x = rng.integers(6, SIDE - 18, 2)
    if kind == "spot":
        mask[y : y + 9, x : x + 9] = 255
        picture[mask > 0] -= 80
    elif kind == "bar":
        mask[y : y + 4, x : x + 16] = 255
        picture[mask > 0] += 90
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def make_plates(folder: Path, counts: dict[str, int], *, masks: bool = True, views: int = 1, seed: int = 0) -> Path:
    """Write pictures as images/<class>/<part>_<view>.png and import them as the data set folder/data."""
    rng = np.random.default_rng(seed)
    for kind, count in counts.items():
        for number in range(count):
            for view in range(views):
                picture, mask = plate(rng, kind)
                path = folder / "images" / kind / f"{kind}{number:03}_{view}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_png(picture))
                if masks and kind != "good":
                    marked = folder / "masks" / kind / path.name
                    marked.parent.mkdir(parents=True, exist_ok=True)
                    marked.write_bytes(encode_png(mask))
    import_images(
        ImportRequest(
            source=folder,
            out=folder / "data",
            pattern="images/{class}/{part}_{view}.png",
            mask="masks/{class}/{part}_{view}.png" if masks else "",
            good=("good",),
            rule=SplitRule(seed=seed),
        )
    )
    return folder / "data"


MakePlates = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: pictures of 48 pixels are too small to share, and waiting threads steal time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def plates_factory() -> MakePlates:
    """Return `make_plates`."""
    return make_plates


@pytest.fixture(scope="session")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 90 plates with masks, two views per part of which there are 45."""
    return make_plates(tmp_path_factory.mktemp("plates"), {"good": 21, "spot": 12, "bar": 12}, views=2)


@pytest.fixture(scope="session")
def small_config() -> TrainingConfig:
    """Settings with which the plates are learned within seconds."""
    return make_config(
        backbone="resnet10", weights="none", width=SIDE, height=SIDE, epochs=10, batch_size=8, augment="light",
        learning_rate=4e-3,
    )  # fmt: skip


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, plates: Path, small_config: TrainingConfig) -> Package:
    """A package trained on the plates, and its run folder beside it."""
    out = tmp_path_factory.mktemp("trained") / "package"
    with open_dataset(plates) as dataset:
        return train_classifier(dataset, out, small_config, make_reporter(json_lines=False), device="cpu")
