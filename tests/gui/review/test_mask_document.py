"""The mask's pixels and history: undo and redo bring back every bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.review.mask_editor_document import DEFECT, GOOD, MaskDocument
from inspector.types import Image

HEIGHT, WIDTH = 37, 53

points = st.tuples(st.integers(-20, WIDTH + 20), st.integers(-20, HEIGHT + 20))
values = st.sampled_from((DEFECT, GOOD))
deeds = st.one_of(
    st.tuples(st.just("stroke"), points, points, st.integers(1, 25), values),
    st.tuples(st.just("polygon"), st.lists(points, min_size=0, max_size=6), values),
    st.tuples(st.just("box"), points, points, values),
    st.tuples(st.just("fill"), points, values),
    st.tuples(st.just("fill_all"), values),
)
starts = st.one_of(st.none(), st.integers(0, 2**32 - 1).map(lambda seed: noise(seed)))


def noise(seed: int) -> Image:
    made: Image = np.random.default_rng(seed).choice(np.array([0, 1, 255], np.uint8), (HEIGHT, WIDTH))
    return made


def do(document: MaskDocument, deed: tuple[object, ...]) -> bool:
    """Carry a deed out; checks that nothing outside the area told has changed."""
    name, *arguments, value = deed
    before = document.pixels.copy()
    method = getattr(document, str(name))
    area = method(value) if name == "fill_all" else method(*arguments, value=value)
    outside = np.ones(before.shape, bool)
    outside[area.rows_columns] = False
    np.testing.assert_array_equal(document.pixels[outside], before[outside])
    finished = document.finish()
    assert finished == bool((document.pixels != before).any())
    return finished


@given(starts, st.lists(deeds, max_size=12))
def test_that_undo_and_redo_restore_every_version_bit_exactly(
    start: Image | None, sequence: list[tuple[object, ...]]
) -> None:
    document = MaskDocument(HEIGHT, WIDTH, start)
    versions = [document.pixels.copy()]
    versions += [document.pixels.copy() for deed in sequence if do(document, deed)]
    for version in reversed(versions[:-1]):
        assert not document.undo().empty
        np.testing.assert_array_equal(document.pixels, version)
    assert not document.can_undo
    assert document.undo().empty
    for version in versions[1:]:
        assert not document.redo().empty
        np.testing.assert_array_equal(document.pixels, version)
    assert not document.can_redo


@given(starts, st.lists(deeds, min_size=1, max_size=8), st.data())
def test_that_a_new_deed_after_undo_ends_the_redo_and_history_stays_true(
    start: Image | None, sequence: list[tuple[object, ...]], data: st.DataObject
) -> None:
    document = MaskDocument(HEIGHT, WIDTH, start)
    versions = [document.pixels.copy()]
    for deed in sequence:
        for _ in range(data.draw(st.integers(0, len(versions) - 1))):
            document.undo()
            versions.pop()
        if do(document, deed):
            assert not document.can_redo
            versions.append(document.pixels.copy())
        np.testing.assert_array_equal(document.pixels, versions[-1])
    while document.can_undo:
        np.testing.assert_array_equal(document.pixels, versions.pop())
        document.undo()
    np.testing.assert_array_equal(document.pixels, versions.pop())


@given(starts, st.lists(deeds, max_size=6))
def test_that_a_mask_is_255_and_0_and_nothing_else(start: Image | None, sequence: list[tuple[object, ...]]) -> None:
    document = MaskDocument(HEIGHT, WIDTH, start)
    if start is not None:
        np.testing.assert_array_equal(document.pixels == DEFECT, start != 0)
    for deed in sequence:
        do(document, deed)
    assert document.pixels.dtype == np.uint8
    assert set(np.unique(document.pixels)) <= {GOOD, DEFECT}


@given(st.integers(3, 25), st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
def test_that_a_dab_is_round_and_as_wide_as_the_brush(diameter: int, x: int, y: int) -> None:
    document = MaskDocument(HEIGHT, WIDTH)
    document.stroke((x, y), (x, y), diameter)
    rows, columns = np.nonzero(document.pixels)
    away = np.hypot(rows - y, columns - x)
    assert away.max() <= diameter / 2 + 0.5
    seen = np.hypot(*np.mgrid[-y : HEIGHT - y, -x : WIDTH - x]) <= diameter // 2 - 0.5
    assert (document.pixels[seen] == DEFECT).all()


@given(points, points, st.integers(1, 15))
def test_that_a_stroke_covers_every_pixel_on_its_way_and_none_far_from_it(
    start: tuple[int, int], end: tuple[int, int], diameter: int
) -> None:
    document = MaskDocument(HEIGHT, WIDTH)
    document.stroke(start, end, diameter)
    way = np.linspace(start, end, 200)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.min(np.hypot(columns[..., None] - way[:, 0], rows[..., None] - way[:, 1]), axis=-1)
    assert (away[document.pixels == DEFECT] <= diameter / 2 + 1.5).all()
    assert (document.pixels[away < diameter / 2 - 1.5] == DEFECT).all()
    for x, y in (start, end):
        if 0 <= x < WIDTH and 0 <= y < HEIGHT:
            assert document.pixels[y, x] == DEFECT


def test_that_a_fill_closes_an_outline_and_stops_at_it() -> None:
    document = MaskDocument(HEIGHT, WIDTH)
    for start, end in (((5, 5), (25, 5)), ((25, 5), (25, 20)), ((25, 20), (5, 20)), ((5, 20), (5, 5))):
        document.stroke(start, end, 1)
    document.finish()
    document.fill((10, 10))
    document.finish()
    wanted = np.zeros((HEIGHT, WIDTH), np.uint8)
    wanted[5:21, 5:26] = DEFECT
    np.testing.assert_array_equal(document.pixels, wanted)


def test_that_it_knows_whether_anything_is_unsaved() -> None:
    document = MaskDocument(HEIGHT, WIDTH)
    seen = [document.changed]
    document.box((1, 1), (4, 4))
    document.finish()
    seen.append(document.changed)
    for act in (document.mark_saved, document.undo, document.redo):
        act()
        seen.append(document.changed)
    assert seen == [False, True, False, True, False]


def test_that_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        MaskDocument(HEIGHT, WIDTH, np.zeros((HEIGHT, WIDTH + 1), np.uint8))


def test_that_a_thousand_strokes_on_a_large_mask_take_little_memory() -> None:
    document = MaskDocument(3000, 4000)
    draw = np.random.default_rng(3)
    for _ in range(1000):
        x, y = (int(value) for value in draw.integers(0, (4000, 3000)))
        document.stroke((x, y), (x + 120, y + 40), 20)
        document.finish()
    assert document.history_bytes < 2_000_000
