"""The operator's page: where everything stands, and how the station's events reach it. What keys do is in `desk`."""

from __future__ import annotations

import shutil
import time
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from gui.actions import add_actions
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.attendance import Attendance
from gui.operator.band import CAUTIONS, FAULTS, NoticeBand
from gui.operator.banner import EarlierBanner
from gui.operator.challenge import ChallengePanel
from gui.operator.counters import Counters
from gui.operator.desk import Desk
from gui.operator.footer import Footer
from gui.operator.header import Header
from gui.operator.picture import PictureView
from gui.operator.rejects import RejectStrip
from gui.operator.standing import Standing
from gui.operator.toast import Toast
from gui.operator.verdict import VerdictPanel
from gui.parts import PartMemory, SeenPart
from gui.session import History, StationSession
from gui.tally import Tally
from gui.widgets.basics import Translated, button, column
from inspector.events import HeatMapReady, PartDecided, RecordAmended
from inspector.settings import station_name
from inspector.types import Frame, RecordKind

ROOM_FOR_BOTH = 840
"""Height from which the page shows both bands and still the whole verdict."""
COUNT_EVERY_MS = 500
DISK_EVERY_MS = 15_000


class OperatorPage(Translated):
    """One station at work.

    Args:
        look: Theme, scale, language.
        memory: Remembers the splitter and the operator.
        session: The open recipe.
        jobs: Runs what touches the disk.

    Attributes:
        shown: The live part just changed on the screen.
    """

    shown = Signal(object)
    recipe_chosen = Signal(object)
    open_clicked = Signal()
    start_page_clicked = Signal()
    quit_clicked = Signal()
    full_screen_clicked = Signal()
    history_clicked = Signal(str)
    reports_clicked = Signal()

    def __init__(self, look: Look, memory: Memory, session: StationSession, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("page")
        self.look, self.memory, self.session, self.jobs = look, memory, session, jobs
        self.parts, self.tally = PartMemory(), Tally()
        self.live: SeenPart | None = None
        self.live_since = 0.0
        self.header = Header(look, session.recipe.name, station_name())
        self.band, self.cautions = NoticeBand(look, FAULTS), NoticeBand(look, CAUTIONS)
        self.banner, self.challenge = EarlierBanner(look), ChallengePanel(look)
        self.left = QWidget()
        self.picture, self.verdict, self.counters = PictureView(look), VerdictPanel(look), Counters(look)
        self.strip, self.toast = RejectStrip(look), Toast(look, self.picture)
        self._views, self._view_row = QButtonGroup(self), QHBoxLayout()
        self.attendance = Attendance(self)
        self.desk = Desk(self)
        self.standing = Standing(self)
        self.actions_by_name = add_actions(self, self.desk)
        self.footer = Footer(look, self.actions_by_name)
        self._lay_out()
        self._connect()
        self._count_timer = self._timer(COUNT_EVERY_MS, self._on_count)
        self._disk_timer = self._timer(DISK_EVERY_MS, self._on_disk)
        self._uncounted = True
        self._on_disk()
        session.load_history(self._on_history)
        self.retranslate()

    @property
    def looked_at(self) -> SeenPart | None:
        """The part on view: the pinned earlier one, else the live one."""
        return self.desk.pinned or self.live

    def retranslate(self) -> None:
        """Write every text anew."""
        self.picture.set_captions(tag=self.tr("judged part"), live=self.tr("live"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's own hook."""
        super().resizeEvent(event)
        self._on_band(not self.band.isHidden())

    @Slot(bool)
    def _on_band(self, shown: bool) -> None:
        """A fault outranks cautions: where the screen has no room for both bands, they wait in the header."""
        self.cautions.step_back(back=shown and self.height() < self.look.px(ROOM_FOR_BOTH))

    def close_page(self) -> None:
        """Remember the layout and stop the timers."""
        self.memory.set_state("splitter", self.splitter.saveState())
        self._count_timer.stop()
        self._disk_timer.stop()
        self.attendance.stop()

    def show_part(self, part: SeenPart | None, view: str | None = None) -> None:
        """Put a part on view: its deciding view, or the one named."""
        chosen = None if part is None else view or part.first_view
        if part is None or chosen is None:
            self.picture.show_part(None)
        else:
            self.picture.show_part(part.frames.get(chosen), part.heat_maps.get(chosen))
            self._offer_views(part, chosen)
        self.banner.show_part(self.desk.pinned)
        self.verdict.show_target(part)
        self.strip.select(None if self.desk.pinned is None else self.desk.pinned.record.record_id)

    def refresh(self, part: SeenPart) -> None:
        """Show what is new about a part wherever it is on view."""
        record_id = part.record.record_id
        self.strip.model.update(part)
        if self.live is not None and self.live.record.record_id == record_id:
            self.live = part
            self.verdict.show_live(part)
        self.desk.refresh(part)

    def _lay_out(self) -> None:
        px = self.look.px
        inside = column(self.challenge, self.banner, spacing=px(6), parent=self.left)
        inside.addLayout(self._view_row)
        inside.addWidget(self.picture, 1)
        inside.setContentsMargins(0, 0, 0, 0)
        right = QWidget()
        beside = column(self.verdict, self.counters, spacing=px(8), parent=right)
        beside.setStretch(1, 1)
        beside.setContentsMargins(0, 0, 0, 0)
        right.setMinimumWidth(px(512))
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.left)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(px(8))
        if not self.splitter.restoreState(self.memory.state("splitter")):
            self.splitter.setSizes([10_000, px(512)])
        middle = column(self.splitter, self.strip, spacing=px(8))
        middle.setStretch(0, 1)
        middle.setContentsMargins(px(10), px(8), px(10), px(8))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addWidget(self.band)
        whole.addWidget(self.cautions)
        whole.addLayout(middle, 1)
        whole.addWidget(self.footer)

    def _connect(self) -> None:
        bridge, desk, header = self.session.bridge, self.desk, self.header
        bridge.part_decided.connect(self._on_part_decided)
        bridge.heat_map_ready.connect(self._on_heat_map_ready)
        bridge.amended.connect(self._on_amended)
        bridge.preview.connect(self._on_preview)
        self.band.acknowledged.connect(self.session.acknowledge)
        self.band.appears.connect(self._on_band)
        self.banner.back_clicked.connect(desk.unpin)
        self.strip.chosen.connect(desk.pin)
        self.verdict.confirm_clicked.connect(desk.confirm)
        self.verdict.override_clicked.connect(desk.override)
        self.verdict.why_clicked.connect(desk.why)
        header.operator_clicked.connect(desk.change_operator)
        header.guarantee.clicked.connect(desk.guarantee)
        header.cautions_clicked.connect(self.cautions.recall)
        header.language_clicked.connect(desk.change_language)
        header.theme_clicked.connect(desk.change_theme)
        header.recipe_chosen.connect(self.recipe_chosen)
        header.open_clicked.connect(self.open_clicked)
        header.start_page_clicked.connect(self.start_page_clicked)
        header.show_recents(self.memory.recent_recipes())
        self.attendance.show()
        for action in self.actions_by_name.values():
            action.triggered.connect(self.attendance.touch)

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        timer.start()
        return timer

    def _offer_views(self, part: SeenPart, chosen: str) -> None:
        """One button per view, where there is more than one."""
        views = list(part.frames) if len(part.frames) > 1 else []
        shown = [each.text() for each in self._views.buttons()]
        if shown != views:
            for old in self._views.buttons():
                self._views.removeButton(old)
                old.deleteLater()
            for view in views:
                made = button(partial(self._on_view, view), role="choice", focus=False, text=view)
                made.setCheckable(True)
                self._views.addButton(made)
                self._view_row.addWidget(made)
        for each in self._views.buttons():
            each.setChecked(each.text() == chosen)

    def _on_view(self, view: str) -> None:
        self.show_part(self.looked_at, view)

    @property
    def chosen_view(self) -> str:
        """The view on the screen; "" where the part has only one."""
        checked = self._views.checkedButton()
        return checked.text() if checked is not None else ""

    @Slot(object)
    def _on_part_decided(self, event: PartDecided) -> None:
        if event.record.kind is RecordKind.SHADOW:
            return  # a challenger's opinion is no part
        part = self.parts.add_decided(event)
        self.live, self.live_since = part, time.monotonic()
        self.verdict.show_live(part)
        if not part.is_challenge:
            self._count(part)
        if self.desk.pinned is None:
            self.show_part(part)
        self.shown.emit(part)

    def _count(self, part: SeenPart) -> None:
        """A part of the production: into the counts, and a reject into the strip."""
        self.tally.add(part.verdict, part.record.decided_time_ns)
        self._uncounted = True
        if part.rejected:
            self.strip.model.add(part)

    @Slot(object)
    def _on_heat_map_ready(self, event: HeatMapReady) -> None:
        part = self.parts.add_heat_map(event)
        if part is None:
            return
        self.refresh(part)
        looked = self.looked_at
        on_view = looked is not None and looked.record.record_id == event.record_id
        if on_view and (self.chosen_view or part.first_view) == event.view:
            self.picture.show_heat_map(event.heat_map)

    @Slot(object)
    def _on_amended(self, event: RecordAmended) -> None:
        if event.record.kind is RecordKind.SHADOW:
            return
        part = self.parts.add_amendment(event.record)
        if part is not None:
            self.refresh(part)
        self.desk.tell_recorded(event.record)

    @Slot(object)
    def _on_preview(self, frame: Frame) -> None:
        self.picture.show_live(frame.pixels)

    @Slot()
    def _on_count(self) -> None:
        if self._uncounted:
            self._uncounted = False
            self.counters.show_tally(self.tally)

    @Slot()
    def _on_disk(self) -> None:
        self.jobs.run(lambda: shutil.disk_usage(self.session.log.folder), self._on_disk_known)

    def _on_disk_known(self, usage: Any) -> None:
        self.header.show_disk(usage.used / usage.total)

    def _on_history(self, history: History) -> None:
        for part in history.rejects:
            self.strip.model.add_earlier(self.parts.add_earlier(part))
        self.tally = history.tally
        self._uncounted = True
