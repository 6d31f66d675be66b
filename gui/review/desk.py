"""What keys say of images: each word is durable before the cursor goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from datasets.review.session import Change
from gui.review.opened import Opened
from gui.review.words import change_words
from inspector.errors import InspectorError

if TYPE_CHECKING:
    from gui.review.grid import Grid


class Desk(QObject):
    """Labels, confirmations and marks for what the grid's cursor or selection means.

    Args:
        opened: The data set.
        grid: Says which images are meant.

    Attributes:
        said: Something is on record: the `Change`.
        told: A sentence for the reviewer.
        advanced: The cursor went on by itself.
    """

    said = Signal(object)
    told = Signal(str)

    def __init__(self, opened: Opened, grid: Grid) -> None:
        super().__init__(grid)
        self._opened, self._grid = opened, grid

    def label(self, name: str) -> None:
        """Give the images this class; the cursor goes on."""
        chosen = self._grid.chosen
        if self._record(lambda: self._opened.session.label(chosen, name)):
            self._grid.advance()

    def confirm(self) -> None:
        """Vouch for the labels; the cursor goes on."""
        chosen = self._grid.chosen
        if self._record(lambda: self._opened.session.confirm(chosen)):
            self._grid.advance()

    def accept(self) -> None:
        """Take the suggestions as labels, one by one where they differ; the cursor goes on."""
        by_class: dict[str, list[int]] = {}
        for position in self._grid.chosen.tolist():
            suggested, _ = self._opened.suggestion(position)
            if suggested:
                by_class.setdefault(suggested, []).append(position)
        if not by_class:
            self.told.emit(self.tr("Nothing is suggested here."))
            return
        for name, positions in by_class.items():
            if not self._record(lambda name=name, positions=positions: self._opened.session.label(positions, name)):
                return
        self._grid.advance()

    def skip(self) -> None:
        """Leave the images for later; the cursor goes on."""
        chosen = self._grid.chosen
        if self._record(lambda: self._opened.session.skip(chosen)):
            self._grid.advance()

    def flag(self) -> None:
        """Set the images aside, or take the flag away where all of them have it."""
        chosen, session = self._grid.chosen, self._opened.session
        flagged = bool(len(chosen)) and bool(np.all(self._opened.catalogue.flagged[chosen]))
        self._record(lambda: (session.unflag if flagged else session.flag)(chosen))

    def comment(self, position: int, text: str) -> None:
        """Note something on an image; "" takes the note away."""
        self._record(lambda: self._opened.session.comment(position, text))

    def undo(self) -> None:
        """Take the last deed back and show its images."""
        self._step(self._opened.session.undo, self.tr("There is nothing to take back."))

    def redo(self) -> None:
        """Bring back what was taken back last and show its images."""
        self._step(self._opened.session.redo, self.tr("There is nothing to bring back."))

    def _step(self, step: Callable[[], Change | None], nothing: str) -> None:
        try:
            change = step()
        except InspectorError as error:
            self.told.emit(str(error))
            return
        if change is None:
            self.told.emit(nothing)
            return
        self.said.emit(change)
        self.told.emit(change_words(change))
        rows = np.flatnonzero(np.isin(self._grid.positions, change.positions))
        if len(rows):
            self._grid.clear_selection()
            self._grid.go_to(int(rows[0]))

    def _record(self, deed: Callable[[], Change]) -> bool:
        """Return whether it is on record; where not, why is told and nothing was changed."""
        if self._grid.current < 0:
            self.told.emit(self.tr("Choose an image first."))
            return False
        try:
            change = deed()
        except InspectorError as error:
            self.told.emit(str(error))
            return False
        self.said.emit(change)
        return True
