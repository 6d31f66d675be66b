"""The demo on its way: what is done, what is left, and how long it will take. The work runs in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from gui.demo import DemoPlan
from gui.jobs import JsonLinesProcess
from gui.look import Look
from gui.widgets.basics import Translated, button, column, label, row

STEPS = ("data", "train", "recipe")


class DemoProgressPage(Translated):
    """Shows the preparation of the demo.

    Attributes:
        finished: Everything is there.
        cancelled: The person does not want it.
        failed: What went wrong.
    """

    finished = Signal()
    cancelled = Signal()
    failed = Signal(str)

    def __init__(self, look: Look, plan: DemoPlan) -> None:
        super().__init__()
        self.setObjectName("page")
        self._plan = plan
        self._progress: dict[str, object] = {"step": "data", "share": 0.0}
        self._process = JsonLinesProcess([sys.executable, "-m", "gui.demo", *plan.arguments()], self)
        self._process.progressed.connect(self._on_progressed)
        self._process.ended.connect(self._on_ended)
        self.title, self.words = label("title"), label("", wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.left = label("muted")
        self._steps = [label() for _ in STEPS]
        self.sample, self._sample_caption = label(), label("muted")
        self.sample.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.cancel_button = button(self._on_cancel)
        self._sample_file: Path | None = None
        self._sample_picture = QPixmap()
        self.sample.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        inside = QWidget()
        inside.setMaximumWidth(look.px(900))
        self._look = look
        middle = column(self.title, self.words, *self._steps, self.bar, spacing=look.px(12), parent=inside)
        middle.addLayout(row(self.left, 1, self.cancel_button))
        middle.addWidget(self.sample, 1)
        middle.addWidget(self._sample_caption, alignment=Qt.AlignmentFlag.AlignCenter)
        whole = column(parent=self)
        whole.setContentsMargins(*[look.px(28)] * 4)
        across = row(1, inside, 1)
        across.setStretch(1, 20)
        whole.addLayout(across, 1)
        self.retranslate()

    def start(self) -> None:
        """Begin."""
        self._process.start()

    def cancel(self) -> None:
        """End the work; what is whole stays."""
        self._process.ended.disconnect(self._on_ended)
        self._process.cancel()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("The demo line"))
        self.words.setText(self.tr("This is done once, and only on this PC. The next start goes straight to the line."))
        names = (
            self.tr("Draw pictures of washers, some of them defective"),
            self.tr("Train a small network on them"),
            self.tr("Write the recipe of the line"),
        )
        at = STEPS.index(str(self._progress["step"]))
        for place, (item, name) in enumerate(zip(self._steps, names, strict=True)):
            item.setText(f"{'✓' if place < at else '▸' if place == at else '  '}  {name}")
        self.cancel_button.setText(self.tr("Cancel"))
        seconds = self._progress.get("seconds_left")
        self.left.setText(
            self.tr("about {seconds} s left").format(seconds=round(float(seconds)))
            if isinstance(seconds, (int, float))
            else self.tr("working …")
        )
        self._sample_caption.setText(self.tr("What the network is shown: every picture in ever new light and position"))
        self._sample_caption.setVisible(self._sample_file is not None)

    @Slot(object)
    def _on_progressed(self, progress: dict[str, object]) -> None:
        self._progress = progress
        share = progress.get("overall", 0.0)
        self.bar.setValue(round(1000 * float(share if isinstance(share, (int, float)) else 0.0)))
        sample = progress.get("sample")
        if isinstance(sample, str) and self._sample_file is None:
            self._sample_file = Path(sample)
            self._sample_picture = QPixmap(sample)
        self.retranslate()
        self._fit_sample()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook."""
        super().resizeEvent(event)
        self._fit_sample()

    def _fit_sample(self) -> None:
        if not self._sample_picture.isNull():
            smooth = Qt.TransformationMode.SmoothTransformation
            room = self.sample.size()
            self.sample.setPixmap(self._sample_picture.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, smooth))

    @Slot(object, str)
    def _on_ended(self, code: int, errors: str) -> None:
        if code == 0:
            self.finished.emit()
        else:
            self.failed.emit(errors or self.tr("The preparation ended with code {code}.").format(code=code))

    def _on_cancel(self) -> None:
        self.cancel()
        self.cancelled.emit()
