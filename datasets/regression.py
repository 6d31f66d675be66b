"""Regression cases: parts that were passed and should not have been. Every later model must not pass them.

A case stands in the test split for ever, with its whole part: nothing learns from it. It is judged on its own, before a
package may come into force. A part that came into test only as a case was chosen because a model erred: no figure rests
on it. One that stood in test before goes on to count. The manifest itself sees to that (triggers in
`datasets.schema_loop`). A case never goes; who answers for it can withdraw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.manifest import Dataset, Item, utc_now
from inspector.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why a case no longer has to be met, and who answers for that."""

    reason: str
    who: str
    when_utc: str


@dataclass(frozen=True, slots=True)
class RegressionCase:
    """An image of a part that must not get PASS.

    Attributes:
        item: The image; its label is "" where nobody has named the defect yet.
        reason: Why it is a case.
        who: Who confirmed the miss.
        when_utc: ISO 8601.
        withdrawn: None while it has to be met.
    """

    item: Item
    reason: str
    who: str
    when_utc: str
    withdrawn: Withdrawal | None

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        gone = self.withdrawn
        return {
            "path": str(self.item.path),
            "sha256": self.item.sha256,
            "part": self.item.part,
            "view": self.item.view,
            "label": self.item.label,
            "reason": self.reason,
            "who": self.who,
            "when": self.when_utc,
            "withdrawn": gone and {"reason": gone.reason, "who": gone.who, "when": gone.when_utc},
        }


def list_cases(dataset: Dataset) -> list[RegressionCase]:
    """Return every case, those that were withdrawn as well, in the order of parts, views and paths."""
    rows = dataset.connection.execute(
        "SELECT item_id, made.reason, made.who, made.when_utc, gone.reason, gone.who, gone.when_utc"
        " FROM regression_case AS made LEFT JOIN regression_withdrawn AS gone USING (item_id)"
    ).fetchall()
    if not rows:
        return []
    items = {item.item_id: item for item in dataset.items("test", unlabelled=True)}
    order = {number: place for place, number in enumerate(items)}
    return [
        RegressionCase(items[row[0]], row[1], row[2], row[3], None if row[4] is None else Withdrawal(*row[4:7]))
        for row in sorted(rows, key=lambda row: order[row[0]])
    ]


def standing_cases(dataset: Dataset) -> list[RegressionCase]:
    """Return the cases that a package has to meet."""
    return [case for case in list_cases(dataset) if case.withdrawn is None]


def add_cases(dataset: Dataset, item_ids: Sequence[int], *, reason: str, who: str) -> list[int]:
    """Make images regression cases and return those that were none before. Their whole parts move into test.

    Raises:
        DatasetError: No name or reason; or an image cannot leave train, since synthetic defects were made from it. Then
            nothing was changed.
    """
    reason, who = _required(reason, who)
    with dataset.transaction():
        return [number for number in item_ids if insert_case(dataset, number, reason=reason, who=who)]


def insert_case(dataset: Dataset, item_id: int, *, reason: str, who: str) -> bool:
    """Make one image a case, inside the caller's transaction; return False where it is one. Raises DatasetError."""
    run = dataset.connection.execute
    if run("SELECT 1 FROM regression_case WHERE item_id = ?", (item_id,)).fetchone():
        return False
    part, path = run("SELECT part, path FROM item WHERE item_id = ?", (item_id,)).fetchone()
    if bound_to_train(dataset, part):
        raise DatasetError(
            f"{path}: cannot become a regression case: synthetic defects are, or were made from, its part {part!r}, "
            "which therefore stays in train.",
            cure="Take another picture of the part, or import the data set anew without these synthetic defects.",
        )
    if run("UPDATE item SET split = 'test' WHERE part = ? AND split <> 'test'", (part,)).rowcount:
        run("INSERT OR IGNORE INTO regression_apart VALUES (?)", (part,))
    run("INSERT INTO regression_case VALUES (?, ?, ?, ?)", (item_id, reason, who, utc_now()))
    return True


def bound_to_train(dataset: Dataset, part: str) -> bool:
    """Return whether a part can never leave the train split."""
    found = dataset.connection.execute(
        "SELECT 1 FROM item WHERE part = ? AND (item_id IN (SELECT item_id FROM derived)"
        " OR item_id IN (SELECT from_item_id FROM derived_from)) LIMIT 1",
        (part,),
    )
    return found.fetchone() is not None


def withdraw_case(dataset: Dataset, item_id: int, *, reason: str, who: str) -> None:
    """Say that a case no longer has to be met. It stays listed, and stays out of training.

    Raises:
        DatasetError: No name or reason, no case, or withdrawn before.
    """
    reason, who = _required(reason, who)
    case = next((case for case in list_cases(dataset) if case.item.item_id == item_id), None)
    if case is None or case.withdrawn is not None:
        what = "is no regression case" if case is None else "was withdrawn before"
        raise DatasetError(f"{dataset.folder}: image number {item_id} {what}.", cure="See `regression list`.")
    with dataset.transaction():
        dataset.connection.execute(
            "INSERT INTO regression_withdrawn VALUES (?, ?, ?, ?)", (item_id, reason, who, utc_now())
        )


def describe_cases(folder: Path, cases: Sequence[RegressionCase], good: Sequence[str]) -> str:
    """Return the cases as text for a terminal."""
    standing = sum(case.withdrawn is None for case in cases)
    lines = [f"{folder}: {standing} regression cases to be met, {len(cases) - standing} withdrawn"]
    for case in cases:
        lines.append(f"  {case.item.label or '(no label)':<16} {case.item.path}")
        lines.append(f"    {case.when_utc}  {case.who}: {case.reason}")
        if case.withdrawn is not None:
            lines.append(f"    withdrawn {case.withdrawn.when_utc}  {case.withdrawn.who}: {case.withdrawn.reason}")
        elif case.item.label in good:
            lines.append(f"    is labelled {case.item.label} now: correct the label, or withdraw the case")
    return "\n".join(lines)


def _required(reason: str, who: str) -> tuple[str, str]:
    reason, who = reason.strip(), who.strip()
    if not reason or not who:
        raise DatasetError("A regression case needs a reason and the name of who answers for it.", cure="Give both.")
    return reason, who
