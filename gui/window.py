"""The main window: one page at a time, and the way between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QStackedWidget, QWidget

from gui.demo import DemoPlan
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.page import OperatorPage
from gui.parts import SeenPart
from gui.session import StationSession, open_session
from gui.start.camera_page import CameraPage
from gui.start.page import StartPage
from gui.start.progress import DemoProgressPage
from inspector.errors import InspectorError
from inspector.events import Fault, FaultCode
from inspector.people import Action
from inspector.people.presence import Presence
from inspector.recipe import Recipe, load_recipe
from inspector.settings import data_folder

if TYPE_CHECKING:
    from gui.history.page import HistoryPage
    from gui.reports.page import ReportsPage
    from gui.risk.page import RiskPage


class MainWindow(QMainWindow):
    """Start page, camera page, demo's progress, or a station at work.

    Args:
        look: Theme, scale, language.
        memory: Remembers geometry and recent recipes.
        on_unexpected: Gets exceptions of jobs that nobody else handles.
        log: Folder of the inspection log.
        max_parts: Stop each line after so many parts.

    Attributes:
        presence: Who is at this window.
        first_decision: The first part of a session is on the screen.
        exit_code: What the process should return.
    """

    first_decision = Signal()

    def __init__(
        self,
        look: Look,
        memory: Memory,
        on_unexpected: Callable[[Exception], None],
        log: Path,
        *,
        max_parts: int | None = None,
    ) -> None:
        super().__init__()
        self._look, self._memory, self._log, self._max_parts = look, memory, log, max_parts
        self.exit_code = 0
        self._on_unexpected = on_unexpected
        self.jobs = Jobs(on_unexpected, parent=self)
        self.presence = Presence(memory.text("operator"))
        self._session: StationSession | None = None
        self._side: RiskPage | HistoryPage | ReportsPage | None = None
        self._quit_at_end = False
        self.setWindowTitle("Inspector")
        self.setMinimumSize(1024, 700)
        self.pages = QStackedWidget()
        self.setCentralWidget(self.pages)
        self.start_page = StartPage(look, memory)
        self.start_page.demo_clicked.connect(self._on_demo)
        self.start_page.camera_clicked.connect(self._on_camera)
        self.start_page.open_clicked.connect(self._on_open)
        self.start_page.risk_clicked.connect(self.open_risk)
        self.start_page.history_clicked.connect(self.open_history)
        self.start_page.reports_clicked.connect(self.open_reports)
        self.start_page.recipe_chosen.connect(self._on_recipe_path)
        self.pages.addWidget(self.start_page)
        if not self.restoreGeometry(memory.state("geometry")):
            self.setGeometry(self.screen().availableGeometry())  # a station has its screen to itself

    @property
    def page(self) -> QWidget:
        """The page on view."""
        return self.pages.currentWidget() or self.start_page

    @property
    def operator_page(self) -> OperatorPage | None:
        """The station's page, while one is open; the history may stand before it."""
        pages = (self.pages.widget(at) for at in range(self.pages.count()))
        return next((page for page in pages if isinstance(page, OperatorPage)), None)

    def open_recipe(self, recipe: Recipe, log: Path | None = None) -> None:
        """Open a station on `recipe` and start its line; trouble is told on the start page.

        Args:
            recipe: The product.
            log: Folder of its log; the window's own where not given.
        """
        self.show_start()
        jobs = Jobs(self._on_unexpected, parent=self)
        try:
            session = open_session(recipe, log or self._log, jobs, max_parts=self._max_parts, presence=self.presence)
        except InspectorError as error:
            jobs.close()
            self._tell_trouble(error)
            return
        self._memory.add_recent_recipe(recipe.path)
        page = OperatorPage(self._look, self._memory, session, jobs)
        page.recipe_chosen.connect(self._on_recipe_path)
        page.open_clicked.connect(self._on_open)
        page.start_page_clicked.connect(self.show_start)
        page.quit_clicked.connect(self.close)
        page.full_screen_clicked.connect(self._on_full_screen)
        page.history_clicked.connect(self.open_history)
        page.reports_clicked.connect(self.open_reports)
        page.band.appears.connect(self._on_station_band)
        page.shown.connect(self._on_first_part, Qt.ConnectionType.SingleShotConnection)
        session.ended.connect(self._on_session_ended)
        self._session = session
        self._show(page)
        page.desk.start_stop()  # where somebody has to log in first, the line waits for it

    def open_demo(self, plan: DemoPlan, *, quit_at_end: bool = False) -> None:
        """Prepare the demo where that is still to do, then open its station."""
        self._quit_at_end = quit_at_end
        if plan.ready:
            self._open_demo_station(plan)
            return
        page = DemoProgressPage(self._look, plan)
        page.finished.connect(lambda: self._open_demo_station(plan))
        page.cancelled.connect(self.show_start)
        page.failed.connect(self._on_demo_failed)
        self._show(page)
        page.start()

    @Slot()
    def open_risk(self, package: Path | None = None) -> None:
        """Open the page where the accepted risk is stated, on a package where one is given."""
        from gui.risk.page import RiskPage  # brings scipy: only who wants it waits for it

        self._close_session()
        packages = [path.parent for path in sorted(data_folder().glob("*/package/card.json"))]
        page = RiskPage(self._look, self._memory, Jobs(self._on_unexpected, parent=self), packages)
        page.back_clicked.connect(self.show_start)
        self._show(page)
        self._side = page
        if package is not None:
            page.open_package(package)

    @Slot()
    @Slot(str)
    def open_history(self, record_id: str = "", serial: str = "", narrow: tuple[str, int, int] | None = None) -> None:
        """Open the page where parts are found again. A station that is open goes on behind it.

        Args:
            record_id: A record to begin with.
            serial: The beginning of a serial to search for.
            narrow: Only rejects of a class ("": of any) between two moments, Unix seconds.
        """
        from gui.history.page import HistoryPage
        from gui.history.reader import HistoryReader

        station = self.operator_page
        folder = self._log if self._session is None else self._session.log.folder
        presence = self.presence
        reader = HistoryReader(folder, lambda: presence.person)
        page = HistoryPage(self._look, self._memory, reader, lambda: Jobs(self._on_unexpected, parent=self))
        page.back_clicked.connect(self.show_start if station is None else partial(self._show, station))
        self._show(page)
        self._side = page
        if station is not None:
            self._on_station_band(not station.band.isHidden())
        if narrow is not None:
            class_, since_s, until_s = narrow
            days = [dt.datetime.fromtimestamp(moment).date() for moment in (since_s, until_s - 1)]  # noqa: DTZ006
            page.filters.narrow(class_, days[0], days[1])
        page.open_log(record_id, serial)

    @Slot()
    def open_reports(self) -> None:
        """Open the page of yield, Pareto and control chart. A station that is open goes on behind it."""
        from gui.reports.page import ReportsPage

        station = self.operator_page
        folder = self._log if self._session is None else self._session.log.folder
        presence = self.presence
        jobs = Jobs(self._on_unexpected, parent=self)
        page = ReportsPage(self._look, self._memory, folder, jobs, lambda: presence.person)
        page.back_clicked.connect(self.show_start if station is None else partial(self._show, station))
        page.parts_wanted.connect(self._on_parts_wanted)
        self._show(page)
        self._side = page
        page.refresh()

    @Slot(str, object, object)
    def _on_parts_wanted(self, class_: str, since_s: int, until_s: int) -> None:
        """A bar or a point of a report was clicked: show its parts."""
        self.open_history(narrow=(class_, since_s, until_s))

    @Slot(bool)
    def _on_station_band(self, shown: bool) -> None:
        """A fault of the station behind the history is told there, too."""
        from gui.history.page import HistoryPage

        if isinstance(self._side, HistoryPage):
            text = self.tr("The station needs a person: parts are rejected. Esc leads back to it.")
            self._side.tell_station(text if shown else "")

    @Slot()
    def show_start(self) -> None:
        """Close what is open and go to the start page."""
        self._close_session()
        self.start_page.trouble.tell("")
        self.start_page.refresh()
        self._show(self.start_page)

    @Slot(str)
    def show_mishap(self, text: str) -> None:
        """Show an exception that nobody caught."""
        page = self.operator_page
        if page is not None:
            page.band.tell(Fault(FaultCode.INTERNAL, "", text, ""))
        else:
            self.start_page.trouble.tell(text)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's own hook: stop the line, close the log, remember the layout; a person needs the right to stop it."""
        page = self.operator_page
        running = self._session is not None and self._session.running
        if event.spontaneous() and running and page is not None and not page.attendance.may(Action.STOP_STATION):
            event.ignore()  # a system that shuts down, or a signal, is no person and is obeyed
            return
        self._memory.set_state("geometry", self.saveGeometry())
        if isinstance(self.page, DemoProgressPage):
            self.page.cancel()
        self._close_side()
        self._close_session()
        self.jobs.close()
        self._memory.sync()
        event.accept()

    def _open_demo_station(self, plan: DemoPlan) -> None:
        try:
            recipe = load_recipe(plan.recipe_file)
        except InspectorError as error:
            self.show_start()
            self._tell_trouble(error)
            return
        self.open_recipe(recipe, plan.log_folder)

    def _show(self, page: QWidget) -> None:
        old = self.page
        side = self._side
        if side is not None and side is not page:
            self._close_side()
        if self.pages.indexOf(page) < 0:
            self.pages.addWidget(page)
        self.pages.setCurrentWidget(page)
        kept = (page, self.start_page, self.operator_page if self._session is not None else None)
        if old not in kept:
            self.pages.removeWidget(old)
            old.deleteLater()
        page.setFocus()

    def _close_side(self) -> None:
        page, self._side = self._side, None
        if page is not None:
            page.close_page()

    def _close_session(self) -> None:
        page, session = self.operator_page, self._session
        self._session = None
        if page is not None:
            page.close_page()
        if session is not None:
            session.close()
            session.deleteLater()
        if page is not None and page is not self.page:  # it stood behind the history
            self.pages.removeWidget(page)
            page.deleteLater()

    def _tell_trouble(self, error: Exception) -> None:
        self.start_page.trouble.tell(str(error))

    @Slot(object)
    def _on_first_part(self, _part: SeenPart) -> None:
        self.first_decision.emit()

    @Slot()
    def _on_session_ended(self) -> None:
        if self._quit_at_end:
            self.close()

    @Slot()
    def _on_demo(self) -> None:
        self.open_demo(DemoPlan(data_folder() / "demo"))

    @Slot(str)
    def _on_demo_failed(self, text: str) -> None:
        self.exit_code = 2
        self.show_start()
        self.start_page.trouble.tell(text)

    @Slot()
    def _on_camera(self) -> None:
        packages = [path.parent for path in sorted(data_folder().glob("*/package/card.json"))]
        page = CameraPage(self._look, self.jobs, packages, self.presence)
        page.back_clicked.connect(self.show_start)
        page.recipe_made.connect(self._on_recipe_path)
        self._show(page)

    @Slot()
    def _on_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Open a recipe"), "", self.tr("Recipes (*.toml)"))
        if path:
            self._on_recipe_path(Path(path))

    @Slot(object)
    def _on_recipe_path(self, path: Path) -> None:
        demo = DemoPlan(data_folder() / "demo")
        try:
            recipe = load_recipe(path)
        except InspectorError as error:
            self.show_start()
            self._tell_trouble(error)
            return
        self.open_recipe(recipe, demo.log_folder if path == demo.recipe_file else None)

    @Slot()
    def _on_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
