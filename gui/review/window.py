"""The window of `inspector review`: a process of its own, beside whatever station runs on this PC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow

from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.review.opened import Opened, open_review
from gui.review.page import ReviewPage
from inspector.types import Person


class ReviewWindow(QMainWindow):
    """Holds the review page of one data set.

    Args:
        look: Theme, scale, language.
        memory: Remembers geometry and layout.
        opened: The data set; closed with the window.
        on_unexpected: Gets exceptions of jobs that nobody else handles.
    """

    def __init__(self, look: Look, memory: Memory, opened: Opened, on_unexpected: Callable[[Exception], None]) -> None:
        super().__init__()
        self._memory = memory
        self.exit_code = 0
        self.setMinimumSize(1024, 700)
        self.setWindowTitle(f"{opened.dataset.name} – Inspector")
        self.page = ReviewPage(look, memory, opened, lambda: Jobs(on_unexpected, parent=self))
        self.setCentralWidget(self.page)
        if not self.restoreGeometry(memory.state("review-geometry")):
            self.setGeometry(self.screen().availableGeometry())
        self.page.images.setFocus()

    @Slot(str)
    def show_mishap(self, text: str) -> None:
        """Show an exception that nobody caught."""
        self.page.trouble.tell(text)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's own hook: nothing has to be saved; end what runs, remember the layout."""
        self._memory.set_state("review-geometry", self.saveGeometry())
        self.page.close_page()
        self._memory.sync()
        event.accept()


def run_review(folder: Path, who: Person, package: Path | None) -> int:
    """Open the window on a data set, and stay until it is closed.

    Raises:
        DatasetError: No data set, or it cannot be read.
    """
    from gui.application import Mishaps, make_application, stay
    from inspector.settings import data_folder

    opened = open_review(folder, who, package)
    app = make_application()
    mishaps = Mishaps()
    mishaps.install()
    memory = Memory(data_folder() / "review.ini")
    window = ReviewWindow(Look(app, memory), memory, opened, mishaps.tell)
    mishaps.setParent(window)
    mishaps.happened.connect(window.show_mishap)
    window.destroyed.connect(Mishaps.uninstall)
    return stay(app, window)
