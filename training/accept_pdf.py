"""The acceptance report as a PDF: vectors and embedded typefaces, the same bytes for the same document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from training import accept_words as words
from training.accept_cases import Case
from training.accept_content import Section, Table, identity, methods
from training.accept_plots import BAD, EAST_ASIAN, EAST_ASIAN_FONT, FONT, GOOD, INK, LINE, SOFT, register_fonts

_MARGIN, _WIDTH = 42.0, 595.28 - 84.0
_ROWS_TOGETHER = 12  # a table of more rows may go on over the page


def make_pdf(document: dict[str, Any], body: Sequence[Section], cases: Sequence[Case]) -> bytes:
    """Return the report on A4 pages, each with package, data and page number."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    register_fonts()
    styles = _styles()
    buffer = io.BytesIO()
    pdf = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=f"Acceptance report, package {document['package_hash'][:12]}",
        author=document["who"],
        subject="ACCEPTED" if document["accepted"] else "NOT ACCEPTED",
        creator=f"inspector {document['versions']['here']['inspector']}",
        initialFontName=FONT,
        invariant=1,
    )
    frame = Frame(_MARGIN, 46, _WIDTH, A4[1] - 46 - 60, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    pdf.addPageTemplates([PageTemplate(frames=[frame])])
    story = [*_first_page(document, styles), *_body(body, styles), *_cases(cases, styles), *_end(document, styles)]
    pdf.build(story, canvasmaker=_numbered_canvas(document))
    return buffer.getvalue()


def _styles() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    def style(name: str, size: float, *, bold: bool = False, colour: str = INK, **more: Any) -> ParagraphStyle:
        font = f"{FONT}-Bold" if bold else FONT
        return ParagraphStyle(
            name, fontName=font, fontSize=size, leading=size * 1.36, textColor=HexColor(colour), **more
        )

    return {
        "title": style("title", 20, bold=True),
        "heading": style("heading", 12, bold=True, spaceBefore=13, spaceAfter=5),
        "text": style("text", 8.4, spaceAfter=4),
        "soft": style("soft", 7.4, colour=SOFT, spaceAfter=3),
        "cell": style("cell", 7.8),
        "small": style("small", 6.8, colour=SOFT),
        "number": style("number", 7.8, alignment=2),
        "head": style("head", 7.2, bold=True, colour=SOFT),
        "headright": style("headright", 7.2, bold=True, colour=SOFT, alignment=2),
        "good": style("good", 7.8, bold=True, colour=GOOD, alignment=2),
        "bad": style("bad", 7.8, bold=True, colour=BAD, alignment=2),
        "accepted": style("accepted", 17, bold=True, colour=GOOD),
        "refused": style("refused", 17, bold=True, colour=BAD),
    }


def _first_page(document: dict[str, Any], styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    named = document["recipe"]["name"] if document["recipe"] else document["dataset"]["name"]
    accepted = document["accepted"]
    shown = sum(row["shown"] for row in document["requirements"])
    said = [
        _said("ACCEPTED" if accepted else "NOT ACCEPTED", styles["accepted" if accepted else "refused"]),
        _said(f"{shown} of {len(document['requirements'])} requirements shown.", styles["text"]),
    ]
    story = [
        _said("Acceptance report", styles["title"]),
        Spacer(1, 4),
        _said(f"{named}, {words.moment(document['created'])}", styles["soft"]),
        Spacer(1, 8),
        _barred(said, GOOD if accepted else BAD),
        Spacer(1, 8),
    ]
    for text in document["warnings"]:
        story += [_barred([Paragraph(f"<b>Note.</b> {_markup(text)}", styles["text"])], BAD), Spacer(1, 5)]
    return [*story, Spacer(1, 4), _table(identity(document), styles)]


def _body(body: Sequence[Section], styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import CondPageBreak, KeepTogether, Spacer

    story: list[Any] = []
    for section in body:
        head = [_said(section.title, styles["heading"]), *(_said(text, styles["text"]) for text in section.text)]
        rows = 0 if section.table is None else len(section.table.rows)
        if section.table is not None:
            head.append(_table(section.table, styles))
        story += [KeepTogether(head)] if rows <= _ROWS_TOGETHER else [CondPageBreak(110), *head]
        if section.drawing is not None:
            story.append(KeepTogether([Spacer(1, 8), section.drawing, _said(section.caption, styles["soft"])]))
        story += [Spacer(1, 3), *(_said(note, styles["soft"]) for note in section.notes)]
    return story


def _cases(cases: Sequence[Case], styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import PageBreak

    cells = [_case(case, styles) for case in cases]
    rows = [[*cells[start : start + 2], ""][:2] for start in range(0, len(cells), 2)]
    if not rows:
        return []
    top, left, bottom = ("VALIGN", "TOP"), ("LEFTPADDING", 0), ("BOTTOMPADDING", 9)
    grid = _grid(rows, [_WIDTH / 2] * 2, _everywhere(top, left, bottom))
    return [PageBreak(), _said("Worst cases", styles["heading"]), _said(words.CASES, styles["text"]), grid]


def _case(case: Case, styles: dict[str, Any]) -> list[Any]:
    from reportlab.platypus import Paragraph

    decision = case.take.decision
    wide = _WIDTH / 2 - 8
    cells = [[_picture(case.picture, wide / 2 - 3), _picture(case.heat, wide / 2 - 3)]]
    tight = _everywhere(("LEFTPADDING", 0), ("RIGHTPADDING", 0), ("BOTTOMPADDING", 2), ("VALIGN", "TOP"))
    pair = _grid(cells, [wide / 2] * 2, tight)
    colour = BAD if case.kind in ("Escape", "Overkill") else SOFT
    head = (
        f'<font name="{FONT}-Bold" color="{colour}">{case.kind}</font>: {_markup(", ".join(case.part.labels))} judged '
    )
    view = f", view {case.item.view}" if case.item.view else ""
    where = f"part {case.part.part}{view}. {decision.reason}"
    return [
        pair,
        Paragraph(head + decision.verdict.value, styles["cell"]),
        _said(where, styles["small"]),
        _said(f"{case.item.path.name}, SHA-256 {case.item.sha256[:16]}", styles["small"]),
    ]


def _picture(jpeg: bytes, side: float) -> Any:
    from reportlab.platypus import Image

    picture = Image(io.BytesIO(jpeg))
    scale = min(side / picture.imageWidth, side / picture.imageHeight)
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    picture.hAlign = "LEFT"
    return picture


def _end(document: dict[str, Any], styles: dict[str, Any]) -> list[Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import CondPageBreak, KeepTogether, Spacer

    section = methods(document)
    lines = [f"Judged by: {document['who']}" if document["who"] else "Judged by", "", "Checked by", "", "Date"]
    signatures = _grid(
        [[_said(text, styles["soft"]) for text in lines]],
        [_WIDTH * share for share in (0.34, 0.04, 0.34, 0.04, 0.24)],
        [("LINEABOVE", (n, 0), (n, 0), 0.7, HexColor(INK)) for n in (0, 2, 4)],
    )
    return [
        CondPageBreak(150),
        _said(section.title, styles["heading"]),
        *(_said(text, styles["soft"]) for text in section.text),
        KeepTogether([Spacer(1, 54), signatures]),
    ]


def _table(table: Table, styles: dict[str, Any]) -> Any:
    from reportlab.lib.colors import HexColor

    rows: list[list[Any]] = []
    if table.header:
        rows.append([_said(name, styles["headright" if n else "head"]) for n, name in enumerate(table.header)])
    for number, row in enumerate(table.rows):
        mark = table.marks[number] if table.marks else ""
        rows.append([_cell(text, n, len(row), table, mark, styles) for n, text in enumerate(row)])
    total = sum(table.widths)
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(LINE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return _grid(rows, [_WIDTH * width / total for width in table.widths], style, repeat=1 if table.header else 0)


def _cell(text: str, column: int, columns: int, table: Table, mark: str, styles: dict[str, Any]) -> list[Any]:
    first, *more = text.split("\n")
    plain = column == 0 or not table.header
    if mark and column == columns - 1:
        return [_said(first, styles[mark])]
    if plain:
        return [_said(first, styles["head" if not table.header and column == 0 else "cell"]),
                *(_said(line, styles["small"]) for line in more)]  # fmt: skip
    return [_said(line, styles["number"]) for line in (first, *more)]


def _barred(content: list[Any], colour: str) -> Any:
    from reportlab.lib.colors import HexColor

    bar, shade = ("LINEBEFORE", 5, HexColor(colour)), ("BACKGROUND", HexColor("#f4f6f7"))
    room = (("LEFTPADDING", 12), ("TOPPADDING", 6), ("BOTTOMPADDING", 6))
    return _grid([[content]], [_WIDTH], _everywhere(bar, shade, *room))


def _grid(rows: list[list[Any]], widths: list[float], style: list[tuple[Any, ...]], repeat: int = 0) -> Any:
    from reportlab.platypus import Table as Grid

    return Grid(rows, colWidths=widths, repeatRows=repeat, style=[*_everywhere(("FONTNAME", FONT)), *style])


def _everywhere(*styles: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return table styles, each a name and its values, for all cells."""
    return [(name, (0, 0), (-1, -1), *values) for name, *values in styles]


def _said(text: str, style: Any) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(_markup(text), style)


def _markup(text: str) -> str:
    """Return text as the PDF's paragraphs take it; East Asian characters get a typeface that has them."""
    return EAST_ASIAN.sub(lambda found: f'<font name="{EAST_ASIAN_FONT}">{found[0]}</font>', escape(text))


def _numbered_canvas(document: dict[str, Any]) -> type[Any]:
    """Return a canvas that knows the number of pages when it writes the foot of each."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    class NumberedCanvas(Canvas):  # type: ignore[misc, unused-ignore]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self._pages, 1):
                self.__dict__.update(state)
                self._draw_edges(number, len(self._pages))
                super().showPage()
            super().save()

        def _draw_edges(self, number: int, count: int) -> None:
            width, height = A4
            self.setFont(FONT, 6.8)
            self.setFillColor(HexColor(SOFT))
            self.setStrokeColor(HexColor(LINE))
            self.line(_MARGIN, height - 46, width - _MARGIN, height - 46)
            package, data = document["package_hash"][:16], document["dataset"]["fingerprint"][:16]
            self.drawString(_MARGIN, height - 40, f"Acceptance report · package {package} · data {data}")
            self.drawRightString(width - _MARGIN, height - 40, "ACCEPTED" if document["accepted"] else "NOT ACCEPTED")
            self.line(_MARGIN, 36, width - _MARGIN, 36)
            self.drawString(_MARGIN, 26, words.moment(document["created"]))
            self.drawRightString(width - _MARGIN, 26, f"page {number} of {count}")

    return NumberedCanvas
