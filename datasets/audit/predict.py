"""What a model package says of every image of a data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from datasets.audit.items import Predictions
from datasets.audit.label_errors import Doubts
from datasets.items import Item

_BATCH = 16


def judge(
    folder: Path, device: str, items: Sequence[Item], progress: Callable[[int, int], None] = lambda _d, _t: None
) -> Predictions:
    """Return the predictions of the package in `folder` for `items`, which must be readable.

    Raises:
        PackageError: No package, or a damaged one.
        ModelError: The device failed.
    """
    from inspector.inference.load import load_reference
    from inspector.inference.package import open_package

    package = open_package(folder)
    model = load_reference(package, device)
    classes = tuple(package.card.classes)
    rows, scores = [], []
    for start in range(0, len(items), _BATCH):
        for found in model.predict([item.read_pixels() for item in items[start : start + _BATCH]]):
            rows.append([found.probabilities.get(name, 0.0) for name in classes])
            scores.append(found.score)
        progress(min(start + _BATCH, len(items)), len(items))
    values = np.array(scores, np.float32)
    limits = package.card.thresholds
    near = (values >= limits.pass_below) & (values < limits.fail_from)
    ids = np.array([item.item_id for item in items], np.int64)
    return Predictions(ids, classes, np.array(rows, np.float32), values, package.hash, near)


def from_doubts(items: Sequence[Item], doubts: Doubts, good: Sequence[str]) -> Predictions:
    """Return the audit's own out-of-fold predictions; `near` is where good and defective are about as likely."""
    probabilities = doubts.probabilities.astype(np.float32)
    columns = [index for index, name in enumerate(doubts.classes) if name in good]
    scores = (1.0 - probabilities[:, columns].sum(axis=1)).clip(0.0, 1.0).astype(np.float32)
    near = (scores > 0.35) & (scores < 0.65) if columns and len(columns) < len(doubts.classes) else scores > 2
    ids = np.array([item.item_id for item in items], np.int64)
    return Predictions(ids, doubts.classes, probabilities, scores, "", np.asarray(near))
