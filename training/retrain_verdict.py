"""What a retraining ends with, and how it is said to people."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Any

from training.cases import cases_as_text


class Verdict(StrEnum):
    """Whether a person may promote the package."""

    NO_WORSE = "no worse"
    FIRST = "first"
    NOT_SHOWN = "not shown"
    CASES = "case passed"
    IN_FORCE = "in force"

    @property
    def may_be_promoted(self) -> bool:
        """Whether nothing speaks against it: a package in force needs no promotion, and nothing against it either."""
        return self in (Verdict.NO_WORSE, Verdict.FIRST, Verdict.IN_FORCE)

    @property
    def sentence(self) -> str:
        """The same for people."""
        return {
            Verdict.NO_WORSE: "The new package is no worse than the champion by the margin that was set, and passes no "
            "known miss.",
            Verdict.FIRST: "There is no champion to compare with; the package passes no known miss.",
            Verdict.NOT_SHOWN: "It is not shown that the new package is no worse than the champion.",
            Verdict.CASES: "The new package would pass a part that is known to have been missed.",
            Verdict.IN_FORCE: "The package of this data is in force already.",
        }[self]


def verdict_of(document: dict[str, Any]) -> Verdict:
    """Return the verdict of a finished retraining."""
    compared = document["comparison"]
    if document["regression"]["passed"]:
        return Verdict.CASES
    if compared["champion"] is None:
        return Verdict.FIRST
    if compared["champion"] == compared["challenger"]:
        return Verdict.IN_FORCE
    return Verdict.NO_WORSE if compared["no_worse"] else Verdict.NOT_SHOWN


def as_text(document: dict[str, Any]) -> str:
    """Return the result for a terminal; the last line is the command by which a person promotes."""
    verdict, data = Verdict(document["verdict"]), document["data"]
    package, champion = document["package"], document["champion"]
    lines = [
        f"data       {data['name']}: {data['images']} images, version {data['fingerprint'][:12]}",
        f"package    {package['hash'][:12]}  {package['folder']}",
        f"champion   {champion['hash'][:12]}, data {str(champion['data'].get('fingerprint', ''))[:12]}"
        if champion else "champion   none yet",
        *_changes_lines(document["changes"]),
        *(document["calibration"] or {}).get("statements", ["no risk was named: the limits promise nothing"]),
        *_comparison_lines(document["comparison"]),
    ]  # fmt: skip
    lines += [cases_as_text(document["regression"])] if cases_as_text(document["regression"]) else []
    lines += [f"report     {document['report']}", "", verdict.sentence]
    if verdict in (Verdict.NO_WORSE, Verdict.FIRST):
        words = shlex.join(["inspector", *document["promote"]])
        lines += ["A person promotes it:", f"  {words} --who NAME --why REASON"]
    return "\n".join(lines)


def _changes_lines(changes: dict[str, Any] | None) -> list[str]:
    if changes is None:
        return []
    counts = ", ".join(f"{n} {what}" for what, n in changes["counts"].items()) or "nothing"
    how = {"list": "", "history": " (by the time of the labels)", "unknown": " (not known)"}[changes["how"]]
    lines = [f"changed    {counts} since the champion's data{how}"]
    return [*lines, *(f"  {row['n']} {row['what']} by {row['who']}" for row in changes["by"])]


def _comparison_lines(compared: dict[str, Any]) -> list[str]:
    lines = []
    for error in ("escape", "reject"):
        row = compared.get(error)
        if row:
            said = "refuted" if row["passed"] else "NOT refuted"
            both = f"champion {row['champion_errors']}, challenger {row['challenger_errors']}"
            test = f"'worse by {row['margin']:.2%}' has p = {row['p_value']:.4f} -> {said}"
            lines.append(f"{error:<10} {row['n']} parts: {both}; {test}")
    if lines and not compared["frozen_before"]:
        lines.append("The frozen set is another than the one that the release was held against before.")
    return lines
