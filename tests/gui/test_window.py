"""The real window with the real station on the simulated line, and the ways to it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2.profiles import CHEAPEST
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.app import Mishaps
from gui.look import Look
from gui.memory import Memory
from gui.operator.login import LoginSheet
from gui.operator.page import OperatorPage
from gui.start.camera_page import CameraPage
from gui.window import MainWindow
from inspector.cli import main
from inspector.errors import CameraError, StoreError
from inspector.inference.package import Package
from inspector.log import open_log, read_log
from inspector.log.store import DATABASE_FILE
from inspector.people.secrets import Secrets
from inspector.people.users import User, Users, write_users
from inspector.recipe import Recipe, load_recipe
from inspector.settings import data_folder
from inspector.types import Image, RecordKind, Role, Verdict
from tests.gui.conftest import WAIT_MS
from tests.support import ScriptedCamera, noise_picture, picture_folder, recipe_text


class Real:
    """A window, and waiting for it."""

    def __init__(self, window: MainWindow, log: Path, qtbot: QtBot) -> None:
        self.window, self.log, self._qtbot = window, log, qtbot

    @property
    def page(self) -> OperatorPage:
        """The station's page."""
        page = self.window.operator_page
        assert page is not None, self.window.start_page.trouble.words.text()
        return page

    def until(self, condition: Callable[[], object]) -> None:
        """Let Qt work until the condition holds."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def parts(self, number: int) -> None:
        """Wait for so many parts."""
        self.until(lambda: self.page.tally.parts >= number)

    def key(self, key: Qt.Key) -> None:
        """Press a key."""
        QTest.keyClick(self.window.focusWidget() or self.window, key)


@pytest.fixture
def real(look: Look, memory: Memory, tmp_path: Path, qtbot: QtBot) -> Iterator[Real]:
    """The main window on the start page; exceptions of its jobs fail the test."""
    failures: list[Exception] = []
    window = MainWindow(look, memory, failures.append, tmp_path / "log")
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)  # keys go to the active window alone
    yield Real(window, tmp_path / "log", qtbot)
    window.close()
    window.deleteLater()
    QApplication.processEvents()
    assert not failures


def _raise(error: Exception) -> None:
    raise error


def _slow_line(folder: Path, package: Package) -> Recipe:
    """The simulated line with time to look: a part every 150 ms."""
    path = folder / "slow.toml"
    path.write_text(recipe_text(package.folder, trigger='kind = "source"\nperiod_ms = 150'), encoding="utf-8")
    return load_recipe(path)


def test_that_twenty_parts_are_inspected_shown_and_recorded(real: Real, recipe: Recipe) -> None:
    window = MainWindow(real.window._look, real.window._memory, _raise, real.log.with_name("limited"), max_parts=20)
    window.open_recipe(recipe)
    page = window.operator_page
    assert page is not None
    real.until(lambda: page.tally.parts == 20 and not page.session.running)
    assert page.verdict.sign.word == "Stopped"
    rejects = [part for part in page.parts if part.rejected]
    assert {part.record.record_id for part in page.strip.model.parts} == {p.record.record_id for p in rejects}
    real.until(lambda: page.counters.figures[0].text() == "20")
    with read_log(real.log.with_name("limited")) as log:
        assert len(log.find(limit=None)) == 20
    window.close()
    window.deleteLater()


def test_that_a_real_part_is_explained_and_overridden(real: Real, tmp_path: Path, package: Package) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(2)
    real.until(lambda: any(part.heat_maps for part in real.page.strip.model.parts))
    explained = next(part for part in real.page.strip.model.parts if part.heat_maps)
    record_id = explained.record.record_id
    real.page.desk.pin(record_id)
    assert real.page.picture.heat_visible
    for key in (Qt.Key.Key_O, Qt.Key.Key_2, Qt.Key.Key_Return):
        real.key(key)
    real.until(lambda: real.page.desk.pinned and real.page.desk.pinned.by_person)
    assert "overridden to PASS by" in real.page.banner.words.text()
    with read_log(real.log) as log:
        said = log.amendments(record_id)
        assert [each.kind for each in said] == [RecordKind.OVERRIDE]
        assert log.get(record_id).decision == explained.record.decision


def test_that_rejects_and_counts_come_back_after_a_restart(real: Real, recipe: Recipe) -> None:
    real.window.open_recipe(recipe)
    real.parts(5)
    real.window.show_start()
    with read_log(real.log) as log:
        known = sum(log.counts().values())
        last = log.find(limit=1)[0]
    path = recipe.path.with_name("manual.toml")
    path.write_text(recipe_text(recipe.content.model.package, trigger='kind = "manual"'), encoding="utf-8")
    real.window.open_recipe(load_recipe(path))
    real.until(lambda: real.page.tally.parts == known)
    real.until(lambda: len(real.page.strip.model.parts) > 0)
    assert real.page.strip.model.parts[0].record.record_id == last.record_id
    assert real.page.strip.model.parts[0].thumbnail is not None
    real.page.desk.pin(last.record_id)
    real.until(lambda: real.page.desk.pinned and real.page.desk.pinned.frames)


def test_that_space_inspects_one_part_on_a_manual_line(real: Real, tmp_path: Path, package: Package) -> None:
    path = tmp_path / "manual.toml"
    path.write_text(recipe_text(package.folder, trigger='kind = "manual"'), encoding="utf-8")
    real.window.open_recipe(load_recipe(path))
    real.until(lambda: real.page.verdict.sign.word == "Ready")
    real.key(Qt.Key.Key_Space)
    real.parts(1)
    real.key(Qt.Key.Key_Space)
    real.parts(2)
    assert real.page.tally.parts == 2


def test_that_a_damaged_picture_is_an_error_that_names_its_file(real: Real, tmp_path: Path, package: Package) -> None:
    pictures = picture_folder(tmp_path / "pictures", 40)
    (pictures / "part00002.png").write_bytes(b"")
    path = tmp_path / "folder.toml"
    camera = f'kind = "folder"\npath = "{pictures.as_posix()}"\nname = "archive"'
    path.write_text(
        recipe_text(package.folder, camera=camera, trigger='kind = "source"\nperiod_ms = 100'), encoding="utf-8"
    )
    real.window.open_recipe(load_recipe(path))
    real.until(lambda: real.page.tally.today[Verdict.ERROR] >= 1)
    error = next(part for part in real.page.strip.model.parts if part.verdict is Verdict.ERROR)
    assert "part00002" in error.record.decision.reason


def test_that_a_camera_lost_in_mid_run_is_told_and_its_return_ends_the_fault(
    real: Real, tmp_path: Path, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    unplugged = threading.Event()
    seeds = itertools.count()

    def expose() -> Image:
        if unplugged.is_set():
            raise CameraError("Camera front camera gave no frame.", cure="Check cable and power.")
        return noise_picture(next(seeds))

    monkeypatch.setattr(
        "inspector.worker.camera_maker", lambda _config: lambda: ScriptedCamera(itertools.repeat(expose))
    )
    path = tmp_path / "device.toml"
    camera = 'kind = "device"\ndevice = 0\nname = "front camera"'
    path.write_text(
        recipe_text(package.folder, camera=camera, trigger='kind = "timer"\nperiod_ms = 100'), encoding="utf-8"
    )
    real.window.open_recipe(load_recipe(path))
    real.parts(3)
    assert real.page.header.state.text() == "running"
    unplugged.set()
    real.until(lambda: real.page.band.isVisible())
    assert "front camera" in real.page.band.title.text()
    assert real.page.header.state.text() == "fault"
    real.until(lambda: real.page.tally.today[Verdict.ERROR] >= 1)
    unplugged.clear()
    real.until(lambda: not real.page.band.isVisible())
    assert real.page.header.state.text() == "running"
    after = real.page.tally.parts - real.page.tally.today[Verdict.ERROR]
    real.until(lambda: real.page.tally.parts - real.page.tally.today[Verdict.ERROR] > after)


def test_that_a_camera_that_is_not_there_raises_the_band(real: Real, tmp_path: Path, package: Package) -> None:
    path = tmp_path / "gone.toml"
    camera = 'kind = "device"\ndevice = "/dev/video-gone"\nname = "front camera"'
    path.write_text(recipe_text(package.folder, camera=camera, trigger='kind = "manual"'), encoding="utf-8")
    real.window.open_recipe(load_recipe(path))
    real.until(lambda: real.page.band.isVisible())
    assert "front camera" in real.page.band.title.text()
    real.until(lambda: real.page.verdict.sign.word == "Fault")
    assert real.page.header.state.text() == "fault"


def test_that_a_full_disk_is_told_while_parts_are_recorded_without_their_picture(
    real: Real, tmp_path: Path, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [0]
    monkeypatch.setattr(
        "inspector.log.images.shutil.disk_usage", lambda _folder: SimpleNamespace(free=free[0], used=1, total=2)
    )
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.until(lambda: real.page.cautions.isVisible())
    assert "disk is full" in real.page.cautions.step.text()
    real.until(lambda: real.page.tally.parts >= 2)
    assert real.page.tally.today[Verdict.ERROR] == 0
    free[0] = 1 << 50
    real.until(lambda: not real.page.cautions.isVisible())


def test_that_an_altered_model_package_is_told_and_nothing_runs(real: Real, tmp_path: Path, package: Package) -> None:
    import shutil

    copy = tmp_path / "altered"
    shutil.copytree(package.folder, copy)
    (copy / "weights.safetensors").write_bytes(b"\0" * 100)
    path = tmp_path / "altered.toml"
    path.write_text(recipe_text(copy), encoding="utf-8")
    real.window.open_recipe(load_recipe(path))
    real.until(lambda: real.page.band.isVisible() and not real.page.session.running)
    assert "weights.safetensors" in real.page.band.step.text()
    assert real.page.tally.parts == 0


def test_that_f5_stops_the_real_line_and_starts_it_again(real: Real, tmp_path: Path, package: Package) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(1)
    real.key(Qt.Key.Key_F5)
    real.until(lambda: not real.page.session.running)
    stopped_at = real.page.tally.parts
    real.key(Qt.Key.Key_F5)
    real.parts(stopped_at + 1)


def test_that_the_language_changes_while_the_line_runs(real: Real, tmp_path: Path, package: Package) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(1)
    real.key(Qt.Key.Key_F8)
    real.until(lambda: real.page.header.state.text() == "运行中")
    before = real.page.tally.parts
    real.parts(before + 1)
    real.until(lambda: real.page.verdict.sign.word in ("合格", "不合格", "待复核"))


def test_that_a_log_in_use_is_told_on_the_start_page(real: Real, recipe: Recipe) -> None:
    with open_log(real.log):
        real.window.open_recipe(recipe)
        assert real.window.operator_page is None
        assert "another station" in real.window.start_page.trouble.words.text()


def test_that_a_damaged_log_is_told_and_no_station_opens_on_a_new_one(real: Real, recipe: Recipe) -> None:
    open_log(real.log).close()
    (real.log / DATABASE_FILE).write_bytes(b"no database" * 500)
    for _attempt in range(2):
        real.window.open_recipe(recipe)
        assert real.window.operator_page is None
        told = real.window.start_page.trouble.words.text()
        assert "put aside" in told
        assert "inspector log restore" in told
        assert not (real.log / DATABASE_FILE).exists()


def test_that_a_bad_recipe_is_told_on_the_start_page_and_on_the_console(
    real: Real, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\n[[cameras]]\nkind = "simulated"\nsize_px = 3\n', encoding="utf-8")
    real.window._on_recipe_path(bad)
    assert real.window.start_page.trouble.isVisible()
    assert "line 4" in real.window.start_page.trouble.words.text()
    assert main(["station", str(bad)]) == 2
    assert "line 4" in capsys.readouterr().err


def test_that_without_a_display_the_station_says_so(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["station", str(recipe.path)]) == 2
    told = capsys.readouterr().err
    assert "no display" in told
    assert f"inspector run {recipe.path} --headless" in told
    monkeypatch.setenv("DISPLAY", ":6543")
    assert main(["station"]) == 2
    assert ":6543" in capsys.readouterr().err


def test_that_the_start_page_leads_everywhere_by_keyboard_and_lists_recent_recipes(real: Real, recipe: Recipe) -> None:
    real.window._memory.add_recent_recipe(recipe.path)
    real.window.show_start()
    page = real.window.start_page
    asked: list[str] = []
    page.demo_clicked.disconnect()
    page.demo_clicked.connect(lambda: asked.append("demo"))
    real.key(Qt.Key.Key_1)
    real.until(lambda: asked == ["demo"])
    item = page.recents.itemAt(0)
    assert item is not None
    chosen = item.widget()
    assert recipe.path.stem in chosen.text()  # type: ignore[union-attr]
    real.key(Qt.Key.Key_2)
    real.until(lambda: isinstance(real.window.page, CameraPage))
    assert isinstance(real.window.page, CameraPage)
    real.window.page.back_button.click()
    assert real.window.page.objectName() == "page"
    assert real.window.start_page.isVisible()


def test_that_the_camera_page_makes_a_recipe_and_opens_it(real: Real, tmp_path: Path, package: Package) -> None:
    pictures = picture_folder(tmp_path / "pictures", 3)
    real.window._on_camera()
    page = real.window.page
    assert isinstance(page, CameraPage)
    page.open_button.click()
    assert "model package" in page.trouble.words.text()
    page.source.setEditText(str(pictures))
    page.test_button.click()
    real.until(lambda: page.picture.shows_picture)
    page.package.setEditText(str(tmp_path))
    page.name.setText("my part")
    page.open_button.click()
    real.until(lambda: "no model package" in page.trouble.words.text())
    page.package.setEditText(str(package.folder))
    page.open_button.click()
    real.until(lambda: real.window.operator_page is not None)
    assert real.page.session.recipe.name == "my part"
    assert real.page.session.recipe.path == data_folder() / "recipes" / "my-part.toml"
    real.until(lambda: real.page.tally.parts == 3 and not real.page.session.running)


def test_that_geometry_language_theme_and_layout_are_remembered(
    real: Real, qapp: QApplication, tmp_path: Path, package: Package
) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.key(Qt.Key.Key_F8)
    real.key(Qt.Key.Key_F9)
    real.window.resize(1200, 760)
    geometry = real.window.saveGeometry()
    real.window.close()
    memory = Memory(tmp_path / "window.ini")
    look = Look(qapp, memory)
    assert look.language == "zh_CN"
    assert look.theme.name == "dark"
    again = MainWindow(look, memory, _raise, tmp_path / "log")
    assert again.height() == 760  # the width is cut to the offscreen display's
    assert memory.state("geometry") == geometry
    assert not memory.state("splitter").isEmpty()
    again.close()
    again.deleteLater()
    look.deleteLater()


def test_that_an_exception_nobody_caught_is_shown_and_printed(
    real: Real, tmp_path: Path, package: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(1)
    mishaps = Mishaps()
    mishaps.happened.connect(real.window.show_mishap)

    def fail() -> None:
        raise StoreError("the index is upside down")

    mishaps.install()
    try:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        real.until(lambda: real.page.band.isVisible())
    finally:
        Mishaps.uninstall()
    assert "the index is upside down" in real.page.band.step.text()
    assert "StoreError" in capsys.readouterr().err


def test_that_closing_the_window_stops_the_line_and_frees_the_log(real: Real, tmp_path: Path, package: Package) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(1)
    real.window.close()
    with open_log(real.log) as log:
        assert log.find(limit=1)


class ByPerson(QCloseEvent):
    """A close that came from the window's frame; Qt gives no way to make one."""

    def spontaneous(self) -> bool:
        return True


@pytest.mark.usefixtures("own_data_folder")
def test_that_who_may_not_stop_the_line_cannot_close_its_window_but_the_system_can(
    real: Real, tmp_path: Path, package: Package
) -> None:
    real.window.open_recipe(_slow_line(tmp_path, package))
    real.parts(1)
    ada = User(name="Ada", role=Role.ADMINISTRATOR, password=Secrets(CHEAPEST).hashed("nine quiet otters"))
    write_users(Users(users=(ada,)))
    by_person, by_system = ByPerson(), QCloseEvent()
    real.window.closeEvent(by_person)
    assert not by_person.isAccepted()
    assert real.page.session.running
    assert isinstance(real.page.desk.sheet, LoginSheet)
    real.window.closeEvent(by_system)
    assert by_system.isAccepted()
