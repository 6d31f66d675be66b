"""The demo, from nothing to decisions, in tiny sizes; and without a window."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.demo import DemoPlan, Progress, prepare, recipe_text, reset
from gui.demo import main as demo_main
from gui.look import Look
from gui.memory import Memory
from gui.start.progress import DemoProgressPage
from gui.window import MainWindow
from inspector.cli import main
from inspector.errors import TrainingError
from inspector.log import read_log
from inspector.recipe import load_recipe

LONG_MS = 120_000


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> DemoPlan:
    """The smallest demo that is real."""
    return DemoPlan(tmp_path_factory.mktemp("demo"), images=56, size_px=64, image_size=32, epochs=1)


def test_that_the_demo_goes_from_nothing_to_decisions_in_the_window(
    plan: DemoPlan, look: Look, memory: Memory, qtbot: QtBot
) -> None:
    failures: list[Exception] = []
    window = MainWindow(look, memory, failures.append, plan.folder / "unused", max_parts=3)
    window.show()
    decided: list[bool] = []
    window.first_decision.connect(lambda: decided.append(True))
    window.open_demo(plan, quit_at_end=True)
    page = window.page
    assert isinstance(page, DemoProgressPage)
    seen: list[dict[str, object]] = []
    page._process.progressed.connect(seen.append)
    qtbot.waitUntil(lambda: bool(decided), timeout=LONG_MS)
    assert plan.ready
    overall = [float(progress["overall"]) for progress in seen]  # type: ignore[arg-type]
    assert overall == sorted(overall)
    assert overall[-1] == 1.0
    assert {progress["step"] for progress in seen} == {"data", "train", "recipe"}
    assert any(progress["sample"] for progress in seen), "the augmented samples are shown"
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG_MS)
    with read_log(plan.log_folder) as log:
        assert len(log.find()) == 3
    window.deleteLater()
    QApplication.processEvents()
    assert not failures


def test_that_a_later_start_does_nothing_twice(plan: DemoPlan) -> None:
    assert plan.ready
    card = (plan.package / "card.json").stat().st_mtime_ns
    told: list[Progress] = []
    assert prepare(plan, told.append) == plan.recipe_file
    assert {progress.step for progress in told} == {"recipe"}
    assert (plan.package / "card.json").stat().st_mtime_ns == card
    assert load_recipe(plan.recipe_file).content.model.package == plan.package.resolve()


def test_that_without_a_display_the_demo_says_so_and_runs(
    plan: DemoPlan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["demo", "--parts", "2", "--dir", str(plan.folder)]) == 0
    told = capsys.readouterr().out
    assert "no display" in told
    assert "first decision after" in told
    assert "2 parts:" in told


def test_that_reset_removes_what_was_made_and_keeps_the_log(plan: DemoPlan, tmp_path: Path) -> None:
    import shutil

    copy = replace(plan, folder=tmp_path / "copy")
    shutil.copytree(plan.folder, copy.folder)
    reset(copy)
    assert not copy.ready
    assert not copy.data.exists()
    assert (copy.log_folder / "records.sqlite").is_file()


def test_that_a_failed_training_says_why(plan: DemoPlan, tmp_path: Path) -> None:
    broken = replace(plan, folder=tmp_path)
    broken.data.mkdir()
    with pytest.raises(TrainingError, match="data") as caught:
        prepare(broken, lambda _progress: None)
    assert "inspector demo --reset" in caught.value.cure
    assert demo_main(broken.arguments()) == 2


def test_that_cancelling_leaves_no_process_behind(
    plan: DemoPlan, look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot
) -> None:
    slow = replace(plan, folder=tmp_path / "slow", epochs=500)
    window = MainWindow(look, memory, pytest.fail, tmp_path / "log")  # type: ignore[arg-type]
    window.show()
    window.open_demo(slow)
    page = window.page
    assert isinstance(page, DemoProgressPage)
    qtbot.waitUntil(lambda: page._progress["step"] == "train", timeout=LONG_MS)
    page.cancel_button.click()
    assert window.start_page.isVisible()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(slow.folder) not in listed
    window.close()
    window.deleteLater()


def test_that_the_recipe_says_what_the_plan_says(tmp_path: Path) -> None:
    path = tmp_path / "demo.toml"
    path.write_text(recipe_text(DemoPlan(tmp_path, size_px=200)), encoding="utf-8")
    camera = load_recipe(path).content.cameras[0]
    assert camera.kind == "simulated"
    assert camera.size_px == 200


def test_that_the_commands_import_no_qt_and_no_torch() -> None:
    code = "import sys, gui.commands, gui.demo, gui.display\n"
    code += "print([m for m in ('PySide6', 'torch', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
