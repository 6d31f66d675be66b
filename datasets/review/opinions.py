"""Blind second opinions: whom to ask about which images, where reviewers differ, and who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.manifest import Dataset
from datasets.review.events import JUDGING, STANDS, Row, current_labels, read_rows, standings
from datasets.review.session import Change, ReviewSession
from inspector.errors import DatasetError

RATING = JUDGING | {"opinion"}
"""Kinds by which a person says what class an image shows."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person said of an image.

    Attributes:
        event_id: Its place in the history.
        item_id: The image.
        who: The person.
        label: The class.
        blind: Given without seeing what others said.
        decides: Given by a third person, to decide.
        when_utc: ISO 8601.
    """

    event_id: int
    item_id: int
    who: str
    label: str
    blind: bool
    decides: bool
    when_utc: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """An image on whose class people differ, and that nobody has decided since.

    Attributes:
        item_id: The image.
        label: Its label as of now; "" where it has none.
        ratings: The last word of each person, oldest first.
    """

    item_id: int
    label: str
    ratings: tuple[Rating, ...]


_KINDS = ", ".join(f"'{kind}'" for kind in sorted(RATING))


def read_ratings(dataset: Dataset) -> list[Rating]:
    """Return what people said of the classes of images, and what is not undone, in the order in which it was said."""
    rows = dataset.connection.execute(
        "SELECT event_id, item_id, who, json_extract(detail, '$.to'), kind = 'opinion', kind = 'adjudicate', when_utc"  # noqa: S608
        f" FROM review WHERE kind IN ({_KINDS}) AND {STANDS} ORDER BY event_id"
    )
    return [
        Rating(event, item, who, label, bool(blind), bool(decides), when)
        for event, item, who, label, blind, decides, when in rows
        if label
    ]


def _ratings_of(dataset: Dataset, item_ids: Sequence[int]) -> list[Rating]:
    """Return the same of some images."""
    stand = standings(read_rows(dataset.connection, item_ids))
    rows = [row for standing in stand.values() for row in standing.rows if row.kind in RATING]
    return [_rating(row) for row in sorted(rows, key=lambda row: row.event_id) if row.detail.get("to")]


def _rating(row: Row) -> Rating:
    return Rating(
        event_id=row.event_id,
        item_id=row.item_id,
        who=row.who,
        label=str(row.detail["to"]),
        blind=row.kind == "opinion",
        decides=row.kind == "adjudicate",
        when_utc=row.when_utc,
    )


def draw_sample(dataset: Dataset, reviewer: str, size: int, seed: int, *, repeats: float = 0.0) -> list[int]:
    """Draw images on which a reviewer shall give a blind opinion, in random order.

    Images that others have judged and the reviewer has not come first, then those that nobody has judged. Pictures with
    synthetic defects are left out: their class is known from how they were made.

    Args:
        dataset: Open.
        reviewer: Who shall be asked.
        size: How many images; fewer come where there are not so many.
        seed: The same seed draws the same sample from the same history.
        repeats: Share of the sample, 0 to 1, that the reviewer has judged before: shows how far they agree with
            themselves.

    Returns:
        Image numbers, and nothing else: no label may be shown beside them.

    Raises:
        DatasetError: Not a size, or not a share.
    """
    if size < 1 or not 0.0 <= repeats <= 1.0:
        raise DatasetError(f"A sample of {size} images with a share of {repeats:g} repeated cannot be drawn.")
    by_item: dict[int, set[str]] = {}
    for rating in read_ratings(dataset):
        by_item.setdefault(rating.item_id, set()).add(rating.who)
    rows = dataset.connection.execute(
        "SELECT item_id FROM item WHERE item_id NOT IN (SELECT item_id FROM derived) ORDER BY item_id"
    )
    everything = [row[0] for row in rows]
    own = [item for item in everything if reviewer in by_item.get(item, ())]
    others = [item for item in everything if item in by_item and reviewer not in by_item[item]]
    nobody = [item for item in everything if item not in by_item]
    rng = np.random.default_rng(seed)
    again = rng.permutation(own).tolist()[: round(size * repeats)]
    fresh = [*rng.permutation(others).tolist(), *rng.permutation(nobody).tolist()][: size - len(again)]
    return [int(item) for item in rng.permutation([*again, *fresh])]


def give_opinion(session: ReviewSession, item_id: int, label: str) -> Change:
    """Record a blind opinion; the label does not change. Raises as `ReviewSession` does."""
    return session.opine(session.catalogue.position_of(item_id), label)


def conflicts(dataset: Dataset) -> list[Conflict]:
    """Return the images on which people differ, and that nobody has decided since, by image number.

    People differ where their last words name different classes, or where a blind opinion names another class than the
    label, whoever that is from.
    """
    rows = dataset.connection.execute(
        f"SELECT item_id FROM review WHERE kind IN ({_KINDS})"  # noqa: S608 - constant names
        " GROUP BY item_id HAVING count(DISTINCT who) > 1 OR max(kind = 'opinion') ORDER BY item_id"
    )
    return _conflicts_of(dataset, [row[0] for row in rows])


def _conflicts_of(dataset: Dataset, item_ids: Sequence[int]) -> list[Conflict]:
    by_item: dict[int, list[Rating]] = {}
    for rating in _ratings_of(dataset, item_ids):
        by_item.setdefault(rating.item_id, []).append(rating)
    labels = current_labels(dataset.connection, sorted(by_item))
    found = []
    for item_id, ratings in sorted(by_item.items()):
        open_ones = _last_words(ratings)
        said = {rating.label for rating in open_ones}
        against = {rating.label for rating in open_ones if rating.blind} - {labels[item_id], ""}
        if len(said) > 1 or (against and labels[item_id]):
            found.append(Conflict(item_id, labels[item_id], tuple(open_ones)))
    return found


def _last_words(ratings: list[Rating]) -> list[Rating]:
    """Return each person's last word since the last decision, oldest first; nothing where the decision is the last."""
    decided = max((place for place, rating in enumerate(ratings) if rating.decides), default=-1)
    last = {rating.who: rating for rating in ratings[decided + 1 :]}
    if last and decided >= 0:  # who says something after a decision differs from the decision, or agrees with it
        last.setdefault(ratings[decided].who, ratings[decided])
    return sorted(last.values(), key=lambda rating: rating.event_id)


def adjudicate(session: ReviewSession, item_id: int, label: str) -> Change:
    """Decide a conflict: the label becomes what a third person says.

    Raises:
        DatasetError: The reviewer is one of those who differ, or the image is in no conflict.
    """
    conflict = next(iter(_conflicts_of(session.dataset, [item_id])), None)
    place = session.catalogue.position_of(item_id)
    path = session.catalogue.path(place)
    if conflict is None:
        raise DatasetError(f"{path}: nobody differs on this image.", cure="Relabel it where the label is wrong.")
    if session.who in {rating.who for rating in conflict.ratings}:
        raise DatasetError(
            f"{path}: {session.who} is one of those who differ.", cure="Let somebody decide who has not judged it."
        )
    return session.adjudicate(place, label)
