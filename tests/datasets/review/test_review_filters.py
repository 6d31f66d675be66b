"""What a filter selects, held against a plain Python reading of its conditions."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.manifest import open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.filters import Filter, select
from datasets.review.session import ReviewSession
from inspector.errors import DatasetError
from tests.performance.catalogue_benchmark import CLASSES, Guesses, fill_manifest

NAMES = st.lists(st.sampled_from((*CLASSES, "", "nothing")), max_size=3).map(tuple)
FLAG = st.sampled_from((None, None, True, False))
SCORE = st.one_of(st.none(), st.sampled_from((0.0, 0.25, 0.5, 1.0)))
TIME = st.one_of(st.none(), st.sampled_from((0, 1_772_438_400, 1_772_438_401, 2**33)))
FILTERS = st.builds(
    Filter,
    text=st.sampled_from(("", "", "part-00000", "TOP", "thin side", "nowhere")),
    classes=NAMES,
    splits=st.lists(st.sampled_from(("train", "test", "elsewhere")), max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(("/data/line7", "else")), max_size=2).map(tuple),
    reviewers=st.lists(st.sampled_from(("Ada", "Grace", "", "Eve")), max_size=2).map(tuple),
    suggested=NAMES,
    since_s=TIME,
    until_s=TIME,
    min_score=SCORE,
    max_score=SCORE,
    flagged=FLAG,
    reviewed=FLAG,
    skipped=FLAG,
    disagree=FLAG,
    comment=FLAG,
    mask=FLAG,
    derived=FLAG,
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Sixty images and an unlabelled one in every state that reviewing leaves, half of them with predictions."""
    folder: Path = fill_manifest(tmp_path_factory.mktemp("filters") / "data", 60)
    with open_dataset(folder) as dataset:
        dataset.connection.execute(
            "INSERT INTO item SELECT 99, 1, 1, 'new.png', 'ff' || substr(sha256, 3), 8, 8, NULL, NULL, NULL, 'zz', '',"
            " '', 'train', '', 'log', 0 FROM item LIMIT 1"
        )
        dataset.connection.execute(
            "INSERT INTO label (item_id, to_label, who, when_utc) VALUES (99, '', 'log', '2026-03-02T08:00:00+00:00')"
        )
        catalogue = read_catalogue(dataset)
        grace = ReviewSession(dataset, catalogue, "Grace")
        grace.label(range(5), "stain")
        grace.flag([3, 9, 20])
        grace.skip([4, 21, 22])
        grace.comment(11, "a THIN line")
        grace.comment(30, "thinner")
    guesses = Guesses(catalogue)
    half = np.arange(0, len(catalogue), 2)
    assert catalogue.labels[half[-1]] == -1  # nobody has labelled the last one, but there is a suggestion
    guesses.item_ids = guesses.item_ids[half]
    guesses.probabilities, guesses.scores = guesses.probabilities[half], guesses.scores[half]
    catalogue.set_predictions(guesses)
    return catalogue


def means(catalogue: Catalogue, wanted: Filter, p: int) -> bool:
    """Say of one image whether a filter means it, as its documentation reads."""
    score, changed = float(catalogue.scores[p]), int(catalogue.changed[p])
    suggestion = "" if catalogue.suggested[p] < 0 else catalogue.classes[catalogue.suggested[p]]
    reviewer = "" if catalogue.reviewers[p] < 0 else catalogue.reviewer_names[catalogue.reviewers[p]]
    item = catalogue.item(p)
    text = f"{catalogue.path(p).relative_to('/data/line7')} {item.part} {item.view} {catalogue.comments.get(p, '')}"
    both = "" not in (suggestion, item.label)
    asked = [
        (wanted.classes, item.label),
        (wanted.splits, item.split),
        (wanted.sources, item.source),
        (wanted.reviewers, reviewer),
        (wanted.suggested, suggestion),
    ]
    flags = [
        (wanted.flagged, catalogue.flagged[p]),
        (wanted.reviewed, catalogue.reviewed[p]),
        (wanted.skipped, catalogue.skipped[p]),
        (wanted.comment, p in catalogue.comments),
        (wanted.mask, item.mask is not None),
        (wanted.derived, item.derived),
    ]
    return (
        all(not names or value in names for names, value in asked)
        and all(flag is None or flag == bool(value) for flag, value in flags)
        and all(word in text.lower() for word in wanted.text.lower().split())
        and (wanted.since_s is None or changed >= wanted.since_s)
        and (wanted.until_s is None or changed < wanted.until_s)
        and (wanted.min_score is None or (not math.isnan(score) and score >= wanted.min_score))
        and (wanted.max_score is None or (not math.isnan(score) and score <= wanted.max_score))
        and (wanted.disagree is None or (both and (suggestion != item.label) == wanted.disagree))
    )


@given(FILTERS)
def test_that_a_filter_selects_what_its_conditions_say(catalogue: Catalogue, wanted: Filter) -> None:
    expected = [p for p in range(len(catalogue)) if means(catalogue, wanted, p)]
    assert select(catalogue, wanted).tolist() == expected


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(text="thin"),
        Filter(flagged=True),
        Filter(skipped=True),
        Filter(reviewers=("Grace",)),
        Filter(disagree=True),
        Filter(disagree=False),
        Filter(min_score=0.5),
        Filter(mask=True),
        Filter(reviewed=False, classes=("crack",)),
    ],
)
def test_that_the_conditions_tell_images_apart(catalogue: Catalogue, wanted: Filter) -> None:
    assert 0 < len(select(catalogue, wanted)) < len(catalogue)


@given(FILTERS)
def test_that_a_filter_is_the_same_after_it_was_written(wanted: Filter) -> None:
    assert Filter.from_json(wanted.to_json()) == wanted


def test_that_what_asks_nothing_is_not_written_and_selects_everything(catalogue: Catalogue) -> None:
    assert Filter().to_json() == "{}"
    assert len(select(catalogue, Filter())) == len(catalogue)
    assert len(select(catalogue, replace(Filter(), text="  "))) == len(catalogue)


@pytest.mark.parametrize("text", ["", "[]", '{"classes": "dent"}', '{"colour": "red"}', '{"flagged": "perhaps"}'])
def test_that_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(DatasetError, match="no filter") as caught:
        Filter.from_json(text)
    assert caught.value.cure
