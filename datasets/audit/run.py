"""The audit itself: look at every image once, then put up the queues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audit import label_errors, near_duplicates, queues
from datasets.audit.embed import Looks, look_at
from datasets.audit.embedders import choose_embedding
from datasets.audit.files import load_features, save_audit, save_features, save_predictions
from datasets.audit.items import QUEUES, Audit, AuditOptions, Features, Predictions, QueueItem
from datasets.audit.label_errors import Doubts, doubt_labels
from datasets.audit.plane import lay_out
from datasets.audit.predict import from_doubts, judge
from datasets.items import Item
from datasets.manifest import Dataset, utc_now
from inspector.errors import DatasetError

Progress = Callable[[str, int, int], None]
"""Hears (what is done, done, total)."""


def run_audit(
    dataset: Dataset, options: AuditOptions | None = None, progress: Progress = lambda _what, _done, _total: None
) -> Audit:
    """Audit `dataset`, keep the result in DATASET/review/, and return it.

    Features are kept by image content: an interrupted audit goes on where it stopped, and a second one is fast.
    Pictures with synthetic defects are left out: their labels are true by construction.

    Args:
        dataset: Open, in this thread.
        options: What a person chose.
        progress: Hears what is done.

    Raises:
        DatasetError: No image can be read.
        ModelError: The weights or the device cannot be used.
        PackageError: The package cannot be used.
    """
    options = options or AuditOptions()
    fingerprint = dataset.fingerprint
    embedding, notes = choose_embedding(options)
    items = [item for item in dataset.items() if not item.derived]
    looks = look_at(dataset.folder, items, embedding, _step(progress, "looking at images"))
    if not looks.items:
        raise DatasetError(
            f"{dataset.folder}: none of {len(items)} images can be read.",
            cure="Tell where they are now: `inspector dataset root DATASET OLD NEW`.",
        )
    if looks.unread:
        notes = (*notes, f"{len(looks.unread)} images cannot be read, for instance {looks.unread[0].path}.")
    doubts = _doubts(looks, options, progress)
    own = from_doubts(looks.items, doubts, dataset.good)
    predictions = _judge(looks.items, options, progress) or own
    found = _queues(dataset, looks, doubts, predictions, options, progress)
    features = _features(dataset.folder, looks, options, progress)
    audit = Audit(fingerprint, utc_now(), _limited(found, options.limit), embedding.name, notes)
    save_features(dataset.folder, features)
    save_predictions(dataset.folder, predictions)
    save_audit(dataset.folder, audit)
    return audit


def _doubts(looks: Looks, options: AuditOptions, progress: Progress) -> Doubts:
    labels, parts = [item.label for item in looks.items], [item.part for item in looks.items]
    return doubt_labels(
        looks.rows,
        labels,
        parts,
        repeats=options.repeats,
        seed=options.seed,
        progress=_step(progress, "doubting labels"),
    )


def _judge(items: Sequence[Item], options: AuditOptions, progress: Progress) -> Predictions | None:
    if not options.package:
        return None
    return judge(Path(options.package), options.device, items, _step(progress, "judging images"))


def _queues(
    dataset: Dataset,
    looks: Looks,
    doubts: Doubts,
    predictions: Predictions,
    options: AuditOptions,
    progress: Progress,
) -> dict[str, list[QueueItem]]:
    items = looks.items
    pairs = near_duplicates.find_pairs(items, looks.codes, _step(progress, "comparing pairs"))
    found = {
        "label_errors": label_errors.queue_of(items, doubts),
        "disagree": queues.disagreements(items, predictions, dataset.good),
        "near_threshold": queues.near_threshold(items, predictions),
        "overrides": queues.overrides(dataset, items),
        "outliers": queues.outliers(items, unit_rows(looks.rows)),
        "near_duplicates": near_duplicates.queue_of(items, pairs),
        "rare_classes": queues.rare_classes(items),
        "random": queues.random_sample(items, options.sample, options.seed),
    }
    return {name: found[name] for name in QUEUES}


def _limited(found: dict[str, list[QueueItem]], limit: int | None) -> dict[str, tuple[QueueItem, ...]]:
    return {name: tuple(items[:limit]) for name, items in found.items()}


def _features(folder: Path, looks: Looks, options: AuditOptions, progress: Progress) -> Features:
    """Return what the window's map needs; the map of unchanged images is kept."""
    ids = np.array([item.item_id for item in looks.items], np.int64)
    rows = unit_rows(looks.rows).astype(np.float16)
    before = load_features(folder)
    if before is not None and np.array_equal(before.item_ids, ids) and np.array_equal(before.rows, rows):
        return before
    progress("drawing the map", 0, 1)
    plane = lay_out(rows, seed=options.seed)
    progress("drawing the map", 1, 1)
    return Features(ids, rows, plane)


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the main components of `rows`, (n, d) float32, each of length 1."""
    flat = label_errors.compress(rows).astype(np.float32)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9), np.float32)


def _step(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)
