"""How one image looks in the grid: thumbnail, label, suggestion, and marks of what was said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPen, QPixmap

from gui.look import Look
from gui.widgets.painting import draw_verdict
from inspector.types import Verdict

GAP_PX = 8
"""Between two cells, at scale 1."""
_PADDING_PX = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows.

    Attributes:
        image: The thumbnail; None where it is not there yet.
        broken: The picture cannot be read.
        label: The class, for people; "" where it is not to be seen or not known.
        suggestion: `→ Crack 0.94`, or "".
        doubtful: The suggestion is another class than the label, and nobody has looked yet.
        reviewed: A person vouches for the label.
        flagged: Set aside by a person.
        skipped: Left for later.
        commented: Has a comment.
        selected: Meant by the next key.
        current: Where the cursor is.
    """

    image: QImage | None
    broken: bool
    label: str
    suggestion: str
    doubtful: bool
    reviewed: bool
    flagged: bool
    skipped: bool
    commented: bool
    selected: bool
    current: bool


class CellPainter:
    """Paints cells of one size.

    Args:
        look: Colours and scale.

    Attributes:
        side: Of a thumbnail, pixels.
        lines: Of words under it: the label, and the suggestion where there are any.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self.side = 0
        self.lines = 2
        self._ratio = 1.0
        self._marks: dict[str, QPixmap] = {}
        self._font, self._bold = QFont(), QFont()
        self._metrics = QFontMetrics(self._font)
        self.resize(look.px(150), 1.0)

    def resize(self, side: int, ratio: float) -> None:
        """Paint thumbnails of `side` pixels on a screen with `ratio` device pixels per pixel; takes the look anew."""
        self.side, self._ratio = side, ratio
        self._marks.clear()
        font = QFont(QCoreApplication.instance().font())  # type: ignore[union-attr]
        font.setPixelSize(max(14, self._look.px(14)))
        self._font, self._bold = font, QFont(font)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetrics(self._bold)

    @property
    def width(self) -> int:
        """Of a cell with its gap."""
        return self.side + 2 * self._padding + self._look.px(GAP_PX)

    @property
    def height(self) -> int:
        """Of a cell with its gap."""
        return self.side + 3 * self._padding + self.lines * self._line + self._look.px(GAP_PX)

    @property
    def thumbnail_px(self) -> int:
        """Longest edge of a thumbnail in device pixels."""
        return round(self.side * self._ratio)

    @property
    def _padding(self) -> int:
        return self._look.px(_PADDING_PX)

    @property
    def _line(self) -> int:
        return self._metrics.height()

    def paint(self, painter: QPainter, x: int, y: int, cell: Cell) -> None:
        """Paint a cell whose upper left corner is (x, y)."""
        theme, padding = self._look.theme, self._padding
        box = QRect(x, y, self.width - self._look.px(GAP_PX), self.height - self._look.px(GAP_PX))
        painter.fillRect(box, QColor(theme.focus if cell.selected else theme.surface))
        room = QRect(x + padding, y + padding, self.side, self.side)
        painter.fillRect(room, QColor(theme.picture))
        if cell.image is not None:
            self._paint_image(painter, room, cell.image)
        elif cell.broken:
            painter.setFont(self._font)
            painter.setPen(QColor("#ffffff"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _broken_words())
        self._paint_words(painter, room, cell)
        self._paint_marks(painter, room, cell)
        if cell.current:
            width = 3
            painter.setPen(QPen(QColor(theme.ink if cell.selected else theme.focus), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inset = width // 2
            painter.drawRect(box.adjusted(inset, inset, -inset - 1, -inset - 1))

    def _paint_image(self, painter: QPainter, room: QRect, image: QImage) -> None:
        width, height = image.width() / self._ratio, image.height() / self._ratio
        factor = min(room.width() / width, room.height() / height)
        if factor < 1.0 or factor > 1.5:  # small pictures grow, and a size that is just being changed still fits
            width, height = width * factor, height * factor
        left, top = room.x() + (room.width() - width) / 2, room.y() + (room.height() - height) / 2
        if round(width * self._ratio) == image.width():
            painter.drawImage(QPointF(round(left), round(top)), image)
        else:
            painter.drawImage(QRectF(left, top, width, height), image)

    def _paint_words(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        theme = self._look.theme
        line = QRect(room.x(), room.bottom() + 1 + self._padding, room.width(), self._line)
        painter.setFont(self._bold)
        painter.setPen(QColor(theme.window if cell.selected else theme.ink))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._elided(cell.label))
        if cell.suggestion:
            line.translate(0, self._line)
            painter.setFont(self._bold if cell.doubtful else self._font)
            ink = theme.signs[Verdict.REVIEW] if cell.doubtful else theme.muted
            painter.setPen(QColor(theme.window if cell.selected else ink))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._elided(cell.suggestion))

    def _elided(self, text: str) -> str:
        if self._metrics.horizontalAdvance(text) <= self.side:
            return text
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, self.side)

    def _paint_marks(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        size, x = self._look.px(22), room.x() + 2
        if cell.doubtful:
            painter.drawPixmap(x, room.y() + 2, self._mark("doubtful", _draw_doubtful))
        x = room.right() - size - 1
        for shown, name, draw in (
            (cell.reviewed, "reviewed", _draw_reviewed),
            (cell.flagged, "flagged", _draw_flag),
            (cell.skipped and not cell.reviewed, "skipped", _draw_skip),
            (cell.commented, "commented", _draw_comment),
        ):
            if shown:
                painter.drawPixmap(x, room.y() + 2, self._mark(name, draw))
                x -= size + 2

    def _mark(self, name: str, draw: Callable[[QPainter, QRectF, Look], None]) -> QPixmap:
        if name not in self._marks:
            size = self._look.px(22)
            pixmap = QPixmap(round(size * self._ratio), round(size * self._ratio))
            pixmap.setDevicePixelRatio(self._ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw(painter, QRectF(0, 0, size, size).adjusted(2, 2, -2, -2), self._look)
            painter.end()
            self._marks[name] = pixmap
        return self._marks[name]


def _broken_words() -> str:
    return QCoreApplication.translate("Cells", "The picture cannot be read.")


def _ground(painter: QPainter, box: QRectF, look: Look) -> None:
    """A plate behind a mark: it must be seen on any picture."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.theme.raised))
    painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 4, 4)


