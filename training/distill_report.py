"""The comparison of teacher and student as one self-contained HTML file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.jsonfile import replace_file
from training.pages import render_page

REPORT_FILE = "distillation.html"


def write_report(folder: Path, document: dict[str, Any]) -> Path:
    """Write `distillation.html` into `folder` and return its path. Needs no other file and no network to be read."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    path = folder / REPORT_FILE
    replace_file(path, render_page("distillation.html.j2", d=document, when=when).encode())
    return path
