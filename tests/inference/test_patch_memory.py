import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from inspector.errors import ModelError, PackageError
from inspector.imaging import sha256_of
from inspector.inference.base import LocatingModel
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.load import load_model
from inspector.inference.memory_model import PatchMemoryModel, PatchMemorySettings, inside_cells, picture_score
from inspector.inference.networks import build_network
from inspector.inference.package import CARD_FILE, WEIGHTS_FILE, AnomalyCard, Package, ScoreScale, write_package
from inspector.inference.patch_memory import PatchMemory, memory_tensors
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import look_of, make_references, references_from
from inspector.types import Image

LAYERS = ("layer1", "layer2")
SIDE = 64


def picture(seed: int, height: int = 80, width: int = 64) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def features(seed: int = 3) -> tuple[torch.fx.GraphModule, PatchFeatures]:
    torch.manual_seed(seed)
    trunk = cut_trunk(build_network("resnet10", 1), LAYERS)
    return trunk, PatchFeatures(trunk, LAYERS, torch.device("cpu"), "float32")


def make_package(folder: Path, *, poison: bool = False) -> Package:
    trunk, made = features()
    preprocessing = Preprocessing(width=SIDE, height=SIDE)
    seen = [picture(seed) for seed in range(4)]
    batch = torch.from_numpy(preprocessing.normalise([preprocessing.fit(each) for each in seen]))
    with torch.inference_mode():
        joined = made.joined(batch)
        mean, directions = joined.mean((0, 1, 2)), torch.eye(joined.shape[-1])[:, :12].contiguous()
        grid = made.projected(batch, mean, directions)
        rows = grid.reshape(-1, 12)[::7].clone()
        memory = PatchMemory(made, mean, directions, rows)
        distances = memory.distances(grid).numpy()
    inside = np.ones(distances.shape[1:], np.bool_)
    references = make_references([look_of(own, inside) for own in grid], list(distances))
    rows, mean, directions = rows.clone(), mean.clone(), directions.clone()
    if poison:
        rows[0, 0] = float("nan")
    card = {
        "method": "patch-memory",
        "backbone": "resnet10",
        "classes": ("good", "anomaly"),
        "good": ("good",),
        "preprocessing": preprocessing,
        "thresholds": {"pass_below": 0.2, "fail_from": 0.5},
        "anomaly": AnomalyCard(
            layers=LAYERS, memory=len(rows), dimensions=12, scale=ScoreScale(middle=10.0, slope=1.0),
            pixel_scale=ScoreScale(middle=1.0, slope=2.0),
            settings=PatchMemorySettings(precision="float32", smoothing=2.0, top_share=0.05).model_dump(),
        ),
        "training": {}, "data": {}, "metrics": {}, "libraries": {}, "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    tensors = memory_tensors(trunk, mean, directions, rows, references)
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(tensors)})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PatchMemoryModel:
    loaded = load_model(make_package(tmp_path_factory.mktemp("package")), "cpu")
    assert isinstance(loaded, PatchMemoryModel)
    return loaded


def test_that_projecting_layer_by_layer_equals_projecting_the_joined_features() -> None:
    _, made = features()
    batch = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        joined = made.joined(batch)
        mean = torch.randn(joined.shape[-1], generator=torch.Generator().manual_seed(2))
        directions = torch.randn(joined.shape[-1], 7, generator=torch.Generator().manual_seed(3))
        assert torch.allclose(made.projected(batch, mean, directions), (joined - mean) @ directions, atol=1e-3)


def test_that_fusing_the_batch_norms_changes_no_feature() -> None:
    trunk, made = features()
    for module in trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    made = PatchFeatures(trunk, LAYERS, torch.device("cpu"), "float32")
    batch = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        plain = functional.avg_pool2d(trunk(batch)["layer1"], 3, 1, 1, count_include_pad=False)
        assert torch.allclose(made.layer_outputs(batch)[0], plain, atol=1e-4)


def test_that_distances_are_those_of_a_plain_search() -> None:
    _, made = features()
    rows = torch.randn(40, 6, generator=torch.Generator().manual_seed(5))
    memory = PatchMemory(made, torch.zeros(1), torch.zeros(1, 6), rows)
    places = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(6))
    expected = torch.cdist(places.reshape(-1, 6), rows).amin(1).reshape(2, 3, 5)
    assert torch.allclose(memory.distances(places), expected, atol=1e-4)
    excluded = torch.arange(40) % 2 == 0
    without = torch.cdist(places.reshape(-1, 6), rows[1::2]).amin(1).reshape(2, 3, 5)
    assert torch.allclose(memory.distances_without(places, excluded), without, atol=1e-4)


def test_that_a_region_is_judged_the_same_alone_and_in_a_batch_and_every_time(model: PatchMemoryModel) -> None:
    seen = [picture(seed, 50 + seed, 64) for seed in range(18)]
    together = model.predict(seen)
    for number in (0, 7, 17):
        alone = model.predict([seen[number]])[0]
        assert alone.score == pytest.approx(together[number].score, abs=1e-5)
    assert model.predict([seen[3]])[0] == model.predict([seen[3]])[0]


