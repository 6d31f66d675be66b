from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.session import ReviewSession, events
from inspector.errors import DatasetError, NotAllowedError
from inspector.people.users import User, Users, write_users
from inspector.types import Person, Role
from tests.datasets.review.catalogues import same_catalogue

NO_PASSWORD = "$argon2id$"  # noqa: S105 - a hash that nothing fits


def test_that_a_label_is_there_for_others_when_the_call_returns(grace: ReviewSession, dataset: Dataset) -> None:
    change = grace.label([3, 4], "crack")
    with open_dataset(dataset.folder) as other:
        seen = read_catalogue(other)
        told = events(other, int(seen.ids[3]))
    assert change.positions.tolist() == [3, 4]
    assert [seen.label_of(3), seen.label_of(4)] == ["crack", "crack"]
    assert (seen.reviewed[3], seen.reviewer_names[seen.reviewers[3]]) == (True, "Grace")
    last = told[-1]
    assert (last.kind, last.who, last.to_label, last.queue) == ("label", "Grace", "crack", "label_errors")
    assert (last.session, last.from_label) == (grace.session, told[0].to_label)
    assert last.when_utc.endswith("+00:00")


def test_that_giving_the_label_that_is_there_confirms_it(grace: ReviewSession, dataset: Dataset) -> None:
    label = grace.catalogue.label_of(7)
    before = dataset.fingerprint
    grace.label([7], label)
    assert grace.catalogue.reviewed[7]
    assert dataset.fingerprint == before
    assert len(dataset.history(int(grace.catalogue.ids[7]))) == 1


def test_that_an_import_is_no_review_and_a_relabel_at_the_command_line_is(dataset: Dataset) -> None:
    catalogue = read_catalogue(dataset)
    assert not catalogue.reviewed[1]
    dataset.relabel(int(catalogue.ids[1]), "stain", "Eve")
    catalogue = read_catalogue(dataset)
    assert catalogue.reviewed[1]
    assert catalogue.reviewer_names[catalogue.reviewers[1]] == "Eve"


