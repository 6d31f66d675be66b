"""What a data set holds, as one document for people and programs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from datasets.derived import list_runs
from datasets.manifest import SPLITS, Dataset
from datasets.regression import standing_cases

SCHEMA = "inspector.dataset/1"


def summarise(dataset: Dataset) -> dict[str, Any]:
    """Return counts, splits, fingerprint and rejected files; the document of `inspector dataset show --json`."""
    items = dataset.items()
    classes = dataset.classes
    labels = Counter(item.label for item in items)
    splits = Counter(item.split for item in items)
    both = Counter((item.split, item.label) for item in items)
    return {
        "name": dataset.name,
        "folder": str(dataset.folder),
        "images": len(items),
        "parts": len({item.part for item in items}),
        "views": len({item.view for item in items}),
        "masks": sum(item.mask is not None for item in items),
        "synthetic": sum(item.synthetic for item in items),
        "derived": sum(item.derived for item in items),
        "syntheses": list_runs(dataset),
        "waiting": sum(item.label == "" for item in dataset.items(unlabelled=True)),
        "regression_cases": len(standing_cases(dataset)),
        "good": list(dataset.good),
        "classes": {name: labels[name] for name in classes},
        "splits": {split: splits[split] for split in SPLITS},
        "splits_by_class": {split: {name: both[split, name] for name in classes} for split in SPLITS},
        "parts_by_split": {split: len({item.part for item in items if item.split == split}) for split in SPLITS},
        "fingerprint": dataset.fingerprint,
        "rejected": [{"path": str(no.path), "problem": no.problem, "reason": no.detail} for no in dataset.rejected()],
    }


def describe(summary: dict[str, Any], *, rejected_shown: int = 20) -> str:
    """Return a summary as text for a terminal."""
    width = max(10, *(len(name) for name in summary["classes"]), 10)
    lines = [
        f"data set     {summary['name']}  ({summary['folder']})",
        f"images       {summary['images']} of {summary['parts']} parts, {summary['masks']} with mask",
        f"fingerprint  {summary['fingerprint']}",
        *_describe_derived(summary),
        *_describe_loop(summary),
        "",
        f"{'class':<{width}}  {'all':>6}  " + "  ".join(f"{split:>10}" for split in SPLITS),
    ]
    for name, count in summary["classes"].items():
        counts = "  ".join(f"{summary['splits_by_class'][split][name]:>10}" for split in SPLITS)
        lines.append(f"{name:<{width}}  {count:>6}  {counts}  {'good' if name in summary['good'] else ''}".rstrip())
    totals = "  ".join(f"{summary['splits'][split]:>10}" for split in SPLITS)
    parts = "  ".join(f"{summary['parts_by_split'][split]:>10}" for split in SPLITS)
    lines += [
        f"{'images':<{width}}  {summary['images']:>6}  {totals}",
        f"{'parts':<{width}}  {summary['parts']:>6}  {parts}",
        "",
        f"rejected     {len(summary['rejected'])}",
    ]
    lines += [f"  {no['problem']:<12} {no['reason']}" for no in summary["rejected"][:rejected_shown]]
    if len(summary["rejected"]) > rejected_shown:
        lines.append(f"  … and {len(summary['rejected']) - rejected_shown} more (all of them with --json)")
    return "\n".join(lines)


def _describe_derived(summary: dict[str, Any]) -> list[str]:
    if not summary["derived"]:
        return []
    runs = ", ".join(f"{run['run']} {run['pictures']}" for run in summary["syntheses"])
    return [f"synthetic    {summary['derived']} pictures with synthetic defects, in train only: {runs}"]


def _describe_loop(summary: dict[str, Any]) -> list[str]:
    lines = (
        [f"waiting      {summary['waiting']} more images, out of a log, have no label yet"]
        if summary["waiting"]
        else []
    )
    cases = summary["regression_cases"]
    return [*lines, *([f"cases        {cases} images that every later model must not pass"] if cases else [])]
