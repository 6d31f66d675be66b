from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.blending import blend, find_place, foreground, soft_edge
from datasets.cut_paste import CutPaste, Piece, cut, paste, vary
from datasets.manifest import open_dataset
from datasets.perlin import Perlin, draw_shape, fractal_noise, perlin_noise
from datasets.synthesis import Maker, gather_sources
from inspector.cameras.washer import WasherRenderer, WasherSpec
from tests.datasets.parts import write_parts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("parts"), {"good": 8, "dent": 6, "scratch": 6}, seed=1)


@pytest.mark.parametrize("method", ["cut-paste", "perlin"])
def test_that_the_mask_covers_what_was_changed_and_no_other_pixel(folder: Path, method: str) -> None:
    with open_dataset(folder) as dataset:
        sources = gather_sources(dataset)
        maker: Maker = CutPaste(sources) if method == "cut-paste" else Perlin(sources, "synthetic")
        made = [m for n in range(240) if (m := maker.make(np.random.default_rng(n), maker.labels[0])) is not None]
    assert len(made) > 20
    for picture in made:
        carrier = picture.carrier.read_pixels()
        assert picture.carrier.label == "good"
        outside = picture.mask == 0
        assert np.array_equal(picture.pixels[outside], carrier[outside])
        change = np.abs(picture.pixels.astype(int) - carrier)[~outside].max(axis=1)
        assert change.mean() > 3
        assert (change > 0).mean() > 0.6
        assert 0 < (~outside).mean() < 0.3


def test_that_pasted_defects_have_the_contrast_of_the_real_ones(folder: Path) -> None:
    """A dent is 70 levels darker than its plate and a scratch 80 lighter: pasted ones keep sign and size, roughly."""
    with open_dataset(folder) as dataset:
        maker = CutPaste(gather_sources(dataset))
        contrasts: dict[str, list[float]] = {"dent": [], "scratch": []}
        for label, found in contrasts.items():
            for number in range(40):
                made = maker.make(np.random.default_rng(number), label)
                if made is not None:
                    core = made.mask > 0
                    change = made.pixels.astype(float) - made.carrier.read_pixels()
                    found.append(float(np.median(change[core & (np.abs(change).max(axis=2) > 20)])))
    assert min(len(found) for found in contrasts.values()) > 20
    assert -90 < np.median(contrasts["dent"]) < -45
    assert 50 < np.median(contrasts["scratch"]) < 105


