"""A report as one HTML page that needs nothing else: pictures are inside."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from inspector.reports.figures import Report
from inspector.reports.plots import charts
from inspector.reports.tables import Cell, Table, all_tables, period
from inspector.reports.words import word


def html(report: Report, language: str) -> bytes:
    """Return the page; every text is escaped."""
    from jinja2 import Environment

    source = files(__package__).joinpath("report.html").read_text(encoding="utf-8")

    pictures = {word(title, language): b64encode(png).decode() for title, png in charts(report, language).items()}
    tables: list[Table] = all_tables(report, language)
    titles = {table.title for table in tables}
    template = Environment(autoescape=True).from_string(source)
    page = template.render(
        language=language.replace("_", "-"),
        title=word("Inspection report", language),
        period=period(report),
        empty="" if report.total.parts else word("No part was inspected in this period.", language),
        tables=tables,
        pictures=pictures,
        others=[title for title in pictures if title not in titles],
        shown=shown,
    )
    return page.encode()


def shown(value: Cell, share: bool) -> str:
    """Return a cell as people read it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2%}" if share else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else value
