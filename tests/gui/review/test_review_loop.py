"""From a folder of pictures to a retrained package, in the real window: import, audit, labels by keys, retraining."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from datasets.manifest import open_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from gui.look import Look
from gui.memory import Memory
from gui.review.pages import RETRAIN
from gui.review.retrain import RetrainPanel
from gui.review.retrain_run import Outcome
from inspector.cli import main
from tests.gui.review.reviewing import Review

LONG_MS = 200_000
TINY = "--epochs 1 --image-size 48 --backbone resnet10 --weights none --device cpu"
"""A network that learns nothing in no time: what is tested is the way, not the model."""


def test_that_the_way_leads_from_import_over_labels_to_a_new_package(
    look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot
) -> None:
    synthesize(SyntheticRequest(tmp_path / "drawn", images=60, size_px=64, seed=3))
    folder, release = tmp_path / "dataset", tmp_path / "release"
    source = str(tmp_path / "drawn" / "images")
    assert main(["dataset", "import", source, str(folder), "--pattern", "{class}/{id}.png", "--good", "good"]) == 0
    release.mkdir()

    review = Review(look, memory, folder, qtbot)
    with qtbot.waitSignal(review.page.audit_run.finished, timeout=LONG_MS):
        review.key(Qt.Key.Key_F5)
    assert "label_errors" in review.opened.queues
    review.images.show_queue("label_errors")
    before, wanted = review.labels(), {}
    classes = review.images.classes.classes
    for code in (0, 1, 2):
        wanted[review.current_id()] = classes[code]
        QTest.keyClick(review.grid, Qt.Key(Qt.Key.Key_1 + code))
    assert review.labels() == before | wanted
    with open_dataset(folder) as dataset:
        fingerprint = dataset.fingerprint

    review.page.tabs.show_tab(RETRAIN)
    panel = review.page.others.retrain
    assert isinstance(panel, RetrainPanel)
    panel.release.setText(str(release))
    panel.out.setText(str(tmp_path / "retrained"))
    panel.further.setText(TINY)
    assert panel.start_button.isEnabled()
    panel.start_button.click()
    with qtbot.waitSignal(panel.finished, timeout=LONG_MS) as done:
        pass
    outcome = done.args[0]
    assert isinstance(outcome, Outcome), panel.trouble.words.text()
    assert outcome.verdict == "first"
    assert outcome.package is not None
    card = json.loads((outcome.package / "card.json").read_text())
    assert card["data"]["fingerprint"] == fingerprint, "it learned from the labels that were just given"
    assert outcome.report is not None
    assert outcome.report.is_file()
    assert not any(release.iterdir()), "nothing is in force before a person promotes it"
    review.close()
