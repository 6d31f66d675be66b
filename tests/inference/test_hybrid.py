"""The hybrid's run-time on a small package with random weights: two halves, one prediction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.errors import ModelError, PackageError
from inspector.imaging import encode_png
from inspector.inference.fusion import Fusion, fused_score
from inspector.inference.hybrid import HybridModel, hybrid_settings, join, load_hybrid
from inspector.inference.load import load_model
from inspector.inference.package import (
    ANOMALY,
    WEIGHTS_FILE,
    AnomalyCard,
    Card,
    Package,
    ScoreScale,
    open_package,
    write_package,
)
from inspector.inference.preprocess import Preprocessing
from inspector.inference.torch_classifier import load_classifier
from tests.support import CLASSES, noise_picture, tiny_package
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.progress import TerminalReporter

UNIT = ScoreScale(middle=1.0, slope=1.0)
FUSION = Fusion(ScoreScale(middle=2.0, slope=1.0), ScoreScale(middle=3.0, slope=4.0), ScoreScale(middle=0.7, slope=1.0))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


CARD = {
    "method": "hybrid",
    "backbone": "resnet10",
    "good": ("good",),
    "preprocessing": Preprocessing(width=64, height=64),
    "thresholds": {"pass_below": 0.2, "fail_from": 0.5},
    "training": {},
    "data": {},
    "metrics": {},
    "libraries": {},
    "created": "2026-01-01T00:00:00+00:00",
    "anomaly": AnomalyCard(scale=UNIT, pixel_scale=UNIT),
}


def make_memory(folder: Path) -> Package:
    """Fit a patch memory of another input size than the classifier's: random network, a dozen pictures of noise."""
    (folder / "images" / "good").mkdir(parents=True)
    for number in range(12):
        path = folder / "images" / "good" / f"{number:02}.png"
        path.write_bytes(encode_png(noise_picture(100 + number, 64, 64)))
    import_images(ImportRequest(folder / "images", folder / "data", pattern="{class}/{id}.png", good=("good",)))
    config = PatchMemoryConfig(
        backbone="resnet10", weights="none", width=64, height=64, memory=50, dimensions=6, precision="float32"
    )
    with open_dataset(folder / "data") as dataset:
        return fit_patch_memory(dataset, folder / "memory", config, TerminalReporter(), device="cpu")


