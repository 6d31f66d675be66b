"""Whether the window and the station stay as they are through a hundred thousand parts.

    python -m tests.performance.soak_campaign --parts 100000

Opens the real window without a screen, with the real station on the simulated line, as fast as it goes, and samples
the resident memory. After a warm-up (a fifth of the parts) the samples are averaged in twenty blocks, which makes
neighbours nearly independent, and a line is fitted through the means: its slope, and the one-sided 95 % bound of it
(Student, 18 degrees of freedom). The latency's p99 of the last tenth is held against that of the first after warm-up.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gui.parts import SeenPart

BLOCKS = 20
SAMPLE_EVERY = 100
MEBI = 1 << 20
SLOPE_LIMIT_MIB = 5.0
DRIFT_LIMIT = 0.10


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What the campaign found.

    Attributes:
        parts: Decided parts.
        seconds: From the first to the last.
        memory_mib: Resident memory at the end of the warm-up and at the end.
        slope_mib: Growth per 100,000 parts after the warm-up.
        slope_bound_mib: Its one-sided 95 % bound.
        p99_ms: Trigger to record, p99: of the first tenth after the warm-up and of the last.
        p99_drift: The change as a share of the first.
    """

    parts: int
    seconds: float
    memory_mib: tuple[float, float]
    slope_mib: float
    slope_bound_mib: float
    p99_ms: tuple[float, float]
    p99_drift: float

    @property
    def clean(self) -> bool:
        """Whether both figures are within their limits."""
        return self.slope_bound_mib <= SLOPE_LIMIT_MIB and self.p99_drift <= DRIFT_LIMIT


def resident_bytes() -> int:
    """Return the memory of this process that lies in RAM (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def slope_and_bound(at: NDArray[np.float64], memory: NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope of memory over parts, and its one-sided 95 % bound, from the means of `BLOCKS` blocks."""
    from scipy import stats

    x = np.array([block.mean() for block in np.array_split(at, BLOCKS)])
    y = np.array([block.mean() for block in np.array_split(memory, BLOCKS)])
    fit = stats.linregress(x, y)
    return float(fit.slope), float(fit.slope + stats.t.ppf(0.95, BLOCKS - 2) * fit.stderr)


def report_of(
    at: NDArray[np.float64], memory: NDArray[np.float64], latency_ms: NDArray[np.float64], seconds: float
) -> SoakReport:
    """Return the figures of samples (S,) of memory in bytes at part numbers (S,), and of every part's latency (N,)."""
    parts = latency_ms.size
    warm = parts // 5
    after = at > warm
    slope, bound = slope_and_bound(at[after], memory[after])
    tenth = (parts - warm) // 10
    first, last = (float(np.percentile(each, 99)) for each in (latency_ms[warm : warm + tenth], latency_ms[-tenth:]))
    per_100k = 100_000 / MEBI
    return SoakReport(
        parts=parts,
        seconds=round(seconds, 1),
        memory_mib=(round(float(memory[after][0]) / MEBI, 1), round(float(memory[-1]) / MEBI, 1)),
        slope_mib=round(slope * per_100k, 2),
        slope_bound_mib=round(bound * per_100k, 2),
        p99_ms=(round(first, 2), round(last, 2)),
        p99_drift=round(last / first - 1.0, 3),
    )


def soak(folder: Path, parts: int) -> SoakReport:
    """Run the window in `folder` for so many parts."""
    from gui.app import make_application, make_window, preload_model_runtime
    from gui.collector import Collector
    from inspector.recipe import load_recipe
    from tests.support import recipe_text, tiny_package

    recipe = folder / "line.toml"
    package = tiny_package(folder / "package", size=48)
    recipe.write_text(recipe_text(package.folder, camera='kind = "simulated"\nsize_px = 96'), encoding="utf-8")
    app = make_application()
    preload_model_runtime()
    window = make_window(app, folder, folder / "log", max_parts=parts)
    window.show()
    collector = Collector()
    latency: NDArray[np.float64] = np.full(
        parts, np.nan
    )  # allocated before: the campaign's own figures must not count as growth
    memory: NDArray[np.float64] = np.full(parts // SAMPLE_EVERY, np.nan)
    done, started = [0], list[float]()

    def on_shown(part: SeenPart) -> None:
        started[:] = started or [time.perf_counter()]
        latency[done[0]] = part.record.stage_ms["total"]
        done[0] += 1
        if done[0] % SAMPLE_EVERY == 0:
            memory[done[0] // SAMPLE_EVERY - 1] = resident_bytes()
            if sys.stderr.isatty():
                print(f"\r{done[0]} parts, {resident_bytes() / MEBI:.0f} MiB", end="", file=sys.stderr)

    window.open_recipe(load_recipe(recipe))
    page = window.operator_page
    if page is None:
        raise SystemExit(window.start_page.trouble.words.text())
    page.shown.connect(on_shown)
    page.session.ended.connect(app.quit)
    app.exec()
    seconds = time.perf_counter() - started[0]
    collector.stop()
    window.close()
    samples = done[0] // SAMPLE_EVERY
    at = np.arange(1, samples + 1, dtype=np.float64) * SAMPLE_EVERY
    return report_of(at, memory[:samples], latency[: done[0]], seconds)


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the log goes; default: a temporary folder")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path(tempfile.mkdtemp(prefix="inspector-soak-", dir=options.folder))
    os.environ["INSPECTOR_HOME"] = str(folder)
    try:
        report = soak(folder, options.parts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
