"""The part's pictures, large; beside them, for comparison, those of a part that was kept. Both zoom together."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal

from gui.history.reader import FoundPart
from gui.look import Look
from gui.operator.picture import PictureView
from gui.texts import verdict_word
from gui.widgets.basics import Translated, column, label, row
from inspector.types import HeatMap


class Pictures(Translated):
    """One part, or two side by side.

    Attributes:
        heat_wanted: Record and view whose evidence is to be computed; `add_heat_map` gives it.
        kept: The part that another one is compared with; None for no comparison.
    """

    heat_wanted = Signal(object, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._found: FoundPart | None = None
        self.kept: FoundPart | None = None
        self._view = ""
        self._heat = False
        self._asked: set[tuple[str, str]] = set()
        self.large, self.beside = PictureView(look), PictureView(look)
        self.large.link(self.beside)
        self.words = label("muted", wrap=True)
        both = row(self.beside, self.large, spacing=look.px(6))
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        whole = column(spacing=look.px(4), parent=self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(both, 1)
        whole.addWidget(self.words)
        self.beside.hide()
        self.retranslate()

    @property
    def view(self) -> str:
        """The view on the screen; "" where there is no picture."""
        return self._view

    @property
    def heat_on(self) -> bool:
        """Whether evidence is wanted."""
        return self._heat

    def show_part(self, found: FoundPart) -> None:
        """Show a part: the same view as before where it has it, else the one that decided."""
        self._found = found
        self._view = self._view if self._view in found.part.frames else found.part.first_view
        self._show()

    def toggle_kept(self) -> bool:
        """Keep the part on view beside the next one, or let it go. Returns False where there is none."""
        if self.kept is None and self._found is None:
            return False
        self.kept = self._found if self.kept is None else None
        self._show()
        return True

    def toggle_heat(self) -> None:
        """Show or hide evidence."""
        self._heat = not self._heat
        self._asked.clear()  # what failed may be asked for again
        self._show()

    def next_view(self) -> None:
        """Go to the next view."""
        views = [] if self._found is None else list(self._found.part.frames)
        if len(views) > 1:
            self._view = views[(views.index(self._view) + 1) % len(views)]
            self._show()

    def add_heat_map(self, record_id: str, view: str, heat_map: HeatMap) -> None:
        """Take evidence that was asked for."""
        self._found = _with_heat(self._found, record_id, view, heat_map)
        self.kept = _with_heat(self.kept, record_id, view, heat_map)
        self._show()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._show()

    def _show(self) -> None:
        self.beside.setVisible(self.kept is not None)
        self._show_one(self.large, self._found)
        self._show_one(self.beside, self.kept)
        self.words.setText(self._words())

    def _show_one(self, picture: PictureView, found: FoundPart | None) -> None:
        if found is None:
            picture.set_captions(tag="", live="")
            picture.show_part(None)
            return
        frames = found.part.frames
        view = self._view if self._view in frames else found.part.first_view
        heat = found.part.heat_maps.get(view) if self._heat else None
        picture.set_captions(tag=_caption(found, view), live="")
        picture.show_part(frames.get(view), heat)
        asked = (found.record.record_id, view)
        if self._heat and heat is None and view in frames and asked not in self._asked:
            self._asked.add(asked)
            self.heat_wanted.emit(found.record, view)

    def _words(self) -> str:
        if self._found is None:
            return self.tr("Choose a part in the list: its picture, its reasoning and its proof stand here then.")
        if not self._found.part.frames:
            return self.tr("The log holds no picture of this part.")
        if self._heat:
            return self.tr(
                "Heat map: where the model of its time sees evidence of a defect, computed again now. H hides."
            )
        return self.tr("The judged picture. H shows the heat map.")


def _caption(found: FoundPart, view: str) -> str:
    several = f"  {view}" if len(found.part.frames) > 1 else ""
    return f"{found.record.part_id}  {verdict_word(found.part.verdict)}{several}"


def _with_heat(found: FoundPart | None, record_id: str, view: str, heat_map: HeatMap) -> FoundPart | None:
    if found is None or found.record.record_id != record_id:
        return found
    return replace(found, part=replace(found.part, heat_maps={**found.part.heat_maps, view: heat_map}))
