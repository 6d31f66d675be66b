"""Accept a model package or not: judge parts as the station would, hold the figures against the requirements."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.manifest import Dataset, open_dataset
from datasets.progress import show_progress
from inspector.inference.base import Model
from inspector.inference.load import load_model
from inspector.inference.package import open_package
from inspector.jsonfile import write_json
from inspector.recipe import load_recipe
from training.accept_document import conclude
from training.accept_figures import agreement, per_class, per_size, repeatability, verdict_rates
from training.accept_judge import Judge, JudgedPart, take_by_pattern, take_by_view, take_in_study
from training.accept_request import Request, choose
from training.cases import EVIDENCE, judge_cases

SCHEMA = "inspector.accept/1"


def run(options: Namespace) -> int:
    """Accept as asked on the command line; exit code 1 where a requirement is not shown."""
    package = open_package(options.package)
    recipe = load_recipe(options.recipe) if options.recipe else None
    request = Request(package, recipe, options.split, options.take, options.who)
    out = options.out or default_folder(options.package)
    model = load_model(package, options.device)
    quiet = options.json == "-" or options.json_lines
    study: tuple[JudgedPart, ...] = ()
    with open_dataset(options.dataset) as dataset, show_progress("judging", json_lines=options.json_lines) as progress:
        parts, document = accept(request, model, dataset, progress)
        if options.repeats:
            with open_dataset(options.repeats) as repeats:
                study, about = study_repeats(request, model, repeats, progress)
                document |= {**about, "drawn": document["drawn"] or about["drawn"]}
    document = conclude(request, document)
    from training.accept_report import write_reports

    document |= write_reports(out, document, parts, study, model)
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if not quiet:
        from training.accept_summary import as_text

        print(as_text(document))
    for name in ("report_html", "report_pdf"):
        print(f"Report: {document[name]}", file=sys.stderr)
    return 0 if document["accepted"] else 1


def accept(
    request: Request, model: Model, dataset: Dataset, progress: Callable[[int, int], None]
) -> tuple[tuple[JudgedPart, ...], dict[str, Any]]:
    """Judge the acceptance parts and return them with every figure, not yet held against the requirements.

    Raises:
        DatasetError: No pictures, or a file that is gone, damaged, or not the one that was imported.
    """
    chosen = choose(dataset, None if request.split == "all" else request.split, request.package)
    take = take_by_pattern(request.take) if request.take else take_by_view
    judged = Judge(model, request.thresholds, chosen.good).judge(chosen.items, take, progress)
    parts, confidence = judged.parts, request.requirements.confidence
    return parts, {
        "drawn": chosen.drawn,
        "dataset": _named(dataset, request.split),
        "good": list(chosen.good),
        "parts": {
            "n": len(parts),
            "good": sum(not part.defective for part in parts),
            "defective": sum(part.defective for part in parts),
            "pictures": len(chosen.items),
            "takes": sum(len(part.takes) for part in parts),
            "pictures_without_whole_take": judged.left_out,
            "synthetic_left_out": chosen.left_out,
        },
        EVIDENCE: judge_cases(dataset, model, request.thresholds).document(),
        **verdict_rates(parts, confidence),
        "per_class": per_class(parts, confidence),
        "per_size": per_size(parts, confidence),
        "repeatability": repeatability(parts),
        "agreement": agreement(parts),
        "study": None,
    }


def study_repeats(
    request: Request, model: Model, repeats: Dataset, progress: Callable[[int, int], None]
) -> tuple[tuple[JudgedPart, ...], dict[str, Any]]:
    """Judge a data set of parts that were imaged several times; return them, repeatability and agreement.

    Raises:
        DatasetError: As `accept`.
    """
    chosen = choose(repeats, None, request.package)
    take = take_by_pattern(request.take) if request.take else take_in_study
    judged = Judge(model, request.thresholds, chosen.good).judge(chosen.items, take, progress)
    parts = judged.parts
    return parts, {
        "drawn": chosen.drawn,
        "repeatability": repeatability(parts),
        "agreement": agreement(parts),
        "study": {
            **_named(repeats, "all"),
            "parts": len(parts),
            "pictures": len(chosen.items),
            "pictures_without_whole_take": judged.left_out,
            "synthetic_left_out": chosen.left_out,
        },
    }


def _named(dataset: Dataset, split: str) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "folder": str(dataset.folder),
        "fingerprint": dataset.fingerprint,
        "split": split,
    }


def default_folder(package: Path) -> Path:
    """Return where the reports of a package stand when nobody says otherwise."""
    package = package.resolve()
    return package.with_name(package.name + ".acceptance")
