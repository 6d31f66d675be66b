"""Comparing catalogues."""

from __future__ import annotations

import numpy as np

from datasets.review.catalogue import Catalogue


def same_catalogue(one: Catalogue, other: Catalogue) -> bool:
    """Return whether two catalogues say the same of every image; codes may differ."""
    return len(one) == len(other) and all(_said(one, place) == _said(other, place) for place in range(len(one)))


def _said(catalogue: Catalogue, place: int) -> tuple[object, ...]:
    marks = (
        "ids",
        "flagged",
        "reviewed",
        "commented",
        "skipped",
        "derived",
        "has_mask",
        "regression",
        "changed",
        "splits",
    )
    reviewer = int(catalogue.reviewers[place])
    return (
        *(np.asarray(getattr(catalogue, mark))[place].item() for mark in marks),
        catalogue.item(place),
        "" if reviewer < 0 else catalogue.reviewer_names[reviewer],
        catalogue.comments.get(place, ""),
        catalogue.texts()[place],
    )
