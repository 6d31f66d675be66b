"""The whole history of an image: its labels, masks and everything that people said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.manifest import Dataset
from datasets.review.events import Row, read_rows


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an image's history.

    Attributes:
        when_utc: ISO 8601.
        who: Who.
        kind: `import` for the first label, else a kind of the table `review`.
        queue: Where the image was offered; "" where it was found by hand.
        from_label: Label before, where the kind gives one.
        to_label: Label after, or that was confirmed or given as an opinion.
        text: Comment; for an undo or redo the kind of what it means.
        undone: Whether it is undone as of now.
        session: One open window; "" at the command line.
    """

    when_utc: str
    who: str
    kind: str
    queue: str = ""
    from_label: str = ""
    to_label: str = ""
    text: str = ""
    undone: bool = False
    session: str = ""


def events(dataset: Dataset, item_id: int) -> list[Event]:
    """Return the whole history of an image, oldest first. Raises DatasetError where there is no such image."""
    first = dataset.history(item_id)[0]
    rows = list(read_rows(dataset.connection, [item_id]))
    kinds = {row.action_id: row.kind for row in rows}
    undone: dict[int, bool] = {}
    for row in rows:
        if row.target_id is not None and not row.detail.get("kept"):
            undone[row.target_id] = row.kind == "undo"
    imported = Event(first.when_utc, first.who, "import", to_label=first.to_label)
    return [imported, *(_event(row, kinds, undone.get(row.action_id, False)) for row in rows)]


def _event(row: Row, kinds: dict[int, str], undone: bool) -> Event:
    detail: dict[str, Any] = row.detail
    text = kinds.get(row.target_id, "") if row.target_id is not None else str(detail.get("text", ""))
    return Event(
        when_utc=row.when_utc,
        who=row.who,
        kind=row.kind,
        queue=row.queue,
        from_label=str(detail.get("from", "")),
        to_label=str(detail.get("to", "")),
        text=text,
        undone=undone,
        session=row.session,
    )
