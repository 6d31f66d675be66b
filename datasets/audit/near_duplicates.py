"""The same picture twice: across splits it is leakage, and every figure of the test split is too good.

Candidates are each picture's nearest codes (`fingerprints`), by an inverted index beyond some thousand images; each
candidate pair is then registered and compared (`registration`). Views and takes of one part never cross splits, so they
are no leakage and are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from datasets.audit.items import QueueItem
from datasets.audit.neighbours import nearest
from datasets.audit.registration import Floats, Likeness, compare, prepare
from datasets.items import Item

CANDIDATES = 6
"""Neighbours of each image that are compared with it."""

_STRANGERS = 200
"""Random pairs that tell how alike two different parts of this product are."""

_ABOVE_STRANGERS = 0.55
_KEPT_PICTURES = 4096  # of about 100 KB, prepared for comparison


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images of different parts that are one and the same; positions in the audited items."""

    a: int
    b: int
    likeness: Likeness


def find_pairs(
    items: Sequence[Item], codes: NDArray[np.float16], progress: Callable[[int, int], None] = lambda _d, _t: None
) -> list[Pair]:
    """Return the near-duplicates among `items`, the most alike first.

    Args:
        items: Images that can be read.
        codes: Their codes, (n, CODE_LENGTH).
        progress: Called with (done, total) candidate pairs.
    """
    wanted = list(_candidates(items, codes))

    @lru_cache(_KEPT_PICTURES)
    def picture(position: int) -> Floats:
        return prepare(items[position].read_pixels())

    limit = _limit(items, picture)
    pairs = []
    for done, (a, b) in enumerate(wanted, 1):
        likeness = compare(picture(a), picture(b))
        if likeness.duplicate and likeness.detail >= limit:
            pairs.append(Pair(a, b, likeness))
        if done % 16 == 0 or done == len(wanted):
            progress(done, len(wanted))
    return sorted(pairs, key=lambda pair: (-pair.likeness.detail, pair.a, pair.b))


def _limit(items: Sequence[Item], picture: Callable[[int], Floats]) -> float:
    """Return the detail that a pair must share: clearly more than strangers of this product share (Fisher's z)."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(items), (_STRANGERS, 2)).tolist() if items else []
    details = [compare(picture(a), picture(b)).detail for a, b in drawn if items[a].part != items[b].part]
    if not details:
        return 0.0
    usual = float(np.quantile(details, 0.9))
    return float(np.tanh(np.arctanh(np.clip(usual, -0.99, 0.99)) + _ABOVE_STRANGERS))


def queue_of(items: Sequence[Item], pairs: Iterable[Pair]) -> list[QueueItem]:
    """Return the pairs as a queue: those across splits first, each with the image outside train in front."""
    found = []
    for pair in pairs:
        a, b = items[pair.a], items[pair.b]
        if a.split == "train" and b.split != "train":
            a, b = b, a
        leak = a.split != b.split
        clash = a.label != b.label
        where = f"the same picture stands in {b.split}" if leak else f"the same picture stands in {a.split} twice"
        labels = f", labelled {b.label} instead of {a.label}" if clash else ""
        found.append(
            QueueItem(
                item_id=a.item_id,
                path=str(a.path),
                reason=f"Leakage: {where}{labels}." if leak else f"Inside one split: {where}{labels}.",
                kind=("leakage" if leak else "twice_in_split") + ("_other_label" if clash else ""),
                values={
                    "other": str(b.path),
                    "split": a.split,
                    "other_split": b.split,
                    "label": a.label,
                    "other_label": b.label,
                    "leak": "yes" if leak else "no",
                    "whole": round(pair.likeness.whole, 4),
                },
                score=round(pair.likeness.detail, 4) + (1.0 if leak else 0.0),
                given=a.label,
                other_id=b.item_id,
            )
        )
    return sorted(found, key=lambda item: -item.score)


def _candidates(items: Sequence[Item], codes: NDArray[np.float16]) -> Iterable[tuple[int, int]]:
    """Yield each pair of neighbouring codes of different parts once, in order."""
    if len(items) < 2:
        return
    near, _ = nearest(codes.astype(np.float32), codes.astype(np.float32), min(CANDIDATES + 1, len(items)))
    pairs = {(min(a, int(b)), max(a, int(b))) for a, row in enumerate(near) for b in row if b not in (a, -1)}
    yield from (pair for pair in sorted(pairs) if items[pair[0]].part != items[pair[1]].part)
