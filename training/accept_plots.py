"""The acceptance report's drawings: one description each, shown as SVG in the page and as vectors in the PDF."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from inspector.types import Thresholds
from training.accept_judge import JudgedPart, Take

GOOD, BAD, REVIEW, INK, SOFT, LINE = "#0b7a75", "#b8431f", "#a87400", "#1d2429", "#5a666f", "#d9dfe3"
FONT, EAST_ASIAN_FONT = "DejaVuSans", "STSong-Light"
EAST_ASIAN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+")
"""Characters that the usual typeface lacks; readers of PDF bring the other one."""
_WIDTH, _LEFT, _RIGHT, _FOOT, _HEAD = 510.0, 108.0, 12.0, 34.0, 18.0
_MOST_POINTS = 1500


def score_plot(parts: Sequence[JudgedPart], limits: Thresholds) -> Any:
    """Return where each part lies between the limits: a row per class, a dot per part, the zones of the verdicts."""
    from reportlab.graphics.shapes import Circle, Drawing

    register_fonts()
    rows = sorted({(part.defective, label) for part in parts for label in part.labels})
    height = _FOOT + _HEAD + 26.0 * len(rows)
    drawing = Drawing(_WIDTH, height, initialFontName=FONT)
    span = _WIDTH - _LEFT - _RIGHT
    _zones(drawing, limits, height, span)
    for number, (defective, label) in enumerate(rows):
        middle = height - _HEAD - 26.0 * (number + 0.5)
        _text(drawing, _LEFT - 8, middle - 3, label if len(label) <= 18 else label[:17] + "…", anchor="end")
        own = [part for part in parts if part.defective == defective and label in part.labels]
        step = math.ceil(len(own) / _MOST_POINTS)
        for place, part in enumerate(own[::step]):
            y = middle + 8.0 * (((place * 0.6180339887) % 1.0) * 2 - 1)  # spread evenly, the same in every run
            dot = Circle(_LEFT + span * telling_take(part).score, y, 1.8, strokeWidth=0, strokeColor=None)
            dot.fillColor = _colour(BAD if defective else GOOD, 0.65)
            drawing.add(dot)
    _axis(drawing, [(tick / 10, f"{tick / 10:.1f}") for tick in range(0, 11, 2)], span, "defect score of the part")
    return drawing


def telling_take(part: JudgedPart) -> Take:
    """Return the take that the part's verdict is from."""
    own = [take for take in part.takes if take.decision.verdict is part.verdict]
    return (min if part.defective else max)(own, key=lambda take: take.score)


def size_plot(sizes: dict[str, Any]) -> Any:
    """Return the share of detected defects over their size, each range with its exact interval."""
    from reportlab.graphics.shapes import Circle, Drawing, Line

    register_fonts()
    height = 156.0
    drawing = Drawing(_WIDTH, height, initialFontName=FONT)
    span, rise = _WIDTH - _LEFT - _RIGHT, height - _FOOT - _HEAD
    ranges = sizes["ranges"]
    first, last = ranges[0]["from_px"] * 0.95, ranges[-1]["to_px"] * 1.05

    def across(size: float) -> float:
        return _LEFT + span * math.log(size / first) / math.log(last / first)

    for tick in range(0, 101, 25):
        y = _FOOT + rise * tick / 100
        _line(drawing, _LEFT, y, _LEFT + span, y, LINE)
        _text(drawing, _LEFT - 8, y - 3, f"{tick} %", anchor="end")
    for each in ranges:
        low, high = (_FOOT + rise * value for value in each["interval"])
        y, x = _FOOT + rise * each["detected"], across(math.sqrt(each["from_px"] * each["to_px"]))
        drawing.add(
            Line(across(each["from_px"]), y, across(each["to_px"]), y, strokeColor=_colour(GOOD), strokeWidth=2.2)
        )
        drawing.add(Line(x, low, x, high, strokeColor=_colour(GOOD), strokeWidth=1.1))
        drawing.add(Circle(x, y, 3, fillColor=_colour(GOOD), strokeWidth=0, strokeColor=None))
    ticks = [(math.log(size / first) / math.log(last / first), f"{size:g}") for size in _round_sizes(first, last)]
    _axis(drawing, ticks, span, "size of the defect: square root of its marked area, pixels (logarithmic)")
    return drawing


