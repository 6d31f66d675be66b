"""The review window under the keyboard: labels, marks, selection, undo, queues, filters, blind opinions, conflicts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from datasets.manifest import open_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.history import events
from datasets.review.opinions import read_ratings
from datasets.review.session import ReviewSession
from gui.look import Look
from gui.memory import Memory
from gui.review.queues import ALL, BLIND, CONFLICTS
from tests.gui.review.reviewing import CLASSES, IMAGES, Review, add_audit, make_dataset

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that no test changes."""
    return make_dataset(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change; the pictures stay where they are."""
    return Path(shutil.copytree(made, tmp_path / "dataset"))


@pytest.fixture
def review(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> Iterator[Review]:
    """The window on all images."""
    opened = Review(look, memory, folder, qtbot)
    yield opened
    opened.close()


@pytest.fixture
def audited(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> Iterator[Review]:
    """The window on the queue of likely label errors."""
    add_audit(folder)
    opened = Review(look, memory, folder, qtbot)
    yield opened
    opened.close()


def test_that_a_class_key_labels_durably_and_the_cursor_goes_on(review: Review) -> None:
    assert QApplication.focusWidget() is review.grid, "the keyboard is at the images from the start"
    first = review.current_id()
    before = review.labels()[first]
    place = (CLASSES.index(before) + 1) % 3
    review.key(Qt.Key(Qt.Key.Key_1 + review.images.classes.classes.index(CLASSES[place])))
    assert review.labels()[first] == CLASSES[place], "it is in the manifest when the key returns"
    assert review.grid.row == 1
    assert "all saved" in review.texts()


def test_that_no_key_is_dropped_however_fast_they_come(review: Review) -> None:
    wanted = {}
    classes = review.images.classes.classes
    for code in np.random.default_rng(0).integers(0, 3, IMAGES - 1).tolist():
        wanted[review.current_id()] = classes[code]
        QTest.keyClick(review.grid, Qt.Key(Qt.Key.Key_1 + code))  # no event loop between them
    labels = review.labels()
    assert {number: labels[number] for number in wanted} == wanted


def test_that_a_selection_is_labelled_at_once_and_undone_at_once(review: Review) -> None:
    before = review.labels()
    review.key(Qt.Key.Key_Right, SHIFT)
    review.key(Qt.Key.Key_Right, SHIFT)
    assert "3 selected" in review.texts()
    chosen = review.opened.catalogue.ids[review.grid.chosen].tolist()
    review.key(Qt.Key.Key_3)
    assert {review.labels()[number] for number in chosen} == {review.images.classes.classes[2]}
    assert review.grid.row == 3
    assert review.grid.selected_count == 0
    review.key(Qt.Key.Key_U)
    assert review.labels() == before
    assert review.current_id() == chosen[0], "undo shows what it took back"
    review.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert {review.labels()[number] for number in chosen} == {review.images.classes.classes[2]}


def test_that_undo_reaches_what_was_said_before_the_window_was_opened(
    look: Look, memory: Memory, folder: Path, qtbot: QtBot
) -> None:
    with open_dataset(folder) as dataset:
        before = {item.item_id: item.label for item in dataset.items()}
        ReviewSession(dataset, read_catalogue(dataset), "Mei").label([2], "dent")
    review = Review(look, memory, folder, qtbot)
    review.key(Qt.Key.Key_Z, CTRL)
    assert review.labels() == before
    review.close()


def test_that_marks_and_notes_are_on_record(review: Review) -> None:
    first = review.current_id()
    review.key(Qt.Key.Key_F)
    assert bool(review.opened.catalogue.flagged[review.grid.current])
    review.key(Qt.Key.Key_F)
    assert not review.opened.catalogue.flagged[review.grid.current]
    review.key(Qt.Key.Key_N)
    review.type("sx 1 odd")
    review.key(Qt.Key.Key_Return)
    assert review.opened.catalogue.comments[review.grid.current] == "sx 1 odd", "letters belong to the note"
    assert QApplication.focusWidget() is review.grid
    review.key(Qt.Key.Key_S)
    with open_dataset(review.folder) as dataset:
        kinds = [event.kind for event in events(dataset, first)]
    assert kinds == ["import", "flag", "unflag", "comment", "skip"]


def test_that_escape_leaves_a_note_unwritten(review: Review) -> None:
    review.key(Qt.Key.Key_N)
    review.type("nonsense")
    review.key(Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is review.grid
    assert not review.opened.catalogue.commented.any()


def test_that_a_class_may_be_named_also_a_new_one(review: Review) -> None:
    first = review.current_id()
    review.key(Qt.Key.Key_L)
    review.type("weld spatter")
    review.key(Qt.Key.Key_Return)
    assert review.labels()[first] == "weld spatter"
    assert review.images.classes.classes[3] == "weld spatter"
    second = review.current_id()
    review.key(Qt.Key.Key_4)
    assert review.labels()[second] == "weld spatter", "it has a key at once"


def test_that_the_most_valuable_queue_is_opened_and_says_why(audited: Review) -> None:
    assert audited.opened.queue.name == "label_errors"
    assert len(audited.grid.positions) == 4
    audited.until(lambda: "The features speak for another class." in audited.texts())
    assert "suggested: " in audited.texts()


def test_that_a_suggestion_counts_only_when_it_is_taken(audited: Review) -> None:
    first, before = audited.current_id(), audited.labels()
    suggested, _ = audited.opened.suggestion(audited.grid.current)
    assert suggested != before[first]
    audited.key(Qt.Key.Key_Right)
    assert audited.labels() == before, "looking changes nothing"
    audited.key(Qt.Key.Key_Left)
    audited.key(Qt.Key.Key_A)
    assert audited.labels()[first] == suggested
    second = audited.current_id()
    audited.key(Qt.Key.Key_Return)
    assert audited.labels()[second] == before[second]
    catalogue = audited.opened.catalogue
    assert bool(catalogue.reviewed[catalogue.position_of(second)])
    assert "2 reviewed" in audited.texts()
    with open_dataset(audited.folder) as dataset:
        assert events(dataset, second)[-1].queue == "label_errors"


def test_that_the_queue_can_be_chosen_by_keys(audited: Review) -> None:
    audited.key(Qt.Key.Key_G)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    QTest.keyClick(audited.images.queue.view(), Qt.Key.Key_End)
    QTest.keyClick(audited.images.queue.view(), Qt.Key.Key_Return)
    audited.until(lambda: audited.opened.queue.name == ALL)
    assert len(audited.grid.positions) == IMAGES
    assert QApplication.focusWidget() is audited.grid


def test_that_typing_searches_and_enter_leads_back_to_the_images(review: Review) -> None:
    review.key(Qt.Key.Key_Slash)
    review.type("crack3 top")
    review.key(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is review.grid
    assert [review.opened.catalogue.path(int(at)).name for at in review.grid.positions] == ["crack3_top.png"]
    review.key(Qt.Key.Key_Backspace, CTRL)
    assert len(review.grid.positions) == IMAGES


def test_that_a_saved_view_brings_its_filter_back(review: Review) -> None:
    filters = review.images.filters
    filters.class_.setCurrentIndex(filters.class_.findData("dent"))
    filters.state.setCurrentIndex(filters.state.findData("open"))
    filters.changed.emit()
    wanted = filters.filter
    filters.save_button.click()
    review.type("open dents")
    review.key(Qt.Key.Key_Return)
    filters.clear()
    assert len(review.grid.positions) == IMAGES
    filters.views.setCurrentIndex(filters.views.findData("open dents"))
    filters.views.activated.emit(1)
    assert filters.filter == wanted
    assert len(review.grid.positions) == IMAGES // 3


def test_that_nothing_found_says_what_to_do(review: Review) -> None:
    review.images.filters.text.setText("no such file")
    review.until(lambda: not review.grid.isVisible())
    assert "Ctrl+⌫ clears the filter" in review.texts()
    review.key(Qt.Key.Key_1)
    review.key(Qt.Key.Key_Return)
    assert not review.opened.catalogue.reviewed.any(), "keys without an image say nothing"


def test_that_the_large_view_follows_and_shows_the_parts_other_view(review: Review) -> None:
    review.until(lambda: review.images.large.shown is not None)
    shown = review.images.large.shown
    assert shown is not None
    assert shown.item.item_id == review.current_id()
    review.key(Qt.Key.Key_V)
    review.until(lambda: review.images.large.shown is not shown)
    other = review.images.large.shown
    assert other is not None
    assert (other.item.part, other.item.view) == (shown.item.part, "top" if shown.item.view == "side" else "side")


def test_that_a_kept_image_stands_beside_the_next(review: Review) -> None:
    large = review.images.large
    review.until(lambda: large.shown is not None)
    kept = large.shown
    review.key(Qt.Key.Key_C)
    review.key(Qt.Key.Key_Right)
    review.until(lambda: large.shown is not kept)
    assert large.kept is kept
    assert large.comparing
    assert large.pair.left.isVisible()
    review.key(Qt.Key.Key_Plus)
    assert large.pair.left.zoom == large.pair.right.zoom > 1, "both zoom together"
    review.key(Qt.Key.Key_Escape)
    assert not large.pair.isVisible()


def test_that_a_blind_opinion_sees_no_label_and_changes_none(review: Review) -> None:
    before = review.labels()
    review.key(Qt.Key.Key_B)
    assert review.opened.queue.name == BLIND
    review.until(lambda: "Your opinion?" in review.texts())
    cells = [review.grid._cell(row) for row in range(len(review.grid.positions))]
    assert not any(cell.label or cell.suggestion or cell.reviewed for cell in cells)
    part = review.opened.catalogue.item(review.grid.current).part
    assert part not in review.texts(), "a part's name may tell its class"
    assert not any(f"{name}/" in review.texts() for name in CLASSES)
    assert review.images.queue.currentText().startswith("Blind second opinion")
    assert not review.images.filters.isVisible()
    first = review.current_id()
    review.key(Qt.Key.Key_2)
    review.key(Qt.Key.Key_Return)
    assert review.labels() == before
    with open_dataset(review.folder) as dataset:
        said = [(rating.item_id, rating.label, rating.blind) for rating in read_ratings(dataset)]
    assert said == [(first, review.images.classes.classes[1], True)], "Enter gives no opinion"
    review.key(Qt.Key.Key_B)
    assert review.opened.queue.name == ALL
    assert review.images.filters.isVisible()


def test_that_a_third_one_decides_between_two(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> None:
    with open_dataset(folder) as dataset:
        catalogue = read_catalogue(dataset)
        ReviewSession(dataset, catalogue, "Ada").label([0], "dent")
        ReviewSession(dataset, catalogue, "Lin").opine(0, "crack")
        number = int(catalogue.ids[0])
    review = Review(look, memory, folder, qtbot, who="Mei")
    review.images.show_queue(CONFLICTS)
    assert review.current_id() == number
    review.until(lambda: "Ada: dent, Lin: crack" in review.texts())
    review.key(Qt.Key(Qt.Key.Key_1 + review.images.classes.classes.index("crack")))
    assert review.labels()[number] == "crack"
    with open_dataset(folder) as dataset:
        assert events(dataset, number)[-1].kind == "adjudicate"
    review.close()


def test_that_one_of_those_who_differ_does_not_decide(look: Look, memory: Memory, folder: Path, qtbot: QtBot) -> None:
    with open_dataset(folder) as dataset:
        catalogue = read_catalogue(dataset)
        ReviewSession(dataset, catalogue, "Ada").label([0], "dent")
        ReviewSession(dataset, catalogue, "Mei").opine(0, "crack")
    review = Review(look, memory, folder, qtbot, who="Mei")
    review.images.show_queue(CONFLICTS)
    number = review.current_id()
    review.key(Qt.Key.Key_1)
    assert review.labels()[number] == "dent"
    assert "is one of those who differ" in review.page.toast.words.text()
    review.close()


def test_that_a_drawn_mask_is_kept_as_a_new_version(review: Review) -> None:
    review.until(lambda: review.images.large.shown is not None)
    review.key(Qt.Key.Key_E)
    editor = review.page.editor
    review.until(editor.isVisible)
    mask = np.zeros((48, 64), np.uint8)
    mask[10:20, 20:40] = 255
    position = review.grid.current
    editor.saved.emit(mask)
    editor.left.emit()
    assert QApplication.focusWidget() is review.grid
    kept = review.opened.catalogue.item(position).read_mask()
    assert kept is not None
    assert np.array_equal(kept, mask)
    review.until(lambda: review.images.large.shown is not None and review.images.large.shown.mask is not None)


def test_that_everything_is_said_in_chinese_too(audited: Review, look: Look) -> None:
    audited.until(lambda: audited.images.large.shown is not None)
    look.set_language("zh_CN")
    audited.until(lambda: audited.page.title.text() != "Review")
    texts = audited.texts()
    assert audited.images.queue.currentText().split()[0] not in ("Likely", "Queues")
    assert "reviewed" not in texts
    assert "all saved" not in texts


def test_that_a_broken_picture_says_so_and_can_be_passed(
    look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = make_dataset(tmp_path)
    with open_dataset(folder) as dataset:
        path = dataset.items()[0].path
    path.write_bytes(path.read_bytes()[:100])
    review = Review(look, memory, folder, qtbot)
    review.until(lambda: review.images.thumbnails.failed(review.grid.current))
    review.until(lambda: str(path) in review.texts())
    review.key(Qt.Key.Key_S)
    assert review.grid.row == 1
    review.close()
