"""The retraining as one self-contained HTML file: both packages, their data, what changed, and what they are like."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.jsonfile import replace_file
from training.pages import render_page
from training.retrain_verdict import Verdict

MOST_ROWS = 200


def write_report(path: Path, document: dict[str, Any]) -> None:
    """Write the report. Needs no other file and no network to be read.

    Args:
        path: The file.
        document: The result of the retraining, with `verdict`.
    """
    verdict = Verdict(document["verdict"])
    rows = document["changes"]["rows"] if document["changes"] else []
    page = render_page(
        "retrain.html.j2",
        d=document,
        verdict=verdict,
        promotes=verdict in (Verdict.NO_WORSE, Verdict.FIRST),
        command=shlex.join(["inspector", *document["promote"]]),
        packages=[("new package", document["package"])]
        + ([("champion", document["champion"])] if document["champion"] else []),
        errors=[
            (name, document["comparison"][name]) for name in ("escape", "reject") if name in document["comparison"]
        ],
        rows=rows[:MOST_ROWS],
        more=max(0, len(rows) - MOST_ROWS),
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    replace_file(path, page.encode())
