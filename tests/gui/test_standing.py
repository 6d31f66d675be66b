"""Guarantee, cautions, challenge and packages on the operator's page, driven by events made by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from gui.anomaly import AnomalyScale, read_scale
from gui.operator.challenge import ChallengeSheet
from gui.operator.guarantee import GuaranteeSheet
from gui.operator.override import OverrideSheet
from gui.operator.why import WhySheet
from inspector.events import (
    Caution,
    CautionCleared,
    CautionCode,
    CautionRaised,
    ChallengeProgress,
    Fault,
    FaultCleared,
    FaultCode,
    FaultRaised,
    GuaranteeChanged,
    ModelChanged,
    RecordAmended,
    StationState,
    StationStateChanged,
)
from inspector.inference.package import ScoreScale
from inspector.inference.scales import defect_score
from inspector.log import confirm, open_log
from inspector.types import Guarantee, Record, RecordKind, Risk, Thresholds, Verdict
from tests.gui.conftest import Desk

ESCAPE = Guarantee(Risk.ESCAPE, 0.005, 0.95, "learn-then-test", 612, 0, 0.004884)
OVERKILL = Guarantee(Risk.OVERKILL, 0.02, 0.95, "conformal quantile", 400, 3, 0.0193)
SICK = Caution(CautionCode.CAMERA_SICK, "front", "The focus of view front fell to half.", "Clean the lens.")
WORSE = Caution(CautionCode.PARTS_WORSE, "", "More parts score high than in the calibration.", "Check the tool.")


def _key(desk: Desk, key: Qt.Key) -> None:
    QTest.keyClick(desk.page.window().focusWidget() or desk.page, key)


def _texts(widget: QWidget) -> str:
    return "\n".join(item.text() for item in widget.findChildren(QLabel))


def _challenge(desk: Desk, rejected: int = 0, escaped: str = "", cause: str = "start") -> None:
    desk.line.tell(StationStateChanged(StationState.CHALLENGE), ChallengeProgress(3, rejected, escaped, cause))
    part = f"Known bad part {escaped}" if escaped else f"known bad part {rejected + 1} of 3"
    desk.until(lambda: part in desk.page.challenge.call.text())


def _display(desk: Desk) -> tuple[object, ...]:
    panel = desk.page.verdict
    words = (panel.reason.text(), panel.limit.text(), panel.facts.text(), panel.said.text())
    return (panel.sign.verdict, panel.sign.word, panel.shown_verdict, *words)


# Guarantee


def test_that_the_header_says_which_guarantee_holds_and_on_how_many_parts_it_rests(desk: Desk) -> None:
    desk.page.resize(1920, 1000)
    button = desk.page.header.guarantee
    assert button.text() == "no guarantee"
    assert not button.alarming
    desk.line.tell(GuaranteeChanged((OVERKILL, ESCAPE), holds=True))
    desk.until(lambda: button.text() != "no guarantee")
    assert button.text() == "✓ guarantee: escapes ≤ 0.5 % (95 %), 612 parts +1"
    for wanted in ("612 defective parts, of which 0 passed", "0.489 %", "Of all good parts at most 2 % are failed"):
        assert wanted in button.toolTip()
    assert not button.alarming


def test_that_a_guarantee_that_no_longer_holds_says_so_in_words_and_why(desk: Desk) -> None:
    button = desk.page.header.guarantee
    desk.line.tell(GuaranteeChanged((ESCAPE,), holds=False, reasons=("the camera's settings changed",)))
    desk.until(lambda: button.alarming)
    assert button.text() == "◆ guarantee does not hold"
    assert "the camera's settings changed" in button.toolTip()
    button.click()
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, GuaranteeSheet)
    assert "the camera's settings changed" in _texts(sheet)
    assert "does not hold" in _texts(sheet)
    desk.line.tell(GuaranteeChanged((ESCAPE,), holds=True))
    desk.until(lambda: "The guarantee holds" in _texts(sheet))
    _key(desk, Qt.Key.Key_G)
    assert desk.page.desk.sheet is None
    _key(desk, Qt.Key.Key_G)
    assert isinstance(desk.page.desk.sheet, GuaranteeSheet)


def test_that_an_expected_risk_is_not_told_as_a_confidence(desk: Desk) -> None:
    expected = Guarantee(Risk.ESCAPE, 0.01, 0.0, "conformal risk control", 99, 0, 0.01)
    desk.line.tell(GuaranteeChanged((expected,), holds=True))
    button = desk.page.header.guarantee
    desk.until(lambda: "expected" in button.text())
    assert "confidence" not in button.toolTip()
    assert "on average" in button.toolTip()


def test_that_the_header_fits_a_small_screen(desk: Desk) -> None:
    desk.line.tell(GuaranteeChanged((ESCAPE,), holds=True), CautionRaised(SICK), ModelChanged("c" * 64, "", "start"))
    desk.until(lambda: desk.page.header.cautions_button.isVisible())
    for width in (1024, 1366, 1920):
        desk.page.resize(width, 768)
        QApplication.processEvents()
        assert desk.page.width() == width, "the page's least width must not be above a small screen's"
        shown = [w for w in desk.page.header.findChildren(QWidget) if w.isVisible()]
        shown.sort(key=QWidget.x)
        for left, right in itertools.pairwise(shown):
            assert not left.geometry().intersects(right.geometry()), (width, left, right)
        assert desk.page.header.guarantee.width() >= desk.page.header.guarantee.sizeHint().width()


# Cautions


@pytest.mark.parametrize("verdict", list(Verdict))
def test_that_a_caution_never_changes_the_verdict_display(desk: Desk, verdict: Verdict) -> None:
    desk.decide(verdict)
    before = _display(desk)
    for caution in (
        SICK,
        WORSE,
        Caution(CautionCode.GUARANTEE, "", "w", "c"),
        Caution(CautionCode.RELEASE, "", "w", "c"),
    ):
        desk.line.tell(CautionRaised(caution))
    desk.until(lambda: len(desk.page.cautions.notices) == 4)
    assert _display(desk) == before
    assert desk.page.header.state.text() == "running"
    desk.line.tell(*(CautionCleared(code, "front" if code is CautionCode.CAMERA_SICK else "") for code in CautionCode))
    desk.until(lambda: not desk.page.cautions.isVisible())
    assert _display(desk) == before


def test_that_a_sick_camera_and_worse_parts_are_told_apart_with_a_next_step_each(desk: Desk) -> None:
    band = desk.page.cautions
    desk.line.tell(CautionRaised(SICK))
    desk.until(band.isVisible)
    sick = band.title.text(), band.step.text()
    assert sick[0] == "The camera is sick: front"
    assert "lens" in sick[1]
    assert SICK.what in sick[1]
    assert band.meanwhile.text() == "Inspection goes on."
    desk.line.tell(CautionCleared(SICK.code, SICK.source), CautionRaised(WORSE))
    desk.until(lambda: band.title.text() == "The parts have become worse")
    assert "picture is in order" in band.step.text()


def test_that_faults_outrank_cautions_and_one_key_acknowledges_both_in_turn(desk: Desk) -> None:
    desk.page.resize(1280, 1000)
    desk.line.tell(CautionRaised(WORSE), FaultRaised(Fault(FaultCode.OUTPUT, "gate", "what", "cure")))
    desk.until(lambda: desk.page.band.isVisible() and desk.page.cautions.isVisible())
    assert desk.page.band.y() < desk.page.cautions.y()
    assert "rejected" in desk.page.band.meanwhile.text()
    _key(desk, Qt.Key.Key_A)
    assert not desk.page.band.isVisible()
    assert desk.page.cautions.isVisible()
    assert desk.line.acknowledged == 1
    _key(desk, Qt.Key.Key_A)
    assert not desk.page.cautions.isVisible()
    assert desk.line.acknowledged == 1, "a caution waits for nobody: the station is not told"
    assert desk.page.header.cautions_button.isVisible(), "acknowledged is not cured"
    desk.page.header.cautions_button.click()
    desk.until(desk.page.cautions.isVisible)
    desk.line.tell(CautionCleared(WORSE.code, WORSE.source), FaultCleared(FaultCode.OUTPUT, "gate"))
    desk.until(lambda: not desk.page.header.cautions_button.isVisible())
    assert not desk.page.cautions.isVisible()


def test_that_fault_caution_and_challenge_fit_a_small_screen(desk: Desk) -> None:
    desk.page.resize(1366, 768)
    desk.line.tell(CautionRaised(SICK), CautionRaised(WORSE), GuaranteeChanged((ESCAPE,), holds=False, reasons=("r",)))
    _challenge(desk, 1)
    desk.line.tell(FaultRaised(Fault(FaultCode.OUTPUT, "gate", "The gate does not answer.", "Check the gate.")))
    desk.until(desk.page.band.isVisible)
    QApplication.processEvents()
    assert desk.page.size().toTuple() == (1366, 768)
    assert not desk.page.cautions.isVisible(), "no room for both: the fault is told"
    assert desk.page.header.cautions_button.text() == "◆ 2 cautions"
    _key(desk, Qt.Key.Key_A)
    assert desk.page.cautions.isVisible()
    QApplication.processEvents()
    assert desk.page.size().toTuple() == (1366, 768)
    assert desk.page.verdict.sign.letter_px >= 96


def test_that_a_restart_begins_without_cautions(desk: Desk) -> None:
    desk.line.tell(CautionRaised(WORSE))
    desk.until(desk.page.cautions.isVisible)
    desk.line.tell(StationStateChanged(StationState.STARTING))
    desk.until(lambda: not desk.page.cautions.isVisible())


# Challenge


def test_that_the_challenge_names_the_part_that_is_wanted_and_what_happens_meanwhile(desk: Desk) -> None:
    desk.decide(Verdict.PASS)
    _challenge(desk, 1, cause="shift")
    panel = desk.page.challenge
    assert panel.isVisible()
    assert panel.call.text() == "Challenge: put known bad part 2 of 3 before the camera"
    assert panel.marks.text() == "✓ ○ ○"
    assert panel.words.text().startswith("A shift begins. Nothing is released until all 3 were rejected")
    assert desk.page.verdict.sign.verdict is None, "no old PASS during a challenge"
    assert desk.page.verdict.sign.word == "Challenge"
    assert desk.page.header.state.text() == "challenge"
    desk.line.tell(ChallengeProgress(3, 3, "", "shift"), StationStateChanged(StationState.RUNNING))
    desk.until(lambda: not panel.isVisible())
    assert "3 known bad parts were rejected" in desk.page.toast.words.text()


def test_that_a_known_bad_part_called_pass_is_told_loudly_and_never_shown_as_pass(desk: Desk) -> None:
    _challenge(desk, 1)
    quiet = desk.page.challenge.grab().toImage().pixelColor(3, 20)
    record = desk.decide(Verdict.PASS, kind=RecordKind.CHALLENGE)
    _challenge(desk, 0, escaped=record.part_id)
    panel = desk.page.challenge
    assert panel.escaped
    assert f"Known bad part {record.part_id} was called PASS" in panel.call.text()
    assert "stop the line" in panel.words.text()
    assert panel.grab().toImage().pixelColor(3, 20) != quiet
    assert desk.page.verdict.sign.verdict is None
    assert desk.page.verdict.sign.word == "Not caught!"
    assert desk.page.verdict.said.text() == "Known bad part, but called PASS!"
    assert desk.page.verdict.sign.pair == desk.page.look.theme.band
    _challenge(desk, 1)
    assert not panel.escaped


@pytest.mark.parametrize("verdict", list(Verdict))
def test_that_challenge_parts_are_shown_as_such_and_not_counted(desk: Desk, verdict: Verdict) -> None:
    desk.decide(Verdict.FAIL)
    before = dict(desk.page.tally.today)
    listed = len(desk.page.strip.model.parts)
    _challenge(desk)
    record = desk.decide(verdict, kind=RecordKind.CHALLENGE)
    assert desk.page.tally.today == before
    assert len(desk.page.strip.model.parts) == listed
    assert "not counted" in desk.page.verdict.facts.text()
    assert desk.page.verdict.said.text().startswith("Known bad part")
    desk.line.tell(StationStateChanged(StationState.RUNNING))
    desk.until(lambda: desk.page.verdict.sign.word == "Ready")
    _key(desk, Qt.Key.Key_Return)
    _key(desk, Qt.Key.Key_O)
    assert not isinstance(desk.page.desk.sheet, OverrideSheet)
    assert desk.session.log.amendments(record.record_id) == []
    assert desk.session.log.counts() == before


def test_that_a_fault_in_between_does_not_lose_how_far_the_challenge_is(desk: Desk) -> None:
    _challenge(desk, 2)
    desk.line.tell(StationStateChanged(StationState.FAULT))
    desk.until(lambda: not desk.page.challenge.isVisible())
    desk.line.tell(StationStateChanged(StationState.CHALLENGE))
    desk.until(desk.page.challenge.isVisible)
    assert "part 3 of 3" in desk.page.challenge.call.text()
    desk.line.stop()
    desk.line.tell(StationStateChanged(StationState.CHALLENGE))
    desk.until(lambda: "put a known bad part" in desk.page.challenge.call.text())


def test_that_a_challenge_is_asked_for_with_two_keys(desk: Desk) -> None:
    asked = [desk.line.challenges]
    for keys in ((Qt.Key.Key_C, Qt.Key.Key_Escape), (Qt.Key.Key_C, Qt.Key.Key_Return)):
        for key in keys:
            _key(desk, key)
            asked.append(desk.line.challenges)
    assert asked == [0, 0, 0, 0, 1]
    _challenge(desk, cause="asked")
    _key(desk, Qt.Key.Key_C)
    assert not isinstance(desk.page.desk.sheet, ChallengeSheet)
    assert "under way" in desk.page.toast.words.text()


def test_that_a_caution_during_a_challenge_does_not_say_that_inspection_goes_on(desk: Desk) -> None:
    doubt = Caution(CautionCode.GUARANTEE, "challenge", "The known bad part P9 was called PASS.", "Look at it.")
    desk.line.tell(GuaranteeChanged((ESCAPE,), holds=True), CautionRaised(doubt))
    desk.until(desk.page.cautions.isVisible)
    assert desk.page.cautions.meanwhile.text() == "Inspection goes on."
    button = desk.page.header.guarantee
    assert button.alarming, "no header says that a guarantee holds while a caution says that it does not"
    assert "P9" in button.toolTip()
    _challenge(desk, 1)
    assert desk.page.cautions.meanwhile.text() == "Nothing is released meanwhile."
    desk.line.tell(CautionCleared(doubt.code, doubt.source), StationStateChanged(StationState.RUNNING))
    desk.until(lambda: not button.alarming)


# Shadow and packages


def test_that_a_challengers_opinion_is_neither_part_nor_word(desk: Desk) -> None:
    record = desk.decide(Verdict.FAIL)
    counted = dict(desk.page.tally.today)
    shadow = desk.line.decide(Verdict.PASS, kind=RecordKind.SHADOW)
    said = confirm(record, who="nobody")
    desk.line.tell(RecordAmended(_as_shadow(said)))
    last = desk.decide(Verdict.REVIEW)
    assert desk.page.live is not None
    assert desk.page.live.record.record_id == last.record_id
    assert desk.page.parts.get(shadow.record_id) is None
    part = desk.page.parts.get(record.record_id)
    assert part is not None
    assert part.amendments == ()
    assert sum(desk.page.tally.today.values()) == sum(counted.values()) + 1
    assert not desk.page.toast.isVisible()


def test_that_another_package_is_told_quietly_and_every_part_keeps_the_one_that_judged_it(desk: Desk) -> None:
    desk.page.resize(1920, 1000)
    record = desk.decide(Verdict.FAIL)
    desk.line.tell(ModelChanged("c" * 64, "", "start"))
    desk.until(lambda: "cccccccc" in desk.page.header.package.text())
    assert not desk.page.toast.isVisible()
    desk.line.tell(ModelChanged("d" * 64, "c" * 64, "rollback"))
    desk.until(lambda: "dddddddd" in desk.page.header.package.text())
    assert desk.page.toast.words.text() == "Package dddddddd judges from now on (rollback; before: cccccccc)"
    assert desk.page.verdict.sign.verdict is Verdict.FAIL
    _key(desk, Qt.Key.Key_W)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, WhySheet)
    assert record.package_hash[:12] in _texts(sheet)


# Anomaly methods


def test_that_why_holds_the_anomaly_score_against_its_limits(desk: Desk) -> None:
    card = {"method": "patch-memory", "anomaly": {"scale": {"middle": 2.0, "slope": 3.0}}}
    desk.session.log.records.keep_package("b" * 64, "package", json.dumps(card))
    desk.decide(Verdict.FAIL, anomaly=4.25)
    _key(desk, Qt.Key.Key_W)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, WhySheet)
    assert "4.25" in _texts(sheet)
    low, high = AnomalyScale(2.0, 3.0).limits(Thresholds(0.3, 0.7))
    desk.until(lambda: f"passes below {low:.3g}, fails from {high:.3g}" in _texts(sheet))


def test_that_a_hybrids_anomaly_score_has_no_limits_of_its_own(tmp_path: Path) -> None:
    card = {"method": "hybrid", "anomaly": {"scale": {"middle": 2.0, "slope": 3.0}}}
    with open_log(tmp_path / "log") as log:
        log.records.keep_package("b" * 64, "package", json.dumps(card))
        log.records.keep_package("c" * 64, "package", json.dumps({**card, "method": "autoencoder"}))
        assert read_scale(log, "b" * 64) is None
        assert read_scale(log, "c" * 64) == AnomalyScale(2.0, 3.0)


def test_that_why_shows_an_anomaly_score_whose_package_is_not_kept(desk: Desk) -> None:
    desk.decide(Verdict.FAIL, anomaly=4.25)
    _key(desk, Qt.Key.Key_W)
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, WhySheet)
    assert "4.25" in _texts(sheet)
    assert "passes below" not in _texts(sheet)


@given(st.floats(0.01, 100), st.floats(0.5, 20), st.floats(0.001, 0.999))
def test_that_an_anomaly_score_at_its_limit_has_the_defect_score_of_the_limit(
    middle: float, slope: float, limit: float
) -> None:
    anomaly, _ = AnomalyScale(middle, slope).limits(Thresholds(limit, 1.0))
    assert defect_score(ScoreScale(middle=middle, slope=slope), anomaly) == pytest.approx(limit, rel=1e-6)


def _as_shadow(record: Record) -> Record:
    from dataclasses import replace

    return replace(record, kind=RecordKind.SHADOW)
