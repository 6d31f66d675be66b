"""The reports page: the period at the left with its figures, four charts beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDate, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QDateEdit, QFileDialog, QFormLayout, QGridLayout, QSizePolicy, QWidget

from gui.actions import ActionSpec, add_actions
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.footer import Footer
from gui.operator.toast import Toast
from gui.reports.charts import BarsChart, ReportChart, ShareChart, YieldChart
from gui.reports.periods import PERIODS, bounds
from gui.start.page import TroubleNote
from gui.texts import QT_TRANSLATE_NOOP
from gui.widgets.basics import ChoiceBox, Translated, button, column, elide_middle, label, row
from inspector.errors import InspectorError
from inspector.log import read_log
from inspector.people import Action, require
from inspector.reports.figures import Report, Tally
from inspector.reports.files import write_report
from inspector.reports.make import report_of
from inspector.reports.shifts import local_zone, parse_shifts
from inspector.reports.tables import period as period_text
from inspector.settings import read_settings
from inspector.types import Person

REPORT_ACTIONS = (
    ActionSpec("refresh", QT_TRANSLATE_NOOP("Actions", "Count again"), ("F5",), "F5", footer=True),
    ActionSpec("export", QT_TRANSLATE_NOOP("Actions", "Save the report"), ("Ctrl+S",), "Ctrl+S", footer=True),
    ActionSpec("earlier", QT_TRANSLATE_NOOP("Actions", "Earlier period"), ("Alt+Left",), "Alt+←", footer=True),
    ActionSpec("back", QT_TRANSLATE_NOOP("Actions", "Back"), ("Esc",), "Esc", footer=True),
    ActionSpec("change_language", QT_TRANSLATE_NOOP("Actions", "Language"), ("F8",), "F8"),
    ActionSpec("change_theme", QT_TRANSLATE_NOOP("Actions", "Light / dark"), ("F9",), "F9"),
)
_EARLIER = {"today": "yesterday", "shift": "last_shift"}


class ReportsPage(Translated):
    """Counts in a pool thread; draws what comes back.

    Args:
        look: Theme, scale, language.
        memory: Remembers the last folder that a report was saved to.
        folder: The log.
        jobs: One pool thread.
        who: Asks who is at the window.

    Attributes:
        back_clicked: Back to where the page was opened.
        parts_wanted: A bar or a point was clicked: class ("" for any), begin and end in Unix seconds.
        report: What is on view; None before the first.
    """

    back_clicked = Signal()
    parts_wanted = Signal(str, object, object)

    def __init__(self, look: Look, memory: Memory, folder: Path, jobs: Jobs, who: Callable[[], Person]) -> None:
        super().__init__()
        self.setObjectName("page")
        self._look, self._memory, self._folder, self._jobs, self._who = look, memory, folder, jobs, who
        self._zone = local_zone()
        self.report: Report | None = None
        self._asked = 0
        self.title, self._place, self.period_line = label("head"), label("muted"), label("muted", wrap=True)
        self.trouble, self.empty = TroubleNote(look), label("title", wrap=True)
        self.period, self.product, self.station = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.since, self.until = QDateEdit(QDate.currentDate()), QDateEdit(QDate.currentDate())
        self.values = {name: label("figure" if name == "yield" else "") for name in _VALUES}
        self._names = {name: label("muted") for name in _VALUES}
        self.share, self.yields = ShareChart(look), YieldChart(look)
        self.pareto, self.hours = BarsChart(look), BarsChart(look)
        self._heads = {name: label("") for name in ("share", "yields", "pareto", "hours")}
        self.export_button = button(self.export, role="primary")
        self.actions_by_name = add_actions(self, self, REPORT_ACTIONS)
        self.footer = Footer(look, self.actions_by_name, REPORT_ACTIONS)
        self._lay_out()
        self.toast = Toast(look, self)
        for box in (self.period, self.product, self.station):
            box.currentIndexChanged.connect(self._on_choice)
        for date in (self.since, self.until):
            date.setCalendarPopup(True)
            date.setDisplayFormat("yyyy-MM-dd")
            date.dateChanged.connect(self._on_choice)
        for chart in (self.share, self.yields):
            chart.chosen.connect(self._on_group)
        self.pareto.chosen.connect(self._on_class)
        look.changed.connect(self.retranslate)
        self.retranslate()

    def close_page(self) -> None:
        """Wait for what is being counted."""
        self._jobs.close()

    # What keys do

    def refresh(self) -> None:
        """Count again."""
        self._asked += 1
        number, product, station = self._asked, self.product.currentData() or "", self.station.currentData() or ""
        now = dt.datetime.now(self._zone)
        since, until = _day(self.since), _day(self.until)
        period = str(self.period.currentData() or PERIODS[0])

        def count() -> tuple[int, Report]:
            require(self._who(), Action.MAKE_REPORTS)
            shifts = parse_shifts(read_settings().report.shifts)
            begin, end = bounds(period, now, shifts, since, until)
            with read_log(self._folder) as log:
                return number, report_of(
                    log, begin, end, shifts=shifts, zone=self._zone, product=product, station=station
                )

        self._jobs.run(count, self._on_report, self._on_failed)

    def export(self) -> None:
        """Save what is on view."""
        report = self.report
        if report is None:
            return
        kinds = "PDF (*.pdf);;Excel (*.xlsx);;CSV (*.csv);;Parquet (*.parquet);;HTML (*.html)"
        start = str(Path(self._memory.text("report-folder", str(Path.home()))) / self._file_name(report))
        name, _kind = QFileDialog.getSaveFileName(self, self.tr("Save the report"), start, kinds)
        if not name:
            return
        path, language = Path(name), self._look.language
        self._memory.set_text("report-folder", str(path.parent))
        self._jobs.run(
            lambda: write_report(report, path, language),
            lambda _nothing: self.toast.tell(self.tr("Saved: {path}").format(path=elide_middle(str(path), 60))),
            self._on_failed,
        )

    def earlier(self) -> None:
        """Look at the period before, where the choice has one."""
        wanted = _EARLIER.get(str(self.period.currentData()))
        if wanted:
            self.period.setCurrentIndex(PERIODS.index(wanted))

    def back(self) -> None:
        """Leave the page."""
        self.back_clicked.emit()

    def change_language(self) -> None:
        """Next language."""
        self._look.toggle_language()

    def change_theme(self) -> None:
        """Light or dark."""
        self._look.toggle_theme()

    @Slot()
    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Reports"))
        self._place.setText(elide_middle(str(self._folder), 60))
        self.export_button.setText(self.tr("Save…"))
        words = (
            self.tr("today"),
            self.tr("yesterday"),
            self.tr("this shift"),
            self.tr("last shift"),
            self.tr("last 7 days"),
            self.tr("last 30 days"),
            self.tr("between two days"),
        )
        _fill(self.period, list(zip(PERIODS, words, strict=True)))
        heads = (
            ("share", self.tr("Share of rejects in per cent, with control limits")),
            ("yields", self.tr("First-pass yield in per cent")),
            ("pareto", self.tr("Rejects by class; inner bar: overridden to PASS")),
            ("hours", self.tr("Rejects by hour of the day")),
        )
        for name, text in heads:
            self._heads[name].setText(text)
        for name, text in zip(_VALUES, self._value_names(), strict=True):
            self._names[name].setText(text)
        for box, text in ((self.product, self.tr("all products")), (self.station, self.tr("all stations"))):
            if box.count():
                box.setItemText(0, text)
        self._show()

    def _value_names(self) -> tuple[str, ...]:
        return (
            self.tr("first-pass yield"),
            self.tr("parts"),
            self.tr("rejects"),
            self.tr("share of rejects, 95 % interval"),
            self.tr("yield after people's words"),
            self.tr("override rate"),
            self.tr("false rejects confirmed"),
            self.tr("passed parts found bad"),
            self.tr("errors"),
            self.tr("known bad parts, passed"),
        )

    def _lay_out(self) -> None:
        form = QFormLayout()
        for name in _VALUES:
            form.addRow(self._names[name], self.values[name])
        dates = row(self.since, self.until)
        left = column(self.period, spacing=self._look.px(6))
        left.addLayout(dates)
        for item in (self.product, self.station, self.period_line):
            left.addWidget(item)
        left.addLayout(form)
        left.addWidget(self.export_button)
        left.addStretch(1)
        side = QWidget()
        side.setObjectName("panel")
        side.setLayout(left)
        side.setFixedWidth(self._look.px(330))
        grid = QGridLayout()
        charts: dict[str, ReportChart] = {
            "share": self.share,
            "yields": self.yields,
            "pareto": self.pareto,
            "hours": self.hours,
        }
        for place, (name, chart) in enumerate(charts.items()):
            box = column(self._heads[name], spacing=2)
            box.addWidget(chart.widget, 1)
            grid.addLayout(box, place // 2, place % 2)
        for side_by_side in (0, 1):
            grid.setColumnStretch(side_by_side, 1)
            grid.setRowStretch(side_by_side, 1)
        grid.setSpacing(self._look.px(10))
        self.charts = QWidget()
        self.charts.setLayout(grid)
        self.charts.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = row(side)
        body.addWidget(self.charts, 1)
        body.addWidget(self.empty, 1)
        head = row(self.title, 1, self._place)
        head.setContentsMargins(*[self._look.px(8)] * 4)
        whole = column(parent=self, spacing=0)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(head)
        whole.addWidget(self.trouble)
        whole.addLayout(body, 1)
        whole.addWidget(self.footer)

    @Slot()
    def _on_choice(self) -> None:
        self._show_dates()
        self.refresh()

    def _show_dates(self) -> None:
        for item in (self.since, self.until):
            item.setVisible(self.period.currentData() == "between")

    def _on_report(self, answer: tuple[int, Report]) -> None:
        number, report = answer
        if number != self._asked:
            return  # another one was asked for meanwhile
        self.trouble.tell("")
        self.report = report
        if not self.product.currentData():
            _fill(self.product, [("", self.tr("all products")), *((name, name) for name in report.by_product)])
        if not self.station.currentData():
            _fill(self.station, [("", self.tr("all stations")), *((name, name) for name in report.by_station)])
        self.station.setVisible(self.station.count() > 2)
        self._show()

    def _on_failed(self, error: Exception) -> None:
        self.trouble.tell(str(error) if isinstance(error, InspectorError) else f"{type(error).__name__}: {error}")

    def _show(self) -> None:
        report = self.report
        has_parts = report is not None and report.total.parts > 0
        self.charts.setVisible(has_parts)
        self.empty.setVisible(not has_parts)
        self.export_button.setEnabled(report is not None)
        self._show_dates()
        if report is None:
            self.empty.setText(self.tr("Counting…"))
            return
        self.empty.setText(self.tr("No part was inspected in this period. Choose another one at the left."))
        self.period_line.setText(period_text(report))
        for name, text in zip(_VALUES, _texts(report.total), strict=True):
            self.values[name].setText(text)
        self.share.show_report(report)
        self.yields.show_report(report)
        self.pareto.show_pareto(report)
        self.hours.show_hours(report)

    @Slot(int)
    def _on_group(self, place: int) -> None:
        if self.report is not None:
            points = self.report.chart.points
            end = points[place + 1].start_s if place + 1 < len(points) else self.report.until_s
            self.parts_wanted.emit("", points[place].start_s, end)

    @Slot(int)
    def _on_class(self, place: int) -> None:
        if self.report is not None:
            wanted = self.report.pareto[place].label
            self.parts_wanted.emit(wanted, self.report.since_s, self.report.until_s)

    def _file_name(self, report: Report) -> str:
        day = dt.datetime.fromtimestamp(report.since_s, self._zone)
        return f"inspection-{day:%Y-%m-%d-%H%M}.pdf"


_VALUES = (
    *("yield", "parts", "rejects", "interval", "final", "overrides"),
    *("false_rejects", "escapes", "errors", "known_bad"),
)


def _day(edit: QDateEdit) -> dt.date:
    date = edit.date()
    return dt.date(date.year(), date.month(), date.day())


def _texts(total: Tally) -> tuple[str, ...]:
    interval = total.reject_interval()
    return (
        _share(total.first_pass_yield),
        f"{total.parts:,}",
        f"{total.rejects:,}",
        "–" if interval is None else f"{interval[0]:.2%} – {interval[1]:.2%}",
        _share(total.final_yield),
        _share(total.override_rate),
        f"{total.false_rejects:,}",
        f"{total.found_escapes:,}",
        f"{total.errors:,}",
        f"{total.known_bad:,}, {total.known_bad_passed:,}",
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _fill(box: ChoiceBox, items: list[tuple[str, str]]) -> None:
    """Offer items; what is chosen stays."""
    chosen = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for value, text in items:
            box.addItem(text, value)
        values = [value for value, _text in items]
        box.setCurrentIndex(values.index(chosen) if chosen in values else 0)