def _draw_doubtful(painter: QPainter, box: QRectF, look: Look) -> None:
    _ground(painter, box, look)
    draw_verdict(
        painter, Verdict.REVIEW, box.adjusted(1, 1, -1, -1), look.theme.signs[Verdict.REVIEW], look.theme.raised
    )


def _draw_reviewed(painter: QPainter, box: QRectF, look: Look) -> None:
    _ground(painter, box, look)
    draw_verdict(painter, Verdict.PASS, box, look.theme.signs[Verdict.PASS], look.theme.raised)


def _draw_flag(painter: QPainter, box: QRectF, look: Look) -> None:
    _ground(painter, box, look)
    painter.setPen(QPen(QColor(look.theme.ink), 2))
    left = box.x() + 0.25 * box.width()
    painter.drawLine(QPointF(left, box.y() + 1), QPointF(left, box.bottom()))
    flag = QPainterPath(QPointF(left, box.y() + 1))
    flag.lineTo(box.right(), box.y() + 0.3 * box.height())
    flag.lineTo(left, box.y() + 0.6 * box.height())
    flag.closeSubpath()
    painter.fillPath(flag, QColor(look.theme.signs[Verdict.FAIL]))


def _draw_skip(painter: QPainter, box: QRectF, look: Look) -> None:
    _ground(painter, box, look)
    painter.setPen(QPen(QColor(look.theme.muted), 2.4))
    for shift in (0.15, 0.5):
        x, y = box.x() + shift * box.width(), box.y()
        points = [(x, 0.2), (x + 0.32 * box.width(), 0.5), (x, 0.8)]
        painter.drawPolyline([QPointF(at, y + share * box.height()) for at, share in points])


def _draw_comment(painter: QPainter, box: QRectF, look: Look) -> None:
    _ground(painter, box, look)
    painter.setPen(QPen(QColor(look.theme.focus), 2))
    for share in (0.25, 0.5, 0.75):
        y = box.y() + share * box.height()
        painter.drawLine(QPointF(box.x() + 1, y), QPointF(box.right() - (1 if share < 0.7 else 6), y))
