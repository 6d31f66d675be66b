"""Reading the review history by columns: what stands of hundreds of thousands of events, without an object for each.

Images with an undo or redo in their history are left to `events.standings`, which knows what these mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset
from datasets.review.columns import Clock, Coder, Ints

_PLAIN_HISTORY = "item_id NOT IN (SELECT item_id FROM review WHERE target_id IS NOT NULL)"
_CHUNK = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Reviews:
    """The events of images that have no undo or redo, oldest first, (n,) each.

    Attributes:
        items: Images.
        kinds: Kinds.
        whos: Codes into `names`.
        times: Unix seconds.
        names: Of reviewers.
        comments: Last comment by image; "" where it was taken away.
        others: Images that have an undo or redo.
    """

    items: Ints
    kinds: NDArray[np.str_]
    whos: Ints
    times: Ints
    names: list[str]
    comments: dict[int, str]
    others: list[int]


def read_reviews(dataset: Dataset) -> Reviews:
    """Read the review history of every image."""
    run = dataset.connection.execute
    names, clock = Coder(), Clock()
    items, whos, times = ([np.zeros(0, np.int64)] for _ in range(3))
    kinds = [np.zeros(0, "U10")]
    cursor = run(f"SELECT item_id, kind, who, when_utc FROM review WHERE {_PLAIN_HISTORY} ORDER BY event_id")  # noqa: S608
    while rows := cursor.fetchmany(_CHUNK):
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        items.append(np.array(columns[0], np.int64))
        kinds.append(np.array(columns[1], "U10"))
        whos.append(np.array(names.all(columns[2]), np.int64))
        times.append(np.array(clock.all(columns[3]), np.int64))
    said = run(
        "SELECT item_id, json_extract(detail, '$.text') FROM review"  # noqa: S608 - constant text
        f" WHERE kind = 'comment' AND {_PLAIN_HISTORY} ORDER BY event_id"
    )
    return Reviews(
        items=np.concatenate(items),
        kinds=np.concatenate(kinds),
        whos=np.concatenate(whos),
        times=np.concatenate(times),
        names=list(names.codes),
        comments=dict(said.fetchall()),
        others=[row[0] for row in run("SELECT DISTINCT item_id FROM review WHERE target_id IS NOT NULL")],
    )
