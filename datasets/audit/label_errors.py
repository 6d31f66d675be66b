"""Which labels to doubt: confident learning on predictions for images that the model never saw.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021. Probabilities
come out of fold (never a part in both), the order is by the normalised margin, and the class thresholds of the paper
mark which doubts are confident ones. Two additions, explained in docs/decisions/0019-label-errors.md: a second pass in
which doubted labels weigh little, so that wrong labels do not teach the model that finds them; and no thresholds in the
order itself, which at 38 good parts for one rare defect would put rare classes in front.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.audit.items import QueueItem
from datasets.items import Item

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5
COMPONENTS = 256
_LENGTH = 20.0  # root mean square length of a row, which gives _FIRST and _SECOND their meaning
_FIRST = (0.01, 0.1)  # inverse regularisation: strong, so that single wrong labels are not learned
_SECOND = 0.5
_LEAST_WEIGHT = 0.02
_MOST_IN_A_FIT = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """What the models that did not see an image say of its label.

    Attributes:
        classes: Names, in the order of the columns.
        given: (n,) column of the label.
        probabilities: (n, k), each row sums to 1.
        margin: (n,) -1 (the label is sure) to 1 (another class is sure).
        confident: (n,) bool, doubts that the paper's class thresholds confirm.
        judged: (n,) bool, false where the class has a single part: then no model can know it.
    """

    classes: tuple[str, ...]
    given: Ints
    probabilities: Floats
    margin: Floats
    confident: NDArray[np.bool_]
    judged: NDArray[np.bool_]

    @property
    def suggested(self) -> Ints:
        """(n,) the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)


def doubt_labels(
    rows: NDArray[np.floating],
    labels: Sequence[str],
    parts: Sequence[str],
    *,
    repeats: int = 3,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _d, _t: None,
) -> Doubts:
    """Return how far each label is to be doubted.

    Args:
        rows: (n, d), what the images look like.
        labels: The class of each.
        parts: The part of each; images of one part are never in different folds.
        repeats: Divisions into folds, averaged.
        seed: Of the divisions.
        progress: Called with (done, total) fits.
    """
    classes, given = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    groups = np.unique(np.asarray(parts, dtype=np.str_), return_inverse=True)[1]
    judged = _judged(given, groups, len(classes))
    names = tuple(str(name) for name in classes)
    if len(classes) < 2 or judged.sum() < 2 * FOLDS or len(np.unique(groups)) < FOLDS:
        sure = np.eye(len(classes))[given]
        return Doubts(names, given, sure, -np.ones(len(given)), np.zeros(len(given), np.bool_), np.zeros_like(judged))
    flat = compress(rows)
    total, done = repeats * (len(_FIRST) + 1), 0
    found = np.zeros((len(given), len(classes)))
    for repeat in range(repeats):
        first = np.zeros_like(found)
        for strength in _FIRST:
            first += _out_of_fold(flat, given, groups, strength, seed + repeat, None) / len(_FIRST)
            progress(done := done + 1, total)
        own = first[np.arange(len(given)), given]
        weights = np.clip(own / np.maximum(first.max(axis=1), 1e-9), _LEAST_WEIGHT, 1.0)
        second = _out_of_fold(flat, given, groups, _SECOND, seed + 1000 + repeat, weights)
        progress(done := done + 1, total)
        found += (0.25 * first + 0.75 * second) / repeats
    found /= found.sum(axis=1, keepdims=True)
    return Doubts(names, given, found, margin_of(found, given), _confident(found, given), judged)


def margin_of(probabilities: Floats, given: Ints) -> Floats:
    """Return how much likelier the likeliest other class is than the given one, (n,) in -1..1."""
    own = probabilities[np.arange(len(given)), given]
    others = probabilities.copy()
    others[np.arange(len(given)), given] = -1.0
    return np.asarray(others.max(axis=1) - own)


