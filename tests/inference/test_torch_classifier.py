import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ModelError, PackageError
from inspector.imaging import sha256_of
from inspector.inference.device import choose_device
from inspector.inference.networks import build_network, head_name, network_names, network_stages
from inspector.inference.package import CARD_FILE, WEIGHTS_FILE, Package, open_package, write_package
from inspector.inference.torch_classifier import TorchClassifier, load_classifier
from inspector.types import Image

CLASSES = ("good", "dent", "scratch")


def make_package(folder: Path, backbone: str = "resnet10", *, poison: bool = False, **preprocessing: object) -> Package:
    torch.manual_seed(7)
    network = build_network(backbone, len(CLASSES))
    state = network.state_dict()
    if poison:
        state[f"{head_name(network)}.bias"][0] = float("nan")
    card = {
        "method": "classifier",
        "backbone": backbone,
        "classes": CLASSES,
        "good": ("good",),
        "preprocessing": {"width": 64, "height": 48, **preprocessing},
        "thresholds": {"pass_below": 0.2, "fail_from": 0.5},
        "training": {},
        "data": {},
        "metrics": {},
        "libraries": {},
        "created": "2026-01-01T00:00:00+00:00",
    }
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(state)})


def picture(seed: int, height: int = 50, width: int = 70) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TorchClassifier:
    return load_classifier(make_package(tmp_path_factory.mktemp("package")), "cpu")


def test_that_probabilities_sum_to_one_and_the_score_is_the_share_of_the_defects(
    classifier: TorchClassifier,
) -> None:
    for found in classifier.predict([picture(1), picture(2, 200, 31)]):
        assert tuple(found.probabilities) == CLASSES
        assert sum(found.probabilities.values()) == pytest.approx(1.0)
        assert found.score == pytest.approx(found.probabilities["dent"] + found.probabilities["scratch"])
        assert found.predicted_class == max(found.probabilities, key=lambda name: found.probabilities[name])


@settings(max_examples=10, deadline=None)
@given(
    seeds=st.lists(st.integers(0, 1000), min_size=1, max_size=5),
    size=st.tuples(st.integers(8, 90), st.integers(8, 90)),
)
def test_that_a_picture_is_judged_the_same_alone_and_in_a_batch(
    classifier: TorchClassifier, seeds: list[int], size: tuple[int, int]
) -> None:
    pictures = [picture(seed, *size) for seed in seeds]
    together = classifier.predict(pictures)
    for alone, found in zip((classifier.predict([p])[0] for p in pictures), together, strict=True):
        assert found.score == pytest.approx(alone.score, abs=1e-5)


def test_that_more_regions_than_one_batch_come_back_in_order(classifier: TorchClassifier) -> None:
    pictures = [picture(seed) for seed in range(70)]
    scores = [found.score for found in classifier.predict(pictures)]
    assert scores[69] == pytest.approx(classifier.predict([pictures[69]])[0].score, abs=1e-5)
    assert len(scores) == 70


def test_that_no_region_gives_no_prediction(classifier: TorchClassifier) -> None:
    assert classifier.predict([]) == []


@pytest.mark.parametrize("mode", ["letterbox", "crop"])
def test_that_the_heat_map_covers_the_picture(tmp_path: Path, mode: str) -> None:
    model = load_classifier(make_package(tmp_path, mode=mode), "cpu")
    model.warm_up()
    heat = model.explain(picture(3, 50, 90))
    assert heat.shape == (50, 90)
    assert heat.dtype == np.float32
    assert heat.min() >= 0.0
    assert heat.max() <= 1.0


def test_that_explaining_changes_no_prediction(classifier: TorchClassifier) -> None:
    before = classifier.predict([picture(4)])[0]
    classifier.explain(picture(5))
    assert classifier.predict([picture(4)])[0] == before


def test_that_deciding_computes_no_gradients(classifier: TorchClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a gradient was computed")

    monkeypatch.setattr(torch.autograd, "grad", refuse)
    classifier.predict([picture(6)])
    with pytest.raises(AssertionError, match="gradient"):
        classifier.explain(picture(6))


def test_that_values_that_are_not_finite_are_an_error_and_no_prediction(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no probabilities") as caught:
        load_classifier(make_package(tmp_path, poison=True), "cpu").predict([picture(1)])
    assert caught.value.cure


def test_that_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    make_package(tmp_path)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    (tmp_path / CARD_FILE).write_text(json.dumps({**card, "backbone": "resnet18"}))
    with pytest.raises(PackageError, match=r"weights\.safetensors.*do not fit"):
        load_classifier(open_package(tmp_path), "cpu")


def test_that_bytes_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    make_package(tmp_path)
    junk = b"\x80\x04junk that might be a pickle"
    card = json.loads((tmp_path / CARD_FILE).read_text())
    card["files"][WEIGHTS_FILE] = {"sha256": sha256_of(junk), "bytes": len(junk)}
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    (tmp_path / WEIGHTS_FILE).write_bytes(junk)
    with pytest.raises(PackageError, match="do not fit"):
        load_classifier(open_package(tmp_path), "cpu")


def test_that_weights_altered_after_opening_are_refused(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    data = bytearray((tmp_path / WEIGHTS_FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / WEIGHTS_FILE).write_bytes(bytes(data))
    with pytest.raises(PackageError, match="SHA-256 differs"):
        load_classifier(package, "cpu")


def test_that_a_fault_of_the_device_is_a_model_error(
    classifier: TorchClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered\nmore")

    monkeypatch.setattr(classifier, "_network", fail)
    with pytest.raises(ModelError, match="CUDA error") as caught:
        classifier.predict([picture(1)])
    assert "cpu" in caught.value.cure


@pytest.mark.parametrize("name", ["tpu", "meta", ""])
def test_that_an_unknown_device_is_refused_with_the_cure(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        choose_device(name)
    assert "auto" in caught.value.cure


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a PC without a GPU")
def test_that_asking_for_a_missing_gpu_says_so() -> None:
    assert choose_device("auto").type == "cpu"
    with pytest.raises(ModelError, match="no NVIDIA GPU"):
        choose_device("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_that_the_gpu_agrees_with_the_cpu(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    pictures = [picture(seed) for seed in range(4)]
    on_gpu = load_classifier(package, "cuda").predict(pictures)
    for found, expected in zip(on_gpu, load_classifier(package, "cpu").predict(pictures), strict=True):
        assert found.score == pytest.approx(expected.score, abs=0.02)


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v2",
        "mobilenet_v3_small",
        "resnet18",
        "efficientnet_b0",
        "convnext_tiny",
        "regnet_y_400mf",
        "resnet10",
    ],
)
def test_that_every_named_network_has_stages_a_head_and_a_heat_map(name: str, tmp_path: Path) -> None:
    network = build_network(name, 3)
    strides = [stage.stride for stage in network_stages(network)]
    assert strides == sorted(strides)
    assert strides[-1] == (16 if name == "resnet10" else 32)
    assert network.get_submodule(head_name(network)).out_features == 3
    heat = load_classifier(make_package(tmp_path, name), "cpu").explain(picture(1))
    assert heat.shape == (50, 70)


def test_that_the_required_backbones_are_known_and_others_are_refused() -> None:
    assert {"mobilenet_v2", "mobilenet_v3_large", "resnet34", "resnet50"} <= set(network_names())
    with pytest.raises(ModelError, match="vit_b_16"):
        build_network("vit_b_16", 2)
