"""The queues that need no search of their own: each a plain rule over labels, predictions, features and provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.audit.items import Predictions, QueueItem
from datasets.audit.neighbours import nearest
from datasets.items import Item
from datasets.manifest import Dataset

_NEIGHBOURS = 5
_MOST_OUTLIERS = 0.2
"""Share of the images in the queue of outliers: the rest is not far from anything."""

_RARE_SHARE, _RARE_COUNT = 0.1, 20
"""A class is rare below this share of the largest class, or below this many images."""


def disagreements(items: Sequence[Item], predictions: Predictions, good: Sequence[str]) -> list[QueueItem]:
    """Return where label and model differ, the surest model first.

    A model that knows the label's class differs by naming another one; a model of good parts alone differs about
    whether the part is good.
    """
    found = []
    fine = set(good)
    for index, item in enumerate(items):
        row = predictions.probabilities[index]
        likely = predictions.classes[int(row.argmax())]
        known = item.label in predictions.classes
        if likely == item.label or (not known and (likely in fine) == (item.label in fine)):
            continue
        own = float(row[predictions.classes.index(item.label)]) if known else 0.0
        margin = float(row.max()) - own
        crossing = (likely in fine) != (item.label in fine)
        kind = "disagree_defect" if crossing else "disagree_class"
        what = "would pass it" if crossing and likely in fine else f"says {likely}"
        found.append(
            QueueItem(
                item_id=item.item_id,
                path=str(item.path),
                reason=f"Labelled {item.label}, but the model {what} (defect score {predictions.scores[index]:.2f}).",
                kind=kind,
                values={
                    "given": item.label,
                    "suggested": likely,
                    "likely": round(float(row.max()), 4),
                    "defect_score": round(float(predictions.scores[index]), 4),
                },
                score=round(margin + (1.0 if crossing else 0.0), 6),
                given=item.label,
                suggested=likely if known or likely in fine else "",
            )
        )
    return _sorted(found)


def near_threshold(items: Sequence[Item], predictions: Predictions) -> list[QueueItem]:
    """Return the images that the model would send to REVIEW, those nearest to the middle of the band first."""
    inside = np.flatnonzero(predictions.near)
    if not inside.size:
        return []
    scores = predictions.scores[inside].astype(np.float64)
    middle = (scores.min() + scores.max()) / 2
    reach = max((scores.max() - scores.min()) / 2, 1e-6)
    band = "between PASS and FAIL" if predictions.package_hash else "as likely good as defective"
    return _sorted(
        QueueItem(
            item_id=items[index].item_id,
            path=str(items[index].path),
            reason=f"Defect score {score:.3f}: {band}.",
            kind="near_threshold" if predictions.package_hash else "near_half",
            values={"defect_score": round(score, 4)},
            score=round(1.0 - abs(score - middle) / reach, 6),
            given=items[index].label,
        )
        for index, score in zip(inside.tolist(), scores.tolist(), strict=True)
    )


def overrides(dataset: Dataset, items: Sequence[Item]) -> list[QueueItem]:
    """Return the images from a station's log whose verdict a person changed, or that were found to be misses."""
    rows = dataset.connection.execute(
        "SELECT item_id, reason, station, serial, when_utc FROM provenance WHERE reason IN ('missed', 'overridden')"
        " ORDER BY when_utc DESC, item_id"
    ).fetchall()
    here = {item.item_id: item for item in items}
    words = {"missed": "Passed by the station, and defective", "overridden": "A person changed the station's verdict"}
    newest = len(rows)
    return _sorted(
        QueueItem(
            item_id=item_id,
            path=str(here[item_id].path),
            reason=f"{words[reason]}: part {serial} at {station}, {when}.",
            kind=f"override_{reason}",
            values={"station": station, "serial": serial, "when": when},
            score=round((1.0 if reason == "missed" else 0.0) + (newest - rank) / (newest + 1), 6),
            given=here[item_id].label,
        )
        for rank, (item_id, reason, station, serial, when) in enumerate(rows)
        if item_id in here
    )


def outliers(items: Sequence[Item], rows: NDArray[np.floating]) -> list[QueueItem]:
    """Return the images unlike anything in train: the mean distance to the nearest images of other parts.

    The score is that distance divided by the usual one of train itself. Images of one's own part do not count: a part's
    second view would hide that nothing else looks like it.
    """
    flat = np.asarray(rows, np.float32)
    train = np.flatnonzero([item.split == "train" for item in items])
    if len(train) < 2 * _NEIGHBOURS:
        train = np.arange(len(items))
    if len(items) < 2 * _NEIGHBOURS:
        return []
    most_views = max(Counter(item.part for item in items).values())
    reach = min(_NEIGHBOURS + min(most_views, 32), len(train))
    near, distances = nearest(flat, flat[train], reach)
    parts = np.unique([item.part for item in items], return_inverse=True)[1]
    own = (parts[train][near] == parts[:, None]) | (near < 0)
    others = np.sort(np.where(own, np.inf, distances), axis=1)[:, :_NEIGHBOURS]
    found = np.where(np.isfinite(others), others, np.nan)
    mean = np.nan_to_num(np.nanmean(np.c_[found, np.full(len(found), np.nan)], axis=1)) if found.size else found
    usual = max(float(np.median(mean[train])), 1e-9)
    order = np.argsort(-mean, kind="stable")[: max(1, int(len(items) * _MOST_OUTLIERS))]
    return [
        QueueItem(
            item_id=items[index].item_id,
            path=str(items[index].path),
            reason=f"Unlike anything in train: {mean[index] / usual:.1f} times the usual distance to its neighbours.",
            kind="outlier",
            values={"times": round(float(mean[index]) / usual, 3)},
            score=round(float(mean[index]) / usual, 6),
            given=items[index].label,
        )
        for index in order
    ]


def rare_classes(items: Sequence[Item]) -> list[QueueItem]:
    """Return every image of a class with few images, the rarest class first: one wrong label weighs most there."""
    counts = Counter(item.label for item in items)
    largest = max(counts.values(), default=0)
    rare = {name for name, count in counts.items() if count < max(_RARE_SHARE * largest, _RARE_COUNT)}
    if len(rare) == len(counts):  # a small data set has no rare classes, it has few images
        rare -= {name for name, count in counts.items() if count == largest}
    return _sorted(
        QueueItem(
            item_id=item.item_id,
            path=str(item.path),
            reason=f"{item.label} has {counts[item.label]} of {len(items)} images: each label weighs much.",
            kind="rare_class",
            values={"given": item.label, "count": counts[item.label], "of": len(items)},
            score=round(1.0 / counts[item.label], 6),
            given=item.label,
        )
        for item in items
        if item.label in rare
    )


def random_sample(items: Sequence[Item], size: int, seed: int) -> list[QueueItem]:
    """Return a seeded random sample: what it finds wrong is an honest estimate of the whole data set."""
    size = min(size, len(items))
    chosen = np.random.default_rng(seed).permutation(len(items))[:size]
    return [
        QueueItem(
            item_id=items[index].item_id,
            path=str(items[index].path),
            reason=f"Random sample, {rank} of {size}: for an honest estimate of the share of wrong labels.",
            kind="random",
            values={"rank": rank, "size": size},
            score=round(1.0 - (rank - 1) / size, 6),
            given=items[index].label,
        )
        for rank, index in enumerate(chosen, 1)
    ]


def _sorted(found: Iterable[QueueItem]) -> list[QueueItem]:
    return sorted(found, key=lambda item: (-item.score, item.item_id))