def compress(rows: NDArray[np.floating]) -> Floats:
    """Return `rows` standardised and turned to their main components, (n, at most COMPONENTS), of one typical length.

    The components know nothing of the labels, so that they may be found on all images.
    """
    from sklearn.decomposition import PCA

    values = np.asarray(rows, np.float32)
    values = values - values.mean(axis=0)
    spread = values.std(axis=0)
    values = np.clip(values[:, spread > 1e-6] / spread[spread > 1e-6], -8.0, 8.0)
    if values.shape[1] == 0:
        return np.zeros((len(rows), 1))
    count = min(COMPONENTS, len(values) - 1, values.shape[1])
    rotation = PCA(count, svd_solver="randomized", random_state=0)
    rotation.fit(values[np.random.default_rng(0).permutation(len(values))[:_MOST_IN_A_FIT]])
    flat = rotation.transform(values).astype(np.float64)
    length = float(np.sqrt((flat * flat).sum(axis=1).mean()))
    return np.asarray(flat * (_LENGTH / max(length, 1e-9)))


def queue_of(items: Sequence[Item], doubts: Doubts) -> list[QueueItem]:
    """Return all judged images, the most doubtful label first."""
    order = np.argsort(-np.where(doubts.judged, doubts.margin, -2.0), kind="stable")
    return [_item(items[index], doubts, int(index)) for index in order if doubts.judged[index]]


def _item(item: Item, doubts: Doubts, index: int) -> QueueItem:
    row = doubts.probabilities[index].copy()
    own = float(row[doubts.given[index]])
    row[doubts.given[index]] = -1.0
    other = int(row.argmax())
    suggested, likely = doubts.classes[other], float(row[other])
    if doubts.margin[index] <= 0:
        kind, words = "label_fits", f"The label {item.label} fits best ({own:.0%}); next is {suggested} ({likely:.0%})."
    elif doubts.confident[index]:
        kind = "label_error"
        words = f"Labelled {item.label} ({own:.0%}), but looks like {suggested} ({likely:.0%}) to models without it."
    else:
        kind = "label_doubt"
        words = f"Labelled {item.label} ({own:.0%}); {suggested} is a little likelier ({likely:.0%})."
    return QueueItem(
        item_id=item.item_id,
        path=str(item.path),
        reason=words,
        kind=kind,
        values={"given": item.label, "own": round(own, 4), "suggested": suggested, "likely": round(likely, 4)},
        score=round(float(doubts.margin[index]), 6),
        given=item.label,
        suggested=suggested,
    )


def _judged(given: Ints, groups: Ints, classes: int) -> NDArray[np.bool_]:
    parts = np.array([len(np.unique(groups[given == index])) for index in range(classes)])
    return np.asarray(parts[given] > 1)


def _out_of_fold(rows: Floats, given: Ints, groups: Ints, strength: float, seed: int, weights: Floats | None) -> Floats:
    """Return (n, k) probabilities, each row from a model that saw no image of its part."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    found = np.zeros((len(given), int(given.max()) + 1))
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer parts than folds; optimisers that stop early
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for known, asked in folds.split(rows, given, groups):
            if len(known) > _MOST_IN_A_FIT:
                known = rng.choice(known, _MOST_IN_A_FIT, replace=False)
            if len(np.unique(given[known])) < 2:
                found[np.ix_(asked, [int(given[known[0]])])] = 1.0
                continue
            model = LogisticRegression(C=strength, max_iter=150)
            model.fit(rows[known], given[known], sample_weight=None if weights is None else weights[known])
            found[np.ix_(asked, model.classes_)] = model.predict_proba(rows[asked])
    return found


def _confident(probabilities: Floats, given: Ints) -> NDArray[np.bool_]:
    """Return where another class reaches the mean probability of those who carry it (equation 2 of the paper)."""
    classes = probabilities.shape[1]
    limits = np.array([probabilities[given == c, c].mean() if (given == c).any() else 1.0 for c in range(classes)])
    reached = np.where(probabilities >= limits, probabilities, -1.0)
    best = reached.argmax(axis=1)
    return np.asarray((reached.max(axis=1) >= 0) & (best != given) & (best == probabilities.argmax(axis=1)))
