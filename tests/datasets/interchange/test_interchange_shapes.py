"""Masks become outlines and outlines become masks without the loss of a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PillowImage

from datasets.interchange.outlines import pieces
from datasets.interchange.shapes import ClassPicture, Outline, Runs, _fill, box, draw, ellipse
from inspector.errors import DatasetError

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 24), st.integers(1, 24))).filter(lambda m: not m.all())


@settings(deadline=None)  # the first example imports OpenCV and SciPy
@given(MASKS)
def test_that_the_outlines_of_any_mask_drawn_again_are_the_mask(mask: np.ndarray) -> None:
    found = list(pieces(mask.astype(np.uint8)))
    height, width = mask.shape
    assert (draw([Outline(piece.outline) for piece in found], width, height) == mask * np.uint8(255)).all()
    shares = [Outline(piece.outline / (width, height), relative=True) for piece in found]
    assert (draw(shares, width, height) == mask * np.uint8(255)).all()


@settings(deadline=None)
@given(MASKS)
def test_that_area_box_and_outline_of_a_piece_agree(mask: np.ndarray) -> None:
    found = list(pieces(mask.astype(np.uint8)))
    assert sum(piece.area for piece in found) == mask.sum()
    for piece in found:
        assert Outline(piece.outline).size() == piece.area
        assert piece.outline.min(axis=0).tolist() == [piece.x, piece.y]
        assert piece.outline.max(axis=0).tolist() == [piece.x + piece.width, piece.y + piece.height]
        steps = np.abs(piece.outline - np.roll(piece.outline, 1, axis=0))
        assert (steps.min(axis=1) == 0).all()  # along pixel edges, the cuts to the holes as well


@settings(deadline=None)
@given(MASKS, st.booleans())
def test_that_runs_drawn_are_the_mask_that_they_code(mask: np.ndarray, by_columns: bool) -> None:
    height, width = mask.shape
    flat = (mask.T if by_columns else mask).reshape(-1)
    counts = np.diff(np.flatnonzero(np.diff(flat, prepend=False)), prepend=0, append=flat.size)
    runs = Runs(counts.astype(np.int64), width, height, by_columns=by_columns)
    assert (draw([runs], width, height) == mask * np.uint8(255)).all()
    assert runs.size() == mask.sum()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-50, 90), st.floats(-50, 90)), min_size=3, max_size=12))
def test_that_an_outline_holds_the_centres_that_are_inside_by_the_even_odd_rule(
    corners: list[tuple[float, float]],
) -> None:
    mask = np.zeros((7, 9), bool)
    points = np.array(corners)
    _fill(points, mask)
    ends = np.roll(points, -1, axis=0)
    wanted = np.zeros_like(mask)
    for row, column in np.ndindex(mask.shape):
        x, y = column + 0.5, row + 0.5
        spans = (points[:, 1] <= y) != (ends[:, 1] <= y)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            at = points[:, 0] + (y - points[:, 1]) * (ends[:, 0] - points[:, 0]) / (ends[:, 1] - points[:, 1])
            near = spans & (np.abs(at - x) < 1e-6)
        wanted[row, column] = (spans & (at <= x)).sum() % 2 == 1
        if near.any():  # by rounding it may fall on either side
            wanted[row, column] = mask[row, column]
    assert (mask == wanted).all()


def test_that_a_mark_over_the_whole_image_says_only_the_class() -> None:
    assert not draw([box(0, 0, 9, 7)], 9, 7).any()
    assert not draw([box(0, 0, 1, 1, relative=True), box(-3, -3, 12, 12)], 9, 7).any()
    assert draw([box(0, 0, 9, 6.4)], 9, 7)[:6].all()


def test_that_a_mark_too_thin_for_any_centre_is_not_lost() -> None:
    mask = draw([Outline(np.array([[2.0, 3.1], [6.0, 3.1], [6.0, 3.2], [2.0, 3.2]]))], 9, 7)
    assert np.argwhere(mask).tolist() == [[3, column] for column in range(2, 7)]
    assert not draw([Outline(np.array([[20.0, 3.1], [26.0, 3.1], [26.0, 3.2]]))], 9, 7).any()


def test_that_an_ellipse_has_its_area_and_turns_clockwise() -> None:
    mask = draw([ellipse(50, 40, 30, 10)], 100, 80)
    assert abs(int((mask > 0).sum()) - np.pi * 300) < 20
    turned = draw([ellipse(50, 40, 30, 10, 45.0)], 100, 80)
    assert turned[55, 65] == 255  # to the right and down the screen
    assert turned[25, 65] == 0


def test_that_a_class_picture_marks_every_class_and_not_the_rim(tmp_path: Path) -> None:
    picture = PillowImage.fromarray(np.array([[0, 1, 2], [255, 0, 20]], np.uint8)).convert("P")
    picture.save(tmp_path / "a.png")
    assert draw([ClassPicture(tmp_path / "a.png")], 3, 2).tolist() == [[0, 255, 255], [0, 0, 255]]
    PillowImage.new("RGB", (3, 2)).save(tmp_path / "rgb.png")
    with pytest.raises(DatasetError, match="colours"):
        draw([ClassPicture(tmp_path / "rgb.png")], 3, 2)


@pytest.mark.parametrize(
    "runs",
    [
        Runs(np.array([5]), 3, 2),
        Runs(np.array([7, -1]), 3, 2),
        Runs(np.array([6]), 3, 2, x=8),
        Runs(np.array([10**12]), 10**6, 10**6),
    ],
)
def test_that_runs_that_do_not_fit_are_refused_before_they_take_memory(runs: Runs) -> None:
    with pytest.raises(DatasetError):
        draw([runs], 9, 7)
