"""Whole packages, recipes and archives for the campaign of malformed ones: what it spoils was good before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from datasets.packing import pack_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.inference.autoencoder_network import build_autoencoder
from inspector.inference.calibration import calibration_bytes
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.fusion import Fusion
from inspector.inference.hybrid import hybrid_settings
from inspector.inference.memory_model import PatchMemorySettings
from inspector.inference.networks import build_network
from inspector.inference.package import (
    ANOMALY,
    CALIBRATION_FILE,
    WEIGHTS_FILE,
    AnomalyCard,
    Package,
    ScoreScale,
    revise_package,
    write_package,
)
from inspector.inference.patch_memory import PatchMemory, memory_tensors
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import look_of, make_references
from inspector.keyfiles import read_private
from inspector.keys.deeds import new_key, sign, trust_key
from inspector.keys.subjects import signed_package
from inspector.packing import pack_package, pack_recipe
from inspector.release_change import enter, keep
from inspector.types import CalibrationScores, Person
from tests.support import CLASSES, noise_picture, recipe_text, tiny_package

_LAYERS, _SIDE = ("layer1", "layer2"), 48
_UNIT = ScoreScale(middle=1.0, slope=1.0)
_EMPTY = {"training": {}, "data": {}, "metrics": {}, "libraries": {}, "created": "2026-01-01T00:00:00+00:00"}
_LIMITS = {"thresholds": {"pass_below": 0.2, "fail_from": 0.5}}


@dataclass(frozen=True, slots=True)
class Seeds:
    """What is spoiled.

    Attributes:
        packages: One of every method, the first one calibrated and signed.
        release: A release folder.
        recipes: Texts of recipes.
        archives: A package, a recipe, a data set: each packed.
    """

    packages: tuple[Path, ...]
    release: Path
    recipes: tuple[str, ...]
    archives: tuple[Path, Path, Path]


def make_seeds(folder: Path) -> Seeds:
    """Make everything in `folder`; the same bytes for the same program."""
    classifier = _calibrated(tiny_package(folder / "classifier", size=_SIDE))
    memory = _memory(folder / "memory")
    packages = (classifier, memory, _autoencoder(folder / "autoencoder"), _hybrid(folder / "hybrid", memory))
    private, public = new_key(Person("campaign"), "campaign", folder=folder / "keys", why="campaign")
    trust_key(Person("campaign"), public, "campaign", why="campaign")
    sign(Person("campaign"), signed_package(classifier), read_private(private, str), why="campaign")
    release = folder / "release"
    keep(release, classifier)
    enter(release, classifier.hash, "init", who=Person("campaign"), why="start", expected=None)
    texts = (recipe_text(classifier.folder), _full_recipe(release))
    recipe = folder / "washer.toml"
    recipe.write_text(texts[0], encoding="utf-8")
    synthesize(SyntheticRequest(folder / "data", images=6, size_px=64))
    archives = (folder / "package.zip", folder / "recipe.zip", folder / "dataset.zip")
    pack_package(classifier.folder, archives[0], _quiet)
    pack_recipe(recipe, archives[1], _quiet)
    pack_dataset(folder / "data", archives[2], _quiet)
    return Seeds(tuple(package.folder for package in packages), release, texts, archives)


def _quiet(_done: int, _all: int) -> None:
    """Nobody looks."""


def _calibrated(package: Package) -> Package:
    """Give a package a calibration, as far as reading it goes."""
    scores = CalibrationScores(
        ("a", "b"), ("good", "crack"), np.array([False, True]), np.array([0.1, 0.9]), np.array([0.1, 0.9]),
        np.array([np.nan, np.nan]),
    )  # fmt: skip
    card = {"good_parts": 1, "defective_parts": 1, "dataset": {}, "created": "2026-01-01T00:00:00+00:00"}
    return revise_package(package, {"calibration": card}, {CALIBRATION_FILE: calibration_bytes(scores, {}, {})})


def _autoencoder(folder: Path) -> Package:
    torch.manual_seed(0)
    network = build_autoencoder(4, 2)
    settings = {"channels": 4, "latent": 2, "smoothing": 5, "top_share": 0.01}
    card = {
        "method": "autoencoder",
        "backbone": "autoencoder",
        "classes": ("good", ANOMALY),
        "good": ("good",),
        "preprocessing": Preprocessing(width=_SIDE, height=_SIDE),
        "anomaly": {"scale": _UNIT, "pixel_scale": _UNIT, "settings": settings},
        **_LIMITS,
        **_EMPTY,
    }
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(network.state_dict())})


def _memory(folder: Path) -> Package:
    torch.manual_seed(0)
    trunk = cut_trunk(build_network("resnet10", 1), _LAYERS)
    made = PatchFeatures(trunk, _LAYERS, torch.device("cpu"), "float32")
    preprocessing = Preprocessing(width=_SIDE, height=_SIDE)
    seen = [noise_picture(seed, _SIDE, _SIDE) for seed in range(3)]
    batch = torch.from_numpy(preprocessing.normalise([preprocessing.fit(each) for each in seen]))
    with torch.inference_mode():
        joined = made.joined(batch)
        mean, directions = joined.mean((0, 1, 2)), torch.eye(joined.shape[-1])[:, :8].contiguous()
        grid = made.projected(batch, mean, directions)
        rows = grid.reshape(-1, 8)[::7].clone()
        distances = PatchMemory(made, mean, directions, rows).distances(grid).numpy()
    inside = np.ones(distances.shape[1:], np.bool_)
    references = make_references([look_of(own, inside) for own in grid], list(distances))
    settings = PatchMemorySettings(precision="float32", smoothing=2.0, top_share=0.05).model_dump()
    card = {
        "method": "patch-memory",
        "backbone": "resnet10",
        "classes": ("good", ANOMALY),
        "good": ("good",),
        "preprocessing": preprocessing,
        "anomaly": AnomalyCard(
            layers=_LAYERS, memory=len(rows), dimensions=8, scale=_UNIT, pixel_scale=_UNIT, settings=settings
        ),
        **_LIMITS,
        **_EMPTY,
    }
    tensors = memory_tensors(trunk, mean.clone(), directions.clone(), rows.clone(), references)
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


def _hybrid(folder: Path, memory: Package) -> Package:
    classifier = tiny_package(folder / "half", size=_SIDE)
    assert memory.card.anomaly is not None
    tensors = {
        f"{half}.{name}": value
        for half, package in (("classifier", classifier), ("memory", memory))
        for name, value in safetensors.torch.load(package.read_file(WEIGHTS_FILE)).items()
    }
    anomaly = memory.card.anomaly.model_copy(
        update={"settings": hybrid_settings(memory.card, Fusion(_UNIT, _UNIT, _UNIT))}
    )
    card = {
        **classifier.card.model_dump(exclude={"files", "schema_"}),
        "method": "hybrid",
        "classes": (*CLASSES, ANOMALY),
        "training": {"classifier": {"classes": CLASSES}},
        "anomaly": anomaly,
    }
    return write_package(folder / "whole", card, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


def _full_recipe(release: Path) -> str:
    """Return a recipe with every table."""
    camera = (
        'kind = "device"\nname = "left"\nview = "front"\ndevice = 1\nskip_frames = 1\ntimeout_ms = 500.0\n'
        "region = { x = 0, y = 0, width = 100, height = 80 }\n[cameras.settings]\nwidth = 640\nfps = 30.0\n"
        'exposure = 120\n[[cameras]]\nkind = "folder"\nname = "right"\nview = "back"\npath = "pictures"\n'
        'pattern = "{part}/{id}"\nexclude = "*_label.png"\n'
    )
    extra = (
        '[policy]\npass_below = 0.1\nfail_from = 0.6\ndeadline_ms = 3000\n[output]\nkind = "file"\npath = "gate.txt"\n'
        f'[shadow]\npackage = "{release.as_posix()}"\n[challenge]\nparts = 3\nat = ["start"]\nshifts = ["06:00"]\n'
        "[watch]\nfalse_alarms_per_day = 0.1\nparts_per_day = 20000\n[requirements]\nmax_escape = 0.01\n"
        "[retention]\npass_every = 10\npasses_days = 30.0\n"
    )
    return recipe_text(release, camera=camera, trigger='kind = "timer"\nperiod_ms = 1000', extra=extra)
