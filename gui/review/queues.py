"""The queues of the review window, most valuable first, and why each of their images is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.audit import QUEUES, Audit, QueueItem
from datasets.manifest import Dataset
from datasets.review.catalogue import Catalogue
from datasets.review.columns import Ints
from datasets.review.opinions import conflicts
from gui.texts import QT_TRANSLATE_NOOP, class_word, translate

ALL, FROM_LOG, CONFLICTS, FLAGGED, UNLABELLED = "all", "from_log", "conflicts", "flagged", "unlabelled"
FITS = "label_fits"
"""The audit ranks every label; those that fit best are nothing to look at."""
BLIND = "blind"
"""A sample drawn for blind second opinions; not in the list of queues."""

_NAMES = {
    "label_errors": QT_TRANSLATE_NOOP("Queues", "Likely label errors"),
    "disagree": QT_TRANSLATE_NOOP("Queues", "Model disagrees"),
    "near_threshold": QT_TRANSLATE_NOOP("Queues", "Near the threshold"),
    "overrides": QT_TRANSLATE_NOOP("Queues", "Overridden by operators"),
    "outliers": QT_TRANSLATE_NOOP("Queues", "Unlike anything seen"),
    "near_duplicates": QT_TRANSLATE_NOOP("Queues", "Near-duplicates"),
    "rare_classes": QT_TRANSLATE_NOOP("Queues", "Rare classes"),
    "random": QT_TRANSLATE_NOOP("Queues", "Random sample"),
    FROM_LOG: QT_TRANSLATE_NOOP("Queues", "From the log"),
    CONFLICTS: QT_TRANSLATE_NOOP("Queues", "Reviewers disagree"),
    FLAGGED: QT_TRANSLATE_NOOP("Queues", "Flagged"),
    UNLABELLED: QT_TRANSLATE_NOOP("Queues", "Without label"),
    ALL: QT_TRANSLATE_NOOP("Queues", "All images"),
    BLIND: QT_TRANSLATE_NOOP("Queues", "Blind second opinion"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Queue:
    """Images in the order in which to look at them.

    Attributes:
        name: Stable key.
        positions: In the catalogue, (k,).
        why: The reason, by position; empty where the queue's name says it.
    """

    name: str
    positions: Ints
    why: Mapping[int, QueueItem]

    @property
    def words(self) -> str:
        """Its name for people."""
        return queue_word(self.name)


def queue_word(name: str) -> str:
    """Return a queue's name for people."""
    return translate("Queues", _NAMES.get(name, name))


def find_queues(dataset: Dataset, catalogue: Catalogue, audit: Audit | None) -> dict[str, Queue]:
    """Return every queue that has images, most valuable first; all images come last and are always there."""
    found = {} if audit is None else audit.queues
    queues = [
        _audited(catalogue, FROM_LOG, _from_log(dataset)),
        *(_audited(catalogue, name, found.get(name, ())) for name in QUEUES),
        _conflicts(dataset, catalogue),
        Queue(UNLABELLED, np.flatnonzero(catalogue.labels < 0), {}),
        Queue(FLAGGED, np.flatnonzero(catalogue.flagged), {}),
    ]
    queues = [queue for queue in queues if len(queue.positions)]
    return {queue.name: queue for queue in (*queues, Queue(ALL, np.arange(len(catalogue)), {}))}


def _audited(catalogue: Catalogue, name: str, items: Sequence[QueueItem]) -> Queue:
    known = set(catalogue.ids.tolist()) if items else set()
    why: dict[int, QueueItem] = {}
    for item in items:
        if item.kind == FITS:
            continue
        for number in (item.item_id, item.other_id):  # both images of a pair, side by side
            if number in known:
                why.setdefault(catalogue.position_of(int(number or 0)), item)
    return Queue(name, np.array(list(why), np.int64), why)


def _from_log(dataset: Dataset) -> Sequence[QueueItem]:
    if dataset.connection.execute("SELECT count(*) FROM (SELECT 1 FROM log_judgement LIMIT 1)").fetchone()[0] == 0:
        return ()
    from datasets.log_queue import from_log_queue  # brings the log's libraries: only who has such images waits for them

    return from_log_queue(dataset)


def _conflicts(dataset: Dataset, catalogue: Catalogue) -> Queue:
    why = {}
    for conflict in conflicts(dataset):
        said = ", ".join(f"{rating.who}: {class_word(rating.label)}" for rating in conflict.ratings)
        item = QueueItem(conflict.item_id, "", said, "conflict", {"said": said}, 0.0, given=conflict.label)
        why[catalogue.position_of(conflict.item_id)] = item
    return Queue(CONFLICTS, np.array(list(why), np.int64), why)
