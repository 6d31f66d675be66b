"""A report as an Excel workbook: numbers that can be calculated with, and charts that Excel draws."""

from __future__ import annotations

import io
from typing import Any

from inspector.reports.figures import Report
from inspector.reports.tables import Table, all_tables, period
from inspector.reports.words import word


def workbook(report: Report, language: str) -> bytes:
    """Return the file: one sheet a table, charts beside the Pareto and the p chart."""
    import xlsxwriter

    buffer = io.BytesIO()
    # Texts stay texts: what begins with = is no formula, and what looks like an address no link.
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
        "share": book.add_format({"num_format": "0.00%"}),
        "plain": book.add_format(),
    }
    tables = all_tables(report, language)
    sheets = [_sheet(book, table, formats, report) for table in tables]
    _pareto_chart(book, sheets[5], tables[5], language)
    _p_chart(book, sheets[6], tables[6], report, language)
    book.close()
    return buffer.getvalue()


def _sheet(book: Any, table: Table, formats: dict[str, Any], report: Report) -> Any:
    sheet = book.add_worksheet(table.title[:31])
    sheet.write(0, 0, table.title, formats["title"])
    sheet.write(1, 0, period(report))
    for column, name in enumerate(table.header):
        sheet.write(3, column, name, formats["head"])
    for number, row in enumerate(table.rows, 4):
        for column, value in enumerate(row):
            share = column in table.shares and isinstance(value, float)
            sheet.write(number, column, "" if value is None else value, formats["share" if share else "plain"])
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, max(1, len(table.header) - 1), 14)
    sheet.freeze_panes(4, 1)
    return sheet


def _pareto_chart(book: Any, sheet: Any, table: Table, language: str) -> None:
    if not table.rows:
        return
    last = 3 + len(table.rows)
    chart = book.add_chart({"type": "column"})
    labels = [sheet.get_name(), 4, 0, last, 0]
    chart.add_series({"name": table.header[1], "categories": labels, "values": [sheet.get_name(), 4, 1, last, 1]})
    line = book.add_chart({"type": "line"})
    values = [sheet.get_name(), 4, 2, last, 2]
    line.add_series({"name": table.header[2], "categories": labels, "values": values, "y2_axis": True})
    line.set_y2_axis({"min": 0, "max": 1, "num_format": "0%"})
    chart.combine(line)
    chart.set_title({"name": word("Pareto of rejects", language)})
    sheet.insert_chart(3, 6, chart, {"x_scale": 1.6, "y_scale": 1.3})


def _p_chart(book: Any, sheet: Any, table: Table, report: Report, language: str) -> None:
    if not table.rows:
        return
    last = 3 + len(table.rows)
    chart = book.add_chart({"type": "line"})
    for column, dash in ((3, "solid"), (4, "dash"), (5, "dash")):
        chart.add_series(
            {
                "name": table.header[column],
                "categories": [sheet.get_name(), 4, 0, last, 0],
                "values": [sheet.get_name(), 4, column, last, column],
                "line": {"dash_type": dash},
            }
        )
    centre = f"{word('Centre line', language)} {report.chart.centre:.2%}"
    chart.set_title({"name": f"{word('p chart', language)}, {centre}"})
    chart.set_y_axis({"num_format": "0.0%"})
    sheet.insert_chart(3, 8, chart, {"x_scale": 2.0, "y_scale": 1.4})
