"""The page Statistics: balance, sizes, brightness and duplicates as plots; a click shows the images behind a bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from datasets.items import SPLITS
from datasets.review.filters import Filter
from datasets.review.statistics import Stats, Twins
from gui.look import Look
from gui.review.class_map import split_word
from gui.review.statistics_charts import MOST_PLACES, Bins, HistogramChart, StackChart
from gui.texts import class_word
from gui.widgets.basics import Translated, button, column, label, row


class Statistics(Translated):
    """Plots of a data set.

    Attributes:
        wanted: A `Filter` whose images the person wants to see.
        chosen: Positions of images that the person wants to see, an integer array.
        measure_wanted: The brightness of a sample is to be measured; answer with `show_stats`.
    """

    wanted = Signal(object)
    chosen = Signal(object)
    measure_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.stats: Stats | None = None
        self.balance, self.sizes, self.aspects = StackChart(look), HistogramChart(look), HistogramChart(look)
        self.brightness, self.contrast = HistogramChart(look), HistogramChart(look)
        self._bins: dict[HistogramChart, Bins] = {}
        self._captions = {
            chart: label("muted") for chart in (self.balance, self.sizes, self.aspects, self.brightness, self.contrast)
        }
        self._title, self._total, self._legend = label("head"), label("muted"), label("muted")
        self._twins_title, self._twins = label("muted"), label(wrap=True)
        self.near_button = button(self._on_near)
        self.leak_button = button(self._on_leaks)
        self.measure_button = button(self.measure_wanted.emit)
        self._measured = label("muted", wrap=True)
        self._lay_out()
        self.balance.chosen.connect(self._on_class)
        self.sizes.chosen.connect(self._on_size)
        self.aspects.chosen.connect(self._on_aspect)
        self.brightness.chosen.connect(self._on_brightness)
        self.contrast.chosen.connect(self._on_contrast)
        self.retranslate()

    def show_stats(self, stats: Stats) -> None:
        """Show the figures of a data set."""
        self.stats = stats
        self.retranslate()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Statistics"))
        names = (
            self.tr("Images per class; click to see them"),
            self.tr("Images per size in pixels"),
            self.tr("Width by height (root scale)"),
            self.tr("Brightness of a sample (root scale)"),
            self.tr("Contrast of a sample (root scale)"),
        )
        for caption, name in zip(self._captions.values(), names, strict=True):
            caption.setText(name)
        words = "   ".join(f"{sign} {split_word(split)}" for sign, split in zip("■▨░", SPLITS, strict=True))
        self._legend.setText(words)
        self._twins_title.setText(self.tr("Duplicates"))
        self.near_button.setText(self.tr("Show pairs with different labels"))
        self.leak_button.setText(self.tr("Show pairs across splits"))
        if self.stats is not None:
            self._show(self.stats)

    def _show(self, stats: Stats) -> None:
        text = self.tr("{images} images of {parts} parts, {reviewed} vouched for by a person")
        counts = {"images": stats.images, "parts": stats.parts, "reviewed": int(stats.reviewed.sum())}
        self._total.setText(text.format(**{name: f"{count:,}" for name, count in counts.items()}))
        words = self.tr("{low} to {high}\nimages: {count}, far from all others: {far}")
        self._show_balance(stats)
        self._show_sizes(stats, words)
        self._bins[self.aspects] = self.aspects.show_values(stats.aspects, digits=2, text=words)
        self._show_appearance(stats, words)
        self._show_twins(stats)

    def _show_balance(self, stats: Stats) -> None:
        names = [class_word(name) if name else self.tr("no class yet") for name in stats.classes]
        text = self.tr(
            "{name}\nimages: {count} ({train} train, {validation} validation, {test} test)"
            "\nvouched for by a person: {reviewed}"
        )
        texts = [
            text.format(
                name=name, count=f"{counts.sum():,}", train=f"{counts[0]:,}", validation=f"{counts[1]:,}",
                test=f"{counts[2]:,}", reviewed=f"{reviewed:,}",
            )
            for name, counts, reviewed in zip(names, stats.by_split, stats.reviewed, strict=True)
        ]  # fmt: skip
        self.balance.show_stacks(stats.by_split, names, texts)

    def _show_sizes(self, stats: Stats, words: str) -> None:
        self._bins.pop(self.sizes, None)
        if len(stats.sizes) > MOST_PLACES:
            text = self.tr("Thousands of pixels: {count} different sizes (root scale)")
            self._captions[self.sizes].setText(text.format(count=f"{len(stats.sizes):,}"))
            areas = np.zeros(stats.images)
            for size in stats.sizes:
                areas[list(size.positions)] = size.width * size.height / 1000
            self._bins[self.sizes] = self.sizes.show_values(areas, digits=0, text=words)
            return
        names = [f"{size.width}×{size.height}" for size in stats.sizes]
        text = self.tr("{size}\nimages: {count}")
        texts = [
            text.format(size=name, count=len(size.positions)) for name, size in zip(names, stats.sizes, strict=True)
        ]
        counts = np.array([len(size.positions) for size in stats.sizes], np.int64)[:, None]
        self.sizes.show_counts(counts, names, texts)

    def _show_appearance(self, stats: Stats, words: str) -> None:
        found = stats.appearance
        self._light.setVisible(found is not None)
        if found is None:
            self._measured.setText(self.tr("Brightness and contrast are read from the files: a moment for a sample."))
            self.measure_button.setText(self.tr("Measure a sample"))
            return
        self._bins[self.brightness] = self.brightness.show_values(found.brightness, digits=0, text=words)
        self._bins[self.contrast] = self.contrast.show_values(found.contrast, digits=1, text=words)
        text = self.tr("Images measured: {count}.").format(count=f"{found.positions.size:,}")
        if found.unreadable:
            text += " " + self.tr("Files that could not be read: {count}.").format(count=f"{len(found.unreadable):,}")
        self._measured.setText(text)
        self.measure_button.setText(self.tr("Measure again"))

    def _show_twins(self, stats: Stats) -> None:
        copies = stats.left_out.get("duplicate", 0)
        others = sum(stats.left_out.values()) - copies
        lines = [self.tr("Identical copies left out at the import: {count}.").format(count=f"{copies:,}")]
        if others:
            text = self.tr("Files that could not be taken: {count}. `inspector dataset check` says why.")
            lines.append(text.format(count=f"{others:,}"))
        near = stats.near or ()
        if stats.near is None:
            lines.append(self.tr("Near-duplicates: run the audit to find them."))
        else:
            text = self.tr(
                "Pairs that are nearly the same: {count}; with different labels: {labels}, across splits: {splits}."
            )
            labels, splits = _count(near, "labels"), _count(near, "splits")
            lines.append(text.format(count=f"{len(near):,}", labels=f"{labels:,}", splits=f"{splits:,}"))
        self._twins.setText("\n".join(lines))
        self.near_button.setVisible(_count(near, "labels") > 0)
        self.leak_button.setVisible(_count(near, "splits") > 0)

    # What clicks want to see

    @Slot(int)
    def _on_class(self, place: int) -> None:
        if self.stats is not None:
            self.wanted.emit(Filter(classes=(self.stats.classes[place],)))

    @Slot(int)
    def _on_size(self, place: int) -> None:
        if self.sizes in self._bins:
            self.chosen.emit(np.flatnonzero(self._bins[self.sizes].place == place))
        elif self.stats is not None:
            self.chosen.emit(np.array(self.stats.sizes[place].positions, np.int64))

    @Slot(int)
    def _on_aspect(self, place: int) -> None:
        self.chosen.emit(np.flatnonzero(self._bins[self.aspects].place == place))

    @Slot(int)
    def _on_brightness(self, place: int) -> None:
        self._choose_sampled(self.brightness, place)

    @Slot(int)
    def _on_contrast(self, place: int) -> None:
        self._choose_sampled(self.contrast, place)

    def _choose_sampled(self, chart: HistogramChart, place: int) -> None:
        if self.stats is not None and self.stats.appearance is not None:
            self.chosen.emit(self.stats.appearance.positions[self._bins[chart].place == place])

    def _on_near(self) -> None:
        self._choose_twins("labels")

    def _on_leaks(self) -> None:
        self._choose_twins("splits")

    def _choose_twins(self, what: str) -> None:
        near = () if self.stats is None else self.stats.near or ()
        found = [position for twins in near if getattr(twins, what) for position in twins.positions]
        self.chosen.emit(np.array(list(dict.fromkeys(found)), np.int64))

    def _lay_out(self) -> None:
        px = self._look.px
        grid = QGridLayout()
        grid.setSpacing(px(8))
        balance = self._panel(self.balance, self._legend)
        grid.addWidget(balance, 0, 0, 1, 2)
        twins = _framed(look=self._look)
        lines = column(self._twins_title, self._twins, self.near_button, self.leak_button, parent=twins)
        lines.addStretch(1)
        lines.addWidget(self._measured)
        lines.addWidget(self.measure_button)
        lines.setContentsMargins(*[px(10)] * 4)
        grid.addWidget(twins, 0, 2)
        grid.addWidget(self._panel(self.sizes), 1, 0)
        grid.addWidget(self._panel(self.aspects), 1, 1)
        self._light = light = _framed(look=self._look)
        parts = [part for chart in (self.brightness, self.contrast) for part in (self._captions[chart], chart.widget)]
        stacked = column(*parts, spacing=px(2), parent=light)
        stacked.setContentsMargins(px(8), px(6), px(8), px(4))
        grid.addWidget(light, 1, 2)
        for place in range(3):
            grid.setColumnStretch(place, 1)
        for place in range(2):
            grid.setRowStretch(place, 1)
        whole = column(spacing=px(6), parent=self)
        whole.setContentsMargins(*[px(6)] * 4)
        whole.addLayout(row(self._title, self._total, 1, spacing=px(14)))
        whole.addLayout(grid, 1)

    def _panel(self, chart: StackChart, *more: QLabel) -> QWidget:
        made = _framed(look=self._look)
        head = row(self._captions[chart], 1, *more)
        lines = column(spacing=self._look.px(2), parent=made)
        lines.addLayout(head)
        lines.addWidget(chart.widget, 1)
        lines.setContentsMargins(*[self._look.px(8)] * 4)
        return made


def _framed(look: Look) -> QFrame:
    made = QFrame()
    made.setObjectName("panel")
    made.setMinimumHeight(look.px(180))
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return made


def _count(near: Sequence[Twins], what: str) -> int:
    return sum(getattr(twins, what) for twins in near)
