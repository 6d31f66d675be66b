"""The image under the cursor, large; beside it the one that was kept for comparison. Both zoom together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from datasets.items import Item
from gui.jobs import Jobs
from gui.look import Look
from gui.operator.picture import ZOOM_STEP
from gui.review.canvas import Canvas
from gui.review.compare import CompareView, Shown
from gui.review.reader import ImageReader, Picture
from gui.texts import class_word
from gui.widgets.basics import Translated, column, label
from inspector.types import HeatMap


class LargeView(Translated):
    """One image, or two side by side.

    Args:
        look: Colours and scale.
        reader: Reads the pictures.
        make_jobs: Makes a pool thread: one for pictures, one for the model, so that no picture waits for a heat map.

    Attributes:
        shown: What is on view; None for nothing.
        kept: What it is compared with; None for no comparison.
        arrived: Another image is on view.
    """

    arrived = Signal()

    def __init__(self, look: Look, reader: ImageReader, make_jobs: Callable[[], Jobs]) -> None:
        super().__init__()
        self._reader, self._pictures, self._models = reader, make_jobs(), make_jobs()
        self._wanted = -1
        self.shown: Picture | None = None
        self.kept: Picture | None = None
        self._heat: HeatMap | None = None
        self._heat_of = -1
        self.mask_on, self.heat_on, self.blind = True, False, False
        self.canvas, self.pair = Canvas(look), CompareView(look)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.pair)
        self.words = label("muted", wrap=True)
        whole = column(self._stack, self.words, spacing=look.px(4), parent=self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setStretch(0, 1)
        self.retranslate()

    @property
    def comparing(self) -> bool:
        """Whether two images are on view."""
        return self._stack.currentWidget() is self.pair

    def show_item(self, item: Item | None, following: Item | None = None) -> None:
        """Show an image; the one that will probably follow is read as well."""
        self._wanted = -1 if item is None else item.item_id
        if item is None:
            self.shown = None
            self._show()
            return
        self._pictures.run(partial(self._read, item), self._on_read)
        if following is not None:
            self._pictures.run(partial(self._read_ahead, item, following), _nothing)

    def toggle_mask(self) -> None:
        """Show or hide the mask's outline."""
        self.mask_on = not self.mask_on
        self._show()

    def toggle_heat(self) -> bool:
        """Show or hide evidence. Returns False where no package was given."""
        if not self._reader.explains:
            return False
        self.heat_on = not self.heat_on
        self._show()
        return True

    def toggle_kept(self) -> bool:
        """Keep the image on view beside the next ones, or let it go. Returns whether one is kept now."""
        self.kept = self.shown if self.kept is None else None
        self._show()
        return self.kept is not None

    def zoom_in(self) -> None:
        """Zoom in."""
        self.canvas.zoom_by(ZOOM_STEP)
        self.pair.zoom_in()

    def zoom_out(self) -> None:
        """Zoom out."""
        self.canvas.zoom_by(1 / ZOOM_STEP)
        self.pair.zoom_out()

    def zoom_fit(self) -> None:
        """Show the whole picture."""
        self.canvas.zoom_fit()
        self.pair.zoom_fit()

    def close_view(self) -> None:
        """Wait for what runs."""
        self._pictures.close()
        self._models.close()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._show()

    def _read(self, item: Item) -> Picture | None:
        """Thread: nothing where the reviewer is at another image already."""
        return self._reader.read(item) if item.item_id == self._wanted else None

    def _read_ahead(self, item: Item, following: Item) -> None:
        """Thread: read the image after this one, where the reviewer is still at this one."""
        if item.item_id == self._wanted:
            self._reader.read(following)

    def _on_read(self, shown: Picture | None) -> None:
        if shown is not None and shown.item.item_id == self._wanted:
            self.shown = shown
            self._show()
            self.arrived.emit()

    def _show(self) -> None:
        shown, mask_on = self.shown, self.mask_on and not self.blind
        heat = self._heat_for(shown) if self.heat_on and shown is not None else None
        self._stack.setCurrentWidget(self.canvas if self.kept is None else self.pair)
        if self.kept is None:
            self.canvas.show_mask(on=mask_on)
            if shown is None:
                self.canvas.show_picture(None)
            else:
                self.canvas.show_picture(shown.pixels, shown.mask, heat)
        else:
            self.pair.show_mask(on=mask_on)
            self.pair.show_pair(self._of_pair(self.kept, None), self._of_pair(shown or self.kept, heat))
        self.words.setText(self._words())

    def _of_pair(self, picture: Picture, heat: HeatMap | None) -> Shown:
        name = "" if self.blind else class_word(picture.item.label)
        title = f"{name}  {picture.item.part}  {picture.item.view}".strip()
        return Shown(title, picture.pixels, picture.mask, heat)

    def _heat_for(self, shown: Picture) -> HeatMap | None:
        """Return the evidence, or ask for it where it is not there yet."""
        if self._heat_of == shown.item.item_id:
            return self._heat
        if self._heat_of != -shown.item.item_id:
            self._heat_of = -shown.item.item_id  # asked for, not there yet
            self._models.run(partial(self._explain, shown), self._on_heat, self._on_no_heat)
        return None

    def _explain(self, shown: Picture) -> tuple[int, HeatMap] | None:
        """Thread: nothing where the reviewer is at another image already."""
        if shown.pixels is None or shown.item.item_id != self._wanted:
            return None
        return shown.item.item_id, self._reader.heat_map(shown.pixels)

    def _on_heat(self, made: tuple[int, HeatMap] | None) -> None:
        if made is not None and made[0] == self._wanted:
            self._heat_of, self._heat = made
            self._show()

    def _on_no_heat(self, error: Exception) -> None:
        self.heat_on = False
        self._show()
        self.words.setText(str(error))

    def _words(self) -> str:
        if self.shown is None:
            return ""
        if self.shown.trouble:
            return self.shown.trouble
        if self.heat_on:
            return self.tr("Heat map: where the model sees evidence of a defect. H hides it.")
        if self.shown.mask is not None and self.mask_on and not self.blind:
            return self.tr("The outline is the mask: M hides it, E draws it anew.")
        return self.tr("Wheel or + − zooms, drag moves, * shows all.")


def _nothing(_result: object) -> None:
    """What was read ahead is kept by the reader."""
