"""Health of pictures: each statistic follows its fault, and the reference is written and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from inspector.errors import PackageError
from inspector.line.health import FEWEST, KEPT, HealthReference, health_reference, read_health
from inspector.line.picture import Statistic, change_of, measure
from tests.line.linepictures import washers
from tests.performance import drift_faults as faults


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return health_reference(("front", pixels) for pixels in washers(120))


@pytest.fixture(scope="module")
def reference(document: dict[str, Any]) -> HealthReference:
    return read_health(document, "calibration.json")["front"]


def _medians(reference: HealthReference, spoil: faults.Spoil | None = None) -> dict[Statistic, float]:
    rng = np.random.default_rng(0)
    pictures = [spoil(pixels, rng) if spoil else pixels for pixels in washers(30, seed=1)]
    found = [reference.figures(measure(pixels)) for pixels in pictures]
    return {name: float(np.median([figures[name] for figures in found])) for name in Statistic}


@pytest.mark.parametrize(
    ("statistic", "side", "spoil"),
    [
        (Statistic.FOCUS, -1, faults.defocus(0.7)),
        (Statistic.FOCUS, -1, faults.defocus(2.0)),
        (Statistic.BRIGHTNESS, -1, faults.exposure(0.8)),
        (Statistic.BRIGHTNESS, 1, faults.exposure(1.25)),
        (Statistic.DARK, 1, lambda pixels, _rng: np.where(pixels < 40, 0, pixels).astype(np.uint8)),
        (Statistic.BRIGHT, 1, faults.exposure(2.5)),
        (Statistic.CONTRAST, -1, faults.veil(0.2)),
        (Statistic.NOISE, 1, faults.noise(5.0)),
        (Statistic.SHIFT_X, 1, faults.shift(6)),
        (Statistic.SHIFT_X, -1, faults.shift(-6)),
        (Statistic.SHIFT_Y, 1, faults.shift(0, 6)),
        (Statistic.SHIFT_Y, -1, faults.shift(0, -6)),
    ],
)
def test_that_a_statistic_follows_its_fault(
    reference: HealthReference, statistic: Statistic, side: int, spoil: faults.Spoil
) -> None:
    well, spoilt = _medians(reference), _medians(reference, spoil)
    low, high = np.quantile(reference.samples[statistic], [0.25, 0.75])
    assert side * (spoilt[statistic] - well[statistic]) > (high - low) / 2
    assert spoilt[statistic] != well[statistic]


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_that_focus_does_not_mind_the_light(reference: HealthReference, factor: float) -> None:
    well, spoilt = _medians(reference), _medians(reference, faults.exposure(factor))
    spread = float(np.std(reference.samples[Statistic.FOCUS]))
    assert abs(spoilt[Statistic.FOCUS] - well[Statistic.FOCUS]) < 0.5 * spread


@pytest.mark.parametrize("dx", [-5, 3, 9])
def test_that_a_shift_is_measured_in_pixels(reference: HealthReference, dx: int) -> None:
    well, moved = _medians(reference), _medians(reference, faults.shift(dx, -2))
    assert moved[Statistic.SHIFT_X] - well[Statistic.SHIFT_X] == pytest.approx(dx, abs=1.0)
    assert moved[Statistic.SHIFT_Y] - well[Statistic.SHIFT_Y] == pytest.approx(-2, abs=1.0)


def test_that_the_same_exposure_looks_frozen_and_another_one_does_not() -> None:
    rng = np.random.default_rng(3)
    pixels = washers(2)[0]
    once = measure(pixels)
    assert change_of(measure(pixels), once).frozen()
    coded = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 97])[1], cv2.IMREAD_COLOR)
    assert change_of(measure(np.asarray(coded, np.uint8)), once).frozen()
    assert not change_of(measure(washers(2)[1]), once).frozen()
    scene = cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.float32)  # the same still scene, exposed twice
    first, second = (np.clip(scene + rng.normal(0, 3, scene.shape), 0, 255).astype(np.uint8) for _ in range(2))
    assert not change_of(measure(second), measure(first)).frozen()
    assert not change_of(measure(first[:40]), once).frozen()


def test_that_strong_compression_does_not_hide_a_frozen_picture(reference: HealthReference) -> None:
    assert reference.least_change > 5.0
    pixels = cv2.GaussianBlur(washers(120)[0], (0, 0), 1.0)  # hardly any noise: its compression changes more than that
    coded = cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)
    change = change_of(measure(np.asarray(coded, np.uint8)), measure(np.asarray(pixels, np.uint8)))
    assert not change.frozen()
    assert change.frozen(reference.least_change)


@pytest.mark.parametrize("shape", [(8, 8), (9, 400), (600, 11), (700, 1300)])
@pytest.mark.parametrize("value", [0, 255])
def test_that_any_picture_can_be_measured(shape: tuple[int, int], value: int) -> None:
    picture = measure(np.full((*shape, 3), value, np.uint8))
    assert all(np.isfinite(figure) for figure in picture.figures.values())
    assert (picture.height, picture.width) == shape


def test_that_measuring_changes_nothing_and_gives_the_same_again(reference: HealthReference) -> None:
    pixels = washers(120)[5].copy()
    before, mean = pixels.copy(), reference.mean.copy()
    first, second = (reference.figures(measure(pixels)) for _ in range(2))
    assert first == second
    assert (pixels == before).all()
    assert (reference.mean == mean).all()


def test_that_the_calibration_measures_its_own_pictures_as_the_station_measures_new_ones(
    reference: HealthReference,
) -> None:
    live = [reference.figures(measure(pixels)) for pixels in washers(120, seed=1)]
    for name in Statistic:
        values = np.array([figures[name] for figures in live])
        below = np.mean([np.mean(reference.samples[name] <= value) for value in values])
        above = np.mean([np.mean(reference.samples[name] >= value) for value in values])
        assert 0.4 < (below + 1 - above) / 2 < 0.6, name


def test_that_the_reference_survives_json(document: dict[str, Any], reference: HealthReference) -> None:
    again = read_health(json.loads(json.dumps(document)), "calibration.json")["front"]
    assert again.n == reference.n == 120
    assert again.document() == document["front"]
    assert len(json.dumps(document)) < 150_000
    picture = measure(washers(30, seed=1)[0])
    assert again.figures(picture) == reference.figures(picture)


def test_that_views_are_apart_and_small_ones_left_out() -> None:
    pictures = [("top", pixels) for pixels in washers(120)[:20]] + [("side", washers(120)[0])] * (FEWEST - 1)
    document = health_reference(pictures)
    assert list(document) == ["top"]
    assert document["top"]["n"] == 20
    assert health_reference([]) == {}


def test_that_memory_is_bounded_however_many_pictures_come() -> None:
    rng = np.random.default_rng(0)
    made = health_reference(("", rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)) for _ in range(KEPT + 60))
    reference = read_health(made, "x")[""]
    assert reference.n == KEPT
    assert all(len(sample) == KEPT for sample in reference.samples.values())


def test_that_frozen_pairs_of_the_calibration_set_are_counted() -> None:
    doubled = [("", pixels) for pixels in washers(120)[:20] for _ in range(2)]
    assert health_reference(doubled)[""]["frozen"] == 20


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "damage",
    [
        lambda view: view.pop("mean"),
        lambda view: view.update(mean="not base64!"),
        lambda view: view.update(map_mean="AAAA"),
        lambda view: view.update(n=7),
        lambda view: view.update(n="many"),
        lambda view: view.update(frozen=-1),
        lambda view: view.update(least_change=float("inf")),
        lambda view: view.pop("least_change"),
        lambda view: view.update(map_offset=float("nan")),
        lambda view: view["statistics"].pop("focus"),
        lambda view: view["statistics"].update(focus={"sample": [1.0, "x"]}),
        lambda view: view["statistics"]["noise"]["sample"].pop(),
        lambda view: view.update(map_deviation=view["map_mean"]),
    ],
)
def test_that_damage_is_told_with_file_view_and_cure(document: dict[str, Any], damage: Damage) -> None:
    broken = json.loads(json.dumps(document))
    damage(broken["front"])
    with pytest.raises(PackageError, match=r"calibration\.json, health of view 'front'.*cannot be read") as caught:
        read_health(broken, "calibration.json")
    assert "Calibrate" in caught.value.cure


def test_that_a_health_that_is_no_table_is_refused() -> None:
    with pytest.raises(PackageError, match="no table of views"):
        read_health([1], "calibration.json")
    with pytest.raises(PackageError, match="cannot be read"):
        read_health({"front": None}, "calibration.json")