def make_hybrid(folder: Path, memory: Package, *, spoil: str = "") -> Package:
    """Write a hybrid of a tiny classifier and a memory; `spoil`: a tensor whose values become nan."""
    classifier = tiny_package(folder / "classifier")
    assert memory.card.anomaly is not None
    tensors = {
        f"{half}.{name}": value
        for half, package in (("classifier", classifier), ("memory", memory))
        for name, value in safetensors.torch.load(package.read_file(WEIGHTS_FILE)).items()
    }
    if spoil:
        tensors[spoil] = torch.full_like(tensors[spoil], float("nan"))
    own = hybrid_settings(memory.card, FUSION)
    card = {
        **classifier.card.model_dump(exclude={"files", "schema_"}),
        "method": "hybrid",
        "classes": (*CLASSES, ANOMALY),
        "training": {"classifier": {"classes": CLASSES}},
        "anomaly": memory.card.anomaly.model_copy(update={"settings": own}),
    }
    return write_package(folder / "hybrid", card, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return make_memory(tmp_path_factory.mktemp("memory"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, memory: Package) -> Path:
    made = tmp_path_factory.mktemp("hybrid")
    make_hybrid(made, memory)
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> HybridModel:
    found = load_model(open_package(folder / "hybrid"), "cpu")
    assert isinstance(found, HybridModel)
    return found


def test_that_both_halves_judge_as_they_do_alone_and_are_joined(
    model: HybridModel, folder: Path, memory: Package
) -> None:
    model.warm_up()
    pictures = [noise_picture(seed) for seed in range(5)]
    named = load_classifier(open_package(folder / "classifier"), "cpu").predict(pictures)
    measured = load_model(memory, "cpu").predict(pictures)
    for found, known, unusual in zip(model.predict(pictures), named, measured, strict=True):
        assert found.anomaly == pytest.approx(unusual.anomaly)
        good = known.probabilities["good"]
        odds = sum(value for name, value in known.probabilities.items() if name != "good") / good
        assert unusual.anomaly is not None
        assert found.score == pytest.approx(fused_score(FUSION, odds, unusual.anomaly))
        assert set(found.probabilities) == {*CLASSES, ANOMALY}
        assert sum(found.probabilities.values()) == pytest.approx(1.0)
        assert found.score == pytest.approx(1.0 - found.probabilities["good"])
        assert found.probabilities[found.predicted_class] == max(found.probabilities.values())
    assert model.predict([]) == []


PROBABILITIES = st.lists(st.floats(-30, 30), min_size=3, max_size=3).map(
    lambda logits: dict(zip(("good", "crack", "dent"), torch.tensor(logits).double().softmax(0).tolist(), strict=True))
)


def card_of(*classes: str) -> Card:
    whole = {**CARD, "classes": classes, "files": {WEIGHTS_FILE: {"sha256": "0" * 64, "bytes": 0}}}
    return Card.model_validate(whole)


@given(PROBABILITIES, st.floats(0, 1e9))
@settings(max_examples=200, deadline=None)
def test_that_probabilities_sum_to_one_and_agree_with_the_score(known: dict[str, float], anomaly: float) -> None:
    probabilities, score = join(known, anomaly, card_of("good", "crack", "dent", ANOMALY), FUSION)
    assert sum(probabilities.values()) == pytest.approx(1.0, abs=1e-9)
    assert all(0.0 <= value <= 1.0 + 1e-12 for value in probabilities.values())
    assert score == pytest.approx(1.0 - probabilities["good"], abs=1e-9)
    assert (probabilities["crack"] >= probabilities["dent"]) == (known["crack"] >= known["dent"]) or score < 1e-9


def test_that_known_defects_are_named_and_unknown_ones_called_anomaly() -> None:
    card = card_of("good", "crack", "dent", ANOMALY)

    def named(known: dict[str, float], anomaly: float) -> str:
        probabilities, _ = join(known, anomaly, card, FUSION)
        return max(probabilities, key=lambda name: probabilities[name])

    sure, good = {"good": 0.01, "crack": 0.98, "dent": 0.01}, {"good": 0.98, "crack": 0.01, "dent": 0.01}
    assert named(good, 0.5) == "good"
    assert named(sure, 0.5) == "crack"
    assert named(sure, 50.0) == "crack"
    assert named(good, 50.0) == ANOMALY


def test_that_a_classifier_which_knows_anomalies_itself_keeps_one_class_for_them() -> None:
    known = {"good": 0.1, "crack": 0.2, ANOMALY: 0.7}
    probabilities, score = join(known, 50.0, card_of("good", "crack", ANOMALY), FUSION)
    assert set(probabilities) == set(known)
    assert sum(probabilities.values()) == pytest.approx(1.0)
    assert probabilities[ANOMALY] > probabilities["crack"]
    assert score == pytest.approx(1.0 - probabilities["good"])


def test_that_the_heat_map_covers_the_picture_and_is_never_below_the_memory_s(
    model: HybridModel, memory: Package
) -> None:
    region = noise_picture(7, 90, 50)
    heat = model.explain(region)
    assert heat.shape == (50, 90)
    assert heat.dtype == np.float32
    assert 0.0 <= float(heat.min()) <= float(heat.max()) <= 1.0
    alone = load_model(memory, "cpu").explain(region)
    assert bool((heat >= alone - 1e-6).all())
    assert model.anomaly_maps([region])[0].shape == (50, 90)


@pytest.mark.parametrize("tensor", ["classifier.fc.weight", "memory.directions"])
def test_that_weights_that_are_no_numbers_are_an_error_and_no_prediction(
    tmp_path: Path, memory: Package, tensor: str
) -> None:
    model = load_hybrid(make_hybrid(tmp_path, memory, spoil=tensor), "cpu")
    with pytest.raises(ModelError, match="NaN"):
        model.predict([noise_picture(1)])


def test_that_altered_weights_are_refused(tmp_path: Path, memory: Package) -> None:
    package = make_hybrid(tmp_path, memory)
    path = package.folder / WEIGHTS_FILE
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(PackageError, match="SHA-256 differs"):
        load_hybrid(package, "cpu")


@pytest.mark.parametrize("missing", ["fusion", "memory"])
def test_that_a_card_without_its_settings_is_refused(tmp_path: Path, memory: Package, missing: str) -> None:
    package = make_hybrid(tmp_path, memory)
    card = package.card.model_dump(exclude={"files", "schema_"})
    del card["anomaly"]["settings"][missing]
    other = write_package(tmp_path / "other", card, {WEIGHTS_FILE: package.read_file(WEIGHTS_FILE)})
    with pytest.raises(PackageError, match=missing):
        load_hybrid(other, "cpu")


@pytest.mark.parametrize("half", ["classifier", "memory"])
def test_that_a_package_without_one_half_is_refused(tmp_path: Path, memory: Package, half: str) -> None:
    package = make_hybrid(tmp_path, memory)
    tensors = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
    kept = {name: value for name, value in tensors.items() if not name.startswith(f"{half}.")}
    card = package.card.model_dump(exclude={"files", "schema_"})
    other = write_package(tmp_path / "other", card, {WEIGHTS_FILE: safetensors.torch.save(kept)})
    with pytest.raises(PackageError, match="do not fit"):
        load_hybrid(other, "cpu")
