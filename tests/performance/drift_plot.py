"""The picture of the drift campaign: evidence part by part, before and after a change."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from inspector.line.ailments import DETECTORS_PER_VIEW, ViewMonitor
from inspector.line.drift import parts_per_detector
from inspector.line.scores import DETECTORS
from tests.performance.drift_faults import CameraFault, defocus, dirt, exposure, shift
from tests.performance.drift_line import Bench, Remembering, Stream
from tests.performance.drift_trials import of_fault

BEFORE, AFTER, RUNS = 30, 50, 15
COLOURS = ("#5a666f", "#0b7a75", "#c8501e", "#3b5ba5", "#b07d12", "#7a3b8f")


def draw(bench: Bench, file: Path) -> None:
    """Draw the median evidence of several runs over the parts, for a well camera and for some faults."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    changes: dict[str, Stream] = {"nothing changes": bench.well}
    for name, spoil in {
        "defocus, sigma 0.5 px": defocus(0.5),
        "defocus, sigma 1 px": defocus(1.0),
        "light x 0.85": exposure(0.85),
        "shift 8 px": shift(8),
        "dirt, 3 % of the width": dirt(0.03, (0.3, 0.3)),
    }.items():
        changes[name] = of_fault(bench, CameraFault(name, (), spoil))
    figure = Figure(figsize=(8, 4.2), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    at = np.arange(-BEFORE + 1, AFTER + 1)
    for (name, stream), colour in zip(changes.items(), COLOURS, strict=True):
        runs = np.array([_evidence(bench, stream, seed) for seed in range(RUNS)])
        axes.plot(at, np.median(runs, 0), label=name, color=colour, linewidth=2)
    axes.axhline(1.0, color="#1d2429", linestyle="--", linewidth=1)
    axes.axvline(0.5, color="#c5ccd1", linewidth=1)
    axes.text(AFTER, 1.02, "alarm", ha="right", fontsize=9)
    axes.set(
        xlabel="parts after the change", ylabel="evidence, as a share of the limit", ylim=(0, 1.1),
        xlim=(-BEFORE + 1, AFTER), title=f"Strongest evidence of any detector, median of {RUNS} runs",
    )  # fmt: skip
    axes.grid(color="#e6eaed", linewidth=0.8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="center left", fontsize=9)
    figure.savefig(file, metadata={"Software": None})


def _evidence(bench: Bench, after: Stream, seed: int) -> list[float]:
    setup, rng = bench.setup, np.random.default_rng(seed)
    parts = parts_per_detector(setup.false_alarms_per_day, setup.parts_per_day, DETECTORS_PER_VIEW + DETECTORS)
    monitor, found = ViewMonitor(Remembering(setup.reference), parts), []
    for stream, count in ((bench.well(rng), BEFORE), (after(rng), AFTER)):
        for sample in islice(stream, count):
            monitor.add(sample.picture)
            found.append(monitor.suspicion)
    return found
