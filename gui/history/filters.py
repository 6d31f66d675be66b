"""What is looked for: a serial as it is typed, and one choice per filter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QDate, QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QDateEdit, QGridLayout, QLineEdit

from gui.look import Look
from gui.texts import class_word, short_hash, verdict_word
from gui.widgets.basics import ChoiceBox, Translated, button, label, row
from inspector.log.query import Order, Query
from inspector.log.store import Choices
from inspector.types import RecordKind, Verdict

TYPING_MS = 120
"""So long after the last key the search begins."""
PARTS = (RecordKind.INSPECTION, RecordKind.CHALLENGE)
_REJECTS = "rejects"
_VERDICTS: Mapping[str, tuple[Verdict, ...]] = {
    _REJECTS: (Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR),
    **{verdict.value: (verdict,) for verdict in Verdict},
}
SPANS = ("any", "hour", "today", "yesterday", "week", "month", "between")


class FilterBar(Translated):
    """A serial and six choices; together they are a `Query`.

    Attributes:
        changed: The query is another one now.
        left: Enter was pressed in the serial: on to the list.
    """

    changed = Signal()
    left = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._choices = Choices((), (), (), (), ())
        self.serial = QLineEdit()
        self.serial.setClearButtonEnabled(True)
        self.serial.setMaxLength(200)
        self.span = ChoiceBox()
        self.since, self.until = QDateEdit(QDate.currentDate()), QDateEdit(QDate.currentDate())
        self.verdict, self.class_, self.who = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.recipe, self.package, self.station = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.clear_button = button(self.clear)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self.changed)
        self._lay_out(look)
        self.serial.textChanged.connect(self._timer.start)
        self.serial.returnPressed.connect(self._on_return)
        for box in self._boxes:
            box.currentIndexChanged.connect(self._on_choice)
        for date in (self.since, self.until):
            date.setCalendarPopup(True)
            date.setDisplayFormat("yyyy-MM-dd")
            date.dateChanged.connect(self.changed)
        self._fill_all()
        self.retranslate()

    @property
    def _boxes(self) -> tuple[ChoiceBox, ...]:
        return self.span, self.verdict, self.class_, self.who, self.recipe, self.package, self.station

    @property
    def query(self) -> Query:
        """What is looked for now."""
        text = self.serial.text().strip()
        since_ns, until_ns = span_bounds(
            str(self.span.currentData()), dt.datetime.now().astimezone(), self._day(self.since), self._day(self.until)
        )
        who = self.who.currentData()
        return Query(
            part_id=f"{text}*" if text else "",
            kinds=() if who else PARTS,
            verdicts=_VERDICTS.get(self.verdict.currentData(), ()),
            classes=(self.class_.currentData(),) if self.class_.currentData() else (),
            whos=(who,) if who else (),
            stations=(self.station.currentData(),) if self.station.currentData() else (),
            recipe=self.recipe.currentData() or "",
            package=self.package.currentData() or "",
            since_ns=since_ns,
            until_ns=until_ns,
            order=Order.SERIAL if text else Order.TIME,
        )

    def offer(self, choices: Choices) -> None:
        """Offer what the log holds; what is chosen stays."""
        self._choices = choices
        self._fill_all()

    def begin(self, serial: str) -> None:
        """Put a serial in without searching yet."""
        with QSignalBlocker(self.serial):
            self.serial.setText(serial)

    def narrow(self, class_: str, since: dt.date, until: dt.date) -> None:
        """Look for the rejects of a class ("": of any) between two days, without searching yet; as a report asks."""
        self._choices = replace(self._choices, classes=tuple(sorted({*self._choices.classes, class_} - {""})))
        self._fill_all()
        blockers = [QSignalBlocker(item) for item in (*self._boxes, self.since, self.until)]
        self.verdict.setCurrentIndex(self.verdict.findData(_REJECTS))
        self.class_.setCurrentIndex(max(0, self.class_.findData(class_)))
        self.span.setCurrentIndex(self.span.findData("between"))
        self.since.setDate(QDate(since.year, since.month, since.day))
        self.until.setDate(QDate(until.year, until.month, until.day))
        del blockers
        self._show_dates()

    def clear(self) -> None:
        """Look for everything again."""
        blockers = [QSignalBlocker(item) for item in (self.serial, *self._boxes)]
        self.serial.clear()
        for box in self._boxes:
            box.setCurrentIndex(0)
        del blockers
        self._on_choice()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.serial.setPlaceholderText(self.tr("Serial, or its beginning   Ctrl+F"))
        self.clear_button.setText(self.tr("Clear"))
        self._until_word.setText(self.tr("to"))
        self._fill_all()

    def _lay_out(self, look: Look) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(*[look.px(8)] * 4)
        grid.setSpacing(look.px(6))
        grid.addWidget(self.serial, 0, 0)
        grid.addWidget(self.clear_button, 0, 1)
        grid.addWidget(self.verdict, 1, 0)
        grid.addWidget(self.class_, 1, 1)
        grid.addWidget(self.span, 2, 0)
        grid.addWidget(self.who, 2, 1)
        self._until_word = label("muted")
        grid.addLayout(row(self.since, self._until_word, self.until), 3, 0, 1, 2)
        grid.addWidget(self.recipe, 4, 0)
        grid.addWidget(self.package, 4, 1)
        grid.addWidget(self.station, 5, 0, 1, 2)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
            grid.setColumnMinimumWidth(column, look.px(120))
        for box in self._boxes:
            box.setMinimumContentsLength(8)
            box.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def _fill_all(self) -> None:
        verdicts = [(verdict.value, verdict_word(verdict)) for verdict in Verdict]
        self._fill(self.verdict, self.tr("any verdict"), [(_REJECTS, self.tr("all rejects")), *verdicts])
        classes = [(name, class_word(name)) for name in self._choices.classes]
        self._fill(self.class_, self.tr("any class"), classes)
        self._fill(self.who, self.tr("any operator"), [(name, name) for name in self._choices.whos])
        self._fill(self.recipe, self.tr("any recipe"), [(name, name) for name in self._choices.recipes])
        packages = [(each, short_hash(each)) for each in self._choices.packages]
        self._fill(self.package, self.tr("any model"), packages)
        self._fill(self.station, self.tr("any station"), [(name, name) for name in self._choices.stations])
        self.station.setVisible(len(self._choices.stations) > 1)
        self._fill(self.span, self.tr("any time"), list(zip(SPANS[1:], self._span_words(), strict=True)), SPANS[0])
        self._show_dates()

    def _span_words(self) -> tuple[str, ...]:
        return (
            self.tr("last hour"),
            self.tr("today"),
            self.tr("yesterday"),
            self.tr("last 7 days"),
            self.tr("last 30 days"),
            self.tr("between two days"),
        )

    @staticmethod
    def _fill(box: ChoiceBox, any_word: str, items: Sequence[tuple[object, str]], any_value: object = None) -> None:
        chosen = box.currentData()
        with QSignalBlocker(box):
            box.clear()
            for value, text in [(any_value, any_word), *items]:
                box.addItem(text, value)
            values = [any_value, *(value for value, _text in items)]
            box.setCurrentIndex(values.index(chosen) if chosen in values else 0)

    @staticmethod
    def _day(edit: QDateEdit) -> dt.date:
        date = edit.date()
        return dt.date(date.year(), date.month(), date.day())

    def _on_choice(self) -> None:
        self._show_dates()
        self._timer.stop()
        self.changed.emit()

    def _show_dates(self) -> None:
        for item in (self.since, self.until, self._until_word):
            item.setVisible(self.span.currentData() == "between")

    def _on_return(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit()
        self.left.emit()


def span_bounds(span: str, now: dt.datetime, since: dt.date, until: dt.date) -> tuple[int | None, int | None]:
    """Return the Unix nanoseconds from which, and before which, a span of time reaches; None for no bound.

    Args:
        span: One of `SPANS`.
        now: This moment.
        since: For `between`: the first day.
        until: For `between`: the last day, included.
    """
    day = dt.timedelta(days=1)
    today = now.date()
    bounds: dict[str, Callable[[], tuple[dt.datetime | None, dt.datetime | None]]] = {
        "hour": lambda: (now - dt.timedelta(hours=1), None),
        "today": lambda: (_midnight(today), None),
        "yesterday": lambda: (_midnight(today - day), _midnight(today)),
        "week": lambda: (_midnight(today - 6 * day), None),
        "month": lambda: (_midnight(today - 29 * day), None),
        "between": lambda: (_midnight(min(since, until)), _midnight(max(since, until) + day)),
    }
    low, high = bounds[span]() if span in bounds else (None, None)
    return _nanoseconds(low), _nanoseconds(high)


def _midnight(day: dt.date) -> dt.datetime:
    """When a day begins here, daylight saving included."""
    return dt.datetime(day.year, day.month, day.day).astimezone()


def _nanoseconds(moment: dt.datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * 1_000_000_000
