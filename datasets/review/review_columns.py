"""Reading the review history by columns: what stands of hundreds of thousands of events, without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset
from datasets.review.columns import Clock, Coder, Ints
from datasets.review.events import STANDS

_CHUNK = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Reviews:
    """The events that are not undone, oldest first, (n,) each.

    Attributes:
        items: Images.
        kinds: Kinds.
        whos: Codes into `names`.
        names: Of reviewers.
        comments: Last comment by image; "" where it was taken away.
        changed: Images of which anything was said, undo and redo included.
        times: When it was said last, Unix seconds.
    """

    items: Ints
    kinds: NDArray[np.str_]
    whos: Ints
    names: list[str]
    comments: dict[int, str]
    changed: Ints
    times: Ints


def read_reviews(dataset: Dataset) -> Reviews:
    """Read the review history of every image."""
    run, names, clock = dataset.connection.execute, Coder(), Clock()
    items, whos = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    kinds = [np.zeros(0, "U10")]
    cursor = run(f"SELECT item_id, kind, who FROM review WHERE {STANDS} ORDER BY event_id")  # noqa: S608 - constant text
    while rows := cursor.fetchmany(_CHUNK):
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        items.append(np.array(columns[0], np.int64))
        kinds.append(np.array(columns[1], "U10"))
        whos.append(np.array(names.all(columns[2]), np.int64))
    said = run(
        "SELECT item_id, json_extract(detail, '$.text') FROM review"  # noqa: S608 - constant text
        f" WHERE kind = 'comment' AND {STANDS} ORDER BY event_id"
    )
    last = run("SELECT item_id, max(event_id), when_utc FROM review GROUP BY item_id").fetchall()
    return Reviews(
        items=np.concatenate(items),
        kinds=np.concatenate(kinds),
        whos=np.concatenate(whos),
        names=list(names.codes),
        comments=dict(said.fetchall()),
        changed=np.array([row[0] for row in last], np.int64),
        times=np.array(clock.all(row[2] for row in last), np.int64),
    )
