"""The page Agreement: the figures of the reviewers' own words, and who may decide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from datasets.review.agreement import agreement
from datasets.review.opinions import Conflict, Rating
from gui.look import Look
from gui.review.agreement import AgreementPanel, Found
from gui.review.agreement_table import kappa_text

EVENTS = iter(range(1, 100_000))


def said(item: int, who: str, label: str, *, blind: bool = True) -> Rating:
    return Rating(next(EVENTS), item, who, label, blind, decides=False, when_utc="2026-11-25T08:00:00+00:00")


def some_ratings() -> list[Rating]:
    """Ada and Grace agree on 18 of 20 images; Ada says the same again of 9 in 10."""
    ratings = []
    for item in range(20):
        kind = "good" if item % 2 else "crack"
        ratings.append(said(item, "Ada", kind, blind=False))
        ratings.append(said(item, "Grace", kind if item >= 2 else "dent"))
    ratings += [said(item, "Ada", "good" if item % 2 or item == 0 else "crack") for item in range(10)]
    return ratings


def conflict(item: int, label: str, **words: str) -> Conflict:
    return Conflict(item, label, tuple(said(item, who, name) for who, name in words.items()))


@pytest.fixture
def panel(look: Look, qtbot: QtBot) -> Iterator[AgreementPanel]:
    made = AgreementPanel(look)
    made.resize(1200, 640)
    made.show()
    qtbot.waitExposed(made)
    ratings = some_ratings()
    conflicts = [conflict(0, "crack", Ada="crack", Grace="dent"), conflict(1, "good", Ada="good", Grace="dent")]
    names = {0: "a.png", 1: "b.png"}
    made.show_agreement(Found(agreement(ratings), agreement(ratings, blind=True), conflicts, names, "Mei"))
    yield made
    made.close()
    made.deleteLater()
    QApplication.processEvents()


def rows(panel: AgreementPanel) -> list[list[str]]:
    texts = []
    for row in range(panel.table.rowCount()):
        items = [panel.table.item(row, place) for place in range(4)]
        texts.append([item.text() if item is not None else "" for item in items])
    return texts


def test_that_everybody_pairs_and_repeats_stand_with_their_intervals(panel: AgreementPanel) -> None:
    found = agreement(some_ratings())
    fleiss, pair, again = rows(panel)
    assert fleiss == ["Everybody (2 per image, Fleiss)", "20", "", kappa_text(found.fleiss)]
    assert pair[:2] == ["Ada – Grace", "20"]
    assert pair[2].startswith("90 % (")
    assert pair[3] == kappa_text(found.pairs[0].kappa)
    assert again[:2] == ["Ada, the same image again", "10"]
    assert again[2].startswith("90 % (")


def test_that_a_chosen_pair_shows_which_classes_are_confused(panel: AgreementPanel) -> None:
    assert not panel.classes.isVisible()
    panel.table.selectRow(1)
    assert panel.classes.isVisible()
    names = [panel.classes.verticalHeaderItem(place) for place in range(panel.classes.rowCount())]
    assert [name.text() for name in names if name is not None] == ["crack", "dent", "good"]
    cells = [[panel.classes.item(row, place) for place in range(3)] for row in range(3)]
    texts = [[item.text() if item is not None else "" for item in line] for line in cells]
    assert texts == [["9", "1  ≠", "·"], ["·", "·", "·"], ["·", "1  ≠", "9"]]
    panel.table.selectRow(0)
    assert not panel.classes.isVisible()


def test_that_blind_opinions_can_be_seen_alone(panel: AgreementPanel) -> None:
    panel.blind_button.click()
    blind = agreement(some_ratings(), blind=True)
    assert rows(panel)[1][1] == str(blind.pairs[0].images) == "10"


def test_that_a_third_person_decides_a_conflict(panel: AgreementPanel) -> None:
    decided: list[tuple[int, str]] = []
    looked: list[int] = []
    panel.decided.connect(lambda item, name: decided.append((item, name)))
    panel.look_wanted.connect(looked.append)
    panel.conflicts.setCurrentRow(1)
    assert [made.text() for made in panel._buttons if isinstance(made, QPushButton)] == ["good", "dent"]
    panel.look_button.click()
    QTest.mouseClick(panel._buttons[1], Qt.MouseButton.LeftButton)
    assert decided == [(1, "dent")]
    assert looked == [1]
    assert "b.png" in panel.conflicts.item(1).text()
    assert "Grace: dent" in panel.conflicts.item(1).text()


def test_that_who_differs_may_not_decide(panel: AgreementPanel) -> None:
    assert panel.found is not None
    ratings = some_ratings()
    conflicts = panel.found.conflicts
    panel.conflicts.setCurrentRow(1)
    panel.show_agreement(Found(agreement(ratings), agreement(ratings), conflicts, {}, "Grace"))
    assert panel.conflicts.currentRow() == 1
    assert panel._buttons == []
    assert "one of those who differ" in panel._conflict_words.text()


def test_that_without_second_opinions_it_says_what_to_do(panel: AgreementPanel, qtbot: QtBot) -> None:
    panel.show_agreement(Found(agreement([]), agreement([])))
    assert rows(panel) == []
    assert "blind second opinion" in panel._words.text()
    assert "Nobody differs" in panel._conflict_words.text()
    assert not panel.look_button.isVisible()
    with qtbot.waitSignal(panel.opinion_wanted):
        panel.opinion_button.click()


def test_that_it_follows_the_language(panel: AgreementPanel, look: Look) -> None:
    before = panel._title.text(), rows(panel)[0][0]
    look.set_language("zh_CN")
    QApplication.processEvents()
    assert panel._title.text() != before[0]
    assert rows(panel)[0][0] != before[1]
