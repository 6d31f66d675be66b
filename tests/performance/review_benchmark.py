"""The review window at 200,000 images: to open, to scroll, to filter and to label by keys. In the real window.

    xvfb-run -a -s "-screen 0 1920x1080x24" python -m tests.performance.review_benchmark

Draws the data set first (`review_pictures`; about 1.5 GB where --pictures is, in memory by default), then opens it in a
process of its own, as `inspector review` does, once without thumbnails on the disk and once with those that the first
window left. Prints JSON. The manifest lies where --folder is: choose a disk, as labels wait for it.

Scrolling: a timer asks 60 times a second for the next few rows, through images that were never shown, while their
thumbnails are read from JPEG files, made, kept and painted. `frame_ms` is the time between two paintings as they were
really done (16.7 = every frame in time), `work_ms` what the main thread needed for scrolling and painting.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from datasets.manifest import open_dataset
from gui.application import Mishaps, make_application
from gui.collector import Collector
from gui.look import Look
from gui.memory import Memory
from gui.review.opened import open_review
from gui.review.window import ReviewWindow
from inspector.types import Person
from tests.performance.review_pictures import CLASSES, make_dataset

FRAME_MS = 1000 / 60
LATE_MS = 1.5 * FRAME_MS
SCROLLS_PX = (24, 90, 400)
"""Per frame: reading pace, fast (a screen in 0.15 s at 1080 lines), and a dragged scroll bar."""
SCROLL_S = 10.0
LABELS = 1000


class Driven:
    """A review window, and what is measured in it."""

    def __init__(self, folder: Path, started_s: float) -> None:
        self.app = make_application()
        Mishaps().install()
        self._home = tempfile.TemporaryDirectory()
        memory = Memory(Path(self._home.name) / "review.ini")
        look = Look(self.app, memory)
        look.set_language("en")
        self.window = ReviewWindow(look, memory, open_review(folder, Person("Mei")), _fail)
        self.window.resize(1920, 1080)
        self.window.show()
        self.window.activateWindow()
        self.collector = Collector()
        self.images = self.window.page.images
        self.grid = self.images.grid
        self.until(lambda: self.grid.viewport().isVisible())
        self.app.processEvents()
        self.shown_s = time.monotonic() - started_s
        self.until(lambda: self.images.thumbnails.waiting == 0)
        self.app.processEvents()
        self.thumbnails_s = time.monotonic() - started_s

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let the window work until the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("what was waited for did not come")
            self.app.processEvents()
            time.sleep(0.001)

    def scroll(self, step_px: int) -> dict[str, Any]:
        """Scroll on by `step_px` per frame for a while."""
        bar, viewport = self.grid.verticalScrollBar(), self.grid.viewport()
        painted: list[float] = []
        work: list[float] = []

        def on_frame() -> None:
            begun = time.perf_counter()
            bar.setValue(bar.value() + step_px)
            viewport.repaint()
            now = time.perf_counter()
            work.append(1000 * (now - begun))
            painted.append(now)

        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(16)
        timer.timeout.connect(on_frame)
        timer.start()
        end = time.monotonic() + SCROLL_S
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.0005)
        timer.stop()
        frames = 1000 * np.diff(painted)
        first, last = self.grid.visible_range
        arrived = sum(self.images.thumbnails.get(int(p)) is not None for p in self.grid.positions[first:last])
        self.until(lambda: self.images.thumbnails.waiting == 0)
        return {
            "step_px": step_px,
            "frames": len(frames),
            "frames_per_s": round(1000 / float(frames.mean()), 1),
            "frame_ms": _spread(frames.tolist()),
            "late_share": round(float(np.mean(frames > LATE_MS)), 4),
            "work_ms": _spread(work),
            "thumbnails_there_when_it_stopped": round(arrived / max(1, last - first), 2),
        }

    def filters(self) -> dict[str, float]:
        """Return how long each filter takes until the images are on the screen, in ms."""
        bar = self.images.filters
        took: dict[str, float] = {}
        begun = time.perf_counter()
        self.window.page.search()
        took["the search key itself, the first time"] = round(1000 * (time.perf_counter() - begun), 1)
        acts: dict[str, Callable[[], None]] = {
            "a word that is rare": lambda: bar.text.setText("part-012345"),
            "a word that many have": lambda: bar.text.setText("side"),
            "two words": lambda: bar.text.setText("day-12 top"),
            "a class": lambda: _choose(bar.class_, "crack"),
            "not reviewed": lambda: _choose(bar.state, "open"),
            "model disagrees": lambda: _choose(bar.state, "disagree"),
            "defect score above 0.9": lambda: _choose(bar.score, "top"),
            "split test": lambda: _choose(bar.split, "test"),
        }
        for name, act in acts.items():
            bar.clear()
            self.app.processEvents()
            act()
            begun = time.perf_counter()
            bar.changed.emit()
            self.grid.viewport().repaint()
            took[name] = round(1000 * (time.perf_counter() - begun), 1)
        bar.clear()
        return took

    def label(self) -> dict[str, Any]:
        """Label by class keys as fast as the window takes them; every one is looked for in the manifest afterwards."""
        self.grid.go_to(0)
        self.grid.setFocus()
        rng = np.random.default_rng(0)
        codes = rng.integers(0, len(CLASSES), LABELS)
        wanted: dict[int, str] = {}
        took: list[float] = []
        for code in codes.tolist():
            catalogue = self.images.opened.catalogue
            wanted[int(catalogue.ids[self.grid.current])] = catalogue.classes[code]
            begun = time.perf_counter()
            QTest.keyClick(QApplication.focusWidget() or self.window, Qt.Key(Qt.Key.Key_1 + code))
            self.app.processEvents()
            took.append(1000 * (time.perf_counter() - begun))
        return {"keys": LABELS, "ms_per_key": _spread(took), "wanted": wanted}

    def close(self) -> None:
        """End it."""
        self.window.close()
        self.collector.stop()
        self._home.cleanup()


def _fail(error: Exception) -> None:
    raise error


def _choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 2),
        "p95": round(float(np.percentile(values, 95)), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
        "max": round(max(values), 2),
    }


def _memory_mib(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return round(int(line.split()[1]) / 1024, 1)


def measure(folder: Path, started_s: float) -> dict[str, Any]:
    """Drive one window through everything."""
    driven = Driven(folder, started_s)
    found: dict[str, Any] = {
        "open_s": {"window": round(driven.shown_s, 2), "thumbnails": round(driven.thumbnails_s, 2)},
        "open_cpu_s": round(time.process_time(), 2),
        "memory_mib": {"opened": _memory_mib("VmRSS")},
        "load_average": os.getloadavg()[0],
    }
    found["scroll"] = [driven.scroll(step) for step in SCROLLS_PX]
    found["filter_ms"] = driven.filters()
    label = driven.label()
    wanted: dict[int, str] = label.pop("wanted")
    found["memory_mib"]["peak"] = _memory_mib("VmHWM")
    driven.close()
    with open_dataset(folder) as dataset:
        rows = dict(dataset.connection.execute("SELECT item_id, label FROM current_item").fetchall())
        words = dict(
            dataset.connection.execute("SELECT item_id, count(*) FROM review WHERE who = 'Mei' GROUP BY item_id")
        )
    kept = sum(rows[item] == name and words.get(item, 0) >= 1 for item, name in wanted.items())
    found["label"] = {**label, "images": len(wanted), "found_in_the_manifest": kept}
    return found


def main() -> int:
    """Draw, measure twice, clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200_000, metavar="N")
    parser.add_argument("--pictures", type=Path, default=Path("/dev/shm"), metavar="DIR")  # noqa: S108 - memory
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the manifest lies (a temporary folder)")
    parser.add_argument("--measure", nargs=2, metavar=("DIR", "STARTED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(Path(options.measure[0]), float(options.measure[1]))))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="review-", dir=options.folder))
    pictures = Path(tempfile.mkdtemp(prefix="review-", dir=options.pictures))
    try:
        begun = time.monotonic()
        make_dataset(folder / "dataset", pictures, options.images)
        found: dict[str, Any] = {"images": options.images, "drawn_s": round(time.monotonic() - begun, 1)}
        for name in ("first_time", "second_time"):
            command = [sys.executable, "-m", "tests.performance.review_benchmark", "--measure"]
            done = subprocess.run(
                [*command, str(folder / "dataset"), str(time.monotonic())], check=True, capture_output=True, text=True
            )
            found[name] = json.loads(done.stdout)
        print(json.dumps(found, indent=2))
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(pictures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
