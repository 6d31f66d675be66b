"""The steps of a retraining: each from what the one before gave out to a plain document. Resuming is `retrain`'s."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.frozen import split_content
from datasets.manifest import Dataset, Item, open_dataset
from inspector.decisions.limits import AcceptedRisk
from inspector.errors import DatasetError, PackageError, UsageError
from inspector.inference.load import load_model
from inspector.inference.package import Package, open_package
from inspector.release import AcceptanceSet
from training.accept_judge import Judge, JudgedPart, take_by_view
from training.calibrate import calibrate
from training.calibrate_card import Source, write_calibrated
from training.calibrate_document import as_document
from training.cases import judge_cases, require_known_cases
from training.promote_compare import compare
from training.retrain_progress import Teller
from training.retrain_request import Champion, RetrainRequest


def train(request: RetrainRequest, data: Path, folder: Path, teller: Teller) -> dict[str, Any]:
    """Train on the frozen data, going on where an earlier run was stopped; return hash and figures of the package.

    Raises:
        TrainingError: The data cannot be learned from, or the weights are not to be had.
    """
    from training.train_command import run as run_training

    run_training(
        Namespace(
            **vars(request.settings),
            dataset=data,
            out=folder,
            run_folder=None,
            resume=folder.with_name(folder.name + ".run").is_dir(),  # an earlier run was stopped
            device=request.device,
            json_lines=teller.json_lines,
        )
    )
    package = open_package(folder)
    return {"package_hash": package.hash, "metrics": package.card.metrics, "data": package.card.data}


def promise(
    package: Package, data: Path, accepted: AcceptedRisk | None, out: Path, device: str, teller: Teller
) -> dict[str, Any]:
    """Calibrate for the accepted risk on the validation split; without one, the package keeps its own limits.

    Raises:
        TooFewPartsError: The data cannot support the promise.
    """
    if accepted is None:
        return {"folder": package.folder.name, "package_hash": package.hash, "calibration": None}
    with open_dataset(data) as dataset, teller.progress("calibrate") as advance:
        source = Source(dataset.name, dataset.fingerprint, "validation", package, None)
        done = calibrate(package, dataset, "validation", accepted, device=device, advance=advance)
    written = write_calibrated(done, source, out)
    kept = ("accepted", "guarantees", "statements", "thresholds", "n_good_parts", "n_defective_parts")
    document = as_document(done, source, written)
    return {
        "folder": out.name,
        "package_hash": written.hash,
        "calibration": {name: document[name] for name in kept},
    }


def frozen_set(request: RetrainRequest, data: Path) -> AcceptanceSet:
    """Return the set on which both are compared, as it is now."""
    with open_dataset(request.acceptance or data) as dataset:
        content = split_content(dataset, request.split)
        return AcceptanceSet(name=dataset.name, fingerprint=dataset.fingerprint, split=request.split, content=content)


def against_champion(
    request: RetrainRequest, champion: Champion, challenger: Package, data: Path, teller: Teller
) -> dict[str, Any]:
    """Compare both on the frozen set; see `training.promote_compare`.

    Raises:
        UsageError: The challenger learned from that split.
        DatasetError: It has no pictures.
    """
    with open_dataset(request.acceptance or data) as dataset:
        items = _judging(dataset, request.split, challenger)
        judged = [_judge(dataset, items, package, what, request.device, teller)
                  for what, package in (("champion", champion.package), ("challenger", challenger))]  # fmt: skip
    found = compare(*judged, margin=request.margin, error_rate=request.error_rate)
    return {
        "champion": champion.package.hash,
        "challenger": challenger.hash,
        "error_rate": request.error_rate,
        "no_worse": all(each.passed for each in found),
        **{each.error: each.document() for each in found},
    }


def known_misses(
    champion: Champion | None, package: Package, data: Path, device: str, teller: Teller
) -> dict[str, Any]:
    """Judge the regression cases at the package's limits.

    Raises:
        UsageError: The data set lacks a case that the release was held against before.
        DatasetError: The picture of a case is gone or damaged.
    """
    with open_dataset(data) as dataset:
        require_known_cases(champion.release if champion else None, dataset)
        model, limits = load_model(package, device), package.card.thresholds.to_thresholds()
        with teller.progress("regression cases") as advance:
            return judge_cases(dataset, model, limits, advance).document()


def said_of(package: Package) -> dict[str, Any]:
    """Return what a report says of a package."""
    card = package.card
    return {
        "hash": package.hash,
        "folder": str(package.folder),
        "method": card.method,
        "backbone": card.backbone,
        "created": card.created,
        "data": card.data,
        "metrics": card.metrics,
        "thresholds": card.thresholds.model_dump(),
        "guarantees": [asdict(each) for each in card.guarantees],
    }


def intact(folder: Path, hash_: str) -> Package | None:
    """Return the package that an earlier run left in `folder`, verified; None where it is not that one any more."""
    try:
        return open_package(folder, hash_)
    except PackageError:
        return None


def _judging(dataset: Dataset, split: str, challenger: Package) -> list[Item]:
    if challenger.card.data.get("fingerprint") == dataset.fingerprint and split != "test":
        raise UsageError(
            f"{dataset.folder}: the challenger learned from this data set; only its test split proves anything.",
            cure="Use `--split test`, or `--acceptance` with a data set of other parts.",
        )
    items = [item for item in dataset.items(None if split == "all" else split) if item.judges]
    if not items:
        raise DatasetError(f"{dataset.folder}: the split {split!r} has no pictures.", cure="Choose another `--split`.")
    return items


def _judge(
    dataset: Dataset, items: Sequence[Item], package: Package, what: str, device: str, teller: Teller
) -> tuple[JudgedPart, ...]:
    model, limits = load_model(package, device), package.card.thresholds.to_thresholds()
    with teller.progress(what) as advance:
        return Judge(model, limits, dataset.good).judge(items, take_by_view, advance).parts
