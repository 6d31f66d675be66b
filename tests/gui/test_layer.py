"""Where a picture stands in its widget."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QSize, QSizeF

from gui.widgets.layer import View, scaled

PICTURES = st.builds(QSize, st.integers(16, 4000), st.integers(16, 4000))
WIDGETS = st.builds(QSizeF, st.floats(100, 2000), st.floats(100, 1200))


@given(PICTURES, WIDGETS)
def test_that_zoom_one_shows_the_whole_picture_in_its_own_shape(picture: QSize, widget: QSizeF) -> None:
    target = View().target(picture, widget)
    assert target.left() >= -1e-6
    assert target.top() >= -1e-6
    assert target.right() <= widget.width() + 1e-6
    assert target.bottom() <= widget.height() + 1e-6
    assert abs(target.width() * picture.height() - target.height() * picture.width()) < 1e-3 * picture.width() * 2000


@given(PICTURES, WIDGETS, st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.lists(st.floats(0.5, 2.0), max_size=6))
def test_that_zooming_leaves_no_gap_where_the_picture_is_larger_than_its_widget(
    picture: QSize, widget: QSizeF, x: float, y: float, factors: list[float]
) -> None:
    view = View()
    for factor in factors:
        view.zoom_at(factor, QPointF(x * widget.width(), y * widget.height()), picture, widget)
    target = view.target(picture, widget)
    if target.width() > widget.width():
        assert target.left() <= 1e-6
        assert target.right() >= widget.width() - 1e-6


@given(WIDGETS, st.floats(0.3, 0.7), st.floats(0.3, 0.7))
def test_that_the_place_under_the_pointer_stays_there(widget: QSizeF, x: float, y: float) -> None:
    picture = QSize(round(widget.width()), round(widget.height()))
    view, at = View(), QPointF(x * widget.width(), y * widget.height())
    view.zoom_at(4.0, QPointF(widget.width() / 2, widget.height() / 2), picture, widget)
    before = view.target(picture, widget)
    view.zoom_at(1.5, at, picture, widget)
    after = view.target(picture, widget)
    inside = after.left() < -1 and after.right() > widget.width() + 1
    assume(inside and after.top() < -1 and after.bottom() > widget.height() + 1)
    assert abs((at.x() - before.x()) / before.width() - (at.x() - after.x()) / after.width()) < 1e-6
    assert abs((at.y() - before.y()) / before.height() - (at.y() - after.y()) / after.height()) < 1e-6


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200), st.integers(1, 200))
def test_that_scaling_gives_the_size_asked_for_and_keeps_a_flat_colour(w: int, h: int, to_w: int, to_h: int) -> None:
    flat = np.full((h, w, 3), (10, 200, 77), np.uint8)
    made = scaled(flat, (to_w, to_h))
    assert made.shape == (to_h, to_w, 3)
    assert (made == (10, 200, 77)).all()
