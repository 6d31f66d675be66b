"""What is known of the image under the cursor: label, suggestion, why it is here, and what people said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from datasets.review.history import Event
from gui.look import Look
from gui.review.class_map import split_word
from gui.review.opened import Opened
from gui.review.why import why_words
from gui.review.words import event_words
from gui.texts import class_word
from gui.widgets.basics import Translated, button, column, elide_middle, label, row

MOST_EVENTS = 30
MOST_VIEWS = 12


class Details(Translated):
    """The reasoning beside the large picture.

    Args:
        look: Scale.
        opened: The data set.
        thumbnail: Returns the thumbnail of a position, None where it is not there yet.

    Attributes:
        position_chosen: Another view of the part was clicked.
    """

    position_chosen = Signal(object)

    def __init__(self, look: Look, opened: Opened, thumbnail: Callable[[int], QImage | None]) -> None:
        super().__init__()
        self._look, self._opened, self._thumbnail = look, opened, thumbnail
        self._position, self._blind = -1, False
        self._events: Sequence[Event] = ()
        self.label, self.suggestion = label("head", wrap=True), label("reason", wrap=True)
        self.why, self.said = label("", wrap=True), label("", wrap=True)
        self.file = label("muted", wrap=True)
        self.file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.history = label("muted", wrap=True)
        self._history_caption, self._views_caption = label("key"), label("key")
        self._views_box = QWidget()
        self._views = row(spacing=look.px(4), parent=self._views_box)
        self._views.setContentsMargins(0, 0, 0, 0)
        self._views.addStretch(1)
        self._buttons: list[QPushButton] = []
        inside = QWidget()
        words = column(
            self.label, self.suggestion, self.why, self.said, self._views_caption, self._views_box,
            self._history_caption, self.history, self.file, 1, spacing=look.px(6), parent=inside,
        )  # fmt: skip
        words.setContentsMargins(0, 0, look.px(8), 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column(scroll, spacing=0, parent=self).setContentsMargins(0, 0, 0, 0)
        self.retranslate()

    def show_position(self, position: int, events: Sequence[Event], *, blind: bool) -> None:
        """Show an image of the catalogue with its history; -1 for none. Blind: nothing that tells a label."""
        self._position, self._events, self._blind = position, events, blind
        self.retranslate()

    def show_label(self) -> None:
        """Something was said of the image: its label may be another one."""
        self._write_label()

    def retranslate(self) -> None:
        """Write every text anew."""
        self._history_caption.setText(self.tr("History"))
        self._views_caption.setText(self.tr("Other views of the part"))
        there = self._position >= 0
        for part in (self._history_caption, self.history):
            part.setVisible(there and not self._blind)
        self._write_label()
        self._write_views()
        if not there:
            self.file.setText("")
            return
        self.history.setText("\n".join(event_words(event) for event in self._events[::-1][:MOST_EVENTS]))
        catalogue, position = self._opened.catalogue, self._position
        item = catalogue.item(position)
        size = f"{item.width} × {item.height}"
        if self._blind:  # path, part and split may tell the label: folders are often named by class
            self.file.setText(size)
            return
        facts = [split_word(item.split), size, self.tr("part {part}").format(part=item.part)]
        if not np.isnan(catalogue.scores[position]):
            facts.append(self.tr("defect score {score}").format(score=f"{float(catalogue.scores[position]):.2f}"))
        self.file.setText(f"{'   '.join(facts)}\n{elide_middle(str(item.path), 90)}")

    def _write_label(self) -> None:
        position = self._position
        if position < 0 or self._blind:
            self.label.setText(self.tr("Your opinion?") if position >= 0 else "")
            for part in (self.suggestion, self.why, self.said):
                part.setVisible(False)
            return
        opened = self._opened
        given = opened.catalogue.label_of(position)
        self.label.setText(class_word(given) if given else self.tr("no label yet"))
        suggested, confidence = opened.suggestion(position)
        share = "" if np.isnan(confidence) else f"  {confidence:.2f}"
        shape = "?" if opened.doubtful(position) else "✓" if suggested == given else "→"
        self.suggestion.setText(
            self.tr("{shape}  suggested: {name}{share}").format(shape=shape, name=class_word(suggested), share=share)
        )
        self.suggestion.setVisible(bool(suggested))
        why = opened.queue.why.get(position)
        self.why.setText(self.tr("Why here: {why}").format(why=why_words(why)) if why is not None else "")
        self.why.setVisible(why is not None)
        said = opened.catalogue.comments.get(position, "")
        self.said.setText(self.tr("Note: {text}").format(text=said))
        self.said.setVisible(bool(said))

    def _write_views(self) -> None:
        for old in self._buttons:
            self._views.removeWidget(old)
            old.deleteLater()
        self._buttons = []
        catalogue, position = self._opened.catalogue, self._position
        others = [] if position < 0 or self._blind else catalogue.siblings(position)[:MOST_VIEWS].tolist()
        for other in others:
            made = button(partial(self.position_chosen.emit, other), role="flat", focus=False)
            image = self._thumbnail(other)
            if image is None:
                made.setText(catalogue.view(other) or class_word(catalogue.label_of(other)))
            else:
                made.setIcon(QIcon(QPixmap.fromImage(image)))
                made.setIconSize(QSize(self._look.px(56), self._look.px(56)))
            made.setToolTip(f"{catalogue.view(other)}  {class_word(catalogue.label_of(other))}".strip())
            self._views.insertWidget(len(self._buttons), made)
            self._buttons.append(made)
        for part in (self._views_caption, self._views_box):
            part.setVisible(bool(others))
