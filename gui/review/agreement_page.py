"""The page of agreement: read anew whenever it is looked at."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from datasets.review.agreement import agreement
from datasets.review.opinions import adjudicate, conflicts, read_ratings
from gui.look import Look
from gui.review.agreement import AgreementPanel, Found
from gui.review.opened import Opened
from gui.widgets.basics import column
from inspector.errors import InspectorError


class AgreementPage(QWidget):
    """Who agrees with whom, and what a third one has to decide.

    Args:
        look: Colours and scale.
        opened: The data set.

    Attributes:
        position_wanted: An image is to be looked at.
        opinion_wanted: Blind opinions are to be given.
        told: A sentence for the reviewer.
    """

    position_wanted = Signal(object)
    opinion_wanted = Signal()
    told = Signal(str)

    def __init__(self, look: Look, opened: Opened) -> None:
        super().__init__()
        self._opened = opened
        self.panel = AgreementPanel(look)
        column(self.panel, spacing=0, parent=self).setContentsMargins(0, 0, 0, 0)
        self.panel.decided.connect(self._on_decided)
        self.panel.look_wanted.connect(self._on_look)
        self.panel.opinion_wanted.connect(self.opinion_wanted)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's own hook."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        opened, ratings = self._opened, read_ratings(self._opened.dataset)
        found = conflicts(opened.dataset)
        names = {each.item_id: opened.catalogue.path(opened.catalogue.position_of(each.item_id)).name for each in found}
        self.panel.show_agreement(
            Found(
                everything=agreement(ratings),
                blind=agreement(ratings, blind=True),
                conflicts=tuple(found),
                names=names,
                who=opened.session.who,
            )
        )

    @Slot(object, str)
    def _on_decided(self, item_id: int, label: str) -> None:
        try:
            adjudicate(self._opened.session, item_id, label)
        except InspectorError as error:
            self.told.emit(str(error))
        self._refresh()

    @Slot(object)
    def _on_look(self, item_id: int) -> None:
        self.position_wanted.emit(self._opened.catalogue.position_of(item_id))
