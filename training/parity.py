"""The parity gate: an export may judge only where it decides as PyTorch does, picture by picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datasets.manifest import Item
from inspector.decisions.policy import decide
from inspector.inference.base import Model
from inspector.inference.package import Card, CardThresholds
from inspector.inference.runtimes import Parity
from inspector.types import Verdict
from training.pictures import read_checked

ALLOWED_SHARE = 0.001
"""Of the pictures that may get another verdict; of a calibrated package none may (`allowed_flips`)."""


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """What both run-times judge.

    Attributes:
        items: The pictures.
        name: Of the data set.
        fingerprint: Of its version.
        split: Which part of it.
    """

    items: Sequence[Item]
    name: str
    fingerprint: str
    split: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture's defect score and verdict by PyTorch and by the export."""

    reference: float
    exported: float
    before: Verdict
    after: Verdict


def allowed_flips(card: Card, pictures: int) -> int:
    """Return how many verdicts may differ.

    A guarantee counts the errors on the calibration set. None may flip there, so that the counts of the export are the
    very same ones, and with them the bound.
    """
    return 0 if card.calibration else math.floor(pictures * ALLOWED_SHARE)


def judge_both(
    reference: Model, exported: Model, items: Sequence[Item], advance: Callable[[int, int], None]
) -> list[Pair]:
    """Let both judge each picture at the package's limits.

    Raises:
        DatasetError: A picture is gone or damaged.
        ModelError: A run-time failed.
    """
    card = reference.package.card
    limits = card.thresholds.to_thresholds()
    pairs = []
    for number, item in enumerate(items):
        picture = read_checked(item)
        found = [model.predict([picture])[0] for model in (reference, exported)]
        verdicts = [decide({"": each}, limits, card.good).verdict for each in found]
        pairs.append(Pair(found[0].score, found[1].score, verdicts[0], verdicts[1]))
        advance(number + 1, len(items))
    return pairs


def gate(card: Card, pairs: Sequence[Pair], frozen: FrozenSet, bound: float) -> Parity:
    """Return whether the export may judge, and why.

    Args:
        card: Of the package.
        pairs: From `judge_both`; at least one.
        frozen: What they are of.
        bound: Largest difference of a defect score.
    """
    flips = [pair for pair in pairs if pair.before is not pair.after]
    beyond = sum(Verdict.REVIEW not in (pair.before, pair.after) for pair in flips)
    largest = max(abs(pair.reference - pair.exported) for pair in pairs)
    allowed = allowed_flips(card, len(pairs))
    reason = _objection(len(flips), allowed, beyond, largest, bound)
    agreed = f"{len(flips)} of {len(pairs)} verdicts differ, scores by at most {largest:.3g}"
    return Parity(
        passed=not reason,
        reason=reason or agreed,
        pictures=len(pairs),
        flips=len(flips),
        allowed=allowed,
        beyond_review=beyond,
        largest_difference=largest,
        bound=bound,
        thresholds=CardThresholds(**card.thresholds.model_dump()),
        temperature=card.calibration.temperature if card.calibration else 1.0,
        dataset={"name": frozen.name, "fingerprint": frozen.fingerprint, "split": frozen.split},
    )


def _objection(flips: int, allowed: int, beyond: int, largest: float, bound: float) -> str:
    if beyond:
        return f"{beyond} pictures went from PASS to FAIL or back"
    if flips > allowed:
        return f"{flips} verdicts differ; {allowed} may"
    if not largest <= bound:
        return f"a defect score differs by {largest:.3g}; {bound:g} may"
    return ""
