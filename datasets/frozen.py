"""What a split holds, as one value: the frozen acceptance set stays the same while the data set around it grows."""

from __future__ import annotations

import hashlib
import json

from datasets.manifest import Dataset


def split_content(dataset: Dataset, split: str) -> str:
    """Return the SHA-256 that names the pictures of a split by which a package is judged, and what is said of them.

    It covers every such picture's (SHA-256, label, part, view), sorted, and which classes are good. Synthetic defects
    and what came in as a regression case judge nothing: adding one, like adding to another split, leaves it as it is.

    Args:
        dataset: Opened.
        split: `train`, `validation`, `test` or `all`.
    """
    items = [item for item in dataset.items(None if split == "all" else split) if item.judges]
    rows = sorted((item.sha256, item.label, item.part, item.view) for item in items)
    document = {"good": list(dataset.good), "items": rows}
    return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()
