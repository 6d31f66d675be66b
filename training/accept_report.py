"""The acceptance report: one page readable without a network, and the same as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.inference.base import Model
from inspector.jsonfile import replace_file
from training import accept_words as words
from training.accept_cases import Case, picture_cases
from training.accept_content import Section, identity, methods, sections
from training.accept_judge import JudgedPart
from training.accept_pdf import make_pdf
from training.accept_plots import as_svg
from training.pages import as_data_url, render_page


def write_reports(
    folder: Path, document: dict[str, Any], parts: Sequence[JudgedPart], study: Sequence[JudgedPart], model: Model
) -> dict[str, Any]:
    """Write `report.html` and `report.pdf` into `folder`.

    Args:
        folder: Made where absent.
        document: From `training.accept_document.conclude`.
        parts: The acceptance parts.
        study: The parts of a separate study of repeatability; empty without one.
        model: Asked for the evidence of the worst cases.

    Returns:
        `worst`, and the paths `report_html` and `report_pdf`.
    """
    cases = picture_cases((*parts, *study), model)
    body = sections(document, parts)
    page, pdf = folder / "report.html", folder / "report.pdf"
    replace_file(page, _page(document, body, cases).encode())
    replace_file(pdf, make_pdf(document, body, cases))
    return {"worst": [case.as_json() for case in cases], "report_html": str(page), "report_pdf": str(pdf)}


def _page(document: dict[str, Any], body: Sequence[Section], cases: Sequence[Case]) -> str:
    return render_page(
        "acceptance.html.j2",
        d=document,
        identity=identity(document),
        sections=[(section, as_svg(section.drawing) if section.drawing is not None else "") for section in body],
        cases=[(case, as_data_url(case.picture), as_data_url(case.heat)) for case in cases],
        cases_text=words.CASES,
        when=words.moment(document["created"]),
        methods=methods(document),
    )
