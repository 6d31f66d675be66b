"""How smooth the window stays while the station inspects: `python -m tests.performance.window_stall`.

Opens the real window with the real station on the moving simulated line, lets it inspect, and measures how late a
5 ms timer of Qt's event loop fires. A stall is the time by which it was late. Prints the longest one and its
percentiles, the longest piece of the window's own work between two ticks (the rest of a stall is waiting for a
processor or the interpreter), live pictures painted per second, and parts; start-up is told apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TICK_MS = 5


def main() -> int:
    """Measure and print; returns 1 where the longest stall is above `--limit-ms`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=500)
    parser.add_argument("--period-ms", type=float, default=400, help="from part to part on the belt")
    parser.add_argument("--package", type=Path, help="model package; default: a small network with random weights")
    parser.add_argument("--size", type=int, default=320, help="pixels of the camera's picture, each way")
    parser.add_argument("--limit-ms", type=float, help="exit with 1 above this")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "" if os.environ.get("DISPLAY") else "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INSPECTOR_HOME"] = folder
        return _measure(options, Path(folder))


def _measure(options: argparse.Namespace, folder: Path) -> int:
    from PySide6.QtCore import Qt, QTimer

    from gui.app import make_application, make_window, preload_model_runtime
    from inspector.recipe import load_recipe
    from tests.support import recipe_text, tiny_package

    package = options.package or tiny_package(folder / "package", size=128).folder
    path = folder / "line.toml"
    camera = f'kind = "simulated"\nmoving = true\nsize_px = {options.size}\npart_period_ms = {options.period_ms}'
    path.write_text(recipe_text(package.resolve(), camera=camera, trigger='kind = "presence"\nsettle_ms = 30'))
    app = make_application()
    preload_model_runtime()
    window = make_window(app, folder, folder / "log", max_parts=options.parts)
    window.showMaximized()
    ticks: list[float] = []
    worked: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def on_tick() -> None:
        ticks.append(time.perf_counter())
        worked.append(time.thread_time())

    timer.timeout.connect(on_tick)
    timer.start(TICK_MS)
    window.open_recipe(load_recipe(path))
    page = window.operator_page
    if page is None:
        print(window.start_page.trouble.words.text(), file=sys.stderr)
        return 2
    first: list[float] = []
    before_first = [0]

    def on_shown(_part: object) -> None:
        if not first:
            before_first[0] = page.picture.rate.total
        first.append(time.perf_counter())

    page.shown.connect(on_shown)
    page.session.ended.connect(app.quit)
    app.exec()
    seen, painted, parts = first[0], page.picture.rate.total, page.tally.parts
    live_fps = (painted - before_first[0]) / (ticks[-1] - seen)
    inspecting = np.array([moment for moment in ticks if moment >= seen])
    starting = np.array([moment for moment in ticks if moment < seen])
    own = np.diff(np.array(worked[-len(inspecting) :])) * 1000
    stalls = np.maximum(0.0, np.diff(inspecting) * 1000 - TICK_MS)
    window.close()
    print(f"platform              {app.platformName()}, window {window.width()}x{window.height()}")
    print(f"parts                 {parts}, {len(first)} shown")
    print(f"live pictures shown   {painted}, {live_fps:.1f} per second while inspecting")
    print(f"window's own work     longest piece {own.max():.1f} ms, p99.9 {np.percentile(own, 99.9):.1f} ms of CPU")
    print(f"stall while starting  max {np.diff(starting).max() * 1000 - TICK_MS:.1f} ms")
    figures = "  ".join(f"p{p} {np.percentile(stalls, p):.1f}" for p in (50, 99, 99.9))
    print(f"stall while inspecting  max {stalls.max():.1f} ms  {figures}  ({(stalls > 50).sum()} above 50 ms)")
    return int(options.limit_ms is not None and stalls.max() > options.limit_ms)


if __name__ == "__main__":
    sys.exit(main())
