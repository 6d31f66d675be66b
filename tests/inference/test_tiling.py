from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from inspector.errors import PackageError
from inspector.inference.base import LocatingModel
from inspector.inference.load import load_model
from inspector.inference.package import CARD_FILE, Package, open_package, revise_package
from inspector.inference.tiled_model import TiledLocatingModel, TiledModel, tiled
from inspector.inference.tiling import Tiling, stitch, worst
from inspector.types import HeatMap, Image, Prediction
from tests.inference.test_torch_classifier import make_package

SIZES = st.integers(1, 250)
TILINGS = st.builds(
    lambda width, height, share: Tiling(width=width, height=height, overlap=int(min(width, height) * share)),
    st.integers(16, 120), st.integers(16, 120), st.floats(0, 0.5),
)  # fmt: skip


class SpotModel:
    """Its defect score is the brightest pixel of a region; keeps what it was asked."""

    device = "double"

    def __init__(self, package: Package) -> None:
        self.package = package
        self.asked: list[int] = []

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        self.asked.append(len(regions))
        scores = [float(region.max()) / 255 for region in regions]
        return [
            Prediction("dent" if s > 0.5 else "good", {"good": 1 - s, "dent": s, "scratch": 0.0}, s) for s in scores
        ]

    def explain(self, region: Image) -> HeatMap:
        grey = region.max(2).astype(np.float32)
        return np.asarray(grey / max(float(grey.max()), 1.0), np.float32)


class LocatingSpotModel(SpotModel):
    def anomaly_maps(self, regions: Sequence[Image]) -> list[NDArray[np.float32]]:
        return [region.max(2).astype(np.float32) for region in regions]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small pictures: waiting threads would only steal time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    whole = make_package(tmp_path_factory.mktemp("package"))
    return revise_package(whole, {"tiling": {"width": 64, "height": 48, "overlap": 12}}, {})


@settings(max_examples=200, deadline=None)
@given(tiling=TILINGS, width=SIZES, height=SIZES)
def test_that_tiles_lie_inside_cover_everything_and_overlap(tiling: Tiling, width: int, height: int) -> None:
    tiles = tiling.cut(width, height)
    seen = np.zeros((height, width), np.uint16)
    for tile in tiles:
        assert (tile.width, tile.height) == (min(width, tiling.width), min(height, tiling.height))
        seen[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] += 1
        assert 0 <= tile.x <= width - tile.width
        assert 0 <= tile.y <= height - tile.height
    assert seen.min() >= 1
    assert len(set(tiles)) == len(tiles)


@settings(max_examples=200, deadline=None)
@given(tiling=TILINGS, width=SIZES, height=SIZES, data=st.data())
def test_that_whatever_is_not_larger_than_the_overlap_lies_whole_in_a_tile(
    tiling: Tiling, width: int, height: int, data: st.DataObject
) -> None:
    side = min(tiling.overlap + 1, width, height)
    x, y = data.draw(st.integers(0, width - side)), data.draw(st.integers(0, height - side))
    assert any(
        tile.x <= x and tile.y <= y and x + side <= tile.x + tile.width and y + side <= tile.y + tile.height
        for tile in tiling.cut(width, height)
    )


@settings(max_examples=40, deadline=None)
@given(tiling=TILINGS, width=SIZES, height=SIZES, seed=st.integers(0, 99))
def test_that_the_tiles_of_a_map_give_the_map_again(tiling: Tiling, width: int, height: int, seed: int) -> None:
    whole = np.random.default_rng(seed).random((height, width), np.float32)
    tiles = tiling.cut(width, height)
    maps = [whole[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] for tile in tiles]
    assert stitch(maps, tiles, width, height) == pytest.approx(whole, abs=1e-5)


def test_that_an_overlap_of_more_than_half_a_tile_is_refused_and_a_quarter_is_usual() -> None:
    with pytest.raises(ValidationError, match="more than half"):
        Tiling(width=64, height=48, overlap=25)
    assert Tiling.model_validate({"width": 64, "height": 48}).overlap == 12


