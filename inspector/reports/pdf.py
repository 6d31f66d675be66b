"""A report as a PDF on A4, with its charts."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax.saxutils import escape

from inspector.reports.figures import Report
from inspector.reports.page import shown
from inspector.reports.plots import charts
from inspector.reports.tables import Table, all_tables, period
from inspector.reports.words import word

_EAST_ASIAN = "STSong-Light"  # comes with every PDF reader: nothing is embedded
_NOT_LATIN = re.compile(r"[^\x00-\xff–]+")
_WIDTH_PT = 523.0
_LONG = 30
"""Characters from which on a text needs room."""


def pdf(report: Report, language: str) -> bytes:
    """Return the file."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer

    pdfmetrics.registerFont(UnicodeCIDFont(_EAST_ASIAN))
    styles = getSampleStyleSheet()
    styles["Heading2"].keepWithNext = 1
    title = word("Inspection report", language)
    story: list[Any] = [Paragraph(_text(title), styles["Title"]), Paragraph(_text(period(report)), styles["Normal"])]
    if not report.total.parts:
        story.append(Paragraph(_text(word("No part was inspected in this period.", language)), styles["Normal"]))
    pictures = {word(name, language): png for name, png in charts(report, language).items()}
    tables = all_tables(report, language)
    for table in tables:
        if table.rows:
            story += [Spacer(0, 10), Paragraph(_text(table.title), styles["Heading2"])]
            if table.title in pictures:
                story.append(Image(io.BytesIO(pictures.pop(table.title)), _WIDTH_PT, _WIDTH_PT * 2.7 / 7.4))
            story.append(_table(table))
    for name, png in pictures.items():
        story += [Paragraph(_text(name), styles["Heading2"]), Image(io.BytesIO(png), _WIDTH_PT, _WIDTH_PT * 2.7 / 7.4)]
    buffer = io.BytesIO()
    margins = {"leftMargin": 36, "rightMargin": 36, "topMargin": 36, "bottomMargin": 36}
    SimpleDocTemplate(buffer, pagesize=A4, title=title, invariant=1, **margins).build(story)
    return buffer.getvalue()


def _table(table: Table) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph, TableStyle

    left = ParagraphStyle("left", fontSize=7, leading=9)
    right = ParagraphStyle("right", parent=left, alignment=2)
    lines = [table.header] if any(table.header) else []
    rows = [[Paragraph(_text(name), left if not n else right) for n, name in enumerate(line)] for line in lines]
    for row in table.rows:
        texts = [shown(value, number in table.shares) for number, value in enumerate(row)]
        rows.append([Paragraph(_text(each), left if not number else right) for number, each in enumerate(texts)])
    count = len(table.header)
    wide = {0: 0.5 if count == 2 else 0.2}
    if any(isinstance(row[-1], str) and len(row[-1]) > _LONG for row in table.rows):
        wide = {0: 0.14, count - 1: 0.34}  # a sentence
    rest = (1.0 - sum(wide.values())) / (count - len(wide))
    widths = [_WIDTH_PT * wide.get(number, rest) for number in range(count)]
    made = LongTable(rows, colWidths=widths, repeatRows=len(lines))
    made.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, HexColor("#dde2e6"))]))
    return made


def _text(text: str) -> str:
    """Escape, and give what Helvetica has no letters for to a font that has."""
    return _NOT_LATIN.sub(lambda found: f'<font name="{_EAST_ASIAN}">{found[0]}</font>', escape(text))
