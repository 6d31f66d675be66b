"""The start page: the ways to begin, and the recipes used last."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.i18n import LANGUAGES
from gui.look import Look
from gui.memory import Memory
from gui.widgets.basics import Translated, button, column, elide_middle, label, row
from gui.widgets.painting import theme_icon

MAX_SHOWN = 4


class Card(QPushButton):
    """A large button with a headline and a sentence."""

    def __init__(self, look: Look, number: int) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._number = number
        self.head, self.words = label("head"), label("muted", wrap=True)
        for item in (self.head, self.words):
            item.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = column(self.head, self.words, 1, spacing=look.px(10), parent=self)
        layout.setContentsMargins(*[look.px(20)] * 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setShortcut(str(number))

    def say(self, head: str, words: str) -> None:
        """Set both texts."""
        self.head.setText(f"{self._number}   {head}")
        self.words.setText(words)
        self.setAccessibleName(head)


class StartPage(Translated):
    """Where the program begins without a recipe.

    Attributes:
        demo_clicked: The demo line is wanted.
        camera_clicked: A camera of one's own.
        open_clicked: A recipe file.
        risk_clicked: The page where the accepted risk is stated.
        history_clicked: The page where parts are found again.
        reports_clicked: The page of yield and control chart.
        recipe_chosen: Path of a recent recipe.
    """

    demo_clicked = Signal()
    camera_clicked = Signal()
    open_clicked = Signal()
    risk_clicked = Signal()
    history_clicked = Signal()
    reports_clicked = Signal()
    recipe_chosen = Signal(object)

    def __init__(self, look: Look, memory: Memory) -> None:
        super().__init__()
        self.setObjectName("page")
        self._look, self._memory = look, memory
        self.title, self.words = label("title", "Inspector"), label("", wrap=True)
        self.trouble = TroubleNote(look)
        self.cards = [Card(look, number) for number in (1, 2, 3, 4, 5, 6)]
        self.cards[0].clicked.connect(self.demo_clicked)
        self.cards[1].clicked.connect(self.camera_clicked)
        self.cards[2].clicked.connect(self.open_clicked)
        self.cards[3].clicked.connect(self.risk_clicked)
        self.cards[4].clicked.connect(self.history_clicked)
        self.cards[5].clicked.connect(self.reports_clicked)
        self._recent_caption = label("head")
        self._recent_box = QWidget()
        self.recents = QVBoxLayout(self._recent_box)
        self.recents.setContentsMargins(0, 0, 0, 0)
        self.language_button, self.theme_button = QToolButton(), QToolButton()
        for tool, slot in ((self.language_button, look.toggle_language), (self.theme_button, look.toggle_theme)):
            tool.setProperty("role", "flat")
            tool.clicked.connect(slot)
        inside = QWidget()
        inside.setMaximumWidth(look.px(1160))
        middle = column(self.title, self.words, self.trouble, spacing=look.px(14), parent=inside)
        for three in (self.cards[:3], self.cards[3:]):
            middle.addLayout(row(*three, spacing=look.px(14)))
        middle.addSpacing(look.px(10))
        middle.addWidget(self._recent_caption)
        middle.addWidget(self._recent_box)
        top = row(1, self.language_button, self.theme_button)
        whole = column(parent=self)
        whole.setContentsMargins(*[look.px(16)] * 4)
        whole.addLayout(top)
        whole.addStretch(2)
        across = row(1, inside, 1)
        across.setStretch(1, 20)
        whole.addLayout(across)
        whole.addStretch(3)
        look.changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    def refresh(self) -> None:
        """List the recent recipes anew."""
        while (item := self.recents.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        paths = self._memory.recent_recipes()[:MAX_SHOWN]
        for path in paths:
            self.recents.addWidget(
                button(partial(self.recipe_chosen.emit, path), role="choice", text=_recent_text(path))
            )
        self._recent_caption.setVisible(bool(paths))
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.words.setText(
            self.tr("Sees every part, decides, and writes the decision down before it lets the part go.")
        )
        self.cards[0].say(
            self.tr("Try the demo line"),
            self.tr(
                "Draws pictures of washers, trains a small network and inspects a simulated line. About two minutes."
            ),
        )
        self.cards[1].say(
            self.tr("Open a camera"),
            self.tr("Your own camera, stream, video or picture folder, with a model package that you trained."),
        )
        self.cards[2].say(self.tr("Open a recipe"), self.tr("A recipe file that somebody made for a product."))
        self.cards[3].say(
            self.tr("State the risk"),
            self.tr("Choose which rate of escapes you accept, see what it costs, and let the data prove it."),
        )
        self.cards[4].say(
            self.tr("Find a part"),
            self.tr("What the station saw, decided and why, and the proof that nobody changed it."),
        )
        self.cards[5].say(
            self.tr("See how the line does"),
            self.tr("Yield, rejects by class, control chart and overrides, by shift, day and product."),
        )
        self._recent_caption.setText(self.tr("Used last"))
        names = list(LANGUAGES)
        self.language_button.setText(LANGUAGES[names[(names.index(self._look.language) + 1) % len(names)]])

    def _restyle(self) -> None:
        size = self._look.px(22)
        self.theme_button.setIcon(theme_icon(self._look.theme, size))
        self.theme_button.setIconSize(QSize(size, size))


class TroubleNote(Translated):
    """What went wrong with the last try, and the cure; hidden as long as nothing did."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("band")
        self.words = label("", wrap=True)
        layout = column(self.words, parent=self)
        layout.setContentsMargins(*[look.px(12)] * 4)
        self.hide()

    def tell(self, text: str) -> None:
        """Show `text`; "" hides the note."""
        self.words.setText(text)
        self.setVisible(bool(text))

    def retranslate(self) -> None:
        """The words come from an error; they stay."""


def _recent_text(path: Path) -> str:
    return f"{path.stem}      {elide_middle(str(path.parent), 70)}"
