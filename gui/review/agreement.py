"""The page Agreement: how far reviewers agree, each with themselves, and the images on which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHeaderView, QListWidget, QListWidgetItem, QTableWidget, QTableWidgetItem, QWidget

from datasets.review.agreement import Pair, ReviewAgreement
from datasets.review.opinions import Conflict
from gui.look import Look
from gui.review.agreement_table import AgreementTable, Line
from gui.texts import class_word
from gui.widgets.basics import Translated, button, column, label, row


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows.

    Attributes:
        everything: Agreement over everything that people said.
        blind: Agreement over blind opinions alone.
        conflicts: Images on which people differ.
        names: File name by image number, for the conflicts.
        who: The person at the window: who differs may not decide.
    """

    everything: ReviewAgreement
    blind: ReviewAgreement
    conflicts: Sequence[Conflict] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    who: str = ""


class AgreementPanel(Translated):
    """Kappa with intervals, who agrees with whom, repeatability, and the conflicts with their decision.

    Attributes:
        decided: Image number and class: the person at the window decides a conflict.
        look_wanted: Image number: the person wants to see it.
        opinion_wanted: The person wants to give blind second opinions.
    """

    decided = Signal(object, str)
    look_wanted = Signal(object)
    opinion_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.found: Found | None = None
        self._pair: Pair | None = None
        self._title, self._words = label("head"), label("muted", wrap=True)
        self._pair_title, self._conflict_title = label("muted", wrap=True), label("head")
        self._conflict_words = label("muted", wrap=True)
        self.table = AgreementTable(look)
        self.classes = QTableWidget()
        self.classes.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.classes.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.classes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.blind_button = button(self.retranslate)
        self.blind_button.setCheckable(True)
        self.opinion_button = button(self.opinion_wanted.emit, role="primary")
        self.conflicts = QListWidget()
        self.conflicts.setSpacing(look.px(4))
        self.look_button = button(self._on_look)
        self._decisions = row(spacing=look.px(6))
        self._buttons: list[QWidget] = []
        self._lay_out()
        self.table.chosen.connect(self._on_pair)
        self.conflicts.currentRowChanged.connect(self._on_conflict)
        self.conflicts.itemActivated.connect(self._on_look)
        self.retranslate()

    def show_agreement(self, found: Found) -> None:
        """Show what reviewers said; the conflict that was chosen stays chosen where it is still there."""
        before = self._conflict
        self.found, self._pair = found, None
        self.retranslate()
        numbers = [conflict.item_id for conflict in found.conflicts]
        if before is not None and before.item_id in numbers:
            self.conflicts.setCurrentRow(numbers.index(before.item_id))

    def retranslate(self) -> None:
        """Write every text anew."""
        self._title.setText(self.tr("Agreement"))
        self.blind_button.setText(self.tr("Blind opinions only"))
        self.opinion_button.setText(self.tr("Give blind second opinions"))
        self._conflict_title.setText(self.tr("Conflicts"))
        self.look_button.setText(self.tr("Look at it"))
        headers = (
            self.tr("Who"), self.tr("Images"), self.tr("Same class (95 %)"), self.tr("Kappa (95 %)"),
            self.tr("from chance (0) to always (1)"),
        )  # fmt: skip
        lines = self._lines()
        self.table.show_lines(lines, headers)
        self.table.setVisible(bool(lines))
        if lines:
            words = self.tr("Kappa is agreement beyond chance: Cohen's for two, Fleiss' for all. Choose a row.")
        else:
            words = self.tr(
                "No image was judged by two people yet, or by one twice. A blind second opinion on a sample shows how"
                " far labels can be trusted."
            )
        self._words.setText(words)
        self._show_pair()
        self._show_conflicts()

    def _lines(self) -> list[Line]:
        if self.found is None:
            return []
        shown = self.found.blind if self.blind_button.isChecked() else self.found.everything
        lines = []
        if shown.ratings:
            text = self.tr("Everybody ({count} per image, Fleiss)")
            lines.append(Line(text.format(count=shown.ratings), shown.images, None, shown.fleiss))
        again = self.tr("{name}, the same image again")
        named = [(f"{pair.first} – {pair.second}", pair) for pair in shown.pairs]
        named += [(again.format(name=pair.first), pair) for pair in shown.repeats]
        return [*lines, *(Line(name, pair.images, pair.agreement, pair.kappa, pair) for name, pair in named)]

    @Slot(object)
    def _on_pair(self, pair: Pair | None) -> None:
        self._pair = pair
        self._show_pair()

    def _show_pair(self) -> None:
        pair = self._pair
        self.classes.setVisible(pair is not None)
        self._pair_title.setVisible(pair is not None)
        if pair is None:
            return
        if pair.first == pair.second:
            text = self.tr("{first}: rows what was said first, columns what was said again")
        else:
            text = self.tr("Rows what {first} said, columns what {second} said")
        self._pair_title.setText(text.format(first=pair.first, second=pair.second))
        names = [class_word(name) for name in pair.classes]
        self.classes.setRowCount(len(names))
        self.classes.setColumnCount(len(names))
        self.classes.setHorizontalHeaderLabels(names)
        self.classes.setVerticalHeaderLabels(names)
        for place, line in enumerate(pair.table):
            for other, count in enumerate(line):
                differs = place != other and count > 0
                item = QTableWidgetItem(f"{count:.0f}{'  ≠' if differs else ''}" if count else "·")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.classes.setItem(place, other, item)

    @property
    def _conflict(self) -> Conflict | None:
        place = self.conflicts.currentRow()
        known = () if self.found is None else self.found.conflicts
        return known[place] if 0 <= place < len(known) else None

    def _show_conflicts(self) -> None:
        known = () if self.found is None else self.found.conflicts
        place = self.conflicts.currentRow()
        self.conflicts.clear()
        for conflict in known:
            self.conflicts.addItem(QListWidgetItem(self._conflict_text(conflict)))
        self.conflicts.setVisible(bool(known))
        if known:
            self.conflicts.setCurrentRow(min(max(0, place), len(known) - 1))
        else:
            self._on_conflict(-1)

    def _conflict_text(self, conflict: Conflict) -> str:
        names = {} if self.found is None else self.found.names
        said = ",  ".join(f"{rating.who}: {class_word(rating.label)}" for rating in conflict.ratings)
        head = names.get(conflict.item_id, str(conflict.item_id))
        kept = class_word(conflict.label) if conflict.label else self.tr("no class yet")
        return self.tr("{name}   label {label}\n{said}").format(name=head, label=kept, said=said)

    @Slot(int)
    def _on_conflict(self, _place: int) -> None:
        for made in self._buttons:
            made.deleteLater()
        self._buttons = []
        conflict = self._conflict
        self.look_button.setVisible(conflict is not None)
        if conflict is None or self.found is None:
            self._conflict_words.setText(self.tr("Nobody differs on any image."))
            return
        if self.found.who in {rating.who for rating in conflict.ratings}:
            self._conflict_words.setText(
                self.tr("You are one of those who differ: somebody who has not judged the image decides.")
            )
            return
        self._conflict_words.setText(self.tr("Look at the image, then decide; the label becomes what you say."))
        labels = dict.fromkeys([conflict.label, *(rating.label for rating in conflict.ratings)])
        for name in filter(None, labels):
            made = button(lambda name=name: self._decide(conflict.item_id, name), text=class_word(name))  # type: ignore[misc]
            self._decisions.addWidget(made)
            self._buttons.append(made)

    def _decide(self, item_id: int, name: str) -> None:
        self.decided.emit(item_id, name)

    @Slot()
    def _on_look(self) -> None:
        if self._conflict is not None:
            self.look_wanted.emit(self._conflict.item_id)

    def _lay_out(self) -> None:
        px = self._look.px
        left, right = QWidget(), QWidget()
        lines = column(spacing=px(6), parent=left)
        lines.addLayout(row(self._title, 1, self.blind_button, self.opinion_button))
        for item, stretch in ((self._words, 0), (self.table, 2), (self._pair_title, 0), (self.classes, 1)):
            lines.addWidget(item, stretch)
        lines.addStretch(0)
        right.setFixedWidth(px(400))
        others = column(self._conflict_title, self.conflicts, self._conflict_words, spacing=px(6), parent=right)
        others.setStretch(1, 1)
        others.addLayout(self._decisions)
        others.addWidget(self.look_button)
        others.addStretch(0)
        for inner in (lines, others):
            inner.setContentsMargins(0, 0, 0, 0)
        whole = row(left, right, spacing=px(14), parent=self)
        whole.setContentsMargins(*[px(6)] * 4)
        whole.setStretch(0, 1)
