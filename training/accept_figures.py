"""The figures of an acceptance: by part, with exact intervals, as plain documents for JSON and the reports."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from datasets.kappa import Kappa, fleiss_kappa
from inspector.decisions.risk import upper_bound
from inspector.types import Verdict
from training.accept_judge import JudgedPart, Take
from training.agreement import Study, agree
from training.intervals import Estimate, share
from training.metrics import Floats

_BINS, _LEAST_IN_BIN = 4, 5


def rate(hits: int, n: int, confidence: float) -> dict[str, Any]:
    """Return a share of parts with its exact two-sided 95 % interval and its one-sided upper bound."""
    found = share(hits, n)
    return {
        "value": found.value,
        "interval": [found.low, found.high],
        "upper": upper_bound(hits, n, confidence),
        "confidence": confidence,
        "events": hits,
        "n": n,
    }


def verdict_rates(parts: Sequence[JudgedPart], confidence: float) -> dict[str, Any]:
    """Return escape and overkill, and the shares that a person must look at.

    A part that was imaged several times counts as escaped when any take passed, as overkill when any was rejected: the
    bounds then err on the safe side.
    """

    def of(defective: bool, *verdicts: Verdict) -> dict[str, Any]:
        own = [part for part in parts if part.defective == defective]
        return rate(sum(part.verdict in verdicts for part in own), len(own), confidence)

    return {
        "escape": of(True, Verdict.PASS),
        "overkill": of(False, Verdict.FAIL, Verdict.ERROR),
        "review_good": of(False, Verdict.REVIEW),
        "review_defective": of(True, Verdict.REVIEW),
    }


def per_class(parts: Sequence[JudgedPart], confidence: float) -> dict[str, Any]:
    """Return verdicts and error rate of each class, the good ones first; a part counts in each class that it shows."""
    rows: dict[str, Any] = {}
    names = sorted({(part.defective, label) for part in parts for label in part.labels})
    for defective, name in names:
        own = [part for part in parts if part.defective == defective and name in part.labels]
        verdicts = Counter(part.verdict for part in own)
        error = verdict_rates(own, confidence)["escape" if defective else "overkill"]
        rows[name] = {
            "defective": defective,
            "n": len(own),
            "verdicts": {verdict.value: verdicts[verdict] for verdict in Verdict},
            "error": error,
        }
    return rows


def per_size(parts: Sequence[JudgedPart], confidence: float) -> dict[str, Any] | None:
    """Return how often defects are detected (not passed), by size; None where no defect has a mark.

    The size is the square root of the marked area in pixels. Up to four ranges hold about as many parts each,
    at least five unless there are fewer.
    """
    marked = [part for part in parts if part.defective and part.size_px is not None]
    if not marked:
        return None
    sizes = np.array([part.size_px or 0.0 for part in marked], np.float64)
    edges = size_edges(sizes)
    place = np.clip(np.searchsorted(edges, sizes, "right") - 1, 0, len(edges) - 2)
    ranges = [
        [part for part, at in zip(marked, place, strict=True) if at == number] for number in range(len(edges) - 1)
    ]
    return {
        "ranges": [
            {"from_px": low, "to_px": high, **_detection(own, confidence)}
            for (low, high), own in zip(pairwise(edges.tolist()), ranges, strict=True)
        ],
        "unmarked": _detection([part for part in parts if part.defective and part.size_px is None], confidence),
        "largest_missed_px": max(
            (part.size_px or 0.0 for part in marked if part.verdict is Verdict.PASS), default=None
        ),
    }


def size_edges(sizes: Floats) -> Floats:
    """Return the limits of the ranges, ascending, at least two: each range holds its lower limit, the last both."""
    count = max(1, min(_BINS, sizes.size // _LEAST_IN_BIN))
    ascending = np.sort(sizes)
    edges = np.unique(np.r_[ascending[np.arange(count) * sizes.size // count], ascending[-1]])
    return edges if edges.size > 1 else np.repeat(edges, 2)


def _detection(parts: Sequence[JudgedPart], confidence: float) -> dict[str, Any]:
    shares = [part.share for part in parts if part.share is not None]
    missed = sum(part.verdict is Verdict.PASS for part in parts)
    detected = share(len(parts) - missed, len(parts))
    return {
        "n": len(parts),
        "missed": missed,
        "detected": detected.value,
        "interval": [detected.low, detected.high],
        "escape_upper": upper_bound(missed, len(parts), confidence),
        "picture_share": [min(shares), max(shares)] if shares else None,
    }


def repeatability(parts: Sequence[JudgedPart]) -> dict[str, Any]:
    """Return how far the verdicts on one part repeat; `measured` is false where no part was imaged several times."""
    repeated = [part for part in parts if len(part.takes) > 1]
    if not repeated:
        return {"measured": False, "parts": 0}
    takes = min(len(part.takes) for part in repeated)
    same = [len({take.decision.verdict for take in part.takes}) == 1 for part in repeated]
    scores = [[t.decision.score for t in part.takes if t.decision.score is not None] for part in repeated]
    spreads = [np.array(own, np.float64) for own in scores if len(own) > 1]
    counts = np.array(
        [[sum(t.decision.verdict is verdict for t in part.takes[:takes]) for verdict in Verdict] for part in repeated],
        np.float64,
    )
    return {
        "measured": True,
        "parts": len(repeated),
        "takes": takes,
        "pictures": sum(len(take.items) for part in repeated for take in part.takes),
        "same_verdict": _estimate(share(sum(same), len(same))),
        "kappa": _kappa(fleiss_kappa(counts)),
        "score_deviation": math.sqrt(np.mean([spread.var(ddof=1) for spread in spreads])) if spreads else math.nan,
        "largest_range": max((float(np.ptp(spread)) for spread in spreads), default=math.nan),
        "changed": [
            {
                "part": part.part,
                "labels": list(part.labels),
                "verdicts": [take.decision.verdict.value for take in part.takes],
                "scores": [take.decision.score for take in part.takes],
            }
            for part, alike in zip(repeated, same, strict=True)
            if not alike
        ],
    }


def agreement(parts: Sequence[JudgedPart]) -> dict[str, Any]:
    """Return the attribute study of the system against the labels; whatever it does not pass counts as rejected."""
    study = Study(
        np.array([part.defective for part in parts], np.bool_),
        tuple(np.array([not take.accepted for take in part.takes], np.bool_) for part in parts),
    )
    found = agree(study)
    return {
        "parts": found.parts,
        "defective": int(study.defective.sum()),
        "trials": found.trials,
        "judgements": sum(len(part.takes) for part in parts),
        "effectiveness": _estimate(found.effectiveness),
        "miss_rate": _estimate(found.miss_rate),
        "false_alarm_rate": _estimate(found.false_alarm_rate),
        "cohen_kappa": _kappa(found.cohen),
        "fleiss_kappa": _kappa(found.fleiss),
        "table": {
            verdict.value: {
                "good": _count(parts, lambda part: not part.defective, verdict),
                "defective": _count(parts, lambda part: part.defective, verdict),
            }
            for verdict in Verdict
        },
    }


def _count(parts: Sequence[JudgedPart], which: Callable[[JudgedPart], bool], verdict: Verdict) -> int:
    return sum(take.decision.verdict is verdict for part in parts if which(part) for take in part.takes)


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"value": found.value, "interval": [found.low, found.high]}


def _kappa(found: Kappa) -> dict[str, Any]:
    return {**_estimate(found), "null_error": found.null_error}


def worst_cases(parts: Sequence[JudgedPart], most: int) -> list[tuple[str, JudgedPart, Take]]:
    """Return (kind, part, take): the errors, surest first, then the closest calls among what was judged right.

    Args:
        parts: All of them.
        most: How many at most; a third of them at most are calls that went right.
    """
    takes = [(part, take) for part in parts for take in part.takes]

    def chosen(kind: str, defective: bool, verdicts: Sequence[Verdict], *, lowest: bool) -> list[_Case]:
        own = [(kind, p, t) for p, t in takes if p.defective == defective and t.decision.verdict in verdicts]
        own.sort(key=lambda case: (case[2].score if lowest else -case[2].score, case[1].part), reverse=True)
        return list(reversed({case[1].part: case for case in own}.values()))  # the worst take of each part

    wrong = [
        *chosen("Escape", True, [Verdict.PASS], lowest=True),
        *chosen("Overkill", False, [Verdict.FAIL, Verdict.ERROR], lowest=False),
    ]
    close = [
        *chosen("Nearly escaped", True, [Verdict.REVIEW, Verdict.FAIL], lowest=True)[: max(most // 6, 1)],
        *chosen("Nearly rejected", False, [Verdict.REVIEW, Verdict.PASS], lowest=False)[: max(most // 6, 1)],
    ]
    return wrong[: most - min(len(close), most // 3)] + close[: most // 3]


_Case = tuple[str, JudgedPart, Take]
