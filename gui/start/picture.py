"""One picture from a camera that is being set up."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.look import Look
from gui.widgets.layer import Layer, View
from inspector.cameras.factory import camera_maker
from inspector.cameras.feed import CameraFeed
from inspector.errors import CameraError
from inspector.recipe import CameraConfig
from inspector.types import Image

OPEN_TIMEOUT_S = 12.0
FRAME_TIMEOUT_S = 6.0


class TrialPicture(QWidget):
    """Shows the picture, or a sentence."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._layer, self._words = look, Layer(), ""
        self.setMinimumSize(look.px(260), look.px(200))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look.changed.connect(self.update)

    @property
    def shows_picture(self) -> bool:
        """Whether a picture is on view."""
        return not self._layer.size.isEmpty()

    def say(self, words: str) -> None:
        """Show a sentence."""
        self._words = words
        self.update()

    def show_pixels(self, pixels: Image) -> None:
        """Show (H, W, 3) uint8 RGB."""
        self._layer.set_pixels(pixels)
        self._words = f"{pixels.shape[1]} x {pixels.shape[0]} px"
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        painter, box = QPainter(self), QRectF(self.rect())
        painter.fillRect(box, QColor(self._look.theme.picture))
        if self.shows_picture:
            self._layer.paint(painter, View().target(self._layer.size, QSizeF(self.size())), box, heat=False)
        painter.setPen(QColor("#e6e9eb"))
        words = box.adjusted(12, 12, -12, -12)
        place = Qt.AlignmentFlag.AlignBottom if self.shows_picture else Qt.AlignmentFlag.AlignCenter
        painter.drawText(words, place | Qt.TextFlag.TextWordWrap, self._words)


def take_picture(config: CameraConfig) -> Image:
    """Open the camera as a station would, and return one fresh frame. Takes seconds: not for the Qt thread.

    Raises:
        CameraError: It cannot be opened, or gives no frame.
    """
    feed = CameraFeed(config, camera_maker(config))
    feed.start()
    try:
        feed.wait_until_open(OPEN_TIMEOUT_S)
        frames = feed.grab(time.monotonic_ns(), FRAME_TIMEOUT_S)
    finally:
        feed.stop()
    if not frames:
        raise CameraError(f"{config.name}: no frame came.", cure="Check cable, power and address.")
    return frames[0].pixels
