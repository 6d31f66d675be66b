"""The page Retrain against programs that speak as `inspector retrain` and `inspector promote` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import gui.review.retrain_run
from gui.look import Look
from gui.memory import Memory
from gui.review.retrain import RetrainPanel
from gui.review.retrain_run import Outcome, Standing, heard

WAIT_MS = 20_000
PROGRAM = """
import json, pathlib, sys, time
folder = pathlib.Path(__file__).parent
(folder / f"{sys.argv[1]}.json").write_text(json.dumps([*sys.argv[1:], sys.stdin.read()]))
script = json.loads((folder / f"{sys.argv[1]}-says.json").read_text())
for line in script["lines"]:
    print(json.dumps(line) if isinstance(line, dict) else line, flush=True)
while script["waits"]:
    time.sleep(0.05)
print(script["error"], file=sys.stderr)
sys.exit(script["code"])
"""
OWN = {"schema": "inspector.retrain/1"}
DONE = {
    **OWN,
    "event": "done",
    "verdict": "no worse",
    "text": "1.2 % escapes against 1.3 %.",
    "figures": {"images": 1200, "escape parts": 90, "escape champion": 4, "escape challenger": 1, "escape p": 0.2},
    "package": "/p/new",
    "report": "/p/report.html",
    "promote": ["promote", "/r", "/p/new", "--new-acceptance-set", "REASON"],
}


class Told:
    """What the programs shall say, and what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "program.py").write_text(PROGRAM)

    def says(self, command: str, *lines: object, code: int = 0, error: str = "", waits: bool = False) -> None:
        script = {"lines": lines, "code": code, "error": error, "waits": waits}
        (self.folder / f"{command}-says.json").write_text(json.dumps(script))

    def asked(self, command: str) -> list[str]:
        found: list[str] = json.loads((self.folder / f"{command}.json").read_text())
        return found[:-1]

    def told(self, command: str) -> str:
        """What it was given on standard input."""
        return str(json.loads((self.folder / f"{command}.json").read_text())[-1])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    made = Told(tmp_path)
    monkeypatch.setattr(gui.review.retrain_run, "INSPECTOR", (sys.executable, str(tmp_path / "program.py")))
    return made


@pytest.fixture
def panel(look: Look, memory: Memory, told: Told, tmp_path: Path, qtbot: QtBot) -> Iterator[RetrainPanel]:
    made = RetrainPanel(look, memory)
    made.resize(1200, 700)
    made.show()
    qtbot.waitExposed(made)
    made.open_dataset(tmp_path / "data", "Mei")
    made.order_form.release.setText(str(tmp_path / "release"))
    yield made
    made.close_panel()
    made.close()
    made.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def until(qtbot: QtBot) -> Callable[[Callable[[], object]], None]:
    return lambda condition: qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)


def test_that_nothing_starts_before_the_release_is_named(panel: RetrainPanel, told: Told) -> None:
    panel.order_form.release.setText("")
    assert not panel.start_button.isEnabled()
    panel.start()
    assert not panel.running


def test_that_a_run_is_shown_and_its_outcome_promoted_by_a_person_with_two_presses(
    panel: RetrainPanel, told: Told, tmp_path: Path, until: Callable[[Callable[[], object]], None], qtbot: QtBot
) -> None:
    told.says("retrain", {**OWN, "event": "plan", "steps": ["freeze", "train"]}, "words for people", DONE)
    told.says("promote", {"event": "done"})
    with qtbot.waitSignal(panel.finished, timeout=WAIT_MS) as signal:
        panel.start_button.click()
    assert isinstance(signal.args, list)
    assert isinstance(signal.args[0], Outcome)
    data, release, out = (str(tmp_path / name) for name in ("data", "release", "data-retrain"))
    asked = ["retrain", data, "--release", release, "--out", out, "--method", "classifier", "--who", "Mei"]
    assert told.asked("retrain") == [*asked, "--json-lines"]
    assert "No worse than the champion" in panel._verdict.text()
    assert panel._figures.text() == "Images: 1,200\nDefective parts passed: 1 (champion 4) of 90   p = 0.2"
    form = panel.promote_form
    assert form.isVisible()
    assert form.who.text() == "Mei"
    assert not form.promote_button.isEnabled()  # no reason yet
    form.why.setText("fewer scratches missed")
    form.promote_button.click()
    assert "every part is judged" in form.words.text()
    form.why.setText("another reason")  # what was read before the first press is no longer what is asked
    assert not form._armed
    form.promote_button.click()
    with qtbot.waitSignal(panel.promoted, timeout=WAIT_MS):
        form.promote_button.click()
    assert told.asked("promote")[:5] == ["promote", "/r", "/p/new", "--new-acceptance-set", "another reason"]
    assert told.asked("promote")[5:] == ["--who", "Mei", "--why", "another reason", "--json-lines"]
    assert not form.promote_button.isEnabled()
    assert "in force" in form.words.text()


def test_that_a_package_that_may_not_be_promoted_offers_no_promotion(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None]
) -> None:
    told.says("retrain", {**DONE, "verdict": "case passed", "promote": []}, code=1)
    panel.start()
    until(lambda: not panel.running)
    assert panel._verdict.text().startswith("✕")
    assert not panel.promote_form.isVisible()
    assert not panel.trouble.isVisible()


