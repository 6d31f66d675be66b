"""Judge a split with a package: every figure with its 95 % interval, as text, JSON and a report."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.manifest import Dataset, Item, open_dataset
from inspector.errors import DatasetError, UsageError
from inspector.inference.base import LocatingModel, Model
from inspector.inference.load import load_model
from inspector.inference.package import Card, Package, open_package
from inspector.jsonfile import write_json
from inspector.types import Prediction
from training import metrics
from training.intervals import Estimate, bootstrap, share
from training.pictures import read_checked
from training.pixel_metrics import aupro, pixel_auroc
from training.summary import FIGURES, as_text
from training.verdicts import threshold_curve, verdict_shares

SCHEMA = "inspector.evaluate/1"
_BATCH = 16


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A split and what the package says of it.

    Attributes:
        items: The pictures, in order.
        predictions: One each.
        classes: The package's classes.
        labels: True class index of each, (N,).
        predicted: Predicted class index of each, (N,).
        scores: Defect score of each, (N,).
        defective: Truth of each, (N,).
    """

    items: tuple[Item, ...]
    predictions: tuple[Prediction, ...]
    classes: tuple[str, ...]
    labels: metrics.Ints
    predicted: metrics.Ints
    scores: metrics.Floats
    defective: metrics.Bools


def run(options: Namespace) -> int:
    """Evaluate as asked on the command line; exit code 1 where a required figure is missed."""
    required = [_requirement(text) for text in options.require]
    package = open_package(options.package)
    model = load_model(package, options.device)
    with open_dataset(options.dataset) as dataset:
        judged = judge_split(dataset, model, None if options.split == "all" else options.split)
        document = evaluate(judged, package, resamples=options.resamples, seed=options.seed)
        document = {
            "package": str(options.package),
            "dataset": {"name": dataset.name, "folder": str(dataset.folder), "fingerprint": dataset.fingerprint},
            "split": options.split,
            **document,
            "pixels": pixel_figures(judged, model),
        }
    missed = [f"{name} is {_plain(document, name):.4f}, required {least}" for name, least in required
              if not _plain(document, name) >= least]  # fmt: skip
    document["missed"] = missed
    if options.report:
        from training.report import write_report

        print(f"Report: {write_report(options.report, document, judged, model)}", file=sys.stderr)
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        print(as_text(document))
    for text in missed:
        print(f"MISSED: {text}", file=sys.stderr)
    return 1 if missed else 0


def judge_split(dataset: Dataset, model: Model, split: str | None) -> Judged:
    """Predict every picture of a split (None: of all) but synthetic defects and regression cases: they judge nothing.

    Raises:
        DatasetError: No pictures, a class that the package does not know, or a file that is gone or damaged.
    """
    items, card = [item for item in dataset.items(split) if item.judges], model.package.card
    if not items:
        raise DatasetError(f"{dataset.folder}: the split {split!r} has no pictures.", cure="Choose another `--split`.")
    known = package_classes({item.label for item in items}, dataset, card)
    predictions: list[Prediction] = []
    for start in range(0, len(items), _BATCH):
        predictions += model.predict([read_checked(item) for item in items[start : start + _BATCH]])
    labels = np.array([card.classes.index(known[item.label]) for item in items], np.int64)
    return Judged(
        items=tuple(items),
        predictions=tuple(predictions),
        classes=card.classes,
        labels=labels,
        predicted=np.array([card.classes.index(found.predicted_class) for found in predictions], np.int64),
        scores=np.array([found.score for found in predictions], np.float64),
        defective=~np.isin(labels, [card.classes.index(name) for name in card.good]),
    )


