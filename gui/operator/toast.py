"""A short word at the lower edge of the picture, which goes by itself: what was recorded, what cannot be done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QFrame, QWidget

from gui.look import Look
from gui.widgets.basics import label, row

SHOWN_MS = 5000


class Toast(QFrame):
    """One sentence over its parent."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("toast")
        self._look = look
        self.words = label("", wrap=True)
        row(self.words, parent=self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self._on_time_over)
        parent.installEventFilter(self)
        self.hide()

    def tell(self, text: str) -> None:
        """Show `text` for a while."""
        self.words.setText(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's own hook: stay at the lower edge."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        margin = self._look.px(14)
        width = min(self._look.px(560), round(self._over.width() * 0.66))
        height = max(self.heightForWidth(width), self.sizeHint().height())
        self.setGeometry(margin, self._over.height() - height - margin, width, height)

    @Slot()
    def _on_time_over(self) -> None:
        self.hide()
