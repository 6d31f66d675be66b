"""Which images are meant: a filter as a value, and what it selects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError

from datasets.items import SPLITS
from datasets.review.catalogue import Catalogue
from datasets.review.columns import Bools, Ints
from inspector.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all have to hold; what is left empty or None asks nothing.

    Attributes:
        text: Words that stand in path, part, view or comment, in either case.
        classes: Labels; "" means images that have none yet.
        splits: Splits.
        sources: Where the images came from.
        reviewers: Who vouched for the label last; "" means nobody.
        suggested: Classes that the model suggests.
        since_s: Unix seconds; labelled or reviewed then or later.
        until_s: Unix seconds; labelled or reviewed before then.
        min_score: Least defect score.
        max_score: Largest defect score.
        flagged: Marked to be looked at again.
        reviewed: A person vouches for the label.
        skipped: Passed over.
        disagree: The model suggests another class than the label that is there; False: it suggests the label.
        comment: Has a comment.
        mask: Has a mask.
        derived: Carries a synthetic defect.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    text: str = ""
    classes: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    since_s: int | None = None
    until_s: int | None = None
    min_score: float | None = None
    max_score: float | None = None
    flagged: bool | None = None
    reviewed: bool | None = None
    skipped: bool | None = None
    disagree: bool | None = None
    comment: bool | None = None
    mask: bool | None = None
    derived: bool | None = None

    def to_json(self) -> str:
        """Return the conditions that ask something, as a JSON object."""
        asked = {name: value for name, value in asdict(self).items() if value not in ((), "", None)}
        return json.dumps(asked, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Filter:
        """Return the filter that `to_json` wrote. Raises DatasetError where it is none."""
        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise DatasetError(f"{text!r} is no filter: {error}", cure="Delete the view and save it again.") from error


def select(catalogue: Catalogue, wanted: Filter) -> Ints:
    """Return the positions of the images that a filter means, (k,), in catalogue order."""
    keep = np.ones(len(catalogue), bool)
    for codes, names, asked in (
        (catalogue.labels, catalogue.classes, wanted.classes),
        (catalogue.splits, SPLITS, wanted.splits),
        (catalogue.sources, catalogue.source_names, wanted.sources),
        (catalogue.reviewers, catalogue.reviewer_names, wanted.reviewers),
        (catalogue.suggested, catalogue.classes, wanted.suggested),
    ):
        if asked:
            keep &= _is_one_of(codes, names, asked)
    for column, flag in (
        (catalogue.flagged, wanted.flagged),
        (catalogue.reviewed, wanted.reviewed),
        (catalogue.skipped, wanted.skipped),
        (catalogue.commented, wanted.comment),
        (catalogue.has_mask, wanted.mask),
        (catalogue.derived, wanted.derived),
    ):
        if flag is not None:
            keep &= column == flag
    keep &= _in_range(catalogue, wanted)
    if wanted.disagree is not None:
        both = (catalogue.suggested >= 0) & (catalogue.labels >= 0)
        keep &= both & ((catalogue.suggested != catalogue.labels) == wanted.disagree)
    return _with_words(catalogue, np.flatnonzero(keep), wanted.text)


def _is_one_of(codes: NDArray[np.integer], names: Sequence[str], asked: Sequence[str]) -> Bools:
    """Compare codes with names; the name "" stands for -1, a name that nothing has for no code at all."""
    known = {name: code for code, name in enumerate(names)} | {"": -1}
    found: Bools = np.isin(codes, [known[name] for name in asked if name in known])
    return found


def _in_range(catalogue: Catalogue, wanted: Filter) -> Bools:
    keep = np.ones(len(catalogue), bool)
    if wanted.since_s is not None:
        keep &= catalogue.changed >= wanted.since_s
    if wanted.until_s is not None:
        keep &= catalogue.changed < wanted.until_s
    with np.errstate(invalid="ignore"):  # an image without score is in no range of scores
        if wanted.min_score is not None:
            keep &= catalogue.scores >= wanted.min_score
        if wanted.max_score is not None:
            keep &= catalogue.scores <= wanted.max_score
    return keep


def _with_words(catalogue: Catalogue, positions: Ints, text: str) -> Ints:
    for word in text.lower().split():
        texts = catalogue.texts()
        positions = np.array([position for position in positions.tolist() if word in texts[position]], np.int64)
    return positions
