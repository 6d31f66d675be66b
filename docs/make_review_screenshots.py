# ruff: noqa: INP001
"""Make docs/images/review-*.png from the real window, in both languages.

    xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_review_screenshots.py

Washers are drawn, every twentieth gets a wrong label, and `inspector dataset audit` looks for those with the
descriptors that need no weights. A second reviewer, whom this script plays, has judged some of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.review.catalogue import read_catalogue
from datasets.review.session import ReviewSession
from datasets.synthetic import SyntheticRequest, synthesize
from gui.application import make_application
from gui.look import Look
from gui.memory import Memory
from gui.review.opened import open_review
from gui.review.page import IMAGES
from gui.review.pages import AGREEMENT, CLASSES, MAP, RETRAIN, STATISTICS
from gui.review.window import ReviewWindow
from gui.theme import DARK, LIGHT
from inspector.cli import main as inspector
from inspector.types import Person

FOLDER = Path(__file__).parent / "images"
SIZE = (1366, 768)
PICTURES, WRONG = 360, 18


class Camera:
    """The window, its keys, and pictures of it."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.app = make_application()
        memory = Memory(home / "review.ini")
        self.look = Look(self.app, memory)
        self.look.scale = 1.0
        self.look.set_language("en")
        self.window = ReviewWindow(self.look, memory, open_review(folder, Person("Mei Lin")), _fail)
        self.window.resize(*SIZE)
        self.window.show()
        self.window.activateWindow()
        self.page = self.window.page
        self.wait(lambda: self.page.images.large.shown is not None)

    def wait(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Let the window work until the condition holds."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise SystemExit("what should be photographed did not come")
            self.app.processEvents()
            time.sleep(0.002)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def take(self, name: str) -> None:
        """Write docs/images/review-`name`-en.png and -zh.png; the latter in the dark."""
        for language, theme, ending in (("en", LIGHT, "en"), ("zh_CN", DARK, "zh")):
            self.look.set_language(language)
            self.look.set_theme(theme)
            rested = time.monotonic() + 0.8
            self.wait(lambda rested=rested: time.monotonic() > rested)
            self.wait(lambda: self.page.images.thumbnails.waiting == 0)
            self.page.toast.hide()
            path = FOLDER / f"review-{name}-{ending}.png"
            self.window.grab().save(str(path))
            print(path)
        self.look.set_language("en")
        self.look.set_theme(LIGHT)


def _fail(error: Exception) -> None:
    raise error


def prepare(folder: Path) -> Path:
    """Draw the data set, spoil some labels, look for them, and play a second reviewer."""
    drawn, dataset_folder = folder / "drawn", folder / "washers"
    synthesize(SyntheticRequest(drawn, images=PICTURES, size_px=256, seed=5))
    rng = np.random.default_rng(0)
    pictures = sorted(drawn.glob("images/*/*.png"))
    for index in rng.permutation(len(pictures))[:WRONG].tolist():
        path = pictures[index]
        path.rename(drawn / "images" / ("scratch" if path.parent.name != "scratch" else "good") / path.name)
    pattern, mask = "images/{class}/{id}.png", "masks/{class}/{id}.png"
    request = ImportRequest(drawn, dataset_folder, pattern=pattern, mask=mask, good=("good",))
    import_images(request)
    if inspector(["dataset", "audit", str(dataset_folder), "--weights", "none", "--json-lines"]) not in (0, 1):
        raise SystemExit("the audit did not come to its end")
    with open_dataset(dataset_folder) as dataset:
        catalogue = read_catalogue(dataset)
        ada, lin = (ReviewSession(dataset, catalogue, who) for who in ("Ada", "Lin"))
        for position in range(40, 70):
            ada.confirm([position])
            name = catalogue.label_of(position)
            lin.opine(position, name if position % 6 else "stain")
    return dataset_folder


def photograph(camera: Camera) -> None:
    """Walk through the window."""
    for key in (Qt.Key.Key_A, Qt.Key.Key_Return, Qt.Key.Key_F, Qt.Key.Key_Right, Qt.Key.Key_S):
        camera.key(key)
    camera.take("images")
    camera.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    camera.key(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    camera.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    camera.take("filters")
    camera.page.more_filters()
    camera.page.images.grid.clear_selection()
    camera.key(Qt.Key.Key_C)
    camera.key(Qt.Key.Key_Right)
    camera.take("compare")
    camera.key(Qt.Key.Key_C)
    camera.key(Qt.Key.Key_F1)
    camera.take("keys")
    camera.key(Qt.Key.Key_F1)
    camera.page.images.show_queue("conflicts")
    camera.take("conflicts")
    camera.key(Qt.Key.Key_B)
    camera.take("blind")
    camera.key(Qt.Key.Key_B)
    for tab in (MAP, CLASSES, STATISTICS, AGREEMENT, RETRAIN):
        camera.page.tabs.show_tab(tab)
        camera.take(tab.lower())
    camera.page.tabs.show_tab(IMAGES)
    camera.key(Qt.Key.Key_E)
    camera.take("mask")
    camera.page.editor.left.emit()


def main() -> int:
    """Make every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(prepare(Path(folder)), Path(folder))
        photograph(camera)
        camera.window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
