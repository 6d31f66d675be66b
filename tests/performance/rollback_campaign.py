"""Promote and roll back under a running line: how soon another package judges, and whether a part is lost.

    python -m tests.performance.rollback_campaign --rounds 5

A simulated line makes a part every 50 ms. Three packages are brought into force one after the other and rolled back
again, by `inspector rollback` in a process of its own, as a person would. Measured is the time from the start of the
command (for a promotion: from the moment that the comparison was won and the release is written) to the first part that
the other package judged. A rollback finds its package in memory; the second one comes half a second after the first has
taken effect, when the package before may still be loading. Every trigger must have exactly one record.
"""

from __future__ import annotations

import argparse
import queue
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inspector.events import CautionRaised, Event, FaultRaised, PartDecided
from inspector.inference.package import Package, write_package
from inspector.inference.preprocess import Preprocessing
from inspector.log import open_log
from inspector.recipe import load_recipe
from inspector.release import read_release
from inspector.release_change import enter, keep
from inspector.slots import LatestSlot
from inspector.types import Person, Record, Verdict
from inspector.worker import StationThread
from tests.support import CLASSES, recipe_text

PERIOD_MS = 50


@dataclass(slots=True)
class Report:
    """What the campaign found: seconds by kind of change, and the records at the end."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost or doubled, and every change took effect within 5 s."""
        slowest = max(value for values in self.seconds.values() for value in values)
        return not self.lost and not self.doubled and not self.troubles and slowest < 5.0


def random_package(folder: Path, backbone: str, size: int, seed: int) -> Package:
    """Write a package of a real network with random weights."""
    import safetensors.torch
    import torch

    from inspector.inference.networks import build_network

    torch.manual_seed(seed)
    network = build_network(backbone, len(CLASSES))
    card = {
        "method": "classifier",
        "backbone": backbone,
        "classes": CLASSES,
        "good": ("good",),
        "preprocessing": Preprocessing(width=size, height=size),
        "thresholds": {"pass_below": 0.3, "fail_from": 0.7},
        "training": {"note": "random weights"},
        "data": {},
        "metrics": {},
        "libraries": {},
        "created": "2026-01-01T00:00:00+00:00",
    }
    return write_package(folder, card, {"weights.safetensors": safetensors.torch.save(network.state_dict())})


class Line:
    """A running station and what it tells."""

    def __init__(self, recipe: Path, log_folder: Path) -> None:
        self.log = open_log(log_folder)
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.troubles: list[str] = []
        self.thread = StationThread(load_recipe(recipe), self.log, self.events, LatestSlot())
        self.thread.start()

    def until_judged_by(self, hash_: str) -> float:
        """Wait for the first part that this package judged, and return when that was (monotonic seconds)."""
        while True:
            event = self.events.get(timeout=60)
            if isinstance(event, CautionRaised):
                self.troubles.append(event.caution.what)
            if isinstance(event, FaultRaised):
                self.troubles.append(event.fault.what)
            if isinstance(event, PartDecided) and event.record.package_hash == hash_:
                return time.monotonic()


def run_campaign(folder: Path, *, rounds: int, backbone: str, size: int) -> Report:
    """Run the campaign in `folder` and return its report."""
    release, report = folder / "release", Report()
    first, second, third = (random_package(folder / str(seed), backbone, size, seed) for seed in range(3))
    for package in (first, second, third):
        keep(release, package)
    enter(release, first.hash, "init", who=Person("campaign"), why="start", expected=None)
    recipe = folder / "recipe.toml"
    camera = 'kind = "simulated"\nsize_px = 192'
    text = recipe_text(release, camera=camera, trigger=f'kind = "source"\nperiod_ms = {PERIOD_MS}')
    recipe.write_text("heat_map = false\n" + text, encoding="utf-8")
    line = Line(recipe, folder / "log")
    line.until_judged_by(first.hash)
    for _ in range(rounds):
        _promote(line, release, second, report, "promotion")
        _promote(line, release, third, report, "promotion")
        _roll_back(line, release, second, report, "rollback")
        _roll_back(line, release, first, report, "second rollback, at once")
    line.thread.stop()
    line.thread.join(30)
    report.troubles = line.troubles
    report.records = line.log.find(limit=None, newest_first=False)
    line.log.close()
    numbers = Counter(record.details["trigger"]["number"] for record in report.records)
    report.doubled = sum(count > 1 for count in numbers.values())
    report.lost = max(numbers) - len(numbers)
    return report


def _promote(line: Line, release: Path, package: Package, report: Report, kind: str) -> None:
    begun_s = time.monotonic()
    champion = read_release(release).champion
    enter(release, package.hash, "promote", who=Person("campaign"), why="next", expected=champion)
    report.seconds.setdefault(kind, []).append(line.until_judged_by(package.hash) - begun_s)
    time.sleep(0.5)


def _roll_back(line: Line, release: Path, package: Package, report: Report, kind: str) -> None:
    begun_s = time.monotonic()
    command = [sys.executable, "-m", "inspector.cli", "rollback", str(release), "--who", "campaign", "--why", "back"]
    subprocess.run(command, check=True, capture_output=True)
    report.seconds.setdefault(kind, []).append(line.until_judged_by(package.hash) - begun_s)
    time.sleep(0.5)


def print_report(report: Report) -> None:
    """Print the tables as markdown."""
    print("| change | times | median, s | longest, s |\n|---|---|---|---|")
    for kind, seconds in report.seconds.items():
        print(f"| {kind} | {len(seconds)} | {np.median(seconds):.2f} | {max(seconds):.2f} |")
    total_ms = [sum(record.stage_ms.values()) for record in report.records]
    changed = [i for i, (a, b) in enumerate(zip(report.records, report.records[1:], strict=False), 1)
               if a.package_hash != b.package_hash]  # fmt: skip
    first_ms = [total_ms[i] for i in changed]
    errors = sum(record.decision.verdict is Verdict.ERROR for record in report.records)
    print(f"\nparts {len(report.records)}, lost {report.lost}, doubled {report.doubled}, ERROR {errors}")
    print(f"a part up to its commit: p50 {np.median(total_ms):.1f} ms, p99 {np.percentile(total_ms, 99):.1f} ms, "
          f"longest {max(total_ms):.1f} ms; the first part after a change: longest {max(first_ms):.1f} ms")  # fmt: skip
    for sentence in report.troubles:
        print(f"trouble: {sentence}")


def main() -> int:
    """Run the campaign; exit code 1 where a part was lost or doubled, or a change took 5 s or longer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="four changes each")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        report = run_campaign(Path(name), rounds=options.rounds, backbone=options.backbone, size=options.size)
    print(f"{options.backbone}, {options.size} px, a part every {PERIOD_MS} ms\n")
    print_report(report)
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
