"""`inspector bench decisions`: whether all run-times decide alike on the same pictures, in one table.

The station asks this once for each export (`inspector export`, the parity gate); here all of them stand side by side,
those that the gate would refuse included, on as many pictures as wanted.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from datasets.manifest import SPLITS, Dataset, Item, open_dataset
from inspector.decisions.policy import decide
from inspector.errors import UsageError
from inspector.inference.base import Model
from inspector.inference.card import Card
from inspector.inference.package import open_package
from inspector.progress import show_bar
from inspector.types import Prediction, Verdict
from training.bench.anomaly import loaded
from training.bench.rows import deliver
from training.export import BOUNDS
from training.graphs import refuse_other_methods
from training.parity import FrozenSet, Pair, gate
from training.pictures import read_checked

Name = tuple[str, str]
REFERENCE: Name = ("torch", "fp32")


def run(options: Namespace) -> int:
    """Judge as asked on the command line; 1 where a picture went from PASS to FAIL or back.

    Raises:
        UsageError: A method without exports, or a data set without pictures.
    """
    package = open_package(options.package)
    refuse_other_methods(package)
    with open_dataset(options.dataset) as dataset:
        items = chosen(dataset, options.pictures)
        models, reasons = loaded(package, dataset)
        with show_bar("judge", "img") as advance:
            found = judge_all(models, items, advance)
        frozen = FrozenSet(items, dataset.name, dataset.fingerprint, "all")
    compared = [compared_row(package.card, name, found, frozen) for name in models if name != REFERENCE]
    compared += [{"runtime": name[0], "precision": name[1], "reason": reason} for name, reason in reasons.items()]
    facts = {"pictures": len(items), "wanted": options.pictures, "decisions": compared, "dataset": dataset.name}
    deliver(options, [], decisions_table(compared, len(items), options.pictures), facts)
    return 1 if any(each.get("beyond_review") for each in compared) else 0


def chosen(dataset: Dataset, count: int) -> list[Item]:
    """Return up to so many pictures, evenly spread over all splits. Raises UsageError where there is none."""
    items = [item for split in SPLITS for item in dataset.items(split)]
    if not items:
        raise UsageError(f"{dataset.folder}: there is no picture in it.", cure="Give another data set.")
    places = np.unique(np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int))
    return [items[place] for place in places]


def judge_all(
    models: Mapping[Name, Model], items: Sequence[Item], advance: Callable[[int, int], None]
) -> dict[Name, list[Prediction]]:
    """Return what each run-time says of each picture; every picture is decoded once."""
    found: dict[Name, list[Prediction]] = {name: [] for name in models}
    for number, item in enumerate(items):
        picture = read_checked(item)
        for name, model in models.items():
            found[name] += model.predict([picture])
        advance(number + 1, len(items))
    return found


def compared_row(
    card: Card, name: Name, found: Mapping[Name, Sequence[Prediction]], frozen: FrozenSet
) -> dict[str, Any]:
    """Return flips and differences of one run-time against PyTorch, at the package's limits, and the gate's answer."""
    limits = card.thresholds.to_thresholds()

    def verdict(prediction: Prediction) -> Verdict:
        return decide({"": prediction}, limits, card.good).verdict

    both = zip(found[REFERENCE], found[name], strict=True)
    pairs = [Pair(one.score, other.score, verdict(one), verdict(other)) for one, other in both]
    parity = gate(card, pairs, frozen, next(bound for precision, bound in BOUNDS.items() if precision == name[1]))
    differences = np.abs([pair.reference - pair.exported for pair in pairs])
    return {
        "runtime": name[0],
        "precision": name[1],
        "pictures": len(pairs),
        "flips": parity.flips,
        "beyond_review": parity.beyond_review,
        "mean_difference": round(float(differences.mean()), 6),
        "p99_difference": round(float(np.percentile(differences, 99)), 6),
        "largest_difference": round(float(parity.largest_difference), 6),
        "gate": "passed" if parity.passed else f"refused: {parity.reason}",
    }


def decisions_table(compared: Sequence[Mapping[str, Any]], pictures: int, wanted: int) -> str:
    """Return the Markdown table."""
    lines = [
        f"{pictures} pictures judged by all run-times"
        + (f" ({wanted} were asked for; there are no more)." if pictures < wanted else "."),
        "",
        "| run-time | precision | flips | PASS to FAIL or back | mean difference of a score | p99 | largest | gate |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in compared:
        start = f"| {each['runtime']} | {each['precision']} |"
        if "reason" in each:
            lines.append(f"{start} not judged: {each['reason']} | | | | | |")
            continue
        lines.append(
            f"{start} {each['flips']} | {each['beyond_review']} | {each['mean_difference']:.2g} | "
            f"{each['p99_difference']:.2g} | {each['largest_difference']:.2g} | {each['gate']} |"
        )
    return "\n".join(lines)