def test_that_steps_time_left_and_earlier_work_are_shown_and_the_run_can_be_ended(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None], look: Look
) -> None:
    lines = (
        {**OWN, "event": "step", "step": "freeze", "state": "skipped"},
        {**OWN, "event": "step", "step": "train", "state": "started"},
        {"schema": "inspector.training/1", "event": "step", "step": 7, "progress": 0.5, "seconds_left": 240.0},
    )
    told.says("retrain", *lines, waits=True)
    panel.start()
    until(lambda: panel.standing.share == 0.5)
    assert "(done before)" in panel._steps.text().split("\n")[0]
    assert panel._steps.text().split("\n")[1].startswith("▸")
    assert panel._left.text() == "about 4 min left in this step"
    assert panel.bar.value() == 250
    assert not panel.start_button.isEnabled()
    look.set_language("zh_CN")
    QApplication.processEvents()
    assert "Train" not in panel._steps.text()
    panel.cancel_button.click()
    assert not panel.running
    assert panel.start_button.isEnabled()


def test_that_a_failure_says_why_and_how_to_go_on(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None]
) -> None:
    told.says("retrain", error="disk full\nFree some space.", code=2)
    panel.start()
    until(lambda: not panel.running)
    assert panel.trouble.words.text() == "disk full\nFree some space."
    assert panel.start_button.isEnabled()
    told.says("retrain", code=0)  # ends without an outcome
    panel.start()
    until(lambda: not panel.running)
    assert "goes on where it was" in panel.trouble.words.text()


def test_that_a_refused_promotion_says_why_and_can_be_tried_again(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None]
) -> None:
    told.says("retrain", DONE)
    told.says("promote", error="Mei may not promote.", code=2)
    panel.start()
    until(lambda: not panel.running)
    panel.promote_form.why.setText("because")
    panel.promote_form.promote_button.click()
    panel.promote_form.promote_button.click()
    until(lambda: panel._promotion is None)
    assert "Mei may not promote." in panel.trouble.words.text()
    assert panel.promote_form.promote_button.isEnabled()


def test_that_risk_method_and_further_arguments_are_passed_on(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None]
) -> None:
    form = panel.order_form
    form.method.setCurrentIndex(1)
    form.max_escape.setText("1%")
    form.more.setText("--epochs 3 --weights 'a b")
    assert not panel.start_button.isEnabled()  # the quotation mark is open
    form.more.setText("--epochs 3 --weights 'a b'")
    told.says("retrain", DONE)
    panel.start()
    until(lambda: not panel.running)
    asked = " ".join(told.asked("retrain"))
    assert "--method patch-memory --who Mei --max-escape 1% --epochs 3 --weights a b --json-lines" in asked
    assert told.told("retrain") == ""


def test_that_on_a_pc_with_users_the_password_goes_by_standard_input_alone(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None]
) -> None:
    panel.order_form.users = True
    panel.promote_form.password.show()
    panel.order_form.max_escape.setText("")
    panel.order_form.changed.emit()
    assert not panel.start_button.isEnabled()
    panel.order_form.password.setText("hunter2")
    told.says("retrain", DONE)
    told.says("promote")
    panel.start()
    until(lambda: not panel.running)
    assert told.told("retrain") == "hunter2\n"
    assert "hunter2" not in told.asked("retrain")
    assert panel.order_form.password.text() == ""
    panel.promote_form.password.setText("hunter3")
    panel.promote_form.why.setText("because")
    panel.promote_form.promote_button.click()
    panel.promote_form.promote_button.click()
    until(lambda: panel._promotion is None)
    assert told.told("promote") == "hunter3\n"
    assert panel.promote_form.password.text() == ""


def test_that_the_report_opens(
    panel: RetrainPanel, told: Told, until: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    told.says("retrain", DONE)
    panel.start()
    until(lambda: not panel.running)
    panel.report_button.click()
    assert opened == [QUrl.fromLocalFile("/p/report.html")]


def test_that_what_was_typed_is_there_the_next_day(
    panel: RetrainPanel, told: Told, look: Look, memory: Memory, tmp_path: Path
) -> None:
    told.says("retrain", waits=True)
    panel.start()
    panel.cancel()
    other = RetrainPanel(look, memory)
    other.open_dataset(tmp_path / "data", "Mei")
    assert other.order_form.release.text() == str(tmp_path / "release")
    other.deleteLater()


def test_that_progress_counts_whole_steps_and_the_one_at_work() -> None:
    standing = Standing()
    for line in (
        {**OWN, "event": "plan", "steps": ["a", "b", "c", "d"]},
        {**OWN, "event": "step", "step": "a", "state": "skipped"},
        {**OWN, "event": "step", "step": "b", "state": "done"},
        {**OWN, "event": "step", "step": "c", "state": "started"},
        {"event": "progress", "task": "images", "done": 3, "total": 4},
        {"event": "epoch", "loss": 1.0},
    ):
        standing = heard(standing, line)
    assert standing.overall == pytest.approx((2 + 0.75) / 4)
    assert heard(standing, {**OWN, "event": "step", "step": "c", "state": "done"}).overall == pytest.approx(0.75)
