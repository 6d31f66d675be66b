"""The page Risk: choose a package, state the risk, see what it costs, and write it down."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QProgressBar, QStackedWidget, QWidget

from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.toast import Toast
from gui.risk.calibrator import CalibrationOrder, Calibrator
from gui.risk.choice import USUAL
from gui.risk.opened import OpenedPackage, open_for_risk
from gui.risk.view import RiskView
from gui.start.page import TroubleNote
from gui.texts import short_hash
from gui.widgets.basics import ChoiceBox, Translated, button, column, elide_middle, label, row

SPLITS = ("validation", "test", "all")
"""Which parts of a data set are judged; those that the package was trained on are refused."""


class RiskPage(Translated):
    """One package at a time: empty, not calibrated yet, or open.

    Args:
        look: Theme, scale, language.
        memory: Remembers which data set a package was calibrated on.
        jobs: Runs what touches the disk, for this page alone.
        packages: Packages of this PC, to choose from.

    Attributes:
        back_clicked: Back to the start page.
        opened: The package on view.
    """

    back_clicked = Signal()

    def __init__(self, look: Look, memory: Memory, jobs: Jobs, packages: list[Path]) -> None:
        super().__init__()
        self.setObjectName("page")
        self._look, self._memory, self._jobs = look, memory, jobs
        self.opened: OpenedPackage | None = None
        self.calibrator = Calibrator(self)
        self.calibrator.progressed.connect(self._on_progressed)
        self.calibrator.ended.connect(self._on_ended)
        self.view = RiskView(look, jobs)
        self.view.save_clicked.connect(self._on_save)
        self.view.copy_clicked.connect(self._on_copy)
        self.view.again_clicked.connect(self._on_again)
        self.title, self._package = label("head"), label("muted")
        self.trouble = TroubleNote(look)
        self.choose_button, self.back_button = button(self._on_choose), button(self.back_clicked.emit)
        self._empty_head, self._empty_words = label("head"), label("", wrap=True)
        self.empty_buttons = [self._package_button(path) for path in packages[:6]]
        self.calibrate_button = button(self._on_calibrate, role="primary")
        self.keep_button = button(self._on_keep)
        self.split = ChoiceBox()
        self.split.addItems([""] * len(SPLITS))
        self.toast = Toast(look, self)
        self.bar, self._left = QProgressBar(), label("muted")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.cancel_button = button(self._on_cancel)
        self._pages = QStackedWidget()
        self._lay_out()
        save = QShortcut(QKeySequence("Ctrl+S"), self)
        save.activated.connect(self.view.save_button.click)
        back = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        back.activated.connect(self.back_button.click)
        self._show_work(None, None, busy=False)
        self.retranslate()

    def open_package(self, folder: Path) -> None:
        """Read a package, away from the Qt thread, and show it."""
        self._jobs.run(lambda: open_for_risk(folder), self._on_opened, self._on_failed)

    def close_page(self) -> None:
        """End what is in work; the package stays as it was."""
        self.calibrator.cancel()
        self._jobs.close()

    def calibrate(self, dataset: Path) -> None:
        """Calibrate the package on view on a data set, in a process of its own, for the smallest risk it supports."""
        if self.opened is not None:
            accepted = USUAL if self.opened.scores is None else self.view.accepted
            split = SPLITS[self.split.currentIndex()]
            self._start(CalibrationOrder(self.opened.folder, dataset, accepted, split, or_supported=True))

    def save(self, out: Path | None = None) -> None:
        """Write the choice, on the data set that the package was calibrated on; asks for it where it is not known."""
        found = self.opened
        if found is None or self.view.answer is None or not self.view.answer.proven or self.calibrator.busy:
            return
        dataset = self._dataset_of(found.folder) or self._ask_for_dataset(found.dataset)
        if dataset is not None:
            self._start(CalibrationOrder(found.folder, dataset, self.view.accepted, found.split, out))

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Risk"))
        self.choose_button.setText(self.tr("Choose a model package…"))
        self.back_button.setText(self.tr("Back  Esc"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.calibrate_button.setText(self.tr("Choose a data set and calibrate…"))
        self.keep_button.setText(self.tr("Keep the calibration"))
        names = (self.tr("its validation parts"), self.tr("its test parts"), self.tr("all its parts"))
        for place, name in enumerate(names):
            self.split.setItemText(place, name)
        found = self.opened
        if found is None:
            self._package.setText("")
            self._empty_head.setText(self.tr("Which model package?"))
            self._empty_words.setText(
                self.tr(
                    "State the risk that you accept, and see what it costs: parts move between PASS, REVIEW and FAIL "
                    "as you drag it. Choose the folder of a model package to begin."
                )
            )
            return
        name = elide_middle(found.folder.resolve().name, 60)
        self._package.setToolTip(str(found.folder))
        self._package.setText(f"{name}  ·  {found.package.card.method}  ·  {short_hash(found.package.hash)}")
        known = found.scores is not None
        self._empty_head.setText(
            self.tr("Calibrate anew") if known else self.tr("This package has not been calibrated")
        )
        self._empty_words.setText(
            self.tr(
                "Limits promise something only on parts that the package was not trained on. Choose a data set: every "
                "part of it is judged once, and then any risk can be tried here at once."
            )
        )

    def _lay_out(self) -> None:
        px = self._look.px
        head = row(self.title, self._package, 1, self.choose_button, self.back_button, spacing=px(12))
        empty = QWidget()
        inside = QWidget()
        inside.setMaximumWidth(px(760))
        words = column(self._empty_head, self._empty_words, *self.empty_buttons, spacing=px(14), parent=inside)
        words.addLayout(row(self.split, self.calibrate_button, self.keep_button, 1))
        around = column(1, parent=empty)
        across = row(1, inside, 1)
        across.setStretch(1, 20)
        around.addLayout(across)
        around.addStretch(2)
        self._pages.addWidget(empty)
        self._pages.addWidget(self.view)
        whole = column(spacing=px(8), parent=self)
        whole.setContentsMargins(px(16), px(10), px(16), px(10))
        whole.addLayout(head)
        whole.addWidget(self.trouble)
        whole.addWidget(self._pages, 1)
        work = row(self.bar, self._left, self.cancel_button, spacing=px(12))
        work.setStretch(0, 1)
        whole.addLayout(work)

    def _package_button(self, path: Path) -> QWidget:
        return button(lambda: self.open_package(path), role="choice", text=elide_middle(str(path), 80))

    def _on_opened(self, found: OpenedPackage) -> None:
        self.opened = found
        if found.scores is not None:
            self.view.open_scores(found.scores, found.accepted)
        self._pages.setCurrentIndex(0 if found.scores is None else 1)
        for each in self.empty_buttons:
            each.hide()
        self._show_work(None, None, busy=self.calibrator.busy)
        self.retranslate()

    def _on_failed(self, error: Exception) -> None:
        self.trouble.tell(str(error))

    def _on_choose(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Model package"))
        if path:
            self.trouble.tell("")
            self.open_package(Path(path))

    @Slot()
    def _on_calibrate(self) -> None:
        dataset = self._ask_for_dataset("")
        if dataset is not None:
            self.calibrate(dataset)

    @Slot()
    def _on_again(self) -> None:
        self._pages.setCurrentIndex(0)

    def _on_keep(self) -> None:
        self._pages.setCurrentIndex(1)

    @Slot()
    def _on_save(self) -> None:
        self.save()

    @Slot()
    def _on_copy(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Folder of the new package"))
        if path:
            self.save(Path(path))

    def _on_cancel(self) -> None:
        self.calibrator.cancel()
        self._show_work(None, None, busy=False)

    def _start(self, order: CalibrationOrder) -> None:
        if not self.calibrator.busy:
            self.trouble.tell("")
            self.calibrator.start(order)

    @Slot(object, object)
    def _on_progressed(self, share: float | None, seconds_left: float | None) -> None:
        self._show_work(share, seconds_left, busy=True)

    @Slot(object, str)
    def _on_ended(self, order: CalibrationOrder, trouble: str) -> None:
        self._show_work(None, None, busy=False)
        if trouble:
            self.trouble.tell(trouble)
            return
        for package in {order.package, order.written}:
            self._memory.set_text(_memory_key(package), str(order.dataset))
        self.toast.tell(self.tr("Saved into {package}").format(package=elide_middle(str(order.written), 60)))
        self.open_package(order.written)

    def _show_work(self, share: float | None, seconds_left: float | None, *, busy: bool) -> None:
        for item in (self.bar, self._left, self.cancel_button):
            item.setVisible(busy)
        self.bar.setRange(0, 0 if share is None and busy else 1000)
        self.bar.setValue(round(1000 * (share or 0.0)))
        if busy:
            about = self.tr("about {seconds} s left").format(seconds=round(seconds_left or 0))
            self._left.setText(self.tr("working …") if seconds_left is None else about)
        self.calibrate_button.setVisible(self.opened is not None and not busy)
        self.split.setVisible(self.opened is not None and not busy)
        self.keep_button.setVisible(self.opened is not None and self.opened.scores is not None)

    def _dataset_of(self, package: Path) -> Path | None:
        known = self._memory.text(_memory_key(package))
        return Path(known) if known and Path(known).is_dir() else None

    def _ask_for_dataset(self, name: str) -> Path | None:
        title = self.tr("Folder of the data set {name}").format(name=name)
        path = QFileDialog.getExistingDirectory(self, title.strip())
        return Path(path) if path else None


def _memory_key(package: Path) -> str:
    return f"calibrated/{package.resolve().as_posix().replace('/', '|')}"