def test_that_a_region_is_as_bad_as_its_worst_tile_and_never_good_where_a_tile_is_not() -> None:
    calm = Prediction("good", {"good": 0.55, "dent": 0.45}, 0.45)
    torn = Prediction("dent", {"good": 0.3, "other": 0.3, "dent": 0.4}, 0.4)
    found = worst([calm, torn], ("good", "other"))
    assert (found.score, found.predicted_class) == (0.45, "dent")
    assert worst([calm, calm], ("good",)) == calm


@settings(max_examples=20, deadline=None)
@given(x=st.integers(0, 299), y=st.integers(0, 199))
def test_that_one_bright_pixel_anywhere_decides_its_region_and_shows_in_the_map(
    package: Package, x: int, y: int
) -> None:
    model = tiled(SpotModel(package))
    region = np.full((200, 300, 3), 10, np.uint8)
    region[y, x] = 250
    dark = np.full((90, 40, 3), 10, np.uint8)
    found, calm = model.predict([region, dark])
    assert found.score == pytest.approx(250 / 255)
    assert calm.score == pytest.approx(10 / 255)
    heat = model.explain(region)
    assert heat.shape == (200, 300)
    assert int(heat.argmax()) == y * 300 + x
    assert heat.max() == pytest.approx(1.0)


def test_that_all_views_and_tiles_of_a_part_are_one_batch(package: Package) -> None:
    inner = SpotModel(package)
    tiling = package.card.tiling
    assert tiling is not None
    views = [np.zeros((200, 300, 3), np.uint8), np.zeros((60, 64, 3), np.uint8)]
    TiledModel(inner, tiling).predict(views)
    assert inner.asked == [sum(len(tiling.cut(view.shape[1], view.shape[0])) for view in views)]
    assert inner.asked[0] > 20


def test_that_a_model_that_measures_pixels_still_does(package: Package) -> None:
    model = tiled(LocatingSpotModel(package))
    assert isinstance(model, TiledLocatingModel)
    assert isinstance(model, LocatingModel)
    region = np.random.default_rng(0).integers(0, 256, (150, 170, 3)).astype(np.uint8)
    assert model.anomaly_maps([region])[0] == pytest.approx(region.max(2), abs=0.01)


def test_that_a_package_without_tiling_is_judged_whole_and_its_card_is_what_it_was(tmp_path: Path) -> None:
    whole = make_package(tmp_path)
    assert whole.card.tiling is None
    assert "tiling" not in (tmp_path / CARD_FILE).read_text(encoding="utf-8")
    model = SpotModel(whole)
    assert tiled(model) is model


def test_that_a_tiled_package_judges_tiles_on_every_path(package: Package) -> None:
    model = load_model(package, "cpu")
    assert isinstance(model, TiledModel)
    model.warm_up()
    tiling = package.card.tiling
    assert tiling is not None
    region = np.random.default_rng(1).integers(0, 256, (120, 180, 3)).astype(np.uint8)
    tiles = [tile.crop(region) for tile in tiling.cut(180, 120)]
    plain = load_model(make_package(package.folder.parent / "plain"), "cpu").predict(tiles)
    assert model.predict([region])[0].score == pytest.approx(max(each.score for each in plain), abs=1e-6)
    heat = model.explain(region)
    assert heat.shape == (120, 180)
    assert 0 <= heat.min() <= heat.max() <= 1.0001


def test_that_methods_that_do_not_judge_by_tiles_refuse_a_tiling(package: Package) -> None:
    scale = {"middle": 1.0, "slope": 1.0}
    anomaly = {"scale": scale, "pixel_scale": scale}
    with pytest.raises(PackageError, match="does not judge by tiles"):
        revise_package(package, {"method": "hybrid", "anomaly": anomaly}, {})
    assert open_package(package.folder).hash == package.hash