def package_classes(labels: Collection[str], dataset: Dataset, card: Card) -> dict[str, str]:
    """Return which of the package's classes each label of a data set means.

    A method that learned from good parts calls every defect by one name, and a hybrid those that it was not taught:
    labels that the package does not know mean its first good class where the data set calls them good, and that
    name everywhere else.

    Raises:
        DatasetError: A label that the package does not know and has no name for, or one that is good in only one of
            the two.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    for label in sorted(labels):
        good = label in dataset.good
        if label in card.classes:
            if good != (label in card.good):
                raise DatasetError(
                    f"{dataset.folder}: the class {label!r} is good in only one of data set and package.",
                    cure="Use a package that was trained on a data set with the same good classes.",
                )
            found[label] = label
        elif card.anomaly is None:
            unknown.append(label)
        else:
            found[label] = card.good[0] if good else card.classes[-1]
    if unknown:
        raise DatasetError(
            f"{dataset.folder}: the package does not know the classes {', '.join(unknown)}; it knows "
            f"{', '.join(card.classes)}.",
            cure="Train a package on a data set with these classes, or relabel the pictures.",
        )
    return found


def pixel_figures(judged: Judged, model: Model) -> dict[str, Any] | None:
    """Return how well the maps of a method show where the defect is; None without maps, or without masks.

    Pixel AUROC, and the area under the per-region overlap up to 30 % false positives (AUPRO; Bergmann et al.,
    CVPR 2019 and IJCV 2021), in the pictures' own coordinates. Defective pictures without a mark are left out.
    """
    if not isinstance(model, LocatingModel):
        return None
    maps, masks = [], []
    for item, defective in zip(judged.items, judged.defective, strict=True):
        mask = item.read_mask() if defective else np.zeros((item.height, item.width), np.uint8)
        if mask is None or (defective and not mask.any()):
            continue
        maps += model.anomaly_maps([read_checked(item)])
        masks.append(mask > 0)
    marked = sum(bool(mask.any()) for mask in masks)
    if not marked:
        return None
    return {"n": len(maps), "n_marked": marked, "auroc": pixel_auroc(maps, masks), "aupro": aupro(maps, masks)}


def evaluate(judged: Judged, package: Package, *, resamples: int = 2000, seed: int = 0) -> dict[str, Any]:
    """Return all figures as a document: pictures, classes, escape and overkill, and parts of several views."""
    n, k = len(judged.items), len(judged.classes)
    strata = [judged.classes[label] for label in judged.labels]
    parts = [item.part for item in judged.items]

    def figures(index: metrics.Ints) -> list[float]:
        confusion = metrics.confusion_matrix(judged.labels[index], judged.predicted[index], k)
        scores, defective = judged.scores[index], judged.defective[index]
        return [
            metrics.accuracy(confusion),
            metrics.balanced_accuracy(confusion),
            metrics.macro_f1(confusion),
            metrics.auroc(scores, defective),
            metrics.average_precision(scores, defective),
            *metrics.class_figures(confusion).f1,
        ]

    found = bootstrap(figures, parts, strata, resamples=resamples, seed=seed)
    confusion = metrics.confusion_matrix(judged.labels, judged.predicted, k)
    document: dict[str, Any] = {
        "package_hash": package.hash,
        "n": n,
        "n_defective": int(judged.defective.sum()),
        "classes": list(judged.classes),
        "good": list(package.card.good),
    }
    for name, estimate in zip(FIGURES, found, strict=False):
        document |= _with_interval(name, estimate)
    document["per_class"] = _per_class(judged, confusion, found[len(FIGURES) :])
    document["confusion"] = confusion.tolist()
    document["thresholds"] = _at_thresholds(judged.scores, judged.defective, package)
    document["curve"] = threshold_curve(judged.scores, judged.defective)
    document["per_label"] = _per_label(judged, package)
    document["parts"] = evaluate_parts(judged, package, resamples=resamples, seed=seed)
    document["interval"] = f"95 %; shares exact (Clopper-Pearson), others bootstrap over parts, {resamples} resamples"
    return document


def evaluate_parts(judged: Judged, package: Package, *, resamples: int, seed: int) -> dict[str, Any] | None:
    """Return the figures of whole parts, judged by their worst view; None where every part has one picture.

    A part is defective when any of its pictures is. Its score is the largest of its views.
    """
    names = sorted({item.part for item in judged.items})
    if len(names) == len(judged.items):
        return None
    number = {name: index for index, name in enumerate(names)}
    owner = np.array([number[item.part] for item in judged.items])
    scores, defective = np.zeros(len(names)), np.zeros(len(names), np.bool_)
    np.maximum.at(scores, owner, judged.scores)
    np.logical_or.at(defective, owner, judged.defective)
    limit = package.card.thresholds.fail_from
    right = (scores >= limit) == defective

    def figures(index: metrics.Ints) -> list[float]:
        return [
            metrics.auroc(scores[index], defective[index]),
            metrics.average_precision(scores[index], defective[index]),
        ]

    strata = ["defective" if bad else "good" for bad in defective]
    auroc, precision = bootstrap(figures, names, strata, resamples=resamples, seed=seed)
    return {
        "n": len(names),
        "n_defective": int(defective.sum()),
        "views": len(judged.items),
        **_with_interval("accuracy", share(int(right.sum()), len(names))),
        **_with_interval("auroc", auroc),
        **_with_interval("average_precision", precision),
        "thresholds": _at_thresholds(scores, defective, package),
        "curve": threshold_curve(scores, defective),
    }


def _with_interval(name: str, estimate: Estimate) -> dict[str, Any]:
    return {name: estimate.value, f"{name}_interval": [estimate.low, estimate.high]}


def _per_class(judged: Judged, confusion: metrics.Ints, f1: Sequence[Estimate]) -> dict[str, Any]:
    rows = {}
    for index, name in enumerate(judged.classes):
        right = int(confusion[index, index])
        rows[name] = {
            "n": int(confusion[index].sum()),
            **_with_interval("precision", share(right, int(confusion[:, index].sum()))),
            **_with_interval("recall", share(right, int(confusion[index].sum()))),
            **_with_interval("f1", f1[index]),
        }
    return rows


def _per_label(judged: Judged, package: Package) -> dict[str, Any]:
    """Return, for each label as the data set has it, what happens to its pictures at the package's limits."""
    limits, names = package.card.thresholds.to_thresholds(), np.array([item.label for item in judged.items])
    good = judged.scores[~judged.defective]
    rows: dict[str, Any] = {}
    for name in sorted(set(names.tolist())):
        own = judged.scores[names == name]
        bad = bool(judged.defective[names == name][0])
        rows[name] = {
            "n": int(own.size),
            "defective": bad,
            **_with_interval("passed", share(int((own < limits.pass_below).sum()), own.size)),
            **_with_interval("failed", share(int((own >= limits.fail_from).sum()), own.size)),
            "auroc": metrics.auroc(np.r_[good, own], np.r_[np.zeros(good.size), np.ones(own.size)] > 0)
            if bad
            else None,
        }
    return rows


def _at_thresholds(scores: metrics.Floats, defective: metrics.Bools, package: Package) -> dict[str, Any]:
    limits = package.card.thresholds
    shares = verdict_shares(scores, defective, limits.to_thresholds())
    found: dict[str, Any] = {"pass_below": limits.pass_below, "fail_from": limits.fail_from}
    for name, estimate in asdict(shares).items():
        found |= {name: estimate["value"], f"{name}_interval": [estimate["low"], estimate["high"]]}
    return found


def _requirement(text: str) -> tuple[str, float]:
    """Read METRIC=MINIMUM."""
    name, _, least = text.partition("=")
    try:
        minimum = float(least)
    except ValueError as error:
        raise UsageError(f"--require {text}: the minimum is no number.", cure="Write it like macro_f1=0.93.") from error
    if name not in FIGURES:
        raise UsageError(f"--require {text}: there is no figure {name!r}.", cure=f"Use one of {', '.join(FIGURES)}.")
    return name, minimum


def _plain(document: dict[str, Any], name: str) -> float:
    return float(document[name])


def report_path(folder: Path) -> Path:
    """Return where the report stands in `folder`."""
    return folder / "report.html"
