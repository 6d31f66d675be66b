"""What a retraining is to do: the release, the folder of the run, the method and the accepted risk."""

from __future__ import annotations

import shlex
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit

from gui.look import Look
from gui.memory import Memory
from gui.review.retrain_run import METHODS, Order
from gui.widgets.basics import ChoiceBox, Translated, button, label, row
from inspector.people.users import read_users


class OrderForm(Translated):
    """Asks for it, and remembers it for each data set.

    Attributes:
        changed: Something was typed.
        users: This PC has users: who orders it proves it by the password.
    """

    changed = Signal()

    def __init__(self, look: Look, memory: Memory) -> None:
        super().__init__()
        self._memory = memory
        self._dataset: Path | None = None
        self._who = ""
        self.users = False
        self.release, self.out, self.more = QLineEdit(), QLineEdit(), QLineEdit()
        self.max_escape, self.max_overkill, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.method = ChoiceBox()
        self.method.addItems([""] * len(METHODS))
        self._captions = [label("muted") for _ in range(6)]
        self._browse = [button(self._on_release), button(self._on_out)]
        self._lay_out(look)
        for field in self._fields.values():
            field.textChanged.connect(self.changed)
        self.password.textChanged.connect(self.changed)
        self.retranslate()

    def open_dataset(self, folder: Path, who: str) -> None:
        """Speak of a data set and of who is at the window."""
        self._dataset, self._who = folder, who
        for name, field in self._fields.items():
            proposed = str(folder.parent / f"{folder.name}-retrain") if name == "out" else ""
            field.setText(self._memory.text(f"retrain-{name}/{folder.name}", proposed))
        method = self._memory.text(f"retrain-method/{folder.name}", METHODS[0])
        self.method.setCurrentIndex(METHODS.index(method) if method in METHODS else 0)
        self.users = bool(read_users().users)
        self.password.setVisible(self.users)

    def order(self) -> Order | None:
        """Return what is typed; None where something is missing or the further arguments cannot be read."""
        release, out = self.release.text().strip(), self.out.text().strip()
        if self._dataset is None or not release or not out or (self.users and not self.password.text()):
            return None
        try:
            more = shlex.split(self.more.text())
        except ValueError:  # an open quotation mark: the person is still typing
            return None
        method = METHODS[self.method.currentIndex()]
        risks = (self.max_escape.text().strip(), self.max_overkill.text().strip())
        return Order(self._dataset, release, out, self._who, method, *risks, more)

    def remember(self) -> None:
        """Keep what is typed for the next time; never the password."""
        if self._dataset is not None:
            for name, field in self._fields.items():
                self._memory.set_text(f"retrain-{name}/{self._dataset.name}", field.text())
            self._memory.set_text(f"retrain-method/{self._dataset.name}", METHODS[self.method.currentIndex()])

    def take_password(self) -> str:
        """Return the password and forget it; "" on a PC without users."""
        password = self.password.text()
        self.password.clear()
        return password

    def retranslate(self) -> None:
        """Write every text anew."""
        captions = (
            self.tr("Release folder: the champion in force"),
            self.tr("Folder of the runs"),
            self.tr("Method"),
            self.tr("Accepted escapes"),
            self.tr("Accepted overkill"),
            self.tr("Further arguments of `inspector retrain`"),
        )
        for caption, text in zip(self._captions, captions, strict=True):
            caption.setText(text)
        for made in self._browse:
            made.setText(self.tr("Choose …"))
        words = (
            self.tr("classifier: named defects"),
            self.tr("patch memory: good parts alone"),
            self.tr("autoencoder: good parts alone"),
            self.tr("hybrid: both"),
        )
        for place, text in enumerate(words):
            self.method.setItemText(place, text)
        for field in (self.max_escape, self.max_overkill):
            field.setPlaceholderText(self.tr("as the champion"))
        self.more.setPlaceholderText("--epochs 30")
        self.password.setPlaceholderText(self.tr("Password of {who}").format(who=self._who))

    @property
    def _fields(self) -> dict[str, QLineEdit]:
        return {
            "release": self.release,
            "out": self.out,
            "max-escape": self.max_escape,
            "max-overkill": self.max_overkill,
            "more": self.more,
        }

    def _on_release(self) -> None:
        self._choose(self.release)

    def _on_out(self) -> None:
        self._choose(self.out)

    def _choose(self, field: QLineEdit) -> None:
        path = QFileDialog.getExistingDirectory(self, "", field.text())
        if path:
            field.setText(path)

    def _lay_out(self, look: Look) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(look.px(4))
        release, out, method, escape, overkill, more = self._captions
        for place, (caption, field, browse) in enumerate(
            ((release, self.release, self._browse[0]), (out, self.out, self._browse[1]))
        ):
            grid.addWidget(caption, 2 * place, 0, 1, 2)
            grid.addLayout(row(field, browse), 2 * place + 1, 0, 1, 2)
        grid.addWidget(method, 4, 0, 1, 2)
        grid.addWidget(self.method, 5, 0, 1, 2)
        for place, (caption, field) in enumerate(((escape, self.max_escape), (overkill, self.max_overkill))):
            grid.addWidget(caption, 6, place)
            grid.addWidget(field, 7, place)
        grid.addWidget(more, 8, 0, 1, 2)
        grid.addWidget(self.more, 9, 0, 1, 2)
        grid.addWidget(self.password, 10, 0, 1, 2)