def test_that_a_carrier_of_the_same_view_is_taken(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        maker = CutPaste(gather_sources(dataset))
        made = [maker.make(np.random.default_rng(n), "dent") for n in range(20)]
    assert all(picture.carrier.view == picture.material[0].view for picture in made if picture is not None)


def test_that_the_part_is_found_before_an_even_background_and_its_holes_are_left_out() -> None:
    part = WasherRenderer(WasherSpec(size_px=192)).render_part(np.random.default_rng(2))
    found = foreground(part.pixels)
    y, x = np.indices(found.shape)
    radius = np.hypot(y - 96, x - 96)
    assert found[(radius > 45) & (radius < 65)].mean() > 0.85
    assert found[radius < 20].mean() < 0.02
    assert found[radius > 90].mean() < 0.02


def test_that_a_picture_filled_by_its_part_is_all_foreground() -> None:
    noise = np.random.default_rng(0).normal(120, 8, (64, 80, 1)).repeat(3, axis=2)
    slope = noise + np.linspace(-60, 60, 80)[None, :, None]
    for pixels in (noise, slope, np.full((64, 80, 3), 90.0)):
        assert foreground(pixels.clip(0, 255).astype(np.uint8)).all()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_that_a_shape_is_placed_on_the_part_or_not_at_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    part = fractal_noise(rng, 40, 50, 20) > rng.uniform(-0.3, 0.3)
    shape = np.zeros((int(rng.integers(2, 45)), int(rng.integers(2, 20))), np.bool_)
    shape[rng.random(shape.shape) < 0.5] = True
    place = find_place(rng, shape, part)
    windows = [part[top : top + shape.shape[0], left : left + shape.shape[1]]
               for top in range(part.shape[0] - shape.shape[0] + 1)
               for left in range(part.shape[1] - shape.shape[1] + 1)]  # fmt: skip
    fits = [window for window in windows if shape.any() and (window & shape).sum() >= 0.98 * shape.sum()]
    if place is None:
        assert not fits
    else:
        window = part[place[0] : place[0] + shape.shape[0], place[1] : place[1] + shape.shape[1]]
        assert (window & shape).sum() >= 0.98 * shape.sum()


@pytest.mark.parametrize("poisson", [True, False])
def test_that_a_piece_pasted_back_to_where_it_was_changes_next_to_nothing(poisson: bool) -> None:
    """Both ways of blending: what OpenCV clones must land on the very pixel; one pixel beside it shows."""
    rng, same = np.random.default_rng(0), cast("np.random.Generator", _Rigged(poisson=poisson))
    pixels = (fractal_noise(rng, 90, 110, 4)[:, :, None].repeat(3, 2) * 90 + 120).clip(0, 255).astype(np.uint8)
    for top, left, height, width in ((30, 40, 9, 14), (31, 41, 10, 13), (20, 60, 1, 25), (50, 20, 24, 2)):
        mask = np.zeros((90, 110), np.bool_)
        mask[top : top + height, left : left + width] = True
        piece = cut(rng, pixels, mask)
        assert piece is not None
        assert np.array_equal(piece.pixels[piece.shape], pixels[mask].astype(np.float32))
        assert paste(same, pixels, piece, (top - 12, left - 12)) is None
        assert paste(same, pixels, piece, (top - 12, left - 11)) is not None
        assert paste(same, pixels, piece, (top - 11, left - 12)) is not None


class _Rigged:
    """A generator whose gain is 1: the piece keeps its contrast; it blends by Poisson's equation or by feather."""

    def __init__(self, *, poisson: bool) -> None:
        self._draw = 0.0 if poisson else 1.0

    def uniform(self, _low: float, _high: float) -> float:
        return 1.0

    def random(self) -> float:
        return self._draw


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_that_turning_and_scaling_keeps_a_defect_whole_and_of_its_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = np.zeros((44, 52), np.bool_)
    shape[12:32, 12:40] = True
    pixels = np.where(shape[:, :, None], np.float32(30), np.float32(150)).repeat(3, axis=2)
    found = vary(rng, Piece(pixels, shape))
    assert 0.75**2 * 0.9 < found.shape.sum() / shape.sum() < 1.33**2 * 1.15
    core = soft_edge(~found.shape) < 0.01
    assert not core.any() or np.abs(found.pixels[core] - 30).max() < 40
    assert not found.shape[0].any() or found.shape.shape[0] > 3


def test_that_a_change_that_hardly_shows_is_no_defect() -> None:
    carrier = np.full((30, 30, 3), 100, np.uint8)
    shape = np.zeros((30, 30), np.bool_)
    shape[10:20, 10:20] = True
    assert blend(carrier, carrier + np.float32(2), soft_edge(shape)) is None
    found = blend(carrier, carrier + np.float32(40), soft_edge(shape))
    assert found is not None
    assert found[0][15, 15, 0] == 140


def test_that_perlin_noise_is_the_published_one() -> None:
    """Held against a plain transcription for single points, with the same gradients."""
    cell, height, width = 7.0, 23, 31
    noise = perlin_noise(np.random.default_rng(4), height, width, cell)
    angles = np.random.default_rng(4).uniform(0, 2 * np.pi, (int((height - 1) / cell) + 2, int((width - 1) / cell) + 2))

    def fade(t: float) -> float:
        return 6 * t**5 - 15 * t**4 + 10 * t**3

    def lerp(t: float, a: float, b: float) -> float:
        return a + t * (b - a)

    for y in range(height):
        for x in range(width):
            row, column = int(y / cell), int(x / cell)
            v, u = y / cell - row, x / cell - column
            dots = [
                [math.cos(angles[row + i, column + j]) * (u - j) + math.sin(angles[row + i, column + j]) * (v - i)
                 for j in (0, 1)]
                for i in (0, 1)
            ]  # fmt: skip
            expected = math.sqrt(2) * lerp(fade(v), lerp(fade(u), *dots[0]), lerp(fade(u), *dots[1]))
            assert noise[y, x] == pytest.approx(expected, abs=1e-5)
    assert np.abs(noise[::7, ::7]).max() < 1e-6


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(24, 90), st.integers(24, 90))
def test_that_noise_draws_shapes_on_the_part_of_the_size_of_defects(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    part = np.zeros((height, width), np.bool_)
    part[height // 6 :, : -width // 6] = True
    noise = fractal_noise(rng, height, width, 8)
    assert np.abs(noise).max() <= 1.75
    shape = draw_shape(rng, part)
    assert not (shape & ~part).any()
    assert shape.sum() <= 0.041 * part.sum() + 2
