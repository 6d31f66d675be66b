"""Colours of the windows: quiet grey surfaces, and colour kept for what needs a person (ISA-101).

A verdict is never told by colour alone: word, shape and colour say the same. The four verdict colours keep their
distance for the common forms of colour blindness: blue-green, orange-red, amber, violet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.types import Verdict


class Shape(StrEnum):
    """The outline that stands beside a verdict's word."""

    CHECK = "check"
    CROSS = "cross"
    QUESTION = "question"
    EXCLAMATION = "exclamation"


SHAPES = {
    Verdict.PASS: Shape.CHECK,
    Verdict.FAIL: Shape.CROSS,
    Verdict.REVIEW: Shape.QUESTION,
    Verdict.ERROR: Shape.EXCLAMATION,
}
"""Shape by verdict."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Ink on ground, both `#rrggbb`."""

    ink: str
    ground: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, all `#rrggbb`.

    Attributes:
        name: `light` or `dark`.
        window: Behind everything.
        surface: Panels.
        raised: Buttons.
        pressed: Buttons held down or switched on.
        line: Borders.
        ink: Text.
        muted: Text of second rank; still at least 4.5:1 on every ground.
        picture: Around the picture.
        focus: Keyboard focus, selection and links; the one calm colour.
        bar: Chart bars within their limit.
        beyond: Chart bars beyond it.
        verdicts: Ink and ground of each verdict's panel; at least 7:1.
        signs: Each verdict's colour where it stands small on a panel; at least 3:1.
        band: Ink and ground of the fault band; at least 7:1.
        caution: Ink and ground of the caution band and of a word in the header that needs a person; at least 7:1.
        banner: Ink and ground of 'looking at an earlier part' and of the challenge; at least 7:1.
        primary: Ink and ground of the button that a page is about.
    """

    name: str
    window: str
    surface: str
    raised: str
    pressed: str
    line: str
    ink: str
    muted: str
    picture: str
    focus: str
    bar: str
    beyond: str
    verdicts: dict[Verdict, Pair]
    signs: dict[Verdict, str]
    band: Pair
    caution: Pair
    banner: Pair
    primary: Pair


LIGHT = Theme(
    name="light",
    window="#e4e7e9",
    surface="#f4f5f6",
    raised="#ffffff",
    pressed="#d3d8dc",
    line="#c2c8cd",
    ink="#1a1f24",
    muted="#4b545c",
    picture="#3a3f44",
    focus="#1c5d99",
    bar="#7d8891",
    beyond="#b53410",
    verdicts={
        Verdict.PASS: Pair("#00473f", "#cfe5e0"),
        Verdict.FAIL: Pair("#ffffff", "#a32100"),
        Verdict.REVIEW: Pair("#241800", "#ffbe2e"),
        Verdict.ERROR: Pair("#ffffff", "#5a2ca0"),
    },
    signs={
        Verdict.PASS: "#00665a",
        Verdict.FAIL: "#b52a05",
        Verdict.REVIEW: "#a86b00",
        Verdict.ERROR: "#5a2ca0",
    },
    band=Pair("#ffffff", "#8c1d00"),
    caution=Pair("#2b1d00", "#ffd678"),
    banner=Pair("#ffffff", "#1d4e7e"),
    primary=Pair("#ffffff", "#24435c"),
)
"""For bright halls."""

DARK = Theme(
    name="dark",
    window="#15181b",
    surface="#1f2327",
    raised="#2b3035",
    pressed="#414951",
    line="#3a4148",
    ink="#e6e9eb",
    muted="#a5afb7",
    picture="#0b0d0f",
    focus="#6db3f2",
    bar="#7f8b95",
    beyond="#ff7a4f",
    verdicts={
        Verdict.PASS: Pair("#86e0cf", "#12332e"),
        Verdict.FAIL: Pair("#1f0600", "#ff7a4f"),
        Verdict.REVIEW: Pair("#241800", "#f7b733"),
        Verdict.ERROR: Pair("#170733", "#b99bff"),
    },
    signs={
        Verdict.PASS: "#86e0cf",
        Verdict.FAIL: "#ff7a4f",
        Verdict.REVIEW: "#f7b733",
        Verdict.ERROR: "#b99bff",
    },
    band=Pair("#1f0600", "#ff8a63"),
    caution=Pair("#ffe2a6", "#4a3600"),
    banner=Pair("#04121f", "#8cc4f5"),
    primary=Pair("#0d1a24", "#a9c9e3"),
)
"""For dim rooms and night shifts."""

THEMES = {LIGHT.name: LIGHT, DARK.name: DARK}
"""Themes by name."""


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
