"""What keys say of images: each word is durable before the cursor goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from datasets.review.opinions import adjudicate
from datasets.review.session import Change
from gui.review import queues
from gui.review.opened import Opened
from gui.review.words import change_words
from inspector.errors import InspectorError
from inspector.types import Image

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
        """Give the images this class, as the queue wants it: label, blind opinion or decision; the cursor goes on."""
        chosen, session = self._grid.chosen, self._opened.session
        match self._opened.queue.name:
            case queues.BLIND:
                deeds = [partial(session.opine, position, name) for position in chosen.tolist()]
            case queues.CONFLICTS:
                ids = self._opened.catalogue.ids[chosen].tolist()
                deeds = [partial(adjudicate, session, item_id, name) for item_id in ids]
            case _:
                deeds = [partial(session.label, chosen, name)]
        if all(self._record(deed) for deed in deeds):
            self._grid.advance()

    def confirm(self) -> None:
        """Vouch for the labels; among reviewers who differ, decide for the label that stands. The cursor goes on."""
        if self._blind():
            return
        if self._opened.queue.name == queues.CONFLICTS:
            for position in self._grid.chosen.tolist()[:1]:
                self.label(self._opened.catalogue.label_of(position))
            return
        chosen = self._grid.chosen
        if self._record(partial(self._opened.session.confirm, chosen)):
            self._grid.advance()

    def accept(self) -> None:
        """Take the suggestions as labels, class by class where they differ; the cursor goes on."""
        if self._blind():
            return
        by_class: dict[str, list[int]] = {}
        for position in self._grid.chosen.tolist():
            suggested, _ = self._opened.suggestion(position)
            if suggested:
                by_class.setdefault(suggested, []).append(position)
        if not by_class:
            self.told.emit(self.tr("Nothing is suggested here."))
            return
        session = self._opened.session
        if all(self._record(partial(session.label, positions, name)) for name, positions in by_class.items()):
            self._grid.advance()

    def skip(self) -> None:
        """Leave the images for later; the cursor goes on."""
        if self._record(partial(self._opened.session.skip, self._grid.chosen)):
            self._grid.advance()

    def flag(self) -> None:
        """Set the images aside, or take the flag away where all of them have it."""
        chosen, session = self._grid.chosen, self._opened.session
        flagged = bool(len(chosen)) and bool(np.all(self._opened.catalogue.flagged[chosen]))
        self._record(partial(session.unflag if flagged else session.flag, chosen))

    def comment(self, position: int, text: str) -> None:
        """Note something on an image; "" takes the note away."""
        self._record(partial(self._opened.session.comment, position, text))

    def set_mask(self, position: int, mask: Image) -> None:
        """Keep a mask, (H, W) uint8, as the image's newest; one that marks nothing takes the mask away."""
        self._record(partial(self._opened.session.set_mask, position, mask if mask.any() else None))

    def undo(self) -> None:
        """Take the last deed back and show its images."""
        self._step(self._opened.session.undo, self.tr("There is nothing to take back."))

    def redo(self) -> None:
        """Bring back what was taken back last and show its images."""
        self._step(self._opened.session.redo, self.tr("There is nothing to bring back."))

    def _blind(self) -> bool:
        """Whether the label is not to be seen: then nobody can vouch for it."""
        blind = self._opened.queue.name == queues.BLIND
        if blind:
            self.told.emit(self.tr("A blind opinion is given with a class key. B ends it."))
        return blind

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
