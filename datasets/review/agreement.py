"""How far reviewers agree with each other, and each with themselves. Pure functions on ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from datasets.estimate import Estimate, share
from datasets.kappa import Floats, Kappa, cohen_kappa, fleiss_kappa
from datasets.review.opinions import Rating


@dataclass(frozen=True, slots=True)
class Pair:
    """How two reviewers agree, or one with themselves.

    Attributes:
        first: Name.
        second: Name; the same for a repeatability.
        images: Judged by both, or twice.
        agreement: Share of these with the same class, with its exact interval.
        kappa: Cohen's, with its interval.
        table: Counts by class, (k, k): rows the first, columns the second.
        classes: The k class names.
    """

    first: str
    second: str
    images: int
    agreement: Estimate
    kappa: Kappa
    table: Floats
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewAgreement:
    """The agreement of all who judged.

    Attributes:
        pairs: Every two who judged an image in common, by name.
        repeats: Everybody who judged an image twice, the second time blind, by name.
        fleiss: Fleiss' kappa over the images that `ratings` persons judged.
        ratings: Persons per image that Fleiss' kappa rests on; 0 where no two judged the same image.
        images: Images that it rests on.
    """

    pairs: tuple[Pair, ...]
    repeats: tuple[Pair, ...]
    fleiss: Kappa
    ratings: int
    images: int


def agreement(ratings: Sequence[Rating], *, blind: bool = False) -> ReviewAgreement:
    """Return how far those who judged agree.

    Of each person the first word on an image counts: later ones may have been said in knowledge of the others'. What
    was said to decide a conflict does not count. The intervals take images as independent of each other.

    Args:
        ratings: In the order in which they were said.
        blind: Count blind opinions alone. Otherwise labels that were given or confirmed in view of the image's label
            count as well; they agree more easily with what they saw.
    """
    counted = [rating for rating in ratings if not rating.decides]
    first: dict[int, dict[str, str]] = {}
    for rating in counted:
        if rating.blind or not blind:
            first.setdefault(rating.item_id, {}).setdefault(rating.who, rating.label)
    names = sorted({who for said in first.values() for who in said})
    pairs = [_pair(one, other, first) for one, other in combinations(names, 2)]
    fleiss, persons, images = _fleiss(list(first.values()))
    return ReviewAgreement(
        tuple(pair for pair in pairs if pair.images), repeatability(counted), fleiss, persons, images
    )


def repeatability(ratings: Sequence[Rating]) -> tuple[Pair, ...]:
    """Return how far each person says the same of an image again, without seeing the first.

    Args:
        ratings: In the order in which they were said. Each image counts once: the first blind opinion that followed an
            earlier word of the same person, against the last such word.
    """
    words: dict[str, dict[int, list[str]]] = {}
    for rating in ratings:
        said = words.setdefault(rating.who, {}).setdefault(rating.item_id, [])
        if not said or (rating.blind and len(said) == 1):
            said.append(rating.label)
        elif len(said) == 1:  # corrected in full view: the last word before the blind one is what it is held against
            said[0] = rating.label
    found = []
    for who, images in sorted(words.items()):
        twice = [(said[0], said[1]) for said in images.values() if len(said) == 2]
        if twice:
            found.append(_compare(who, who, twice))
    return tuple(found)


def _pair(one: str, other: str, first: dict[int, dict[str, str]]) -> Pair:
    return _compare(one, other, [(said[one], said[other]) for said in first.values() if one in said and other in said])


def _compare(one: str, other: str, said: list[tuple[str, str]]) -> Pair:
    classes = sorted({label for both in said for label in both})
    code = {name: number for number, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)), np.float64)
    for left, right in said:
        table[code[left], code[right]] += 1
    same = sum(left == right for left, right in said)
    return Pair(one, other, len(said), share(same, len(said)), cohen_kappa(table, len(said)), table, tuple(classes))


def _fleiss(images: list[dict[str, str]]) -> tuple[Kappa, int, int]:
    """Fleiss' kappa needs as many ratings of each image, not the same persons: take the commonest number from 2 on."""
    counts = Counter(len(said) for said in images if len(said) > 1)
    if not counts:
        nan = float("nan")
        return Kappa(nan, nan, nan, nan), 0, 0
    persons = max(counts, key=lambda number: (counts[number], number))
    chosen = [said for said in images if len(said) == persons]
    classes = {
        name: number for number, name in enumerate(sorted({label for said in chosen for label in said.values()}))
    }
    table = np.zeros((len(chosen), len(classes)), np.float64)
    for row, said in zip(table, chosen, strict=True):
        for label in said.values():
            row[classes[label]] += 1
    return fleiss_kappa(table), persons, len(chosen)
