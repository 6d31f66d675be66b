"""Augmentation in both back-ends: what the recipe promises."""

import ast
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from inspector.inference.preprocess import Preprocessing
from inspector.types import Image
from training import augment as module
from training.augment import PRESETS, AugmentRecipe, make_augment, make_recipe
from training.config import Strength

BACKENDS = ("albumentations", "torchvision")
SQUARE = Preprocessing(width=64, height=64, pad=7)


def marked(height: int = 64, width: int = 64) -> tuple[Image, Image]:
    """Return a noisy grey picture with a bright square, and the square's mask."""
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 100, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    mask[20:32, 10:22] = 255
    picture[mask > 0] = 250
    return picture, mask


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("strength", list(PRESETS))
def test_that_equal_seeds_give_equal_pictures_of_the_same_kind(backend: str, strength: Strength) -> None:
    one, other = (make_augment(make_recipe(strength), SQUARE, backend) for _ in range(2))
    picture, mask = marked()
    for seed in range(12):
        varied, moved = one(picture, mask, seed)
        again, moved_again = other(picture, mask, seed)
        assert (varied == again).all()
        assert (moved == moved_again).all()
        assert varied.shape == picture.shape
        assert moved.shape == mask.shape
        assert varied.dtype == moved.dtype == np.uint8
        assert set(np.unique(moved)) <= {0, 255}


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_no_augmentation_changes_nothing_and_leaves_the_original_alone(backend: str) -> None:
    picture, mask = marked()
    before = picture.copy()
    varied, moved = make_augment(make_recipe("none"), SQUARE, backend)(picture, mask, 3)
    assert (varied == before).all()
    assert (moved == mask).all()
    for seed in range(20):
        make_augment(make_recipe("strong"), SQUARE, backend)(picture, mask, seed)
    assert (picture == before).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_seeds_and_strengths_make_a_difference(backend: str) -> None:
    picture, mask = marked()

    def change(strength: Strength) -> float:
        recipe = replace(make_recipe(strength, keep_orientation=True), dropout=0.0)
        vary = make_augment(recipe, SQUARE, backend)
        return float(np.mean([np.abs(vary(picture, mask, s)[0].astype(int) - picture).mean() for s in range(40)]))

    assert 0 < change("light") < change("medium") < change("strong")


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_the_mask_moves_with_the_picture(backend: str) -> None:
    recipe = replace(
        AugmentRecipe(), flip=0.5, quarter_turn=0.75, geometry=1.0, rotate_degrees=10, scale=0.1, shift=0.05
    )
    vary = make_augment(recipe, SQUARE, backend)
    for seed in range(20):
        varied, moved = vary(*marked(), seed)
        inside, outside = varied[moved > 0].mean(), varied[moved == 0].mean()
        assert (moved > 0).sum() > 60
        assert inside > 200 > outside


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_a_kept_orientation_is_kept(backend: str) -> None:
    recipe = replace(make_recipe("strong", keep_orientation=True), geometry=0.0, dropout=0.0)
    vary = make_augment(recipe, SQUARE, backend)
    for seed in range(20):
        assert (vary(*marked(), seed)[1] == marked()[1]).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_a_picture_that_is_not_square_keeps_its_shape(backend: str) -> None:
    vary = make_augment(make_recipe("medium"), Preprocessing(width=96, height=64), backend)
    assert all(vary(*marked(64, 96), seed)[0].shape == (64, 96, 3) for seed in range(20))


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_uncovered_borders_get_the_letterbox_grey(backend: str) -> None:
    vary = make_augment(AugmentRecipe(geometry=1.0, shift=0.5), SQUARE, backend)
    white = np.full((64, 64, 3), 255, np.uint8)
    corners = np.concatenate([vary(white, marked()[1], seed)[0].reshape(-1, 3) for seed in range(5)])
    assert (corners == 7).any()
    assert not (corners < 7).any()


def test_that_both_back_ends_are_about_as_strong() -> None:
    picture, mask = marked()
    changes = []
    for backend in BACKENDS:
        vary = make_augment(make_recipe("medium", keep_orientation=True), SQUARE, backend)
        changes.append(np.mean([np.abs(vary(picture, mask, s)[0].astype(int) - picture).mean() for s in range(120)]))
    assert changes[0] == pytest.approx(changes[1], rel=0.35)


def test_that_without_albumentations_torchvision_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_augment(make_recipe("light"), SQUARE).name == "albumentations"
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert make_augment(make_recipe("light"), SQUARE).name == "torchvision"


def test_that_one_module_alone_imports_albumentations() -> None:
    found = []
    for path in Path(module.__file__).parent.parent.glob("[dgit][!e]*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "albumentations" for name in names):
                found.append(path.name)
    assert found == ["augment.py"]


def test_that_a_recipe_can_be_written_into_a_card() -> None:
    assert AugmentRecipe(**asdict(make_recipe("strong"))) == make_recipe("strong")
