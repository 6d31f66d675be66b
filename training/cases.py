"""Regression cases as a package judges them: it may come into force only if it passes none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.manifest import Dataset
from datasets.regression import RegressionCase, list_cases
from inspector.errors import UsageError
from inspector.inference.base import Model
from inspector.release import Release
from inspector.types import Thresholds
from training.accept_judge import Judge, JudgedPart, take_by_view

EVIDENCE = "regression"
"""Where the history of a release keeps what a package was held against."""


@dataclass(frozen=True, slots=True)
class JudgedCases:
    """The regression cases and what a package says of them.

    Attributes:
        cases: All of them, withdrawn ones as well.
        parts: Those that have to be met, judged as the station would.
    """

    cases: tuple[RegressionCase, ...]
    parts: tuple[JudgedPart, ...]

    @property
    def passed(self) -> tuple[JudgedPart, ...]:
        """The parts that would get PASS: each of them is a known miss that the package repeats."""
        return tuple(part for part in self.parts if any(take.accepted for take in part.takes))

    def document(self) -> dict[str, Any]:
        """Return the JSON form; the hashes are what later packages are asked for as well."""
        standing = [case for case in self.cases if case.withdrawn is None]
        return {
            "n": len(self.parts),
            "met": len(self.parts) - len(self.passed),
            "cases": sorted(case.item.sha256 for case in standing),
            "withdrawn": [case.document() for case in self.cases if case.withdrawn is not None],
            "passed": [_passed(part) for part in self.passed],
        }


def judge_cases(
    dataset: Dataset,
    model: Model,
    limits: Thresholds,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
) -> JudgedCases:
    """Judge a data set's regression cases.

    Args:
        dataset: Holds them.
        model: The package's.
        limits: In force.
        advance: Hears of (pictures judged, pictures in all).

    Raises:
        DatasetError: The picture of a case is gone or damaged: it cannot be said to be met.
        ModelError: The run-time failed.
    """
    cases = list_cases(dataset)
    items = [case.item for case in cases if case.withdrawn is None]
    parts = Judge(model, limits, dataset.good).judge(items, take_by_view, advance).parts if items else ()
    return JudgedCases(tuple(cases), parts)


def require_known_cases(release: Release | None, dataset: Dataset) -> None:
    """Refuse a data set that lacks a case which an earlier package of the release was held against.

    Raises:
        UsageError: One is missing: it would be dropped without a word.
    """
    entries = release.history if release else ()
    demanded = {sha256 for entry in entries for sha256 in entry.evidence.get(EVIDENCE, {}).get("cases", ())}
    missing = demanded - {case.item.sha256 for case in list_cases(dataset)}
    if missing:
        raise UsageError(
            f"{dataset.folder}: lacks {len(missing)} of {len(demanded)} regression cases that packages of this release "
            f"were held against (for instance SHA-256 {min(missing)[:12]}).",
            cure="Give the data set that holds them with --cases. What no longer has to be met is withdrawn there, by "
            "`inspector dataset regression withdraw`.",
        )


def cases_as_text(document: dict[str, Any]) -> str:
    """Return what was found for people; "" where there is no case."""
    lines = [f"regression cases: {document['met']} of {document['n']} parts are not passed"] if document["n"] else []
    lines += [f"  PASSED AGAIN: part {part['part']} (score {part['score']:.3f}): {part['paths'][0]}"
              for part in document["passed"]]  # fmt: skip
    lines += [f"  withdrawn by {case['withdrawn']['who']}: {case['path']}" for case in document["withdrawn"]]
    return "\n".join(lines)


def _passed(part: JudgedPart) -> dict[str, Any]:
    take = next(take for take in part.takes if take.accepted)
    items: Sequence[Any] = tuple(take.items.values())
    return {
        "part": part.part,
        "score": take.score,
        "reason": take.decision.reason,
        "paths": [str(item.path) for item in items],
        "sha256": [item.sha256 for item in items],
    }
