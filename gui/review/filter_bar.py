"""What is looked for within a queue: words as they are typed, and one choice per property."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from datasets.items import SPLITS
from datasets.review.catalogue import Catalogue
from datasets.review.filters import Filter
from gui.look import Look
from gui.review.class_map import split_word
from gui.review.line import Line
from gui.texts import class_word
from gui.widgets.basics import ChoiceBox, Translated, button, column, row

TYPING_MS = 120
"""So long after the last key the images are chosen anew."""
_STATES: Mapping[str, Filter] = {
    "": Filter(),
    "open": Filter(reviewed=False),
    "reviewed": Filter(reviewed=True),
    "flagged": Filter(flagged=True),
    "skipped": Filter(skipped=True),
    "comment": Filter(comment=True),
    "disagree": Filter(disagree=True),
    "mask": Filter(mask=True),
    "no_mask": Filter(mask=False),
    "unlabelled": Filter(classes=("",)),
}
_SCORES: Mapping[str, tuple[float | None, float | None]] = {
    "": (None, None),
    "low": (None, 0.1),
    "middle": (0.1, 0.5),
    "high": (0.5, 0.9),
    "top": (0.9, None),
}
_DAYS: Mapping[str, int] = {"": 0, "today": 1, "week": 7, "month": 30}


class FilterBar(Translated):
    """Together its fields are a `Filter`.

    Attributes:
        changed: The filter is another one now.
        left: The keyboard goes back to the images.
        view_chosen: A saved view: its name.
        save_wanted: The filter is to be saved under a name.
    """

    changed = Signal()
    left = Signal()
    view_chosen = Signal(str)
    save_wanted = Signal()

    def __init__(self, look: Look, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._rest = Filter()
        self.text = Line()
        self.text.setClearButtonEnabled(True)
        self.text.setMaxLength(200)
        self.class_, self.split, self.state = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.score, self.days, self.source, self.reviewer = ChoiceBox(), ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.views = ChoiceBox()
        self.more_button, self.clear_button = button(self.toggle_more, focus=False), button(self.clear, focus=False)
        self.save_button = button(self.save_wanted.emit, focus=False)
        self._more = QWidget()
        self._view_names: tuple[str, ...] = ()
        self._lay_out(look)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self.changed)
        self.text.textChanged.connect(self._timer.start)
        self.text.returnPressed.connect(self._on_return)
        self.text.escaped.connect(self.left)
        for box in self._boxes:
            box.activated.connect(self._on_choice)
        self.views.activated.connect(self._on_view)
        self.retranslate()

    @property
    def _boxes(self) -> tuple[ChoiceBox, ...]:
        return (self.class_, self.split, self.state, self.score, self.days, self.reviewer, self.source)

    @property
    def filter(self) -> Filter:
        """What is asked for now."""
        state = _STATES[self.state.currentData() or ""]
        low, high = _SCORES[self.score.currentData() or ""]
        days = _DAYS[self.days.currentData() or ""]
        wanted = replace(
            state,
            text=self.text.text().strip(),
            splits=_one(self.split.currentData()),
            sources=_one(self.source.currentData()),
            reviewers=_one(self.reviewer.currentData()),
            min_score=low,
            max_score=high,
        )
        if self.class_.currentData():
            wanted = replace(wanted, classes=(self.class_.currentData(),))
        if days:
            wanted = replace(wanted, since_s=_days_ago(days - 1))
        return _joined(wanted, self._rest)

    def show_filter(self, wanted: Filter) -> None:
        """Ask for what a saved view, a cell of the class map or a plot means."""
        blocker = QSignalBlocker(self.text)
        self._clear()
        self.text.setText(wanted.text)
        del blocker
        rest = replace(wanted, text="")
        if _choose(self.class_, rest.classes):
            rest = replace(rest, classes=())
        if _choose(self.split, rest.splits):
            rest = replace(rest, splits=())
        if _choose(self.source, rest.sources):
            rest = replace(rest, sources=())
        self._rest = rest
        self._show_count()
        self.changed.emit()

    def clear(self) -> None:
        """Ask for everything."""
        blocker = QSignalBlocker(self.text)
        self._clear()
        del blocker
        self._on_choice()

    def toggle_more(self) -> None:
        """Show or hide the choices."""
        self._more.setVisible(self._more.isHidden())

    def begin_search(self) -> None:
        """Type words; what is searched in is gathered now, so that the first key does not wait for it."""
        self._catalogue.texts()
        self.text.setFocus()
        self.text.selectAll()

    def offer_views(self, names: Sequence[str]) -> None:
        """Offer the saved views."""
        self._view_names = tuple(names)
        self._fill(self.views, self.tr("saved views"), [(name, name) for name in names])

    def refresh(self) -> None:
        """Offer what the catalogue holds by now; what is chosen stays."""
        catalogue = self._catalogue
        self._fill(self.class_, self.tr("any class"), [(name, class_word(name)) for name in catalogue.classes])
        self._fill(self.split, self.tr("any split"), [(name, split_word(name)) for name in SPLITS])
        self._fill(self.source, self.tr("any source"), [(name, name) for name in catalogue.source_names])
        self._fill(self.reviewer, self.tr("any reviewer"), [(name, name) for name in catalogue.reviewer_names])
        self.source.setVisible(len(catalogue.source_names) > 1)

    def retranslate(self) -> None:
        """Write every text anew."""
        self.text.setPlaceholderText(self.tr("Search: file, part, view, note   /"))
        self.clear_button.setText(self.tr("Clear"))
        self.save_button.setText(self.tr("Save view"))
        states = (
            self.tr("not reviewed"), self.tr("reviewed"), self.tr("flagged"), self.tr("skipped"), self.tr("with note"),
            self.tr("model disagrees"), self.tr("with mask"), self.tr("without mask"), self.tr("without label"),
        )  # fmt: skip
        self._fill(self.state, self.tr("any state"), list(zip(list(_STATES)[1:], states, strict=True)))
        scores = ("< 0.1", "0.1 – 0.5", "0.5 – 0.9", "> 0.9")
        self._fill(self.score, self.tr("any defect score"), list(zip(list(_SCORES)[1:], scores, strict=True)))
        days = (self.tr("changed today"), self.tr("changed in 7 days"), self.tr("changed in 30 days"))
        self._fill(self.days, self.tr("any day"), list(zip(list(_DAYS)[1:], days, strict=True)))
        self.offer_views(self._view_names)
        self.refresh()
        self._show_count()

    def _lay_out(self, look: Look) -> None:
        grid = QGridLayout(self._more)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(look.px(6))
        for place, item in enumerate((*self._boxes[:6], self.views, self.save_button, self.source)):
            grid.addWidget(item, place // 4, place % 4)
            grid.setColumnStretch(place % 4, 1)
        for box in (*self._boxes, self.views):
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._more.hide()
        whole = column(spacing=look.px(6), parent=self)
        whole.setContentsMargins(0, 0, 0, 0)
        first = row(self.text, self.more_button, self.clear_button, spacing=look.px(6))
        first.setStretch(0, 1)
        whole.addLayout(first)
        whole.addWidget(self._more)

    def _clear(self) -> None:
        self._rest = Filter()
        self.text.clear()
        for box in self._boxes:
            box.setCurrentIndex(0)

    def _show_count(self) -> None:
        count = sum(box.currentIndex() > 0 for box in self._boxes) + (self._rest != Filter())
        self.more_button.setText(self.tr("Filters ({count})").format(count=count) if count else self.tr("Filters"))

    @staticmethod
    def _fill(box: ChoiceBox, any_word: str, items: Sequence[tuple[str, str]]) -> None:
        chosen = box.currentData()
        box.clear()
        for value, text in [("", any_word), *items]:
            box.addItem(text, value)
        box.setCurrentIndex(max(0, box.findData(chosen)))

    def _on_choice(self) -> None:
        self._timer.stop()
        self._show_count()
        self.changed.emit()
        self.left.emit()

    def _on_view(self) -> None:
        name = self.views.currentData()
        if name:
            self.view_chosen.emit(name)
            self.left.emit()

    def _on_return(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit()
        self.left.emit()


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _choose(box: ChoiceBox, values: Sequence[str]) -> bool:
    """Let a box stand for a condition, where it can."""
    at = box.findData(values[0]) if len(values) == 1 and values[0] else -1
    if at > 0:
        box.setCurrentIndex(at)
    return at > 0


def _joined(first: Filter, second: Filter) -> Filter:
    """Return the conditions of both; where both ask for the same property, the first."""
    empty = Filter()
    asked = {
        name: getattr(second, name)
        for name in (each.name for each in fields(Filter))
        if getattr(first, name) == getattr(empty, name)
    }
    return replace(first, **asked)


def _days_ago(days: int) -> int:
    """Return the Unix second at which the day began, `days` days ago, here."""
    day = dt.datetime.now().astimezone().date() - dt.timedelta(days=days)
    return int(dt.datetime(day.year, day.month, day.day).astimezone().timestamp())
