"""Colours can be told apart and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.stylesheet import MIN_TARGET_PX, MIN_TEXT_PX, stylesheet
from gui.theme import DARK, LIGHT, SHAPES, Pair, Theme, contrast
from inspector.types import Verdict

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
COLOUR = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_that_contrast_agrees_with_the_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(COLOUR, COLOUR)
def test_that_contrast_is_symmetric_and_between_1_and_21(first: str, second: str) -> None:
    assert contrast(first, second) == contrast(second, first)
    assert 1.0 <= contrast(first, second) <= 21.0001
    assert contrast(first, first) == 1.0


@BOTH
def test_that_every_verdict_has_a_contrast_of_seven(theme: Theme) -> None:
    for verdict in Verdict:
        pair = theme.verdicts[verdict]
        assert contrast(pair.ink, pair.ground) >= 7.0, (verdict, contrast(pair.ink, pair.ground))


@BOTH
def test_that_band_and_banner_have_a_contrast_of_seven(theme: Theme) -> None:
    for pair in (
        theme.band,
        theme.caution,
        theme.banner,
        Pair(theme.ink, theme.surface),
        Pair(theme.ink, theme.window),
    ):
        assert contrast(pair.ink, pair.ground) >= 7.0


@BOTH
def test_that_muted_text_and_signs_can_be_read_on_every_ground(theme: Theme) -> None:
    for ground in (theme.window, theme.surface, theme.raised):
        assert contrast(theme.muted, ground) >= 4.5
    for colour in (*theme.signs.values(), theme.beyond, theme.focus):
        assert contrast(colour, theme.raised) >= 3.0


def test_that_every_verdict_has_a_shape_of_its_own() -> None:
    assert len({SHAPES[verdict] for verdict in Verdict}) == len(Verdict)


@BOTH
def test_that_the_verdicts_differ_for_the_colour_blind(theme: Theme) -> None:
    """By luminance or by hue as a red-green-blind eye sees it (Brettel-type projection by Vienot 1999)."""
    seen = {verdict: _deuteranope(theme.signs[verdict]) for verdict in Verdict}
    pairs = [(a, b) for a in Verdict for b in Verdict if a < b]
    for first, second in pairs:
        distance = sum((x - y) ** 2 for x, y in zip(seen[first], seen[second], strict=True)) ** 0.5
        assert distance > 0.12, (first, second, distance)


@given(st.sampled_from([LIGHT, DARK]), st.floats(1.0, 2.0))
def test_that_no_text_is_smaller_than_fourteen_pixels(theme: Theme, scale: float) -> None:
    import re

    sizes = [int(size) for size in re.findall(r"font-size: (\d+)px", stylesheet(theme, scale))]
    assert sizes
    assert min(sizes) >= MIN_TEXT_PX
    assert MIN_TARGET_PX >= 44


def _deuteranope(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    mixed = 0.29275 * red + 0.70725 * green
    return mixed, mixed, -0.02234 * red + 0.02234 * green + blue
