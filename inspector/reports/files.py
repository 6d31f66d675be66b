"""A report as a file: PDF, Excel, CSV, Parquet or HTML, by the ending of its name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from inspector.errors import UsageError
from inspector.jsonfile import replace_file
from inspector.log.export import safe_text
from inspector.reports.excel import workbook
from inspector.reports.figures import Report
from inspector.reports.page import html
from inspector.reports.pdf import pdf
from inspector.reports.tables import all_tables


def write_report(report: Report, path: Path, language: str = "en") -> None:
    """Write a report; an existing file is replaced only by a complete one.

    Raises:
        UsageError: Another ending, or a file that cannot be written.
    """
    writers: dict[str, Callable[[Report, str], bytes]] = {
        ".pdf": pdf,
        ".xlsx": workbook,
        ".csv": _csv,
        ".parquet": _parquet,
        ".html": html,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: unknown format {path.suffix!r}.", cure=f"End the name in {', '.join(writers)}.")
    data = writer(report, language)
    try:
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}).", cure="Choose another file.") from error


def _csv(report: Report, language: str) -> bytes:
    """All tables one below the other, each with its title."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for table in all_tables(report, language):
        for row in ((table.title,), table.header, *table.rows, ()):
            writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _parquet(report: Report, _language: str) -> bytes:
    """One row per group: by product, day, shift and station; names of columns stay English."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = []
    for table in all_tables(report, "en")[1:5]:
        names = ("group", *table.header[1:])
        rows += [{"grouping": table.header[0].lower(), **dict(zip(names, row, strict=True))} for row in table.rows]
    header = all_tables(report, "en")[1].header[1:]
    shares = all_tables(report, "en")[1].shares
    schema = pa.schema(
        [("grouping", pa.string()), ("group", pa.string())]
        + [(name, pa.float64() if number in shares else pa.int64()) for number, name in enumerate(header, 1)]
    )
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
    return sink.getvalue()