def test_that_prediction_is_consistent(model: PatchMemoryModel) -> None:
    for found in model.predict([picture(1), picture(99) // 4]):
        assert found.probabilities["good"] + found.probabilities["anomaly"] == pytest.approx(1.0)
        assert found.score == found.probabilities["anomaly"]
        assert found.anomaly is not None
        assert found.anomaly > 0
        assert (found.predicted_class == "anomaly") == (found.score > 0.5)


def test_that_the_map_has_the_regions_own_size_and_shows_the_strange_place(model: PatchMemoryModel) -> None:
    strange = picture(0)
    strange[30:54, 8:32] = 255
    assert isinstance(model, LocatingModel)
    raw, heat = model.anomaly_maps([strange])[0], model.explain(strange)
    assert raw.shape == heat.shape == strange.shape[:2]
    assert heat.dtype == np.float32
    assert 0 <= heat.min() <= heat.max() <= 1
    assert heat[34:50, 12:28].mean() > 1.1 * np.delete(heat, range(26, 58), axis=0).mean()


@settings(max_examples=30, deadline=None)
@given(width=st.integers(8, 300), height=st.integers(8, 300), mode=st.sampled_from(["letterbox", "crop", "stretch"]))
def test_that_cells_outside_the_letterbox_do_not_count(width: int, height: int, mode: str) -> None:
    preprocessing = Preprocessing(width=64, height=64, mode=mode)
    inside = inside_cells(preprocessing, width, height, (16, 16))
    assert inside.any()
    if mode != "letterbox":
        assert inside.all()
    else:
        place = preprocessing.geometry(width, height)
        expected = place.width * place.height / 16
        assert inside.sum() <= expected + place.width / 4 + place.height / 4 + 4


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), index=st.integers(0, 29), more=st.floats(0.01, 20))
def test_that_a_farther_place_never_lowers_the_score(seed: int, index: int, more: float) -> None:
    places = np.random.default_rng(seed).normal(size=30).astype(np.float32)
    farther = places.copy()
    farther[index] += more
    assert picture_score(farther, 0.1) >= picture_score(places, 0.1)


def test_that_references_compare_with_the_pictures_most_alike() -> None:
    rng = np.random.default_rng(0)
    looks = [np.r_[np.full(4, kind * 10.0), np.ones(4)].astype(np.float32) + rng.normal(0, 0.01, 8).astype(np.float32)
             for kind in (0, 1) for _ in range(10)]  # fmt: skip
    grids = [np.full((3, 3), 1.0 + 5.0 * kind, np.float32) + rng.normal(0, 0.1, (3, 3)).astype(np.float32)
             for kind in (0, 1) for _ in range(10)]  # fmt: skip
    references = make_references(looks, grids)
    inside = np.ones((3, 3), np.bool_)
    usual_there = references.standardise(np.full((3, 3), 6.0, np.float32), looks[15], inside)
    strange_here = references.standardise(np.full((3, 3), 6.0, np.float32), looks[5], inside)
    assert abs(usual_there).max() < 1 < strange_here.min()


def test_that_references_survive_the_package() -> None:
    rng = np.random.default_rng(1)
    grids = [rng.uniform(1, 2, (4, 5)).astype(np.float32) for _ in range(6)]
    grids[2][0, 0] = np.nan
    made = make_references([rng.normal(size=8).astype(np.float32) for _ in range(6)], grids)
    again = references_from(made.tensors())
    assert np.isfinite(made.distances).all()
    assert np.array_equal(again.distances, made.distances)
    assert np.array_equal(again.spread, made.spread)


def test_that_values_that_are_no_numbers_are_an_error_and_no_prediction(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no numbers"):
        load_model(make_package(tmp_path, poison=True), "cpu").predict([picture(1)])


def test_that_altered_weights_are_refused(tmp_path: Path) -> None:
    make_package(tmp_path)
    tensors = safetensors.torch.load((tmp_path / WEIGHTS_FILE).read_bytes())
    tensors["rows"] = tensors["rows"][:-1].contiguous()
    data = safetensors.torch.save(tensors)
    card = json.loads((tmp_path / CARD_FILE).read_text())
    card["files"][WEIGHTS_FILE] = {"sha256": sha256_of(data), "bytes": len(data)}
    (tmp_path / CARD_FILE).write_text(json.dumps(card))
    (tmp_path / WEIGHTS_FILE).write_bytes(data)
    from inspector.inference.package import open_package

    with pytest.raises(PackageError, match="do not fit"):
        load_model(open_package(tmp_path), "cpu")


def test_that_an_unknown_layer_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(ModelError, match="no layer 'layer9'") as caught:
        cut_trunk(build_network("resnet10", 1), ("layer9",))
    assert "layer2" in caught.value.cure
