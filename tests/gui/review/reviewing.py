"""A small data set under review in a real window, and what a test wants of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from datasets.audit import Audit, Predictions, QueueItem
from datasets.audit.files import save_audit, save_predictions
from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from gui.look import Look
from gui.memory import Memory
from gui.review.opened import open_review
from gui.review.window import ReviewWindow
from inspector.imaging import encode_png
from inspector.types import Person
from tests.gui.conftest import WAIT_MS
from tests.support import noise_picture

CLASSES = ("good", "crack", "dent")
PARTS_PER_CLASS = 6
VIEWS = ("side", "top")
IMAGES = len(CLASSES) * PARTS_PER_CLASS * len(VIEWS)


def make_dataset(folder: Path) -> Path:
    """Import three classes of six parts with two views each; return the data set's folder."""
    source, number = folder / "pictures", 0
    for name in CLASSES:
        for part in range(PARTS_PER_CLASS):
            for view in VIEWS:
                number += 1
                path = source / name / f"{name}{part}_{view}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_png(noise_picture(number)))
    out = folder / "dataset"
    import_images(ImportRequest(source, out, pattern="{class}/{part}_{view}.png", good=("good",)))
    return out


def add_audit(folder: Path, *, wrong: int = 4) -> list[int]:
    """Lay an audit beside a data set that doubts its first images; return their numbers in the queue's order."""
    with open_dataset(folder) as dataset:
        items = sorted(dataset.items(), key=lambda item: item.item_id)
        fingerprint = dataset.fingerprint
    suggested = [CLASSES[(CLASSES.index(item.label) + (place < wrong)) % 3] for place, item in enumerate(items)]
    probabilities = np.full((len(items), 3), 0.05, np.float32)
    probabilities[np.arange(len(items)), [CLASSES.index(name) for name in suggested]] = 0.9
    ids = np.array([item.item_id for item in items])
    scores = 1 - probabilities[:, 0]
    save_predictions(folder, Predictions(ids, CLASSES, probabilities, scores, "", np.zeros(len(items), np.bool_)))
    queue = [
        QueueItem(
            item.item_id, str(item.path), "The features speak for another class.", "unknown_kind", {},
            1.0 - place / 10, given=item.label, suggested=suggested[place],
        )
        for place, item in enumerate(items[:wrong])
    ]  # fmt: skip
    save_audit(folder, Audit(fingerprint, "2026-11-25T08:00:00+00:00", {"label_errors": tuple(queue)}, "test"))
    return [item.item_id for item in queue]


class Review:
    """A review window and waiting for it."""

    def __init__(self, look: Look, memory: Memory, folder: Path, qtbot: QtBot, who: str = "Mei") -> None:
        self.folder, self._qtbot = folder, qtbot
        self.failures: list[Exception] = []
        self.window = ReviewWindow(look, memory, open_review(folder, Person(who)), self.failures.append)
        self.window.resize(1366, 768)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow, timeout=WAIT_MS)
        self.page = self.window.page
        self.images, self.grid = self.page.images, self.page.images.grid
        self.opened = self.page.opened

    def until(self, condition: Callable[[], object]) -> None:
        """Let Qt work until the condition holds."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def type(self, text: str) -> None:
        """Type letters where the keyboard is."""
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)

    def labels(self) -> dict[int, str]:
        """What the manifest holds now, read by another connection."""
        with open_dataset(self.folder) as dataset:
            return {item.item_id: item.label for item in dataset.items()}

    def current_id(self) -> int:
        """Number of the image under the cursor."""
        return int(self.opened.catalogue.ids[self.grid.current])

    def texts(self) -> str:
        """Everything that is written and seen."""
        return "\n".join(item.text() for item in self.window.findChildren(QLabel) if item.isVisible())

    def close(self) -> None:
        """Close it; nothing may have failed unseen."""
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()
        assert not self.failures
