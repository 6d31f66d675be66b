"""The pages beside the images, each made when it is first looked at: their libraries would slow the opening."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.review.opened import Opened
from gui.review.thumbnails import Thumbnails
from gui.texts import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from gui.review.overview import StatisticsPage
    from gui.review.retrain import RetrainPanel

MAP = QT_TRANSLATE_NOOP("Tabs", "Map")
CLASSES = QT_TRANSLATE_NOOP("Tabs", "Classes")
STATISTICS = QT_TRANSLATE_NOOP("Tabs", "Statistics")
AGREEMENT = QT_TRANSLATE_NOOP("Tabs", "Agreement")
RETRAIN = QT_TRANSLATE_NOOP("Tabs", "Retrain")


class OtherPages(QObject):
    """Makes the pages and carries what they want to the images.

    Args:
        look: Colours and scale.
        memory: Remembers what was typed.
        opened: The data set.
        thumbnails: Small pictures for the map.
        make_jobs: Makes a pool thread.

    Attributes:
        filter_wanted: A `Filter` whose images are to be looked at.
        images_wanted: Positions of images to be looked at.
        position_wanted: One image to be looked at.
        opinion_wanted: Blind opinions are to be given.
        told: A sentence for the reviewer.
    """

    filter_wanted = Signal(object)
    images_wanted = Signal(object)
    position_wanted = Signal(object)
    opinion_wanted = Signal()
    told = Signal(str)

    def __init__(
        self, look: Look, memory: Memory, opened: Opened, thumbnails: Thumbnails, make_jobs: Callable[[], Jobs]
    ) -> None:
        super().__init__(thumbnails)
        self._look, self._memory, self._opened = look, memory, opened
        self._thumbnails, self._make_jobs = thumbnails, make_jobs
        self._statistics: StatisticsPage | None = None
        self.retrain: RetrainPanel | None = None
        self.makers: dict[str, Callable[[], QWidget]] = {
            MAP: self._make_map,
            CLASSES: self._make_classes,
            STATISTICS: self._make_statistics,
            AGREEMENT: self._make_agreement,
            RETRAIN: self._make_retrain,
        }

    def close_pages(self) -> None:
        """End what runs in them."""
        if self._statistics is not None:
            self._statistics.close_page()
        if self.retrain is not None:
            self.retrain.close_panel()

    def _make_map(self) -> QWidget:
        from gui.review.overview import MapPage

        page = MapPage(self._look, self._opened, self._thumbnails)
        page.chosen.connect(self.images_wanted)
        return page

    def _make_classes(self) -> QWidget:
        from gui.review.overview import ClassPage

        page = ClassPage(self._look, self._opened)
        page.matrix.wanted.connect(self.filter_wanted)
        return page

    def _make_statistics(self) -> QWidget:
        from gui.review.overview import StatisticsPage

        page = StatisticsPage(self._look, self._opened, self._make_jobs())
        page.plots.wanted.connect(self.filter_wanted)
        page.plots.chosen.connect(self.images_wanted)
        self._statistics = page
        return page

    def _make_agreement(self) -> QWidget:
        from gui.review.agreement_page import AgreementPage

        page = AgreementPage(self._look, self._opened)
        page.position_wanted.connect(self.position_wanted)
        page.opinion_wanted.connect(self.opinion_wanted)
        page.told.connect(self.told)
        return page

    def _make_retrain(self) -> QWidget:
        from gui.review.retrain import RetrainPanel

        self.retrain = RetrainPanel(self._look, self._memory)
        self.retrain.open_dataset(self._opened.dataset.folder, self._opened.session.who)
        return self.retrain
