"""The line at the top: which recipe, where, how the station is, who works, which language and theme."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from gui.i18n import LANGUAGES
from gui.look import Look
from gui.operator.guarantee import GuaranteeButton
from gui.texts import short_hash, state_word
from gui.widgets.basics import Translated, label, row
from gui.widgets.painting import theme_icon
from inspector.events import StationState

DISK_WARNING = 0.9
"""From this fill on the disk's share is written in the warning colour."""


class StateDot(QWidget):
    """A quiet sign of the state: disc running, ring stopped, half disc starting, diamond challenge, square fault."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._state = look, StationState.STOPPED
        self.setFixedSize(QSize(look.px(18), look.px(18)))
        look.changed.connect(self.update)

    def show_state(self, state: StationState) -> None:
        """Show what the station does."""
        self._state = state
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt's own hook."""
        theme, painter = self._look.theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fault = self._state is StationState.FAULT
        painter.setPen(QColor(theme.beyond if fault else theme.ink))
        box = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        if fault:
            painter.fillRect(box, QColor(theme.beyond))
            return
        if self._state is StationState.CHALLENGE:
            painter.setBrush(QColor(theme.ink))
            middle = box.center()
            painter.drawPolygon(
                [
                    QPointF(middle.x(), box.top()),
                    QPointF(box.right(), middle.y()),
                    QPointF(middle.x(), box.bottom()),
                    QPointF(box.left(), middle.y()),
                ]
            )
            return
        painter.drawEllipse(box)
        painter.setBrush(QColor(theme.ink))
        if self._state is StationState.RUNNING:
            painter.drawEllipse(box)
        elif self._state is StationState.STARTING:
            painter.drawPie(box, 90 * 16, 180 * 16)


class Header(Translated):
    """Recipe menu, states, operator, language and theme.

    Attributes:
        recipe_chosen: Path of a recent recipe.
        open_clicked: Another recipe is wanted.
        start_page_clicked: The start page is wanted.
        cautions_clicked: The cautions that hold shall be told again.
    """

    recipe_chosen = Signal(object)
    open_clicked = Signal()
    start_page_clicked = Signal()
    operator_clicked = Signal()
    cautions_clicked = Signal()
    language_clicked = Signal()
    theme_clicked = Signal()

    def __init__(self, look: Look, recipe: str, station: str) -> None:
        super().__init__()
        self.setObjectName("header")
        self._look = look
        self._recents: list[Path] = []
        self._operator, self._login = "", False
        self._state, self._faulty, self._disk = StationState.STOPPED, False, 0.0
        self.recipe_button = _tool(f"{recipe}  ▾")
        self.recipe_menu = QMenu(self)
        self.recipe_button.setMenu(self.recipe_menu)
        self.recipe_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.station = label("muted", station)
        self._dot = StateDot(look)
        self.state, self.cameras, self.disk = label(), label("muted"), label("muted")
        self.package = label("muted")
        self.guarantee = GuaranteeButton()
        self.cautions_button = _tool()
        self.cautions_button.setProperty("alarm", "true")
        self.cautions_button.clicked.connect(self.cautions_clicked)
        self._cautions, self._package_hash = 0, ""
        self.operator_button, self.language_button, self.theme_button = _tool(), _tool(), _tool()
        self.operator_button.clicked.connect(self.operator_clicked)
        self.language_button.clicked.connect(self.language_clicked)
        self.theme_button.clicked.connect(self.theme_clicked)
        layout = row(
            self.recipe_button, self.station, self.package, 1, self._dot, self.state, self.cameras, self.disk,
            self.guarantee, self.cautions_button, 1, self.operator_button, self.language_button, self.theme_button,
            spacing=look.px(10), parent=self,
        )  # fmt: skip
        layout.setContentsMargins(look.px(10), look.px(3), look.px(10), look.px(3))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        look.changed.connect(self._restyle)
        self._restyle()
        self.retranslate()

    def show_state(self, state: StationState, *, camera_faulty: bool) -> None:
        """Show what the station does and whether its cameras are well."""
        self._state, self._faulty = state, camera_faulty
        self.retranslate()

    def show_cautions(self, count: int) -> None:
        """Show that so many cautions hold, also after they were acknowledged."""
        self._cautions = count
        self.retranslate()

    def show_package(self, package_hash: str) -> None:
        """Show which package judges."""
        self._package_hash = package_hash
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook: a narrow header uses few words."""
        super().resizeEvent(event)
        self._fit(event.size().width())

    def _fit(self, width: int) -> None:
        self.guarantee.show_compact(compact=width < self._look.px(1330))
        self.station.setVisible(width >= self._look.px(1180))
        self.package.setVisible(bool(self._package_hash) and width >= self._look.px(1450))

    def show_disk(self, used: float) -> None:
        """Show how full the log's disk is, 0..1."""
        self._disk = used
        self.retranslate()

    def show_operator(self, name: str, *, login: bool = False) -> None:
        """Show who works; `login`: where nobody does, that somebody has to log in."""
        self._operator, self._login = name, login
        self.retranslate()

    def show_recents(self, recipes: list[Path]) -> None:
        """Offer these recipes."""
        self._recents = recipes
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._dot.show_state(self._state)
        self.state.setText(state_word(self._state))
        if self._state in (StationState.RUNNING, StationState.FAULT, StationState.CHALLENGE):
            self.cameras.setText(self.tr("·  camera lost") if self._faulty else self.tr("·  camera ok"))
        else:
            self.cameras.setText("")
        self.disk.setText(self.tr("·  disk {used} %").format(used=round(100 * self._disk)) if self._disk else "")
        for item, alarming in ((self.cameras, self._faulty), (self.disk, self._disk >= DISK_WARNING)):
            item.setStyleSheet(f"color: {self._look.theme.beyond}; font-weight: 600;" if alarming else "")
        nobody = self.tr("Log in") if self._login else self.tr("Operator")
        self.operator_button.setText(f"{self._operator}  ▾" if self._operator else nobody)
        self.operator_button.setToolTip(self.tr("Who works here; stands in every confirmation and override (F10)"))
        names = list(LANGUAGES)
        following = names[(names.index(self._look.language) + 1) % len(names)]
        self.language_button.setText(LANGUAGES[following])
        self.language_button.setToolTip(self.tr("Language (F8)"))
        self.theme_button.setToolTip(self.tr("Light or dark (F9)"))
        text = self.tr("package {package}").format(package=short_hash(self._package_hash))
        self.package.setText(f"·  {text}" if self._package_hash else "")
        self.guarantee.retranslate()
        text = self.tr("◆ caution") if self._cautions == 1 else self.tr("◆ {count} cautions")
        self.cautions_button.setText(text.format(count=self._cautions))
        self.cautions_button.setToolTip(self.tr("Show the cautions that hold"))
        self.cautions_button.setVisible(bool(self._cautions))
        self._fit(self.width())
        self._fill_menu()

    def _fill_menu(self) -> None:
        self.recipe_menu.clear()
        for path in self._recents:
            self.recipe_menu.addAction(path.stem, partial(self.recipe_chosen.emit, path))
        if self._recents:
            self.recipe_menu.addSeparator()
        self.recipe_menu.addAction(self.tr("Open a recipe…"), self.open_clicked.emit)
        self.recipe_menu.addAction(self.tr("Start page"), self.start_page_clicked.emit)

    def _restyle(self) -> None:
        size = self._look.px(22)
        self.theme_button.setIcon(theme_icon(self._look.theme, size))
        self.theme_button.setIconSize(QSize(size, size))
        self.retranslate()


def _tool(text: str = "") -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setProperty("role", "flat")
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made
