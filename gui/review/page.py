"""The review page: what its keys do, and where everything stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QKeySequence

from datasets.review.filters import Filter
from gui.actions import add_actions
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.footer import Footer
from gui.operator.keys import KeysSheet
from gui.operator.sheet import Sheet
from gui.operator.toast import Toast
from gui.review.audit_run import AuditRun
from gui.review.grid import Positions
from gui.review.images import ImagesPane
from gui.review.keys import CLASS_KEYS, REVIEW_ACTIONS
from gui.review.mask_editor import MaskEditor
from gui.review.opened import Opened
from gui.review.pages import OtherPages
from gui.review.tabs import Tabs
from gui.start.page import TroubleNote
from gui.texts import QT_TRANSLATE_NOOP
from gui.widgets.basics import Translated, column, elide_middle, label, row
from inspector.types import Image

MakeJobs = Callable[[], Jobs]
IMAGES = QT_TRANSLATE_NOOP("Tabs", "Images")
EVERYWHERE = ("next_tab", "change_language", "change_theme", "back", "show_keys", "audit")
"""Actions of every page; the others speak of images."""


class ReviewPage(Translated):
    """Everything of the review window.

    Args:
        look: Theme, scale, language.
        memory: Remembers the layout.
        opened: The data set; closed by `close_page`.
        make_jobs: Makes a pool thread.

    Attributes:
        closed_wanted: The reviewer is done.
    """

    closed_wanted = Signal()

    def __init__(self, look: Look, memory: Memory, opened: Opened, make_jobs: MakeJobs) -> None:
        super().__init__()
        self.setObjectName("page")
        self._look, self.opened = look, opened
        self._sheet: Sheet | None = None
        self.title, self._folder, self.summary = label("head"), label("muted"), label("muted")
        self.trouble = TroubleNote(look)
        self.audit_run = AuditRun(look, opened.dataset.folder, opened.package)
        self.images = ImagesPane(look, memory, opened, make_jobs)
        self.desk = self.images.desk
        self.toast = Toast(look, self.images.large)
        self.actions_by_name = add_actions(self, self, REVIEW_ACTIONS)
        self._class_actions = [self._class_action(place, key) for place, key in enumerate(CLASS_KEYS)]
        self.footer = Footer(look, self.actions_by_name, REVIEW_ACTIONS)
        self.others = OtherPages(look, memory, opened, self.images.thumbnails, make_jobs)
        self.tabs = Tabs(look, {IMAGES: lambda: self.images, **self.others.makers})
        self.editor = MaskEditor(look)
        self._edited = -1
        self.tabs.stack.addWidget(self.editor)
        self._lay_out()
        self.images.changed.connect(self._show_summary)
        self.images.told.connect(self.toast.tell)
        self.images.grid.opened.connect(self.compare)
        self.editor.saved.connect(self._on_mask_saved)
        self.editor.left.connect(partial(self.tabs.show_tab, IMAGES))
        self.tabs.shown.connect(self._on_tab)
        self.others.filter_wanted.connect(self._on_filter_wanted)
        self.others.images_wanted.connect(self._on_images_wanted)
        self.others.position_wanted.connect(self._on_position_wanted)
        self.others.opinion_wanted.connect(self._on_opinion_wanted)
        self.others.told.connect(self.trouble.tell)
        self.audit_run.finished.connect(self._on_audited)
        self.audit_run.failed.connect(self.trouble.tell)
        self.tabs.show_tab(IMAGES)
        self.retranslate()

    def close_page(self) -> None:
        """Remember the layout, end what runs, close the data set."""
        self.audit_run.cancel()
        self.others.close_pages()
        self.images.close_pane()
        self.opened.close()

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Review"))
        self._folder.setText(elide_middle(str(self.opened.dataset.folder), 60))
        self._show_summary()

    # What keys say of images

    def confirm(self) -> None:
        """Vouch for the label."""
        self.desk.confirm()

    def accept(self) -> None:
        """Take the suggestion."""
        self.desk.accept()

    def skip(self) -> None:
        """Leave it for later."""
        self.desk.skip()

    def flag(self) -> None:
        """Set aside, or not."""
        self.desk.flag()

    def undo(self) -> None:
        """Take the last deed back."""
        self.desk.undo()

    def redo(self) -> None:
        """Bring it back."""
        self.desk.redo()

    def comment(self) -> None:
        """Note something on the image."""
        position = self.images.grid.current
        if position >= 0:
            said = self.opened.catalogue.comments.get(position, "")
            self.images.prompt.ask(self.tr("Note:"), partial(self.desk.comment, position), text=said)

    def name_class(self) -> None:
        """Give a class by its name."""
        if self.images.grid.current >= 0:
            offers = self.opened.catalogue.classes
            self.images.prompt.ask(self.tr("Class:"), self._on_class_named, offers=offers)

    def _on_class_named(self, name: str) -> None:
        if name:
            self.desk.label(name)

    # What keys do with the view

    def select(self) -> None:
        """Select the image and go on, or let it go."""
        self.images.grid.toggle_selected()

    def select_all(self) -> None:
        """Select everything shown."""
        self.images.grid.select_all()

    def show_mask(self) -> None:
        """Show or hide the mask."""
        self.images.large.toggle_mask()

    def edit_mask(self) -> None:
        """Draw the mask of the image on view."""
        shown = self.images.large.shown
        if shown is None or shown.pixels is None or self.images.blind:
            self.toast.tell(self.tr("Choose an image first."))
            return
        self._edited = self.opened.catalogue.position_of(shown.item.item_id)
        self.tabs.stack.setCurrentWidget(self.editor)
        self._use_keys(on=False)
        self.editor.edit(shown.pixels, shown.mask)

    def heat_map(self) -> None:
        """Show or hide the heat map."""
        if not self.images.large.toggle_heat():
            self.toast.tell(self.tr("A heat map needs a model: inspector review DATASET --package PACKAGE"))

    def compare(self) -> None:
        """Keep the image beside the next ones; again: let it go."""
        if self.images.large.toggle_kept():
            self.toast.tell(self.tr("Kept at the left. Go to another image to compare; C ends it."))

    def next_view(self) -> None:
        """Go to the next view of the part."""
        grid, catalogue = self.images.grid, self.opened.catalogue
        if grid.current < 0:
            return
        others = catalogue.siblings(grid.current)
        if len(others):
            after = others[others > grid.current]
            self.images.go_to(int(after[0] if len(after) else others[0]))
        else:
            self.toast.tell(self.tr("The part has no other view."))

    def choose_queue(self) -> None:
        """Open the list of queues."""
        self.images.queue.setFocus()
        self.images.queue.showPopup()

    def search(self) -> None:
        """Type words."""
        self.images.filters.begin_search()

    def more_filters(self) -> None:
        """Show or hide the filters."""
        self.images.filters.toggle_more()

    def clear_filter(self) -> None:
        """Ask for everything."""
        self.images.filters.clear()

    def blind(self) -> None:
        """Give second opinions without seeing the first; again: end it."""
        self.images.toggle_blind()

    def audit(self) -> None:
        """Look for wrong labels in a process of its own."""
        self.trouble.tell("")
        self.audit_run.start()

    def zoom_in(self) -> None:
        """Zoom in."""
        self.images.large.zoom_in()

    def zoom_out(self) -> None:
        """Zoom out."""
        self.images.large.zoom_out()

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self.images.large.zoom_fit()

    def larger(self) -> None:
        """Larger thumbnails."""
        self.images.grid.zoom(1)

    def smaller(self) -> None:
        """Smaller thumbnails."""
        self.images.grid.zoom(-1)

    def next_tab(self) -> None:
        """Go to the next page."""
        self.tabs.show_next()

    def show_keys(self) -> None:
        """Show all keys; again: close."""
        if self._sheet is not None:
            self._sheet.close_sheet()
            return
        self._sheet = KeysSheet(self._look, self.images, REVIEW_ACTIONS)
        self._sheet.closed.connect(self._on_sheet_closed)
        self._sheet.open_sheet()

    def change_language(self) -> None:
        """Go to the next language."""
        self._look.toggle_language()

    def change_theme(self) -> None:
        """Change between light and dark."""
        self._look.toggle_theme()

    def back(self) -> None:
        """Close the sheet, end the comparison, let the selection go."""
        if self._sheet is not None:
            self._sheet.close_sheet()
        elif self.images.prompt.isVisible():
            self.images.prompt.cancel()
        elif self.images.large.kept is not None:
            self.images.large.toggle_kept()
        else:
            self.images.grid.clear_selection()

    def _class_action(self, place: int, key: str) -> QAction:
        action = QAction(self)
        action.setShortcut(QKeySequence(key))
        action.setAutoRepeat(False)
        action.triggered.connect(partial(self._on_class_key, place))
        self.addAction(action)
        return action

    def _on_class_key(self, place: int) -> None:
        classes = self.images.classes.classes
        if place < len(classes):
            self.desk.label(classes[place])

    @Slot(object)
    def _on_mask_saved(self, mask: Image) -> None:
        self.desk.set_mask(self._edited, mask)

    @Slot(object)
    def _on_filter_wanted(self, wanted: Filter) -> None:
        self.images.show_filter(wanted)
        self.tabs.show_tab(IMAGES)

    @Slot(object)
    def _on_images_wanted(self, positions: Positions) -> None:
        self.images.show_positions(positions)
        self.tabs.show_tab(IMAGES)

    @Slot(object)
    def _on_position_wanted(self, position: int) -> None:
        self.images.go_to(position)
        self.tabs.show_tab(IMAGES)

    @Slot()
    def _on_opinion_wanted(self) -> None:
        self.tabs.show_tab(IMAGES)
        if not self.images.blind:
            self.images.toggle_blind()

    @Slot(str)
    def _on_tab(self, name: str) -> None:
        self._use_keys(on=name == IMAGES)
        if name == IMAGES:
            self.images.grid.setFocus()

    def _use_keys(self, *, on: bool) -> None:
        """Keys that say something of images work only where images are seen."""
        for name, action in self.actions_by_name.items():
            action.setEnabled(on or name in EVERYWHERE)
        for action in self._class_actions:
            action.setEnabled(on)
        self.footer.setVisible(on)

    @Slot()
    def _on_sheet_closed(self) -> None:
        self._sheet = None
        self.images.grid.setFocus()

    @Slot()
    def _on_audited(self) -> None:
        self.opened.read_audit()
        self.images.refresh_queues()
        self.toast.tell(self.tr("The queues are new: G chooses one."))

    @Slot()
    def _show_summary(self) -> None:
        catalogue = self.opened.catalogue
        self.summary.setText(
            self.tr("{images} images · {classes} classes · {who} · all saved").format(
                images=f"{len(catalogue):,}", classes=len(catalogue.classes), who=self.opened.session.who
            )
        )

    def _lay_out(self) -> None:
        px = self._look.px
        middle = column(spacing=px(8))
        middle.setContentsMargins(px(10), px(8), px(10), px(8))
        head = row(self.title, self._folder, self.tabs, 1, self.audit_run, self.summary, spacing=px(12))
        middle.addLayout(head)
        middle.addWidget(self.trouble)
        middle.addWidget(self.tabs.stack, 1)
        whole = column(spacing=0, parent=self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(middle, 1)
        whole.addWidget(self.footer)
