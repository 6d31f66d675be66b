"""What watching costs the station after each released part, and at its start.

python -m tests.performance.drift_cost
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle

import cv2
import numpy as np

from inspector.line import drift
from inspector.line.health import health_reference, read_health
from inspector.line.monitor import LineMonitor
from inspector.line.picture import measure
from inspector.types import Image

SIZES = ((320, 320), (1280, 1024), (2448, 2048))
CALIBRATED = 300


def milliseconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Return how long each repetition took."""
    work()
    found = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        work()
        found.append((time.perf_counter() - started_s) * 1e3)
    return found


def _taker(monitor: LineMonitor, shown: Sequence[Image]) -> Callable[[], object]:
    pictures = cycle(shown)
    return lambda: monitor.add({"front": measure(next(pictures))}, 0.1, rejected=False)


def main() -> int:
    """Print a Markdown table."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    small = [rng.integers(0, 256, (240, 240, 3), dtype=np.uint8) for _ in range(CALIBRATED)]
    document = health_reference(("front", pixels) for pixels in small)
    scores = rng.random(CALIBRATED)

    def start() -> LineMonitor:
        drift._rank_gains.cache_clear()
        health = read_health(document, "cost")
        return LineMonitor(health, scores, false_alarms_per_day=0.1, parts_per_day=20_000)

    print(f"| picture | ms per part: median | p99 |\n|{'---|' * 3}")
    for width, height in SIZES:
        shown = [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(4)]
        spent = milliseconds(_taker(start(), shown), 200)
        print(f"| {width}x{height} | {np.median(spent):.2f} | {np.percentile(spent, 99):.2f} |")
    started = milliseconds(start, 20)
    print(f"\nAt the start, per view: {np.median(started):.0f} ms with {CALIBRATED} calibration pictures.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
