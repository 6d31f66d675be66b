from __future__ import annotations

import pytest

from datasets.manifest import Dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.opinions import adjudicate, conflicts, draw_sample, give_opinion, read_ratings
from datasets.review.session import ReviewSession, events
from inspector.errors import DatasetError


def session(dataset: Dataset, who: str) -> ReviewSession:
    return ReviewSession(dataset, read_catalogue(dataset), who)


def test_that_an_opinion_changes_no_label_and_can_be_taken_back(grace: ReviewSession, dataset: Dataset) -> None:
    before, item = dataset.fingerprint, int(grace.catalogue.ids[2])
    give_opinion(grace, item, "other")
    assert dataset.fingerprint == before
    assert not grace.catalogue.reviewed[2]
    assert events(dataset, item)[-1].kind == "opinion"
    assert [rating.label for rating in read_ratings(dataset) if rating.who == "Grace"] == ["other"]
    grace.undo()
    assert not [rating for rating in read_ratings(dataset) if rating.who == "Grace"]


def test_that_a_sample_prefers_what_others_judged_and_tells_nothing_else(dataset: Dataset) -> None:
    judged = {int(item) for (item,) in dataset.connection.execute("SELECT item_id FROM review")}
    sample = draw_sample(dataset, "Grace", 6, seed=1)
    assert sample == draw_sample(dataset, "Grace", 6, seed=1)
    assert sample != draw_sample(dataset, "Grace", 6, seed=2)
    assert len(sample) == len(set(sample)) == 6
    assert judged < set(sample)
    assert {type(each) for each in sample} == {int}
    assert not judged & set(draw_sample(dataset, "Ada", 30, seed=1))


def test_that_a_share_of_ones_own_images_comes_again(dataset: Dataset) -> None:
    own = {int(item) for (item,) in dataset.connection.execute("SELECT item_id FROM review")}
    sample = draw_sample(dataset, "Ada", 4, seed=0, repeats=0.5)
    assert len(own & set(sample)) == 2
    assert len(draw_sample(dataset, "Ada", 1000, seed=0)) == 40 - len(own)
    for size, share in ((0, 0.0), (3, 1.5)):
        with pytest.raises(DatasetError, match="sample"):
            draw_sample(dataset, "Ada", size, 0, repeats=share)


def test_that_those_who_differ_are_a_conflict_until_a_third_decides(dataset: Dataset) -> None:
    ada, grace, eve = (session(dataset, who) for who in ("Ada", "Grace", "Eve"))
    item, other = int(ada.catalogue.ids[1]), int(ada.catalogue.ids[2])
    ada.label([1, 2], "crack")
    give_opinion(grace, other, "crack")
    assert conflicts(dataset) == []
    give_opinion(grace, item, "dent")
    found = conflicts(dataset)
    assert [(each.item_id, each.label) for each in found] == [(item, "crack")]
    assert [(rating.who, rating.label, rating.blind) for rating in found[0].ratings] == [
        ("Ada", "crack", False),
        ("Grace", "dent", True),
    ]
    for rival in (ada, grace):
        with pytest.raises(DatasetError, match="one of those who differ"):
            adjudicate(rival, item, "dent")
    with pytest.raises(DatasetError, match="nobody differs"):
        adjudicate(eve, other, "dent")
    adjudicate(eve, item, "dent")
    assert conflicts(dataset) == []
    assert dataset.history(item)[-1].to_label == "dent"
    assert eve.catalogue.reviewer_names[eve.catalogue.reviewers[1]] == "Eve"
    eve.undo()
    assert dataset.history(item)[-1].to_label == "crack"
    assert len(conflicts(dataset)) == 1


def test_that_a_decision_for_the_label_that_is_there_ends_the_conflict(dataset: Dataset) -> None:
    ada, grace, eve = (session(dataset, who) for who in ("Ada", "Grace", "Eve"))
    item = int(ada.catalogue.ids[1])
    ada.label([1], "crack")
    give_opinion(grace, item, "dent")
    adjudicate(eve, item, "crack")
    assert conflicts(dataset) == []
    eve.undo()
    assert len(conflicts(dataset)) == 1


def test_that_a_word_after_the_decision_opens_the_conflict_again(dataset: Dataset) -> None:
    ada, grace, eve = (session(dataset, who) for who in ("Ada", "Grace", "Eve"))
    item = int(ada.catalogue.ids[1])
    ada.label([1], "crack")
    give_opinion(grace, item, "dent")
    adjudicate(eve, item, "dent")
    give_opinion(ada, item, "dent")
    assert conflicts(dataset) == []
    give_opinion(ada, item, "crack")
    assert [rating.who for rating in conflicts(dataset)[0].ratings] == ["Eve", "Ada"]


def test_that_a_blind_opinion_against_an_imports_label_is_a_conflict(dataset: Dataset) -> None:
    grace = session(dataset, "Grace")
    item, label = int(grace.catalogue.ids[1]), grace.catalogue.label_of(1)
    give_opinion(grace, item, label)
    assert conflicts(dataset) == []
    give_opinion(grace, item, "other")
    assert [rating.who for rating in conflicts(dataset)[0].ratings] == ["Grace"]
    grace.label([1], "other")
    assert conflicts(dataset) == []


def test_that_ratings_are_the_same_whether_something_was_undone_nearby_or_not(dataset: Dataset) -> None:
    ada, grace = session(dataset, "Ada"), session(dataset, "Grace")
    ada.label([1, 2, 3], "crack")
    give_opinion(grace, int(ada.catalogue.ids[2]), "dent")
    before, conflicting = read_ratings(dataset), conflicts(dataset)
    for position in range(5):
        grace.flag([position])
        grace.undo()
    assert read_ratings(dataset) == before
    assert conflicts(dataset) == conflicting
    assert [rating.event_id for rating in before] == sorted(rating.event_id for rating in before)
