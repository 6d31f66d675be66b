"""The line of what goes on by itself: the audit as a process of its own, with its progress and a way to end it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QProgressBar

from gui.jobs import JsonLinesProcess
from gui.look import Look
from gui.widgets.basics import Translated, button, label, row


class AuditRun(Translated):
    """Runs `inspector dataset audit`; hidden as long as it does not.

    Args:
        look: Scale.
        dataset: The data set's folder.
        package: Model package to audit with; None: the audit's own features.

    Attributes:
        finished: A new audit lies with the data set.
        failed: Why there is none.
    """

    finished = Signal()
    failed = Signal(str)

    def __init__(self, look: Look, dataset: Path, package: Path | None) -> None:
        super().__init__()
        self._arguments: Sequence[str] = (
            *(sys.executable, "-m", "inspector.cli", "dataset", "audit", str(dataset), "--json-lines"),
            *(() if package is None else ("--package", str(package))),
        )
        self._process: JsonLinesProcess | None = None
        self._progress: dict[str, object] = {}
        self._began_s = 0.0
        self.words, self.bar = label("muted"), QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.cancel_button = button(self.cancel, role="flat", focus=False)
        self.bar.setFixedWidth(look.px(160))
        row(self.words, self.bar, self.cancel_button, spacing=look.px(10), parent=self).setContentsMargins(0, 0, 0, 0)
        self.hide()
        self.retranslate()

    @property
    def running(self) -> bool:
        """Whether an audit is on its way."""
        return self._process is not None

    def start(self) -> None:
        """Begin, where none is on its way."""
        if self._process is not None:
            return
        self._progress, self._began_s = {}, time.monotonic()
        self._process = JsonLinesProcess(self._arguments, self)
        self._process.progressed.connect(self._on_progressed)
        self._process.ended.connect(self._on_ended)
        self.show()
        self.retranslate()
        self._process.start()

    def cancel(self) -> None:
        """End it; what it has looked at is kept for the next time."""
        process, self._process = self._process, None
        if process is not None:
            process.ended.disconnect(self._on_ended)
            process.cancel()
            process.deleteLater()
        self.hide()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.cancel_button.setText(self.tr("Cancel"))
        done, total = self._progress.get("done"), self._progress.get("total")
        if isinstance(done, int) and isinstance(total, int) and total > 0 and done > 0:
            self.bar.setValue(round(1000 * done / total))
            left_s = (time.monotonic() - self._began_s) * (total - done) / done
            words = self.tr("Looking for wrong labels: {done} of {total}, about {seconds} s left")
            self.words.setText(words.format(done=done, total=total, seconds=round(left_s)))
        else:
            self.bar.setValue(0)
            self.words.setText(self.tr("Looking for wrong labels …"))

    @Slot(object)
    def _on_progressed(self, progress: dict[str, object]) -> None:
        if progress.get("task") != self._progress.get("task"):
            self._began_s = time.monotonic()
        self._progress = progress
        self.retranslate()

    @Slot(object, str)
    def _on_ended(self, code: int, errors: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.hide()
        if code in (0, 1):  # 1: it found something
            self.finished.emit()
        else:
            self.failed.emit(errors or self.tr("The audit ended with code {code}.").format(code=code))
