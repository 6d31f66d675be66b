"""State the risk: from an accepted rate and a calibration set to a package whose limits keep it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from datasets.manifest import Dataset, open_dataset
from datasets.progress import show_progress
from inspector.decisions.limits import AcceptedRisk, Calibrated, choose_limits, require_support
from inspector.errors import TooFewPartsError, UsageError
from inspector.inference.load import load_reference
from inspector.inference.package import Package, open_package
from inspector.jsonfile import write_json
from inspector.people import Action, require
from inspector.people.console import person_of_console
from inspector.recipe import load_recipe
from training.calibrate_card import Source, write_calibrated
from training.calibrate_document import as_document, as_text, refusal
from training.calibrate_rescale import Rescaled, rescale
from training.calibrate_scores import JudgedPictures, calibration_items, judge_pictures, one_per_view, part_counts

SCHEMA = "inspector.calibrate/1"


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A finished calibration, before anything of it is written.

    Attributes:
        judged: The pictures.
        rescaled: The parts, and how their scores were rescaled.
        found: The limits and what they promise.
        repeats: Pictures left out because another shows the same view of the same part.
    """

    judged: JudgedPictures
    rescaled: Rescaled
    found: Calibrated
    repeats: int = 0


def run(options: Namespace) -> int:
    """Calibrate as asked on the command line.

    Raises:
        TooFewPartsError: The data cannot support the promise; nothing is written but the JSON that says so.
        UsageError: The risk makes no sense, or the package learned from the split.
    """
    require(person_of_console(options.who), Action.CALIBRATE)  # before hours of work, not after
    if options.confidence == 0.0:
        raise UsageError("A confidence of 0 promises nothing.", cure="Use `--expected` to bound the expected rate.")
    confidence = 0.0 if options.expected else options.confidence
    accepted = AcceptedRisk(options.max_escape, options.max_overkill, confidence, options.review)
    package = open_package(options.package)
    recipe = load_recipe(options.recipe) if options.recipe else None
    with open_dataset(options.dataset) as dataset:
        source = Source(dataset.name, dataset.fingerprint, options.split, package, recipe)
        try:
            with show_progress("judge", json_lines=options.json_lines) as advance:
                done = calibrate(package, dataset, options.split, accepted, device=options.device, advance=advance)
        except TooFewPartsError as lack:
            if options.json:
                write_json(refusal(lack, accepted, source), options.json, schema=SCHEMA)
            raise
    written = write_calibrated(done, source, options.out)
    document = as_document(done, source, written)
    if options.report:
        from training.calibrate_report import write_report

        print(f"Report: {write_report(options.report, document, done)}", file=sys.stderr)
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-" and not options.json_lines:
        print(as_text(document))
    return 0


def calibrate(
    package: Package,
    dataset: Dataset,
    split: str,
    accepted: AcceptedRisk,
    *,
    device: str = "auto",
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Calibration:
    """Judge a split's parts and find the limits that keep the accepted risk.

    Args:
        package: What judges.
        dataset: Parts that the package was not trained on.
        split: `validation`, `test`, `train` or `all`.
        accepted: The risk.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        advance: Hears of (pictures judged, pictures in all).

    Raises:
        TooFewPartsError: The data cannot support the risk; said before the first picture is judged.
        UsageError: The package learned from this split.
        DatasetError: The pictures cannot be used.
    """
    everything = calibration_items(dataset, split, package.card)
    items = one_per_view(everything)
    require_support(*part_counts(items, package.card), accepted)
    judged = judge_pictures(items, load_reference(package, device), advance)
    rescaled = rescale(judged, package.card, accepted)
    found = choose_limits(rescaled.scores, accepted)
    return Calibration(judged, rescaled, found, repeats=len(everything) - len(items))