def as_svg(drawing: Any) -> str:
    """Return a drawing as SVG text that can stand inside a page."""
    from reportlab.graphics import renderSVG

    text = renderSVG.drawToString(drawing)
    text = text[text.index("<svg") :]
    text = re.sub(f"{FONT}|{EAST_ASIAN_FONT}", "system-ui, sans-serif", text)
    text = re.sub(r"<(title|desc)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(
        r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"', r'<svg role="img" viewBox="0 0 \1 \2"', text, count=1
    )


def register_fonts() -> None:
    """Make the typefaces known that the drawings and the PDF embed; they come with matplotlib."""
    from pathlib import Path

    import matplotlib as mpl
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    if FONT in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(FONT, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(f"{FONT}-Bold", str(folder / "DejaVuSans-Bold.ttf")))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=f"{FONT}-Bold", italic=FONT, boldItalic=f"{FONT}-Bold")
    pdfmetrics.registerFont(UnicodeCIDFont(EAST_ASIAN_FONT))


def _zones(drawing: Any, limits: Thresholds, height: float, span: float) -> None:
    from reportlab.graphics.shapes import Rect

    edges = (0.0, limits.pass_below, limits.fail_from, 1.0)
    zones = (("PASS", GOOD), ("REVIEW", REVIEW), ("FAIL", BAD))
    for (name, colour), (low, high) in zip(zones, pairwise(edges), strict=True):
        width = span * (high - low)
        zone = Rect(_LEFT + span * low, _FOOT, width, height - _FOOT - _HEAD + 4, strokeWidth=0, strokeColor=None)
        zone.fillColor = _colour(colour, 0.10)
        drawing.add(zone)
        if width > 34:
            _text(drawing, _LEFT + span * (low + high) / 2, height - 9, name, anchor="middle", colour=colour)


def _axis(drawing: Any, ticks: Sequence[tuple[float, str]], span: float, title: str) -> None:
    _line(drawing, _LEFT, _FOOT, _LEFT + span, _FOOT, SOFT)
    for place, label in ticks:
        x = _LEFT + span * place
        _line(drawing, x, _FOOT, x, _FOOT - 3, SOFT)
        _text(drawing, x, _FOOT - 13, label, anchor="middle")
    _text(drawing, _LEFT + span / 2, 6, title, anchor="middle", colour=SOFT)


def _round_sizes(first: float, last: float) -> list[float]:
    decades = range(math.floor(math.log10(first)), math.ceil(math.log10(last)) + 1)
    for steps in ((1, 2, 5), tuple(range(1, 10))):
        found = [step * 10.0**decade for decade in decades for step in steps if first <= step * 10.0**decade <= last]
        if len(found) >= 2:
            return found
    return [first, last]


def _text(drawing: Any, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> None:
    from reportlab.graphics.shapes import String

    font = EAST_ASIAN_FONT if EAST_ASIAN.search(text) else FONT
    drawing.add(String(x, y, text, fontName=font, fontSize=8, textAnchor=anchor, fillColor=_colour(colour)))


def _line(drawing: Any, x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
    from reportlab.graphics.shapes import Line

    drawing.add(Line(x1, y1, x2, y2, strokeColor=_colour(colour), strokeWidth=0.6))


def _colour(text: str, opacity: float = 1.0) -> Any:
    from reportlab.lib.colors import HexColor

    return HexColor(text, htmlOnly=False, hasAlpha=False).clone(alpha=opacity)