def test_that_many_images_are_relabelled_as_a_whole_or_not_at_all(grace: ReviewSession, dataset: Dataset) -> None:
    third = int(grace.catalogue.ids[2])
    dataset.connection.execute(
        f"CREATE TEMP TRIGGER broken BEFORE INSERT ON main.review WHEN NEW.item_id = {third}"
        " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )
    before, known = dataset.fingerprint, read_catalogue(dataset)
    with pytest.raises(DatasetError, match="the disk is full"):
        grace.label(range(5), "crack")
    assert dataset.fingerprint == before
    assert same_catalogue(grace.catalogue, known)
    assert not grace.can_undo
    dataset.connection.execute("DROP TRIGGER broken")
    assert grace.label(range(5), "crack").positions.tolist() == [0, 1, 2, 3, 4]
    assert grace.undo() is not None
    assert dataset.fingerprint == before


def test_that_a_manifest_held_by_another_program_is_told_and_nothing_is_recorded(
    grace: ReviewSession, dataset: Dataset
) -> None:
    dataset.connection.execute("PRAGMA busy_timeout = 20")
    with (
        open_dataset(dataset.folder) as other,
        other.transaction(),
        pytest.raises(DatasetError, match="locked") as caught,
    ):
        grace.flag([0])
    assert caught.value.cure
    assert not grace.catalogue.flagged[0]
    grace.flag([0])
    assert grace.catalogue.flagged[0]


def test_that_marks_skips_and_comments_stand_until_they_are_taken_back(grace: ReviewSession, dataset: Dataset) -> None:
    grace.flag([1, 2])
    grace.unflag([2])
    grace.skip([3, 4])
    grace.confirm([4])
    grace.comment(5, " a thin line  ")
    grace.comment(6, "gone")
    grace.comment(6, "")
    catalogue = read_catalogue(dataset)
    assert np.flatnonzero(catalogue.flagged).tolist() == [1]
    assert np.flatnonzero(catalogue.skipped).tolist() == [3]
    assert {position: text for position, text in catalogue.comments.items() if text} == {5: "a thin line"}
    assert np.flatnonzero(catalogue.commented).tolist() == [5]
    assert same_catalogue(grace.catalogue, catalogue)


def test_that_undo_works_after_a_restart_for_ones_own_deeds_alone(grace: ReviewSession, dataset: Dataset) -> None:
    fingerprints = [dataset.fingerprint]
    for label in ("crack", "dent", "stain"):
        grace.label([0, 1], label)
        fingerprints.append(dataset.fingerprint)
    with open_dataset(dataset.folder) as other:
        eve = ReviewSession(other, read_catalogue(other), "Eve")
        assert eve.undo() is None
        again = ReviewSession(other, read_catalogue(other), "Grace")
        for fingerprint in reversed(fingerprints[:-1]):
            change = again.undo()
            assert change is not None
            assert (change.kind, change.of, other.fingerprint) == ("undo", "label", fingerprint)
        assert again.undo() is None
        for fingerprint in fingerprints[1:]:
            assert again.redo() is not None
            assert other.fingerprint == fingerprint
        assert again.redo() is None


def test_that_a_new_deed_ends_what_could_be_redone(grace: ReviewSession) -> None:
    grace.flag([0])
    grace.undo()
    assert (grace.can_undo, grace.can_redo) == (False, True)
    grace.flag([1])
    assert (grace.can_undo, grace.can_redo) == (True, False)
    assert grace.redo() is None


def test_that_undo_leaves_what_somebody_else_has_said_since(grace: ReviewSession, dataset: Dataset) -> None:
    eve = ReviewSession(dataset, read_catalogue(dataset), "Eve")
    old = [grace.catalogue.label_of(position) for position in range(3)]
    grace.label([0, 1, 2], "other")
    eve.label([0], "stain")
    eve.confirm([1])
    change = grace.undo()
    assert change is not None
    assert change.kept == 2
    assert [grace.catalogue.label_of(position) for position in range(3)] == ["stain", "other", old[2]]
    grace.redo()
    assert [grace.catalogue.label_of(position) for position in range(3)] == ["stain", "other", "other"]
    eve.undo()
    eve.undo()
    grace.undo()
    assert [read_catalogue(dataset).label_of(position) for position in range(3)] == old


def test_that_redo_leaves_what_somebody_else_has_said_since(grace: ReviewSession, dataset: Dataset) -> None:
    eve = ReviewSession(dataset, read_catalogue(dataset), "Eve")
    grace.label([0, 1], "other")
    grace.undo()
    eve.label([0], "stain")
    change = grace.redo()
    assert change is not None
    assert change.kept == 1
    assert [grace.catalogue.label_of(position) for position in (0, 1)] == ["stain", "other"]
    assert same_catalogue(grace.catalogue, read_catalogue(dataset))


def test_that_the_same_reviewer_in_two_windows_undoes_each_deed_once(grace: ReviewSession, dataset: Dataset) -> None:
    with open_dataset(dataset.folder) as other:
        second = ReviewSession(other, read_catalogue(other), "Grace")
        before = dataset.fingerprint
        grace.label([0], "other")
        second.label([1], "other")
        grace.undo()
        grace.undo()
        assert dataset.fingerprint == before
        assert second.undo() is None
        assert second.redo() is not None


def test_that_an_unlabelled_image_is_labelled_and_unlabelled_again(dataset: Dataset) -> None:
    dataset.connection.execute(
        "INSERT INTO item SELECT 99, 1, 1, 'new.png', 'ff' || substr(sha256, 3), 8, 8, NULL, NULL, NULL, 'new', '', '',"
        " 'train', '', 'log', 0 FROM item LIMIT 1"
    )
    dataset.connection.execute(
        "INSERT INTO label (item_id, to_label, who, when_utc) VALUES (99, '', 'import', '2026-03-02T08:00:00+00:00')"
    )
    catalogue = read_catalogue(dataset)
    grace, place = ReviewSession(dataset, catalogue, "Grace"), catalogue.position_of(99)
    assert (catalogue.labels[place], catalogue.label_of(place), "" in catalogue.classes) == (-1, "", False)
    with pytest.raises(DatasetError, match="no label"):
        grace.confirm([place])
    assert grace.confirm([place, place + 1]).positions.tolist() == [place + 1]
    grace.label([place], "dent")
    assert (read_catalogue(dataset).label_of(place), catalogue.label_of(place)) == ("dent", "dent")
    grace.undo()
    assert catalogue.labels[place] == -1
    assert same_catalogue(catalogue, read_catalogue(dataset))


def test_that_a_drawn_mask_counts_and_no_mask_is_overwritten(parts: Dataset) -> None:
    catalogue = read_catalogue(parts)
    grace = ReviewSession(parts, catalogue, "Grace")
    place = next(p for p in range(len(catalogue)) if catalogue.label_of(p) == "dent")
    imported, before = catalogue.item(place), parts.fingerprint
    assert imported.mask is not None
    kept = {imported.mask: imported.mask.read_bytes()}
    versions = [parts.fingerprint]
    for k in range(3):
        mask = np.zeros((32, 32), np.uint8)
        mask[k : k + 4] = 7
        grace.set_mask(place, mask)
        versions.append(parts.fingerprint)
        item = next(item for item in parts.items() if item.item_id == imported.item_id)
        assert item.mask == catalogue.item(place).mask
        drawn = item.read_mask()
        assert drawn is not None
        assert np.array_equal(drawn, np.where(mask > 0, 255, 0))
        assert item.mask is not None
        kept[item.mask] = item.mask.read_bytes()
    grace.set_mask(place, None)
    assert catalogue.mask_path(place) is None
    assert len(set(versions)) == len(kept) == 4
    for version in (versions[3], versions[2], versions[1], before):
        grace.undo()
        assert parts.fingerprint == version
    assert catalogue.mask_path(place) == imported.mask
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_that_a_mask_of_another_size_is_refused(parts: Dataset) -> None:
    grace = ReviewSession(parts, read_catalogue(parts), "Grace")
    with pytest.raises(DatasetError, match="32x32, but its mask 31x30"):
        grace.set_mask(0, np.zeros((30, 31), np.uint8))
    assert not grace.can_undo


def test_that_a_mask_that_cannot_be_written_is_in_no_history(parts: Dataset) -> None:
    grace = ReviewSession(parts, read_catalogue(parts), "Grace")
    (parts.folder / "masks").write_text("in the way")
    with pytest.raises(DatasetError, match="mask cannot be written"):
        grace.set_mask(0, np.ones((32, 32), np.uint8))
    assert [event.kind for event in events(parts, int(grace.catalogue.ids[0]))] == ["import"]


def test_that_labelling_is_a_right_on_a_pc_with_users(dataset: Dataset, catalogue: Catalogue) -> None:
    roles = {"Ada": Role.ADMINISTRATOR, "Olaf": Role.OPERATOR, "Ugo": Role.AUDITOR}
    users = tuple(User(name=name, role=role, password=NO_PASSWORD) for name, role in roles.items())
    write_users(Users(users=users))
    before = dataset.fingerprint
    for who in ("Olaf", Person("Ugo", Role.AUDITOR), Person("Ugo", Role.OPERATOR), Person("Eve", Role.OPERATOR)):
        session = ReviewSession(dataset, catalogue, who)
        deeds: tuple[Callable[[ReviewSession], object], ...] = (
            lambda s: s.label([0], "crack"),
            lambda s: s.flag([0]),
            lambda s: s.undo(),
            lambda s: s.set_mask(0, np.zeros((1024, 1280), np.uint8)),
            lambda s: s.opine(0, "crack"),
        )
        for deed in deeds:
            with pytest.raises(NotAllowedError):
                deed(session)
    assert dataset.fingerprint == before
    assert not Path(dataset.folder / "masks").exists()
    ReviewSession(dataset, catalogue, Person("Olaf", Role.OPERATOR)).label([0], "stain")
    assert dataset.fingerprint != before


def test_that_a_review_needs_a_name_a_class_and_an_image(grace: ReviewSession) -> None:
    with pytest.raises(DatasetError, match="name of the reviewer"):
        ReviewSession(grace.dataset, grace.catalogue, "  ")
    with pytest.raises(DatasetError, match="class name"):
        grace.label([0], "  ")
    with pytest.raises(DatasetError, match="No image"):
        grace.label([], "crack")
