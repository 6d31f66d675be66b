"""How soon a sick camera or worse parts are noticed, whether they are told apart, and how often there is a false alarm.

    python -m tests.performance.drift_campaign [--package PACKAGE] [--data DATA/mvtec_bottle] [--plot FILE.png]

Pictures are those of the simulated line, or real good pictures in the layout of MVTec AD. A part of the good ones is
the calibration set; parts of the line are drawn with replacement from the others, which the calibration has not seen
(a bootstrap of real statistics in control: what it cannot show is a line whose good pictures differ from day to day).
Without `--package` the network of the demo is trained first (simulated line), or the scores are left out (`--data`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from tests.performance.drift_line import (
    BAD_SHARE,
    VIEW,
    Bench,
    Sample,
    calibrate,
    measure_line,
    no_judge,
    package_judge,
    real_pictures,
    washers,
)
from tests.performance.drift_trials import HORIZON, SETTLED_AFTER, Trial, camera_rows, kind_of, parts_rows, well_row

SIZE_PX, DIFFICULTY = 240, 0.0
KINDS = ("dent", "crack", "stain", "missing_feature")
"""The line of the demo."""
ACCEPTED = (0.1, 1.0, 10.0)


def table(rows: Mapping[str, Sequence[Trial]], truth: str) -> list[str]:
    """Return a Markdown table."""
    later = f"right {SETTLED_AFTER} parts later"
    lines = [
        f"| change | noticed | parts until the alarm: median | p90 | first alarm right | {later} | ailment named |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, trials in rows.items():
        ran = [each for each in trials if each.first != "false alarm"]
        delays = sorted(each.delay for each in ran if each.delay is not None)
        right = [sum(each.first == truth for each in ran), sum(each.settled == truth for each in ran)]
        named = f"{sum(each.named for each in ran)}/{len(delays)}" if truth == "camera" else ""
        lines.append(
            f"| {name} | {len(delays)}/{len(ran)} | {_quantile(delays, len(ran), 0.5)} "
            f"| {_quantile(delays, len(ran), 0.9)} | {right[0]}/{len(delays)} | {right[1]}/{len(delays)} | {named} |"
        )
    return lines


def _quantile(delays: Sequence[int], n: int, share: float) -> str:
    """Return a quantile of the delay; what was not noticed counts as beyond the horizon."""
    place = int(np.ceil(share * n)) - 1
    return str(delays[place]) if 0 <= place < len(delays) else f"> {HORIZON}"


def confusion(rows: Mapping[str, Mapping[str, Sequence[Trial]]]) -> list[str]:
    """Return what was told first, and what stood later, by truth."""
    kinds = ("camera", "parts", "none")
    heads = [f"first: {kind}" for kind in kinds] + [f"later: {kind}" for kind in kinds]
    lines = ["| truth | trials | " + " | ".join(heads) + " |", "|---" * 8 + "|"]
    for truth, own in rows.items():
        trials = [each for row in own.values() for each in row if each.first != "false alarm"]
        counts = [sum(each.first == kind for each in trials) for kind in kinds]
        counts += [sum(each.settled == kind for each in trials) for kind in kinds]
        lines.append(f"| {truth} | {len(trials)} | " + " | ".join(map(str, counts)) + " |")
    return lines


def false_alarms(bench: Bench, accepted: float, parts: int, seed: int) -> Counter[str]:
    """Count the alarms that begin in a stream of parts in control."""
    monitor, found, standing = bench.setup.accepting(accepted).monitor(), Counter[str](), False
    for sample in islice(bench.well(np.random.default_rng(seed)), parts):
        alarms = monitor.add({VIEW: sample.picture}, sample.score, rejected=sample.rejected)
        if alarms and not standing:
            found[alarms[0].ailments[0].value if kind_of(alarms) == "camera" else "parts worse"] += 1
        standing = bool(alarms)
    return found


def false_alarm_table(benches: Sequence[Bench], parts: int, parts_per_day: int) -> tuple[list[str], bool]:
    """Return a Markdown table over several calibration sets, and whether every accepted number was kept."""
    lines = [
        "| accepted per day | alarms | measured per day | worst calibration set, per day | which |",
        "|---" * 5 + "|",
    ]
    kept = True
    for accepted in ACCEPTED:
        own = [false_alarms(bench, accepted, parts // len(benches), seed) for seed, bench in enumerate(benches)]
        total, days = sum(own, Counter[str]()), parts / parts_per_day
        worst = max(each.total() for each in own) * len(benches) / days
        named = ", ".join(f"{name} {count}" for name, count in total.most_common())
        lines.append(f"| {accepted:g} | {total.total()} | {total.total() / days:.3g} | {worst:.3g} | {named} |")
        kept &= total.total() <= accepted * days + 3 * np.sqrt(accepted * days) + 1
    return lines, kept


def demo_package(folder: Path) -> Path:
    """Train the network of the demo, in a minute or two."""
    from gui.demo import DemoPlan
    from gui.demo import prepare as prepare_demo

    plan = DemoPlan(folder)
    prepare_demo(plan, lambda progress: print(f"{progress.step} {progress.overall:.0%}", end="\r", file=sys.stderr))
    return plan.package


def prepare(options: argparse.Namespace, folder: Path) -> list[Bench]:
    """Draw or read the pictures, and calibrate on several random parts of the good ones."""
    judge = package_judge(options.package) if options.package else no_judge
    if options.data:
        good, bad = real_pictures(options.data)
    else:
        if not options.package and not options.plot:
            judge = package_judge(demo_package(folder))
        good, bad = washers(options.calibrated + options.pool, 200, SIZE_PX, DIFFICULTY, KINDS, seed=3)
    line = measure_line(good, bad, judge, 0.0 if judge is no_judge else BAD_SHARE)
    n = min(options.calibrated, len(good) // 2)
    return [calibrate(line, n, options.parts_per_day, seed) for seed in range(options.calibrations)]


def report(benches: Sequence[Bench], options: argparse.Namespace) -> bool:
    """Run everything, print the tables, and return whether false alarms stayed within what was accepted."""
    bench = benches[0]
    good, bad = bench.pool.good, bench.pool.bad
    scored = (
        f" and {len(bad)} defective ones, {bench.bad_share:.0%} of the parts; rejected: {_rejected(good):.1%} of "
        f"the good and {_rejected(bad):.1%} of the defective"
    )
    print(
        f"Calibrated on {bench.setup.reference.n} good pictures. Parts are drawn from {len(good)} other good ones"
        f"{scored if bench.bad_share else '; no scores'}. {options.trials} trials each. Accepted: "
        f"{bench.setup.false_alarms_per_day} false alarms per day of {options.parts_per_day} parts.\n"
    )
    rows = {"camera sick": camera_rows(bench, options.trials)}
    print("\n".join(table(rows["camera sick"], "camera")), "\n", flush=True)
    if bench.bad_share:
        rows["parts worse"] = parts_rows(bench, options.trials)
        print("\n".join(table(rows["parts worse"], "parts")), "\n", flush=True)
    rows["nothing wrong"] = {"": well_row(bench, 3 * options.trials)}
    print("\n".join(confusion(rows)), "\n", flush=True)
    lines, kept = false_alarm_table(benches, options.control_parts, options.parts_per_day)
    print(f"{options.control_parts} parts in control, over {len(benches)} calibration sets:\n")
    print("\n".join(lines))
    return kept


def _rejected(samples: Sequence[Sample]) -> float:
    return float(np.mean([sample.rejected for sample in samples])) if samples else 0.0


def main() -> int:
    """Run the campaign; exit code 1 where there were clearly more false alarms than accepted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--calibrated", type=int, default=300, help="good pictures of a calibration set")
    parser.add_argument("--pool", type=int, default=700, help="other good pictures to draw parts from")
    parser.add_argument("--calibrations", type=int, default=5, help="calibration sets for the false alarms")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--control-parts", type=int, default=200_000)
    parser.add_argument("--parts-per-day", type=int, default=20_000)
    parser.add_argument("--plot", type=Path, help="draw the evidence of a few changes, and nothing else")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        benches = prepare(options, Path(name))
        if options.plot:
            from tests.performance.drift_plot import draw

            draw(benches[0], options.plot)
            return 0
        kept = report(benches, options)
    print(f"{time.monotonic() - started_s:.0f} s", file=sys.stderr)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
