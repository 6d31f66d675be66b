from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from datasets.manifest import SPLITS, Dataset, open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.filters import Filter, select
from inspector.errors import DatasetError
from tests.performance.catalogue_benchmark import CLASSES, Guesses, fill_manifest


def test_that_the_catalogue_gives_the_items_of_the_data_set_in_their_order(parts: Dataset) -> None:
    parts.connection.execute("INSERT INTO regression_apart SELECT part FROM item WHERE split = 'test' LIMIT 1")
    catalogue = read_catalogue(parts)
    assert catalogue.regression.sum() == 2
    assert [catalogue.item(place) for place in range(len(catalogue))] == parts.items()
    assert (tuple(catalogue.classes), tuple(catalogue.good)) == (parts.classes, parts.good)
    for place, item in enumerate(parts.items()):
        assert catalogue.path(place) == item.path
        assert catalogue.sha256(place) == item.sha256
        assert catalogue.position_of(item.item_id) == place
        assert SPLITS[catalogue.splits[place]] == item.split


def test_that_siblings_are_the_other_views_of_the_same_part(catalogue: Catalogue) -> None:
    for place in range(len(catalogue)):
        part = catalogue.item(place).part
        same = [p for p in range(len(catalogue)) if p != place and catalogue.item(p).part == part]
        assert catalogue.siblings(place).tolist() == same
        assert len(same) == 1


def test_that_a_suggestion_is_never_a_label(catalogue: Catalogue, dataset: Dataset) -> None:
    before, guesses = catalogue.labels.copy(), Guesses(catalogue)
    guesses.item_ids = np.append(guesses.item_ids[:-1], 10**6)  # one image that has gone since
    catalogue.set_predictions(guesses)
    assert np.array_equal(catalogue.labels, before)
    assert not (catalogue.reviewed & (catalogue.ids % 10 != 0)).any()
    place = catalogue.position_of(int(guesses.item_ids[3]))
    assert catalogue.classes[catalogue.suggested[place]] == CLASSES[int(guesses.probabilities[3].argmax())]
    assert catalogue.confidence[place] == guesses.probabilities[3].max()
    assert catalogue.scores[place] == guesses.scores[3]
    missing = np.flatnonzero(catalogue.suggested < 0)
    assert missing.tolist() == [len(catalogue) - 1]
    assert np.isnan(catalogue.scores[missing]).all()
    assert np.isnan(catalogue.confidence[missing]).all()


def test_that_the_station_suggests_until_a_model_says_more(dataset: Dataset) -> None:
    ids = [int(read_catalogue(dataset).ids[place]) for place in (0, 39)]
    for item_id, score, suggested in zip(ids, (None, 0.75), ("stain", "rust"), strict=True):
        dataset.connection.execute(
            "INSERT INTO provenance VALUES (?, 'log', ?, '', 'review', 'one', '7', 'now')", (item_id, str(item_id))
        )
        dataset.connection.execute(
            "INSERT INTO log_judgement VALUES (?, '', '', 'REVIEW', ?, NULL, NULL, '', ?)", (item_id, score, suggested)
        )
    catalogue = read_catalogue(dataset)
    assert [catalogue.classes[catalogue.suggested[place]] for place in (0, 39)] == ["stain", "rust"]
    assert np.isnan(catalogue.scores[:39]).all()
    assert catalogue.scores[39] == 0.75
    assert (catalogue.suggested[1:39] == -1).all()
    guesses = Guesses(catalogue)
    guesses.item_ids, guesses.scores = guesses.item_ids[:5], guesses.scores[:5]
    guesses.probabilities = guesses.probabilities[:5]
    catalogue.set_predictions(guesses)
    assert catalogue.scores[0] == guesses.scores[0]
    assert (catalogue.scores[39], catalogue.classes[catalogue.suggested[39]]) == (0.75, "rust")


def test_that_an_image_that_is_not_there_is_told(catalogue: Catalogue) -> None:
    with pytest.raises(DatasetError, match="12345"):
        catalogue.position_of(12345)
    assert catalogue.positions_of([12345, int(catalogue.ids[4])]).tolist() == [4]


def test_that_an_empty_data_set_can_be_opened(tmp_path: Path) -> None:
    with open_dataset(fill_manifest(tmp_path / "data", 0)) as dataset:
        catalogue = read_catalogue(dataset)
    assert len(catalogue) == 0
    assert select(catalogue, Filter(text="x", classes=("dent",))).tolist() == []
    assert catalogue.positions_of([1]).tolist() == []


def test_that_a_tenth_of_the_largest_data_set_opens_and_filters_quickly(tmp_path: Path) -> None:
    """The figures for 200,000 images are `tests.performance.catalogue_benchmark`'s; here a tenth, in processor time."""
    with open_dataset(fill_manifest(tmp_path / "data", 20_000)) as dataset:
        begun = time.process_time()
        catalogue = read_catalogue(dataset)
        opened = time.process_time()
        found = select(catalogue, Filter(text="part-001", classes=("good", "dent"), reviewed=False))
        filtered = time.process_time()
    assert len(found) > 0
    assert opened - begun < 1.0
    assert filtered - opened < 0.2
