"""The history page: where everything stands, and what its keys do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QHeaderView, QSplitter, QTableView, QWidget

from gui.actions import add_actions
from gui.history.filters import FilterBar
from gui.history.keys import HISTORY_ACTIONS
from gui.history.pictures import Pictures
from gui.history.reader import FoundPart, HistoryReader
from gui.history.reasons import Reasons
from gui.history.results import MOST_ROWS, RECORD_ROLE, ResultModel
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.footer import Footer
from gui.operator.keys import KeysSheet
from gui.operator.sheet import Sheet
from gui.operator.toast import Toast
from gui.start.page import TroubleNote
from gui.widgets.basics import Translated, column, elide_middle, label, row
from inspector.log.query import Query
from inspector.replay import Replayed
from inspector.types import HeatMap, Record

MakeJobs = Callable[[], Jobs]


class HistoryPage(Translated):
    """Search at the left, the part itself large, its reasoning beside it.

    Args:
        look: Theme, scale, language.
        memory: Remembers the splitter and the package that was chosen last.
        reader: Reads the log; closed by `close_page`.
        make_jobs: Makes a pool thread: one for searches, one for models, so that no search waits for a model.

    Attributes:
        back_clicked: Back to where the page was opened.
        found: The part on view.
    """

    back_clicked = Signal()

    def __init__(self, look: Look, memory: Memory, reader: HistoryReader, make_jobs: MakeJobs) -> None:
        super().__init__()
        self.setObjectName("page")
        self._look, self._memory, self._reader = look, memory, reader
        self._search_jobs, self._model_jobs = make_jobs(), make_jobs()
        self.found: FoundPart | None = None
        self._wanted = ""
        self._sheet: Sheet | None = None
        self.title, self._folder = label("head"), label("muted")
        self.trouble, self.station_note = TroubleNote(look), TroubleNote(look)
        self.filters = FilterBar(look)
        self.model = ResultModel(look, self._fetch, self)
        self.table = QTableView()
        self.count, self.working = label("muted", wrap=True), label("muted")
        self.pictures, self.reasons = Pictures(look), Reasons(look)
        self.toast = Toast(look, self.pictures)
        self.actions_by_name = add_actions(self, self, HISTORY_ACTIONS)
        self.footer = Footer(look, self.actions_by_name, HISTORY_ACTIONS)
        self._set_up_table()
        self._lay_out()
        self.filters.changed.connect(self._on_query)
        self.filters.left.connect(self._on_left)
        self.model.answered.connect(self._on_answered)
        self.model.failed.connect(self._on_failed)
        self.pictures.heat_wanted.connect(self._on_heat_wanted)
        self.retranslate()

    def open_log(self, record_id: str = "", serial: str = "") -> None:
        """Begin: offer what the log holds, and search.

        Args:
            record_id: A record to look at first; "" for none.
            serial: The beginning of a serial to search for; "" for everything.
        """
        self.filters.begin(serial)
        self._search_jobs.run(self._reader.choices, self.filters.offer, self._on_failed)
        self._on_query()
        if record_id:
            self._search_jobs.run(
                lambda: self._reader.part(self._reader.get(record_id)), self._on_part, self._on_failed
            )
        self.find_part()

    def close_page(self) -> None:
        """Remember the layout, wait for what runs, close the log."""
        self._memory.set_state("history-splitter", self.splitter.saveState())
        self._search_jobs.close()
        self._model_jobs.close()
        self._reader.close()

    def tell_station(self, text: str) -> None:
        """Say what the station, which goes on meanwhile, wants of a person; "" when it is in order again."""
        self.station_note.tell(text)

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("History"))
        self._folder.setText(elide_middle(str(self._reader.folder), 70))
        self._show_count()
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.model.columnCount() - 1)
        self.table.viewport().update()

    # What keys do

    def find_part(self) -> None:
        """Type a serial."""
        self.filters.serial.setFocus()
        self.filters.serial.selectAll()

    def refresh(self) -> None:
        """Search again: the station may have gone on."""
        self._search_jobs.run(self._reader.choices, self.filters.offer, self._on_failed)
        self._on_query()

    def older(self) -> None:
        """Look at the next part of the list."""
        self._step(1)

    def newer(self) -> None:
        """Look at the part before."""
        self._step(-1)

    def heat_map(self) -> None:
        """Show or hide evidence; it is computed where it is not there yet."""
        self.pictures.toggle_heat()

    def compare(self) -> None:
        """Keep the part on view beside the next one; again: let it go."""
        if not self.pictures.toggle_kept():
            self.toast.tell(self.tr("Choose a part first."))
        elif self.pictures.kept is not None:
            self.toast.tell(self.tr("Kept at the left. Choose another part to compare; C ends it."))

    def replay(self) -> None:
        """Judge the part again by the model of its time."""
        self._replay(None)

    def replay_with(self) -> None:
        """Judge the part again by another model: asks for its folder."""
        if self.found is None:
            self._replay(None)
            return
        last = self._memory.text("history-package")
        path = QFileDialog.getExistingDirectory(self, self.tr("Model package"), last)
        if path:
            self._memory.set_text("history-package", path)
            self._replay(Path(path))

    def next_view(self) -> None:
        """Go to the next view of the part."""
        self.pictures.next_view()

    def zoom_in(self) -> None:
        """Zoom in."""
        self.pictures.large.zoom_in()

    def zoom_out(self) -> None:
        """Zoom out."""
        self.pictures.large.zoom_out()

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self.pictures.large.zoom_fit()

    def show_keys(self) -> None:
        """Show all keys; again: close."""
        if self._sheet is not None:
            self._sheet.close_sheet()
            return
        self._sheet = KeysSheet(self._look, self.pictures, HISTORY_ACTIONS)
        self._sheet.closed.connect(self._on_sheet_closed)
        self._sheet.open_sheet()

    def change_language(self) -> None:
        """Go to the next language."""
        self._look.toggle_language()

    def change_theme(self) -> None:
        """Change between light and dark."""
        self._look.toggle_theme()

    def back(self) -> None:
        """Close the sheet, end the comparison, else leave the page."""
        if self._sheet is not None:
            self._sheet.close_sheet()
        elif self.pictures.kept is not None:
            self.pictures.toggle_kept()
        else:
            self.back_clicked.emit()

    # Searching

    def _fetch(self, query: Query, done: Callable[[list[Record]], None], failed: Callable[[Exception], None]) -> None:
        self._search_jobs.run(lambda: self._reader.search(query), done, failed)

    @Slot()
    def _on_query(self) -> None:
        self.model.ask(self.filters.query)

    @Slot()
    def _on_answered(self) -> None:
        self.trouble.tell("")
        self._show_count()
        if self.filters.query.part_id and self.model.complete and self.model.rowCount() == 1:
            self.table.selectRow(0)  # the serial is known: the part comes without another key

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.trouble.tell(str(error))
        self.count.setText("")

    def _show_count(self) -> None:
        rows = self.model.rowCount()
        if rows == 0 and not self.model.waiting:
            self.count.setText(self.tr("Nothing was found. Clear a filter, or type only the beginning of the serial."))
        elif self.model.complete:
            self.count.setText(self.tr("{count} found").format(count=rows))
        elif rows >= MOST_ROWS:
            self.count.setText(self.tr("The first {count}; narrow the search to see others").format(count=rows))
        else:
            self.count.setText(self.tr("The first {count}; more come as you scroll").format(count=rows))

    @Slot()
    def _on_left(self) -> None:
        self.table.setFocus()
        if not self.table.currentIndex().isValid() and self.model.rowCount():
            self.table.selectRow(0)

    def _step(self, by: int) -> None:
        at = self.table.currentIndex().row() + by
        if 0 <= at < self.model.rowCount():
            self.table.selectRow(at)

    # One part

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, index: QModelIndex, _before: QModelIndex) -> None:
        record: Record | None = index.data(RECORD_ROLE)
        if record is not None:
            self._wanted = record.record_id
            self._search_jobs.run(partial(self._read_part, record), self._on_part, self._on_failed)

    def _read_part(self, record: Record) -> FoundPart | None:
        """Thread: nothing where the person is at another part already."""
        return self._reader.part(record) if record.record_id == self._wanted else None

    def _on_part(self, found: FoundPart | None) -> None:
        if found is not None:
            self.found = found
            self.reasons.show_part(found)
            self.pictures.show_part(found)

    @Slot(object, str)
    def _on_heat_wanted(self, record: Record, view: str) -> None:
        self._show_work(self.tr("Computing the heat map …"))
        self._model_jobs.run(
            partial(self._reader.heat_map, record, view),
            partial(self._on_heat_map, record.record_id, view),
            self._on_work_failed,
        )

    def _on_heat_map(self, record_id: str, view: str, heat_map: HeatMap) -> None:
        self._show_work("")
        self.pictures.add_heat_map(record_id, view, heat_map)

    def _replay(self, package: Path | None) -> None:
        if self.found is None:
            self.toast.tell(self.tr("Choose a part first."))
            return
        self._show_work(self.tr("Judging again …"))
        self._model_jobs.run(
            partial(self._reader.replay, self.found.record, package), self._on_replayed, self._on_work_failed
        )

    def _on_replayed(self, replayed: Replayed) -> None:
        self._show_work("")
        self.reasons.add_replayed(replayed)

    def _on_work_failed(self, error: Exception) -> None:
        self._show_work("")
        self.trouble.tell(str(error))

    def _show_work(self, text: str) -> None:
        self.working.setText(text)

    @Slot()
    def _on_sheet_closed(self) -> None:
        self._sheet = None

    # Looks

    def _set_up_table(self) -> None:
        table, px = self.table, self._look.px
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # serials differ at their ends
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(max(44, px(44)))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for place, width in enumerate((130, 132, 86)):
            table.setColumnWidth(place, px(width))
        table.selectionModel().currentChanged.connect(self._on_current)

    def _lay_out(self) -> None:
        px = self._look.px
        left = QWidget()
        inside = column(self.filters, self.count, self.table, spacing=px(6), parent=left)
        inside.setStretch(2, 1)
        inside.setContentsMargins(0, 0, 0, 0)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        for item in (left, self.pictures, self.reasons):
            self.splitter.addWidget(item)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(px(8))
        self.splitter.setStretchFactor(1, 1)
        left.setMinimumWidth(px(320))
        self.reasons.setMinimumWidth(px(270))
        if not self.splitter.restoreState(self._memory.state("history-splitter")):
            self.splitter.setSizes([px(440), px(590), px(336)])
        middle = column(spacing=px(8))
        middle.setContentsMargins(px(10), px(8), px(10), px(8))
        middle.addLayout(row(self.title, self._folder, 1, self.working, spacing=px(12)))
        middle.addWidget(self.station_note)
        middle.addWidget(self.trouble)
        middle.addWidget(self.splitter, 1)
        whole = column(spacing=0, parent=self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(middle, 1)
        whole.addWidget(self.footer)
