"""The auto-encoder's run-time on small packages with random or planted weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ModelError, PackageError
from inspector.inference.autoencoder import AutoencoderModel, load_autoencoder, picture_scores
from inspector.inference.autoencoder_network import build_autoencoder
from inspector.inference.load import load_model
from inspector.inference.package import WEIGHTS_FILE, Package, ScoreScale, open_package, write_package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.scales import defect_score, evidence_map, sigmoid
from inspector.inference.similarity import edge_residual, residual, structure_residual
from tests.support import noise_picture

SCALE = ScoreScale(middle=1.0, slope=4.0)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_package(folder: Path, *, weight: float | None = None, mode: str = "letterbox") -> Package:
    """Write an auto-encoder package: random weights, or every weight alike."""
    torch.manual_seed(0)
    network = build_autoencoder(4, 2)
    if weight is not None:
        for parameter in network.parameters():
            parameter.data.fill_(weight)
    card = {
        "method": "autoencoder",
        "backbone": "autoencoder",
        "classes": ("good", "anomaly"),
        "good": ("good",),
        "preprocessing": Preprocessing(width=64, height=48, mode=mode, pad=128, mean=(0, 0, 0), std=(1, 1, 1)),
        "thresholds": {"pass_below": 0.2, "fail_from": 0.5},
        "training": {},
        "data": {},
        "metrics": {},
        "libraries": {},
        "created": "2026-01-01T00:00:00+00:00",
        "anomaly": {
            "scale": SCALE,
            "pixel_scale": SCALE,
            "settings": {"channels": 4, "latent": 2, "smoothing": 5, "top_share": 0.01},
        },
    }
    return write_package(folder, card, {WEIGHTS_FILE: safetensors.torch.save(network.state_dict())})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> AutoencoderModel:
    return load_autoencoder(make_package(tmp_path_factory.mktemp("autoencoder")), "cpu")


def test_that_every_method_is_loaded_by_its_card(tmp_path: Path) -> None:
    make_package(tmp_path)
    assert isinstance(load_model(open_package(tmp_path), "cpu"), AutoencoderModel)


def test_that_predictions_are_probabilities_and_the_score_follows_the_anomaly(model: AutoencoderModel) -> None:
    model.warm_up()
    found = model.predict([noise_picture(seed) for seed in range(20)])
    assert len(found) == 20
    for prediction in found:
        assert prediction.anomaly is not None
        assert prediction.anomaly > 0
        assert prediction.score == pytest.approx(defect_score(SCALE, prediction.anomaly))
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
        assert prediction.score == pytest.approx(1.0 - prediction.probabilities["good"])
        assert prediction.predicted_class == ("anomaly" if prediction.score > 0.5 else "good")
    assert model.predict([]) == []


def test_that_a_picture_is_judged_the_same_alone_and_among_others(model: AutoencoderModel) -> None:
    pictures = [noise_picture(seed, 40 + seed, 50) for seed in range(18)]
    together = model.predict(pictures)
    for picture, among in zip(pictures, together, strict=True):
        assert model.predict([picture])[0].score == pytest.approx(among.score, abs=1e-5)


@pytest.mark.parametrize("mode", ["letterbox", "crop"])
def test_that_maps_lie_in_the_region_s_own_coordinates(tmp_path: Path, mode: str) -> None:
    model = load_autoencoder(make_package(tmp_path, weight=0.0, mode=mode), "cpu")  # draws middle grey, always
    region = np.full((90, 200, 3), 128, np.uint8)
    region[30:60, 110:150] = noise_picture(1, 40, 30)
    heat = model.explain(region)
    raw = model.anomaly_maps([region])[0]
    assert heat.shape == raw.shape == (90, 200)
    assert heat.dtype == raw.dtype == np.float32
    assert 0.0 <= float(heat.min()) <= float(heat.max()) <= 1.0
    outside = raw.copy()
    outside[20:70, 100:160] = np.nan
    assert float(raw[30:60, 110:150].min()) > 10 * float(np.nanmean(outside))
    np.testing.assert_allclose(heat, evidence_map(SCALE, raw))


def test_that_weights_that_are_no_numbers_are_an_error_and_no_prediction(tmp_path: Path) -> None:
    model = load_autoencoder(make_package(tmp_path, weight=float("nan")), "cpu")
    with pytest.raises(ModelError, match="NaN"):
        model.predict([noise_picture(1)])
    with pytest.raises(ModelError, match="NaN"):
        model.explain(noise_picture(1))


def test_that_a_fault_of_the_device_is_a_model_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_autoencoder(make_package(tmp_path), "cpu")

    def fail(*_args: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered\nmore")

    monkeypatch.setattr(model, "_network", fail)
    with pytest.raises(ModelError, match="CUDA error"):
        model.predict([noise_picture(1)])


def test_that_altered_or_foreign_weights_are_refused(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    data = bytearray((tmp_path / WEIGHTS_FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / WEIGHTS_FILE).write_bytes(bytes(data))
    with pytest.raises(PackageError, match="SHA-256 differs"):
        load_autoencoder(package, "cpu")
    other = build_autoencoder(8, 2).state_dict()
    card = package.card.model_dump(exclude={"files", "schema_"})
    foreign = write_package(tmp_path / "foreign", card, {WEIGHTS_FILE: safetensors.torch.save(other)})
    with pytest.raises(PackageError, match="do not fit"):
        load_autoencoder(foreign, "cpu")
    card["anomaly"]["settings"] = {}
    nameless = write_package(tmp_path / "nameless", card, {WEIGHTS_FILE: safetensors.torch.save(other)})
    with pytest.raises(PackageError, match="channels"):
        load_autoencoder(nameless, "cpu")


def test_that_equal_pictures_have_no_residual_and_a_change_is_seen_where_it_is() -> None:
    one = torch.from_numpy(noise_picture(3)).permute(2, 0, 1)[None].float() / 255
    assert float(residual(one, one).abs().max()) < 1e-4
    other = one.clone()
    other[:, :, 10:20, 30:40] = 0.5
    found = residual(one, other)[0, 0]
    assert found.shape == one.shape[-2:]
    assert float(found[10:20, 30:40].mean()) > 20 * float(found[30:, :20].mean())


def test_that_structure_agrees_with_a_direct_computation() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 15, 15))
    a, b = x[4:11, 4:11], y[4:11, 4:11]
    covariance = (a * b).mean() - a.mean() * b.mean()
    expected = ((2 * a.mean() * b.mean() + 1e-4) * (2 * covariance + 9e-4)) / (
        (a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (a.var() + b.var() + 9e-4)
    )
    found = structure_residual(torch.tensor(x)[None, None], torch.tensor(y)[None, None])
    assert float(found[0, 0, 7, 7]) == pytest.approx(1.0 - expected, abs=1e-9)


def test_that_a_lost_edge_is_seen_although_the_mean_stays() -> None:
    edge = torch.zeros(1, 1, 32, 32)
    edge[..., 16:] = 1.0
    flat = torch.full_like(edge, 0.5)
    assert float(edge_residual(edge, flat)[..., 15:17].mean()) > 10 * float(edge_residual(edge, flat)[..., :8].mean())


@given(st.lists(st.floats(0, 100), min_size=4, max_size=40), st.floats(0.01, 1.0))
@settings(max_examples=50, deadline=None)
def test_that_the_picture_s_score_lies_between_mean_and_maximum(values: list[float], share: float) -> None:
    maps = torch.tensor(values, dtype=torch.float64)[None, None]
    score = float(picture_scores(maps, share)[0])
    assert np.mean(values) - 1e-9 <= score <= max(values) + 1e-9


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(1e-3, 1e3), st.floats(0.1, 60))
@settings(max_examples=200, deadline=None)
def test_that_the_defect_score_rises_with_the_anomaly_and_stays_a_probability(
    one: float, other: float, middle: float, slope: float
) -> None:
    scale = ScoreScale(middle=middle, slope=slope)
    low, high = (defect_score(scale, value) for value in sorted((one, other)))
    assert 0.0 <= low <= high <= 1.0
    assert defect_score(scale, middle) == pytest.approx(0.5)


def test_that_the_sigmoid_neither_overflows_nor_loses_its_ends() -> None:
    ends = sigmoid(np.array([-800.0, -700.0, 0.0, 700.0]))
    assert ends[0] == 0.0
    assert ends[1] > 0.0
    assert ends[2:].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    "changes",
    [{"top_share": None}, {"top_share": 0}, {"smoothing": 4}, {"channels": 10**6}, {"latent": -1}, {"more": 1}],
)
def test_that_settings_out_of_every_bound_make_no_model(changes: dict[str, object], tmp_path: Path) -> None:
    package = make_package(tmp_path / "whole")
    assert package.card.anomaly is not None
    settings_ = {**package.card.anomaly.settings, **changes}
    anomaly = package.card.anomaly.model_copy(
        update={"settings": {name: value for name, value in settings_.items() if value is not None}}
    )
    card = {**package.card.model_dump(exclude={"files", "schema_"}), "anomaly": anomaly}
    other = write_package(tmp_path / "other", card, {WEIGHTS_FILE: package.read_file(WEIGHTS_FILE)})
    with pytest.raises(PackageError, match="do not fit"):
        load_autoencoder(other, "cpu")
