"""Two images side by side that zoom and move as one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QLabel, QWidget

from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.canvas import Canvas
from gui.widgets.basics import column, label, row
from inspector.types import HeatMap, Image


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One image of a comparison.

    Attributes:
        title: What stands above it.
        pixels: (H, W, 3) uint8 RGB; None where it cannot be shown.
        mask: (H, W) uint8, non-zero = defect; None where there is none.
        heat: Evidence (H, W), 0..1; None where there is none.
    """

    title: str
    pixels: Image | None
    mask: Image | None = None
    heat: HeatMap | None = None


class CompareView(QWidget):
    """A pair; the same place of both is under the same zoom, also where their sizes differ.

    Attributes:
        left: The canvas at the left.
        right: The canvas at the right.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.left, self.right = Canvas(look), Canvas(look)
        self.left.link(self.right)
        self.titles = (label("head"), label("head"))
        sides = []
        for title, canvas in zip(self.titles, (self.left, self.right), strict=True):
            side = QWidget()
            lines = column(title, canvas, spacing=look.px(4), parent=side)
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setStretch(1, 1)
            sides.append(side)
        both = row(*sides, spacing=look.px(6), parent=self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setStretch(0, 1)
        both.setStretch(1, 1)

    def show_pair(self, left: Shown, right: Shown) -> None:
        """Show two images; the zoom stays where the sizes stay."""
        for title, canvas, shown in zip(self.titles, (self.left, self.right), (left, right), strict=True):
            _write(title, shown.title)
            canvas.show_picture(shown.pixels, shown.mask, shown.heat)

    def show_mask(self, *, on: bool) -> None:
        """Show or hide both masks."""
        self.left.show_mask(on=on)
        self.right.show_mask(on=on)

    def show_heat(self, *, on: bool) -> None:
        """Show or hide the evidence of both."""
        self.left.show_heat(on=on)
        self.right.show_heat(on=on)

    def zoom_in(self) -> None:
        """Zoom in."""
        self.left.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out."""
        self.left.zoom_by(1 / ZOOM_STEP)

    def zoom_fit(self) -> None:
        """Show both whole."""
        self.left.zoom_fit()


def _write(title: QLabel, text: str) -> None:
    title.setText(text)
    title.setToolTip(text)
    title.setMinimumWidth(1)  # a long name must not push the pictures apart
