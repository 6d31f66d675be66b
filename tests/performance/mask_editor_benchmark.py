"""The mask editor on a 12-megapixel picture, and the feature map with 200,000 points. In the real widgets.

    xvfb-run -a -s "-screen 0 1920x1080x24" python -m tests.performance.mask_editor_benchmark

Every figure is milliseconds of one thing that a hand does, from the event to the painted pixels: a pointer's move with
the button down (the stroke is drawn on the mask and its place repainted), undo of a long stroke, a step of zoom; for
the map a step of zoom, a pointer's move over the points, and closing a lasso. Prints JSON: median, 95th percentile and
maximum. `share_repainted` is how much of the canvas a move repaints at most.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui.application import make_application
from gui.look import Look
from gui.memory import Memory
from gui.review.feature_map import FeatureMap
from gui.review.mask_editor import MaskEditor

WIDTH, HEIGHT = 4000, 3000
POINTS = 200_000
SIZE = (1920, 1080)
MOVES = 300
WAIT_S = 20.0
Left, Right = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Paints(QObject):
    """Watches what a widget repaints."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._area = widget.width() * widget.height()
        self.count, self.largest = 0, 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's own hook."""
        if isinstance(event, QPaintEvent):
            self.count += 1
            box = event.region().boundingRect()
            self.largest = max(self.largest, box.width() * box.height() / self._area)
        return super().eventFilter(watched, event)


def timed(paints: Paints, deeds: Sequence[Callable[[], object]]) -> dict[str, float]:
    """Do things one by one, each until it is painted."""
    found = []
    for deed in deeds:
        before, begun = paints.count, time.perf_counter()
        deed()
        while paints.count == before:
            QApplication.processEvents()
            if time.perf_counter() - begun > WAIT_S:
                raise SystemExit("nothing was painted")
        found.append(1000 * (time.perf_counter() - begun))
    return {
        "median_ms": round(statistics.median(found), 2),
        "p95_ms": round(float(np.percentile(found, 95)), 2),
        "max_ms": round(max(found), 2),
        "n": len(found),
    }


def shown(widget: QWidget) -> None:
    """Show a widget and let it come to rest."""
    widget.resize(*SIZE)
    widget.show()
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        QApplication.processEvents()


def stroke(editor: MaskEditor, diameter: int, zoom: int) -> dict[str, Any]:
    """Draw a long wavy stroke, undo and redo it."""
    canvas = editor.canvas
    canvas.zoom_fit()
    for _ in range(zoom):
        canvas.zoom_by(1.25)
    editor.tools.brush.resize(diameter)
    QApplication.processEvents()
    at = np.linspace(0, 1, MOVES)
    x = canvas.width() * (0.1 + 0.8 * at)
    y = canvas.height() * (0.5 + 0.3 * np.sin(20 * at))
    way = [QPoint(int(a), int(b)) for a, b in zip(x, y, strict=True)]
    paints = Paints(canvas)
    QTest.mousePress(canvas, Left, pos=way[0])
    QApplication.processEvents()
    paints.largest = 0.0
    moves = timed(paints, [lambda to=to: QTest.mouseMove(canvas, to) for to in way[1:]])  # type: ignore[misc]
    repainted = paints.largest
    QTest.mouseRelease(canvas, Left, pos=way[-1])
    QApplication.processEvents()
    back = timed(paints, [editor.undo, editor.redo] * 5)
    canvas.removeEventFilter(paints)
    return {
        "diameter_px": diameter,
        "zoom": round(canvas.zoom, 1),
        "move": {**moves, "share_repainted": round(repainted, 4)},
        "undo_redo_of_it": back,
        "history_bytes": editor.document.history_bytes,
    }


def measure_editor(look: Look) -> dict[str, Any]:
    """Draw on a large picture."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(60, 200, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    editor = MaskEditor(look)
    shown(editor)
    editor.edit(pixels)
    QApplication.processEvents()
    strokes = [stroke(editor, diameter, zoom) for zoom in (0, 8) for diameter in (5, 40, 200)]
    paints = Paints(editor.canvas)
    steps = [lambda: editor.canvas.zoom_by(1.25)] * 8 + [lambda: editor.canvas.zoom_by(0.8)] * 8
    editor.zoom_fit()
    QApplication.processEvents()
    zooms = timed(paints, steps)
    editor.close()
    editor.deleteLater()
    return {"picture": f"{WIDTH}x{HEIGHT}", "strokes": strokes, "zoom_step": zooms}


def measure_map(look: Look) -> dict[str, Any]:
    """Zoom, point and choose among many points."""
    chance = np.random.default_rng(0)
    codes = chance.integers(0, 6, POINTS)
    centres = chance.normal(size=(6, 2)) * 2
    shown_map = FeatureMap(look)
    shown(shown_map)
    names = [f"class {code}" for code in range(6)]
    begun = time.perf_counter()
    shown_map.show_points(centres[codes] + chance.normal(size=(POINTS, 2)), codes, names, np.arange(POINTS))
    QApplication.processEvents()
    opened_ms = 1000 * (time.perf_counter() - begun)
    canvas = shown_map.canvas
    paints = Paints(canvas)
    zoom = timed(paints, [lambda: canvas.zoom_by(1.1)] * 15 + [lambda: canvas.zoom_by(1 / 1.1)] * 15)
    moves = []
    for place in range(60):
        begun = time.perf_counter()
        QTest.mouseMove(canvas, QPoint(canvas.width() // 4 + 9 * place, canvas.height() // 2))
        QApplication.processEvents()
        moves.append(1000 * (time.perf_counter() - begun))
    corners = [QPoint(x, y) for x, y in ((300, 200), (1200, 220), (1100, 800), (350, 700))]
    QTest.mousePress(canvas, Left, pos=corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(canvas, corner)
    QApplication.processEvents()
    lasso = timed(paints, [lambda: QTest.mouseRelease(canvas, Left, pos=corners[-1])])
    chosen = len(shown_map.chosen)
    shown_map.close()
    shown_map.deleteLater()
    return {
        "points": POINTS,
        "open_ms": round(opened_ms, 1),
        "zoom_step": zoom,
        "pointer_move": {"median_ms": round(statistics.median(moves), 2), "max_ms": round(max(moves), 2)},
        "lasso_closed_ms": lasso["max_ms"],
        "lasso_chose": chosen,
    }


def main() -> int:
    """Measure both and print."""
    app = make_application()
    with tempfile.TemporaryDirectory() as home:
        look = Look(app, Memory(Path(home) / "window.ini"))
        look.set_language("en")
        found = {
            "schema": "inspector.mask-editor-benchmark/1",
            "editor": measure_editor(look),
            "map": measure_map(look),
        }
    print(json.dumps(found, indent=2))
    moves = [each["move"]["p95_ms"] for each in found["editor"]["strokes"]]  # type: ignore[index]
    return 0 if max(moves) < 16 else 1


if __name__ == "__main__":
    sys.exit(main())
