"""The review history as rows: written within the caller's transaction, read back in order, and what of it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

JUDGING = frozenset({"label", "confirm", "adjudicate"})
"""Kinds by which a person vouches for a label."""
MASKING = frozenset({"mask"})
"""Kinds by which a person gives a mask."""

Rows = list[tuple[int, str, dict[str, Any]]]
"""Rows of one deed to be written: image, kind, detail; one per image."""

STANDS = (
    "review.target_id IS NULL AND (review.action_id NOT IN (SELECT target_id FROM review WHERE target_id IS NOT NULL)"
    " OR coalesce((SELECT step.kind FROM review AS step WHERE step.item_id = review.item_id"
    " AND step.target_id = review.action_id AND json_extract(step.detail, '$.kept') IS NULL"
    " ORDER BY step.event_id DESC LIMIT 1), 'redo') = 'redo')"
)
"""SQL condition for the rows of `review` that are not undone: the same as `Standing` finds, for all images at once."""

_BATCH = 500  # question marks in one statement
_COLUMNS = "event_id, action_id, item_id, kind, who, when_utc, session, queue, target_id, detail"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table `review`; `action_id` is shared by the images of one deed."""

    event_id: int
    action_id: int
    item_id: int
    kind: str
    who: str
    when_utc: str
    session: str
    queue: str
    target_id: int | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """What the rows of one deed have in common.

    Attributes:
        who: The reviewer.
        when_utc: ISO 8601.
        session: One open window; "" at the command line.
        queue: Where the images were offered; "" where they were found by hand.
    """

    who: str
    when_utc: str
    session: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took out of force, and which words were the last ones then (event numbers, 0 for none)."""

    rows: list[Row]
    judged: int
    masked: int


@dataclass(slots=True)
class Standing:
    """What of an image's events is not undone.

    Attributes:
        rows: Oldest first; a redo brings an event back to its old place.
        undone: By deed.
        last: The newest row of any kind.
    """

    rows: list[Row] = field(default_factory=list)
    undone: dict[int, Undone] = field(default_factory=dict)
    last: Row | None = None

    def take(self, row: Row) -> None:
        """Take the next row of the history."""
        self.last = row
        if row.target_id is None:
            self.rows.append(row)
        elif row.detail.get("kept"):
            return
        elif row.kind == "undo":
            out = [each for each in self.rows if each.action_id == row.target_id]
            self.rows = [each for each in self.rows if each.action_id != row.target_id]
            self.undone[row.target_id] = Undone(out, self.number(JUDGING), self.number(MASKING))
        else:
            self.rows += self.undone.pop(row.target_id).rows
            self.rows.sort(key=lambda each: each.event_id)

    def newest(self, kinds: Iterable[str]) -> Row | None:
        """Return the last row of these kinds."""
        return next((row for row in reversed(self.rows) if row.kind in kinds), None)

    def number(self, kinds: Iterable[str]) -> int:
        """Return the event number of the last row of these kinds, 0 where there is none."""
        row = self.newest(kinds)
        return 0 if row is None else row.event_id


def read_rows(connection: Any, item_ids: Sequence[int] | None = None) -> Iterator[Row]:
    """Yield the rows of these images, or of all, oldest first (within each batch of images)."""
    if item_ids is None:
        yield from map(_row, connection.execute(f"SELECT {_COLUMNS} FROM review ORDER BY event_id"))  # noqa: S608
        return
    for start in range(0, len(item_ids), _BATCH):
        batch = [int(number) for number in item_ids[start : start + _BATCH]]
        marks = ", ".join("?" * len(batch))
        query = f"SELECT {_COLUMNS} FROM review WHERE item_id IN ({marks}) ORDER BY event_id"  # noqa: S608
        yield from map(_row, connection.execute(query, batch))


def _row(values: tuple[Any, ...]) -> Row:
    detail = values[9]
    return Row(*(*values[:9], {} if detail == "{}" else json.loads(detail)))


def standings(rows: Iterable[Row]) -> dict[int, Standing]:
    """Return what stands, by image; images without events are not in it."""
    found: dict[int, Standing] = {}
    for row in rows:
        found.setdefault(row.item_id, Standing()).take(row)
    return found


def read_deed(connection: Any, action_id: int) -> list[Row]:
    """Return the rows of one deed, one per image."""
    query = f"SELECT {_COLUMNS} FROM review WHERE action_id = ? ORDER BY event_id"  # noqa: S608 - constant names
    return [_row(row) for row in connection.execute(query, (action_id,))]


def write_rows(connection: Any, deed: Deed, rows: Rows, *, target: int | None = None) -> int:
    """Append one deed's rows (image, kind, detail) within the caller's transaction; return the deed's number.

    Args:
        connection: In a transaction.
        deed: What the rows have in common.
        rows: One per image.
        target: The deed that an undo or redo means.
    """
    first = int(connection.execute("SELECT coalesce(max(event_id), 0) + 1 FROM review").fetchone()[0])
    connection.executemany(
        f"INSERT INTO review ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant names
        [
            (
                first + number, first, item_id, kind, deed.who, deed.when_utc, deed.session, deed.queue,
                target, json.dumps(detail, ensure_ascii=False),
            )
            for number, (item_id, kind, detail) in enumerate(rows)
        ],
    )  # fmt: skip
    return first


def current_labels(connection: Any, item_ids: Sequence[int]) -> dict[int, str]:
    """Return the label that each image has now; images that are not there are left out."""
    found: dict[int, str] = {}
    for start in range(0, len(item_ids), _BATCH):
        batch = [int(number) for number in item_ids[start : start + _BATCH]]
        marks = ", ".join("?" * len(batch))
        found.update(
            connection.execute(f"SELECT item_id, label FROM current_item WHERE item_id IN ({marks})", batch)  # noqa: S608
        )
    return found


def append_labels(connection: Any, deed: Deed, changes: Iterable[tuple[int, str, str]]) -> None:
    """Append labels (image, from, to) to the label history within the caller's transaction."""
    connection.executemany(
        "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, ?, ?, ?, ?)",
        [(item_id, before, after, deed.who, deed.when_utc) for item_id, before, after in changes],
    )


def judge(connection: Any, deed: Deed, wanted: Mapping[int, str], *, kind: str = "label") -> Rows:
    """Write labels (by image) within the caller's transaction, and return the deed's rows for `write_rows`.

    An image that has its label already is confirmed, unless the deed is a decision between reviewers.
    """
    before = current_labels(connection, list(wanted))
    append_labels(
        connection, deed, [(item, before[item], label) for item, label in wanted.items() if before[item] != label]
    )
    return [
        (item, "confirm", {"to": label})
        if before[item] == label and kind == "label"
        else (item, kind, {"from": before[item], "to": label})
        for item, label in wanted.items()
    ]
