"""A retraining as a process of its own: what it has said so far, in words that a page can show. No widgets."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

STEPS = ("freeze", "train", "calibrate", "compare", "regression", "report")
"""The steps until a run names its own."""
INSPECTOR = (sys.executable, "-m", "inspector.cli")
SCHEMA = "inspector.retrain/1"
"""Lines of the retraining itself; lines of other schemas come from the training within it."""
METHODS = ("classifier", "patch-memory", "autoencoder", "hybrid")
_REASON = "REASON"
"""Stands in the promotion's arguments where the person's reason belongs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished run says.

    Attributes:
        verdict: One word or two.
        text: One sentence.
        figures: Name and value.
        report: The report's file; None where there is none.
        package: Folder of the new package; None where there is none.
        promote: Arguments of `inspector` that bring it into force, without who and why; empty where it may not be.
    """

    verdict: str
    text: str
    figures: Mapping[str, Any]
    report: Path | None
    package: Path | None
    promote: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is.

    Attributes:
        steps: Their names in order.
        states: State by step: started, done or skipped (done by an earlier run).
        share: Of the step at work, 0..1; None where it says nothing.
        seconds_left: Of the step at work; None where it says nothing.
        text: What it said last.
        outcome: Where it has ended well.
    """

    steps: tuple[str, ...] = STEPS
    states: Mapping[str, str] = field(default_factory=dict)
    share: float | None = None
    seconds_left: float | None = None
    text: str = ""
    outcome: Outcome | None = None

    @property
    def overall(self) -> float:
        """Share of the steps that are done, 0..1, the one at work by its own share."""
        done = sum(self.states.get(step) in ("done", "skipped") for step in self.steps)
        return min(1.0, (done + (self.share or 0.0)) / max(1, len(self.steps)))


def heard(standing: Standing, line: Mapping[str, Any]) -> Standing:
    """Return the standing after one more JSON line. Lines of the steps' own programs tell of progress alone."""
    own = line.get("schema") == SCHEMA
    match line.get("event") if own else None:
        case "plan" if isinstance(line.get("steps"), list):
            return replace(standing, steps=tuple(str(step) for step in line["steps"]))
        case "step" if line.get("step") in standing.steps and "state" in line:
            states = {**standing.states, str(line["step"]): str(line["state"])}
            return replace(standing, states=states, share=None, seconds_left=None, text=str(line.get("text", "")))
        case "done" if "verdict" in line:
            return replace(standing, outcome=_outcome(line), share=None, seconds_left=None)
    share, seconds, text = line.get("progress"), line.get("seconds_left"), line.get("text")
    done, total = line.get("done"), line.get("total")
    if share is None and isinstance(done, int | float) and isinstance(total, int | float) and total:
        share = done / total
    return replace(
        standing,
        share=float(share) if isinstance(share, int | float) else standing.share,
        seconds_left=float(seconds) if isinstance(seconds, int | float) else standing.seconds_left,
        text=text if isinstance(text, str) else standing.text,
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What a person orders.

    Attributes:
        dataset: Folder of the data set.
        release: Release folder with the champion.
        out: Folder of the runs.
        who: Who orders it.
        method: One of `METHODS`.
        max_escape: Accepted share of passed defective parts, as typed; "": what the champion promises.
        max_overkill: Accepted share of rejected good parts, as typed; "": what the champion promises.
        more: Further arguments of `inspector retrain`.
    """

    dataset: Path
    release: str
    out: str
    who: str
    method: str = METHODS[0]
    max_escape: str = ""
    max_overkill: str = ""
    more: Sequence[str] = ()

    def arguments(self) -> list[str]:
        """Return the program and its arguments."""
        command = [*INSPECTOR, "retrain", str(self.dataset), "--release", self.release, "--out", self.out]
        command += ["--method", self.method, "--who", self.who]
        for name, risk in (("--max-escape", self.max_escape), ("--max-overkill", self.max_overkill)):
            command += [name, risk] if risk else []
        return [*command, *self.more, "--json-lines"]


def promote_arguments(outcome: Outcome, who: str, why: str) -> list[str]:
    """Return the program and its arguments."""
    asked = [why if argument == _REASON else argument for argument in outcome.promote]
    return [*INSPECTOR, *asked, "--who", who, "--why", why, "--json-lines"]


def _outcome(line: Mapping[str, Any]) -> Outcome:
    report, package = line.get("report"), line.get("package")
    figures = line.get("figures")
    return Outcome(
        verdict=str(line["verdict"]),
        text=str(line.get("text", "")),
        figures=figures if isinstance(figures, dict) else {},
        report=Path(report) if report else None,
        package=Path(package) if package else None,
        promote=tuple(str(argument) for argument in line.get("promote") or ()),
    )
