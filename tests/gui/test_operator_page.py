"""The operator's page, driven by events made by hand: what is shown, and what keys do."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from gui.actions import ACTIONS
from gui.operator.override import OverrideSheet
from gui.operator.why import WhySheet
from gui.stylesheet import MIN_TARGET_PX
from gui.theme import DARK, contrast
from inspector.events import Fault, FaultCleared, FaultCode, FaultRaised
from inspector.types import RecordKind, Verdict
from tests.gui.conftest import Desk


def _key(desk: Desk, key: Qt.Key) -> None:
    QTest.keyClick(desk.page.window().focusWidget() or desk.page, key)


def test_that_the_verdict_is_word_shape_and_colour_of_ninety_six_pixels(desk: Desk) -> None:
    for verdict in Verdict:
        desk.decide(verdict)
        sign = desk.page.verdict.sign
        assert sign.verdict is verdict
        assert sign.word == verdict.value
        assert sign.letter_px >= 96
        assert contrast(sign.pair.ink, sign.pair.ground) >= 7.0
        picture = sign.grab().toImage()
        assert picture.pixelColor(picture.width() - 12, picture.height() // 2) == QColor(sign.pair.ground)


def test_that_a_verdict_that_stands_for_nothing_is_not_shown(desk: Desk) -> None:
    desk.decide(Verdict.PASS)
    desk.line.stop()
    desk.until(lambda: desk.page.verdict.sign.verdict is None)
    assert desk.page.verdict.sign.word == "Stopped"


def test_that_a_camera_fault_hides_the_pass_and_says_what_to_do(desk: Desk) -> None:
    desk.decide(Verdict.PASS)
    fault = Fault(FaultCode.CAMERA, "line camera", "Camera line camera gave no frame.", "Check the cable.")
    desk.line.fault(FaultRaised(fault))
    band = desk.page.band
    desk.until(band.isVisible)
    assert "line camera" in band.title.text()
    assert "rejected" in band.meanwhile.text()
    assert "Camera line camera gave no frame." in band.step.text()
    assert desk.page.verdict.sign.verdict is None
    assert desk.page.header.state.text() == "fault"
    desk.session._events.put(FaultCleared(FaultCode.CAMERA, "line camera"))
    desk.until(lambda: not band.isVisible())
    assert desk.page.verdict.sign.verdict is Verdict.PASS


def test_that_the_gravest_of_several_faults_stands_first_and_acknowledging_reaches_the_station(desk: Desk) -> None:
    for code in (FaultCode.CAMERA, FaultCode.DISK):
        desk.line.fault(FaultRaised(Fault(code, code.value, f"what {code}", "cure")))
    desk.until(lambda: len(desk.page.band.notices) == 2)
    assert desk.page.band.notices[0].code is FaultCode.DISK
    assert "1" in desk.page.band.more.text()
    _key(desk, Qt.Key.Key_A)
    assert not desk.page.band.isVisible()
    assert desk.line.acknowledged == 1
    assert desk.page.header.state.text() == "fault", "acknowledged is not cured"


def test_that_the_heat_map_arrives_later_and_nothing_moves(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    before = _geometry(desk.page)
    assert not desk.page.picture.heat_visible
    desk.line.explain(record)
    desk.until(lambda: desk.page.picture.heat_visible)
    assert _geometry(desk.page) == before
    plain = desk.page.picture.grab().toImage()
    _key(desk, Qt.Key.Key_H)
    assert not desk.page.picture.heat_visible
    assert desk.page.picture.grab().toImage() != plain


def test_that_a_part_with_a_long_reason_moves_nothing(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    before = _places(desk)
    desk.decide(Verdict.ERROR, reason="long")
    desk.page.verdict.reason.setText("The camera gave no frame within 2.0 s of the trigger. " * 6)
    QApplication.processEvents()
    assert _places(desk) == before


def test_that_enter_records_a_confirmation_once(desk: Desk) -> None:
    record = desk.decide(Verdict.REVIEW)
    _key(desk, Qt.Key.Key_Return)
    _key(desk, Qt.Key.Key_Return)
    desk.until(lambda: "confirmed by" in desk.page.verdict.said.text())
    _key(desk, Qt.Key.Key_Return)
    said = desk.session.log.amendments(record.record_id)
    assert [each.kind for each in said] == [RecordKind.CONFIRM]
    assert said[0].who == desk.page.desk.operator


def test_that_an_override_takes_a_reason_and_two_keys(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    _key(desk, Qt.Key.Key_O)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, OverrideSheet)
    _key(desk, Qt.Key.Key_Return)
    assert desk.page.desk.sheet is sheet, "without a reason nothing is recorded"
    assert desk.session.log.amendments(record.record_id) == []
    _key(desk, Qt.Key.Key_1)
    assert sheet.request is not None
    assert "FAIL overridden to PASS" in sheet._will_record.text()
    _key(desk, Qt.Key.Key_Return)
    desk.until(lambda: desk.page.desk.sheet is None and bool(desk.session.log.amendments(record.record_id)))
    said = desk.session.log.amendments(record.record_id)[0]
    assert said.kind is RecordKind.OVERRIDE
    assert said.decision.verdict is Verdict.PASS
    assert said.decision.reason == "Within tolerance"
    assert desk.session.log.get(record.record_id).decision == record.decision, "the station's verdict stays"
    desk.until(lambda: "overridden to PASS by" in desk.page.verdict.said.text())
    assert desk.page.verdict.sign.verdict is Verdict.FAIL
    person = desk.page.strip.model.parts[0].by_person
    assert person is not None
    assert person.kind is RecordKind.OVERRIDE


def test_that_typing_a_note_triggers_nothing(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    _key(desk, Qt.Key.Key_O)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, OverrideSheet)
    sheet.note.setFocus()
    QTest.keyClicks(sheet.note, "how 1 w o")
    assert sheet.note.text() == "how 1 w o"
    assert desk.page.desk.sheet is sheet
    assert sheet.request is None
    assert desk.line.triggers == 0
    sheet.reason_buttons[3].click()
    QTest.keyClick(sheet.note, Qt.Key.Key_Return)
    desk.until(lambda: bool(desk.session.log.amendments(record.record_id)))
    said = desk.session.log.amendments(record.record_id)[0]
    assert said.decision.verdict is Verdict.FAIL
    assert said.details["note"] == "how 1 w o"


def test_that_the_part_stays_on_view_while_a_person_decides(desk: Desk) -> None:
    first = desk.decide(Verdict.FAIL)
    _key(desk, Qt.Key.Key_O)
    second = desk.decide(Verdict.PASS)
    assert desk.page.looked_at is not None
    assert desk.page.looked_at.record.record_id == first.record_id
    assert desk.page.verdict.sign.verdict is Verdict.PASS, "the live verdict stays in sight"
    _key(desk, Qt.Key.Key_Escape)
    assert desk.page.looked_at.record.record_id == second.record_id


def test_that_a_part_which_changed_under_the_finger_is_not_confirmed(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    record = desk.line.decide(Verdict.REVIEW)
    desk.until(lambda: desk.page.verdict.sign.verdict is Verdict.REVIEW)
    _key(desk, Qt.Key.Key_Return)
    assert "nothing was done" in desk.page.toast.words.text()
    assert desk.session.log.amendments(record.record_id) == []


def test_that_a_click_in_the_strip_looks_again_and_a_banner_leads_back(desk: Desk) -> None:
    first = desk.decide(Verdict.FAIL)
    desk.decide(Verdict.REVIEW)
    desk.decide(Verdict.PASS)
    view = desk.page.strip.view
    at = view.visualRect(desk.page.strip.model.index(1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert desk.page.banner.isVisible()
    assert first.part_id in desk.page.banner.words.text()
    assert first.part_id in desk.page.verdict.said.text(), "the buttons name the part that they act on"
    assert desk.page.verdict.sign.verdict is Verdict.PASS
    desk.page.banner.back_button.click()
    assert not desk.page.banner.isVisible()


def test_that_arrows_walk_through_the_rejects(desk: Desk) -> None:
    records = [desk.decide(Verdict.FAIL) for _ in range(3)]

    def on_view() -> str:
        part = desk.page.looked_at
        assert part is not None
        return part.record.record_id

    for expected in (records[2], records[1], records[0], records[0]):
        _key(desk, Qt.Key.Key_Right)
        assert on_view() == expected.record_id
    for _ in range(3):
        _key(desk, Qt.Key.Key_Left)
    assert desk.page.desk.pinned is None


def test_that_n_goes_through_the_reviews_nobody_answered(desk: Desk) -> None:
    first = desk.decide(Verdict.REVIEW)
    desk.decide(Verdict.FAIL)
    second = desk.decide(Verdict.REVIEW)
    _key(desk, Qt.Key.Key_N)
    assert desk.page.desk.pinned is not None
    assert desk.page.desk.pinned.record.record_id == first.record_id
    _key(desk, Qt.Key.Key_Return)
    desk.until(lambda: bool(desk.session.log.amendments(first.record_id)))
    desk.until(lambda: desk.page.strip.model.parts[-1].by_person is not None)
    _key(desk, Qt.Key.Key_N)
    assert desk.page.desk.pinned.record.record_id == second.record_id


def test_that_a_part_forgotten_by_the_window_is_read_back_from_the_log(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    part = desk.page.parts.get(record.record_id)
    assert part is not None
    seen = dict(part.frames)
    desk.page.parts.add_frames(record.record_id, {})
    desk.page.desk.pin(record.record_id)
    desk.until(lambda: bool(desk.page.desk.pinned and desk.page.desk.pinned.frames))
    assert desk.page.desk.pinned is not None
    assert np.array_equal(desk.page.desk.pinned.frames["front"], seen["front"])


def test_that_why_shows_scores_limits_versions_and_follows_the_heat_map(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    _key(desk, Qt.Key.Key_W)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, WhySheet)
    texts = _texts(sheet)
    for wanted in (record.recipe_hash[:12], record.package_hash[:12], record.record_id[:12], "90 %", "test product"):
        assert any(wanted in text for text in texts), wanted
    assert any("No heat map" in text for text in texts)
    desk.line.explain(record)
    desk.until(lambda: not any("No heat map" in text for text in _texts(sheet)))
    _key(desk, Qt.Key.Key_W)
    assert desk.page.desk.sheet is None


def test_that_every_view_of_a_part_can_be_seen(desk: Desk) -> None:
    desk.decide(Verdict.FAIL, views=("front", "back", "side"))
    assert desk.page.chosen_view == "front"
    first = desk.page.picture.grab().toImage()
    _key(desk, Qt.Key.Key_V)
    assert desk.page.chosen_view == "back"
    assert desk.page.picture.grab().toImage() != first
    desk.decide(Verdict.FAIL)
    assert desk.page.chosen_view == ""


def test_that_space_triggers_and_f5_stops_and_starts(desk: Desk) -> None:
    _key(desk, Qt.Key.Key_Space)
    assert desk.line.triggers == 1
    _key(desk, Qt.Key.Key_F5)
    desk.until(lambda: not desk.session.running)
    assert desk.page.verdict.sign.word == "Stopped"
    _key(desk, Qt.Key.Key_F5)
    desk.until(lambda: desk.page.verdict.sign.word == "Ready")


def test_that_space_never_presses_a_button_that_was_touched_before(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    QTest.mouseClick(desk.page.verdict.confirm_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: bool(desk.session.log.amendments(record.record_id)))
    _key(desk, Qt.Key.Key_Space)
    assert desk.line.triggers == 1
    assert len(desk.session.log.amendments(record.record_id)) == 1


def test_that_language_and_theme_change_everything_at_once(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    ground = desk.page.grab().toImage().pixelColor(2, 70)
    _key(desk, Qt.Key.Key_F8)
    desk.until(lambda: desk.page.verdict.sign.word == "不合格")
    assert desk.page.verdict.confirm_button.text().startswith("确认")
    assert any("划痕" in text for text in _texts(desk.page))
    _key(desk, Qt.Key.Key_F9)
    assert desk.page.look.theme is DARK
    assert desk.page.grab().toImage().pixelColor(2, 70) != ground
    _key(desk, Qt.Key.Key_F8)
    desk.until(lambda: desk.page.verdict.sign.word == "FAIL")


def test_that_every_target_on_the_page_can_be_touched(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    _key(desk, Qt.Key.Key_O)
    QApplication.processEvents()
    targets = [
        *desk.page.findChildren(QPushButton),
        *desk.page.findChildren(QToolButton),
    ]
    shown = [target for target in targets if target.isVisible()]
    assert len(shown) > 20
    small = [(t.text(), t.width(), t.height()) for t in shown if min(t.width(), t.height()) < MIN_TARGET_PX]
    assert not small


def test_that_all_keys_are_listed_and_differ(desk: Desk) -> None:
    keys = [key for spec in ACTIONS for key in spec.keys]
    assert len(set(keys)) == len(keys)
    _key(desk, Qt.Key.Key_F1)
    assert desk.page.desk.sheet is not None
    texts = _texts(desk.page.desk.sheet)
    assert all(spec.shown_key in texts for spec in ACTIONS)
    for name, made in desk.page.footer.buttons.items():
        assert made.text().startswith(next(spec.shown_key for spec in ACTIONS if spec.name == name))


def test_that_the_operator_is_asked_for_and_remembered(desk: Desk) -> None:
    _key(desk, Qt.Key.Key_F10)
    QTest.keyClicks(desk.page.window().focusWidget(), "Mei")
    _key(desk, Qt.Key.Key_Return)
    assert desk.page.desk.operator == "Mei"
    assert desk.page.memory.text("operator") == "Mei"
    assert "Mei" in desk.page.header.operator_button.text()


def test_that_a_word_which_cannot_be_recorded_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.decide(Verdict.FAIL)
    monkeypatch.setattr(desk.session.log, "append", _refuse)
    _key(desk, Qt.Key.Key_Return)
    desk.until(desk.page.band.isVisible)
    assert "NOT recorded" in desk.page.band.step.text()


def test_that_a_new_part_keeps_the_zoom_and_dragging_moves_the_picture(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    picture = desk.page.picture
    for _ in range(4):
        _key(desk, Qt.Key.Key_Plus)
    zoomed = picture.zoom
    assert zoomed > 2
    desk.decide(Verdict.FAIL)
    assert picture.zoom == zoomed
    start, end = QPoint(200, 200), QPoint(140, 160)
    before = picture.grab().toImage()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(picture, end)
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    assert picture.grab().toImage() != before
    _key(desk, Qt.Key.Key_0)
    assert picture.zoom == 1.0


def test_that_the_live_picture_is_an_inset_and_changes_places(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    desk.line.preview.put(desk.line.frame(77))
    desk.until(lambda: desk.page.picture.rate.total == 1)
    _key(desk, Qt.Key.Key_L)
    assert desk.page.picture.live_large
    desk.line.preview.put(desk.line.frame(78))
    desk.until(lambda: desk.page.picture.rate.total == 2)
    QTest.mouseClick(desk.page.picture._inset, Qt.MouseButton.LeftButton)
    assert not desk.page.picture.live_large


def test_that_counts_and_trend_follow_the_parts(desk: Desk) -> None:
    for verdict in (Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.REVIEW):
        desk.decide(verdict)
    desk.until(lambda: desk.page.counters.figures[0].text() == "4")
    assert [figure.text() for figure in desk.page.counters.figures] == ["4", "50 %", "1", "1", "0"]
    assert sum(bar.rejects for bar in desk.page.counters.chart.bars) == 2


def _refuse(_record: object) -> object:
    from inspector.errors import StoreError

    raise StoreError("the disk is full")


def _places(desk: Desk) -> list[object]:
    page, panel = desk.page, desk.page.verdict
    shown = (panel.sign, panel.facts, panel.confirm_button, page.counters, page.picture, page.strip, page.footer)
    return [widget.geometry().getRect() for widget in shown]


def _geometry(widget: QWidget) -> list[object]:
    return [
        child.geometry().getRect() for child in widget.findChildren(QWidget) if child.isVisible() and child.parent()
    ]


def _texts(widget: QWidget) -> list[str]:
    from PySide6.QtWidgets import QLabel

    return [item.text() for item in widget.findChildren(QLabel)]
