"""Undo and redo without limit: which deeds a reviewer can take back, and what taking one back means for each image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from datasets.review.events import JUDGING, MASKING, Row, Standing

RELABELLING = frozenset({"label", "adjudicate"})
"""Kinds that write a label."""


@dataclass(slots=True)
class Stacks:
    """A reviewer's deeds, the newest last.

    Attributes:
        done: Can be undone.
        undone: Can be redone; emptied by the next deed.
        newest: The reviewer's newest event, 0 where there is none.
    """

    done: list[int] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)
    newest: int = 0

    def take(self, action_id: int, kind: str, target_id: int | None) -> None:
        """Take a reviewer's next deed."""
        if kind == "undo" and self.done and self.done[-1] == target_id:
            self.undone.append(self.done.pop())
        elif kind == "redo" and self.undone and self.undone[-1] == target_id:
            self.done.append(self.undone.pop())
        elif kind not in ("undo", "redo"):
            self.done.append(action_id)
            self.undone.clear()


def newest_event(connection: Any, who: str) -> int:
    """Return the newest event of a reviewer, 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(event_id), 0) FROM review WHERE who = ?", (who,)).fetchone()[0])


def read_stacks(connection: Any, who: str) -> Stacks:
    """Return what a reviewer can undo and redo, also of earlier days."""
    stacks = Stacks(newest=newest_event(connection, who))
    rows = connection.execute(
        "SELECT action_id, kind, target_id FROM review WHERE who = ? AND action_id = event_id ORDER BY event_id", (who,)
    )
    for action_id, kind, target_id in rows:
        stacks.take(action_id, kind, target_id)
    return stacks


@dataclass(frozen=True, slots=True)
class Step:
    """What an undo or redo means for one image.

    Attributes:
        row: The event that is taken back, or brought back.
        label: Label to write (from, to); None for none.
        mask: Mask to bring back (root, path, sha256), in a tuple of its own; None for none to be written.
        kept: Others have changed the image since: it stays as it is.
    """

    row: Row
    label: tuple[str, str] | None = None
    mask: tuple[list[Any] | None] | None = None
    kept: bool = False


def plan_undo(rows: Iterable[Row], stand: dict[int, Standing]) -> list[Step]:
    """Return what undoing a deed means for each of its images.

    A label or mask is taken back only where it is still the last word: what somebody else said since stays.
    """
    return [_undo_one(row, stand[row.item_id]) for row in rows]


def plan_redo(rows: Iterable[Row], stand: dict[int, Standing]) -> list[Step]:
    """Return what redoing a deed means for each of its images.

    Words on labels and masks come back only where the last word is the one that it was when they were undone.
    """
    return [_redo_one(row, stand[row.item_id]) for row in rows]


def _undo_one(row: Row, standing: Standing) -> Step:
    rivals = JUDGING if row.kind in RELABELLING else MASKING if row.kind in MASKING else frozenset()
    newest = standing.newest(rivals)
    if newest is not None and newest.action_id != row.action_id:
        return Step(row, kept=True)
    return _step(row, forth=False)


def _redo_one(row: Row, standing: Standing) -> Step:
    undone = standing.undone.get(row.action_id)
    if (
        undone is None
        or (row.kind in JUDGING and standing.number(JUDGING) != undone.judged)
        or (row.kind in MASKING and standing.number(MASKING) != undone.masked)
    ):
        return Step(row, kept=True)
    return _step(row, forth=True)


def _step(row: Row, *, forth: bool) -> Step:
    if row.kind in RELABELLING and row.detail["from"] != row.detail["to"]:
        before, after = row.detail["from"], row.detail["to"]
        return Step(row, label=(before, after) if forth else (after, before))
    if row.kind == "mask":
        return Step(row, mask=(row.detail["after" if forth else "before"],))
    return Step(row)
