"""The page of the images: queue, filter and grid at the left; the image itself, large, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QSplitter, QWidget

from datasets.review.filters import Filter, select
from datasets.review.history import events
from datasets.review.opinions import draw_sample
from datasets.review.session import Change
from datasets.review.views import read_views, save_view
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.review.class_bar import ClassBar
from gui.review.desk import Desk
from gui.review.details import Details
from gui.review.filter_bar import FilterBar
from gui.review.grid import Grid, Positions
from gui.review.large import LargeView
from gui.review.opened import Opened
from gui.review.prompt import Prompt
from gui.review.queues import ALL, BLIND, Queue
from gui.review.reader import ImageReader
from gui.review.thumbnail_file import ThumbnailFile
from gui.review.thumbnails import Thumbnails
from gui.widgets.basics import ChoiceBox, Translated, column, label, row
from inspector.imaging import read_image

BLIND_SAMPLE = 50
"""Images on which a blind opinion is asked for at once."""
BLIND_REPEATS = 0.1
"""Share of them that the reviewer has judged before: how far they agree with themselves."""
SETTLED_MS = 30
"""So long the cursor must rest before the large view follows: keys that follow each other faster need no picture."""


class ImagesPane(Translated):
    """The images of one queue under the keyboard.

    Args:
        look: Theme, scale, language.
        memory: Remembers the splitter.
        opened: The data set.
        make_jobs: Makes a pool thread.

    Attributes:
        changed: Something is on record, or other images are shown.
        told: A sentence for the reviewer.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, look: Look, memory: Memory, opened: Opened, make_jobs: Callable[[], Jobs]) -> None:
        super().__init__()
        self._look, self._memory, self.opened = look, memory, opened
        self._choices: Positions = np.empty(0, np.int64)
        self.thumbnails = Thumbnails(
            ThumbnailFile(opened.dataset.folder / "review" / "thumbnails.sqlite"), read_image, self
        )
        self.grid = Grid(look, opened.catalogue, self.thumbnails, opened.suggestion)
        self.desk = Desk(opened, self.grid)
        self.queue, self.filters = ChoiceBox(), FilterBar(look, opened.catalogue)
        self.queue.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.count, self.empty, self.hint = label("muted"), label("reason", wrap=True), label("muted", wrap=True)
        self.classes, self.prompt = ClassBar(look), Prompt(look, self.grid.setFocus)
        self.large = LargeView(look, ImageReader(opened.package), make_jobs)
        self.details = Details(look, opened, self.thumbnails.get)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLED_MS)
        self._settling.timeout.connect(self._on_settled)
        self._lay_out()
        self.setFocusProxy(self.grid)
        self.queue.activated.connect(self._on_queue)
        self.filters.changed.connect(self._on_filter)
        self.filters.left.connect(self.grid.setFocus)
        self.grid.current_changed.connect(self._on_current)
        self.grid.selection_changed.connect(self._show_count)
        self.desk.said.connect(self._on_said)
        self.desk.told.connect(self.told)
        self.classes.chosen.connect(self.desk.label)
        self.details.position_chosen.connect(self.go_to)
        self.filters.view_chosen.connect(self._on_view)
        self.filters.save_wanted.connect(self._on_save_view)
        self.filters.offer_views(list(read_views(opened.dataset)))
        self.retranslate()
        self.show_queue(opened.queue.name)

    def show_queue(self, name: str) -> None:
        """Look at a queue from its beginning."""
        opened = self.opened
        opened.queue = opened.queues.get(name, opened.queues[ALL])
        opened.session.queue = "" if opened.queue.name == ALL else opened.queue.name
        self.queue.setCurrentIndex(self.queue.findData(opened.queue.name))
        self._on_filter()

    @property
    def blind(self) -> bool:
        """Whether second opinions are being given without seeing the first."""
        return self.grid.blind

    def toggle_blind(self) -> None:
        """Begin to give blind opinions on a sample, or end it."""
        opened, on = self.opened, not self.blind
        self.grid.blind = self.large.blind = on
        self.filters.setVisible(not on)  # a filter by class would tell
        self.queue.setEnabled(not on)
        if on:
            self._show_sample()
        else:
            opened.find_queues()
            self.retranslate()
            self.show_queue(ALL)

    def _show_sample(self) -> None:
        opened = self.opened
        sample = draw_sample(opened.dataset, opened.session.who, BLIND_SAMPLE, 0, repeats=BLIND_REPEATS)
        positions = opened.catalogue.positions_of(sample)
        opened.queue, opened.session.queue = Queue(BLIND, positions, {}), BLIND
        self.retranslate()
        self.grid.show_positions(positions)
        self._show_count()

    def show_filter(self, wanted: Filter) -> None:
        """Look for something among all images."""
        self.opened.queue = self.opened.queues[ALL]
        self.opened.session.queue = ""
        self.queue.setCurrentIndex(self.queue.findData(ALL))
        self.filters.show_filter(wanted)

    def show_positions(self, positions: Positions) -> None:
        """Look at these images, whatever the queue."""
        self.grid.show_positions(positions)
        self._show_count()

    @Slot(object)
    def go_to(self, position: int) -> None:
        """Go to an image; where the grid does not show it, to all images."""
        rows = np.flatnonzero(self.grid.positions == position)
        if len(rows):
            self.grid.go_to(int(rows[0]))
        else:
            self.show_queue(ALL)
            self.grid.show_positions(self.grid.positions, position)

    def refresh_queues(self) -> None:
        """The audit or the images are other ones now."""
        current = self.grid.current
        self.opened.find_queues()
        self.filters.refresh()
        self.retranslate()
        self._on_filter()
        self.grid.show_positions(self.grid.positions, current)

    def close_pane(self) -> None:
        """Remember the layout, end the threads."""
        self._memory.set_state("review-splitter", self.splitter.saveState())
        self._settling.stop()
        self.large.close_view()
        self.thumbnails.close()

    def retranslate(self) -> None:
        """Write every text anew."""
        chosen = self.opened.queue.name
        self.queue.clear()
        listed = [self.opened.queue] if self.blind else self.opened.queues.values()
        for queue in listed:
            self.queue.addItem(f"{queue.words}   {len(queue.positions):,}", queue.name)
        self.queue.setCurrentIndex(self.queue.findData(chosen))
        self.classes.offer(self.opened.catalogue.classes)
        self.hint.setText(self.tr("No audit yet: F5 looks for wrong labels, outliers and near-duplicates."))
        self.hint.setVisible(self.opened.audit is None)
        self._show_count()
        self.grid.viewport().update()

    @Slot()
    def _on_queue(self) -> None:
        self.show_queue(self.queue.currentData())
        self.grid.setFocus()

    @Slot()
    def _on_filter(self) -> None:
        wanted, positions = self.filters.filter, self.opened.queue.positions
        if wanted != Filter():
            positions = positions[np.isin(positions, select(self.opened.catalogue, wanted))]
        self.grid.show_positions(positions)
        self._show_count()
        self.changed.emit()

    @Slot(str)
    def _on_view(self, name: str) -> None:
        self.show_filter(read_views(self.opened.dataset)[name])

    @Slot()
    def _on_save_view(self) -> None:
        self.prompt.ask(self.tr("Name of the view:"), self._save_view)

    def _save_view(self, name: str) -> None:
        if name:
            save_view(self.opened.dataset, name, self.filters.filter)
            self.filters.offer_views(list(read_views(self.opened.dataset)))

    @Slot(object)
    def _on_current(self, _position: int) -> None:
        self._settling.start()
        self._show_count()

    @Slot()
    def _on_settled(self) -> None:
        """The cursor rests: show the image large, with everything that is known of it."""
        position, catalogue = self.grid.current, self.opened.catalogue
        if position < 0:
            self.large.show_item(None)
            self.details.show_position(-1, (), blind=self.grid.blind)
            return
        after = self.grid.row + 1
        following = int(self.grid.positions[after]) if after < len(self.grid.positions) else -1
        self.large.show_item(catalogue.item(position), catalogue.item(following) if following >= 0 else None)
        history = events(self.opened.dataset, int(catalogue.ids[position]))
        self.details.show_position(position, history, blind=self.grid.blind)

    @Slot(object)
    def _on_said(self, change: Change) -> None:
        self.grid.viewport().update()
        if len(self.opened.catalogue.classes) != len(self.classes.classes):
            self.classes.offer(self.opened.catalogue.classes)
            self.filters.refresh()
        if self.grid.current in change.positions:
            self._settling.start()
        self._show_count()
        self.changed.emit()

    @Slot()
    def _show_count(self) -> None:
        shown, selected = len(self.grid.positions), self.grid.selected_count
        done = int(np.count_nonzero(self.opened.catalogue.reviewed[self.grid.positions]))
        template = self.tr("{at} of {shown}   {done} reviewed")
        if self.blind:
            template = self.tr("Blind second opinion: {at} of {shown}. A class key gives yours, B ends it.")
        words = template.format(at=f"{self.grid.row + 1:,}", shown=f"{shown:,}", done=f"{done:,}")
        if selected:
            words += "   " + self.tr("{count} selected").format(count=f"{selected:,}")
        self.count.setText(words if shown else "")
        self.empty.setText(self._empty_words() if not shown else "")
        self.empty.setVisible(not shown)
        self.grid.setVisible(bool(shown))

    def _empty_words(self) -> str:
        if not len(self.opened.catalogue):
            return self.tr("The data set holds no images yet. Import some: inspector dataset import SRC DATASET …")
        return self.tr("No image fits. Ctrl+⌫ clears the filter, G chooses another queue.")

    def _lay_out(self) -> None:
        px = self._look.px
        left, right = QWidget(), QWidget()
        self.queue.setMinimumContentsLength(18)
        head = row(self.queue, 1, self.count, spacing=px(10))
        inside = column(spacing=px(6), parent=left)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(head)
        inside.addWidget(self.filters)
        inside.addWidget(self.hint)
        inside.addWidget(self.grid, 1)
        inside.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignCenter)
        inside.addWidget(self.prompt)
        inside.addWidget(self.classes)
        beside = column(self.large, self.details, spacing=px(8), parent=right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setStretch(0, 3)
        beside.setStretch(1, 2)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(left)
        self.splitter.addWidget(right)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(px(8))
        left.setMinimumWidth(px(420))
        right.setMinimumWidth(px(340))
        if not self.splitter.restoreState(self._memory.state("review-splitter")):
            self.splitter.setSizes([px(760), px(560)])
        column(self.splitter, spacing=0, parent=self).setContentsMargins(0, 0, 0, 0)
