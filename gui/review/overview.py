"""The pages that show all images at once: the map of features, the matrix of classes, the statistics."""

from __future__ import annotations

import threading

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from datasets.review.statistics import Appearance, Stats, compute_stats, sample_appearance
from gui.jobs import Jobs
from gui.look import Look
from gui.review.class_map import ClassMap
from gui.review.feature_map import FeatureMap
from gui.review.grid import Positions
from gui.review.opened import Opened
from gui.review.statistics import Statistics
from gui.review.thumbnails import Thumbnails, Wish
from gui.texts import class_word
from gui.widgets.basics import Translated, button, column, row

SAMPLE = 500
"""Images whose brightness is measured."""


class MapPage(Translated):
    """The map of features; what is drawn around goes to the grid.

    Args:
        look: Colours and scale.
        opened: The data set.
        thumbnails: Small pictures for the point under the pointer.

    Attributes:
        chosen: Positions of images to be looked at.
    """

    chosen = Signal(object)

    def __init__(self, look: Look, opened: Opened, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._opened, self._thumbnails, self._side = opened, thumbnails, look.px(200)
        self._shown: object = None
        self._hovered = -1
        self._positions: Positions = np.empty(0, np.int64)
        self.map = FeatureMap(look)
        self.show_button = button(self._on_show, role="primary")
        whole = column(self.map, spacing=look.px(6), parent=self)
        whole.setStretch(0, 1)
        whole.addLayout(row(1, self.show_button))
        self.map.selected.connect(self._on_selected)
        self.map.hover.connect(self._on_hover)
        thumbnails.arrived.connect(self._show_hover)
        self.retranslate()

    def refresh(self) -> None:
        """Show what the last audit found, with the labels as of now."""
        catalogue, features = self._opened.catalogue, self._opened.features
        if features is None:
            return
        if self._shown is features:
            self.map.show_codes(catalogue.labels[self._positions], list(catalogue.classes))
            return
        known = np.isin(features.item_ids, catalogue.ids)
        self._positions = catalogue.positions_of(features.item_ids)
        names = list(catalogue.classes)
        self.map.show_points(features.plane[known], catalogue.labels[self._positions], names, self._positions)
        self._shown = features

    def retranslate(self) -> None:
        """Write every text anew."""
        count = len(self.map.chosen) if self._shown is not None else 0
        self.show_button.setText(self.tr("Show the {count} chosen images").format(count=f"{count:,}"))
        self.show_button.setEnabled(count > 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's own hook: labels may be other ones since."""
        super().showEvent(event)
        self.refresh()
        self.retranslate()

    @Slot(object)
    def _on_selected(self, _positions: Positions) -> None:
        self.retranslate()

    def _on_show(self) -> None:
        self.chosen.emit(self.map.chosen)

    @Slot(object)
    def _on_hover(self, position: int) -> None:
        self._hovered = position
        if position >= 0 and self._thumbnails.get(position) is None:
            catalogue = self._opened.catalogue
            wish = Wish(position, catalogue.path(position), catalogue.sha256(position))
            self._thumbnails.wish(self._thumbnails.side_px or self._side, [wish])
        self._show_hover()

    @Slot()
    def _show_hover(self) -> None:
        position, catalogue = self._hovered, self._opened.catalogue
        if position >= 0 and self.isVisible():
            text = f"{class_word(catalogue.label_of(position))}  {catalogue.path(position).name}".strip()
            self.map.show_hover(position, self._thumbnails.get(position), text)


class StatisticsPage(QWidget):
    """Plots, computed anew whenever the page is looked at.

    Args:
        look: Colours and scale.
        opened: The data set.
        jobs: Reads pictures for their brightness.
    """

    def __init__(self, look: Look, opened: Opened, jobs: Jobs) -> None:
        super().__init__()
        self._opened, self._jobs = opened, jobs
        self._stop = threading.Event()
        self._appearance: Appearance | None = None
        self.plots = Statistics(look)
        column(self.plots, spacing=0, parent=self).setContentsMargins(0, 0, 0, 0)
        self.plots.measure_wanted.connect(self._on_measure)

    def close_page(self) -> None:
        """End a measurement that runs."""
        self._stop.set()
        self._jobs.close()

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's own hook."""
        super().showEvent(event)
        self.plots.show_stats(_stats(self._opened, self._appearance))

    @Slot()
    def _on_measure(self) -> None:
        catalogue = self._opened.catalogue
        self._jobs.run(lambda: sample_appearance(catalogue, SAMPLE, 0, self._stop.is_set), self._on_measured)

    def _on_measured(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self.plots.show_stats(_stats(self._opened, appearance))


class ClassPage(QWidget):
    """The matrix of classes, computed anew whenever the page is looked at."""

    def __init__(self, look: Look, opened: Opened) -> None:
        super().__init__()
        self._opened = opened
        self.matrix = ClassMap(look)
        column(self.matrix, spacing=0, parent=self).setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's own hook."""
        super().showEvent(event)
        self.matrix.show_stats(_stats(self._opened, None))


def _stats(opened: Opened, appearance: Appearance | None) -> Stats:
    return compute_stats(opened.catalogue, opened.audit, opened.dataset.rejected(), appearance)
