"""What a shadow costs the line: the same parts with and without a challenger judging along.

    python -m tests.performance.shadow_cost --parts 400

Both share this PC's processors; the shadow's threads run at a lower priority (Linux). Printed is how long parts took
from their turn to their durable record, in turns, so that the machine's other load falls on both.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from inspector.headless import RunSummary, run_headless
from inspector.log import read_log
from inspector.recipe import load_recipe
from inspector.types import RecordKind
from tests.performance.rollback_campaign import random_package
from tests.support import recipe_text


def run(
    folder: Path, name: str, champion: Path, extra: str, parts: int, period_ms: int
) -> tuple[RunSummary, list[float]]:
    """Run a line, and return its summary and each part's milliseconds from its turn to its record."""
    path = folder / f"{name}.toml"
    trigger = f'kind = "source"\nperiod_ms = {period_ms}'
    text = recipe_text(champion, camera='kind = "simulated"\nsize_px = 192', trigger=trigger, extra=extra)
    path.write_text("heat_map = false\n" + text, encoding="utf-8")
    summary = run_headless(load_recipe(path), folder / f"log-{name}", max_parts=parts, quiet=True)
    with read_log(folder / f"log-{name}") as log:
        records = log.find(kind=RecordKind.INSPECTION, limit=None)
    return summary, [sum(record.stage_ms.values()) for record in records]


def main() -> int:
    """Print the table; exit code 1 where a part was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=400)
    parser.add_argument("--period-ms", type=int, default=100)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--backbone", default="resnet18")
    options = parser.parse_args()
    spent: dict[str, list[float]] = {"without": [], "with": []}
    judged = dropped = lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        champion, other = (random_package(folder / str(seed), options.backbone, 224, seed) for seed in range(2))
        shadow = f'[shadow]\npackage = "{other.folder.as_posix()}"'
        parts = options.parts // options.turns
        for turn in range(options.turns):
            for word, extra in (("without", ""), ("with", shadow)):
                run_name = f"{word}{turn}"
                summary, found = run(folder, run_name, champion.folder, extra, parts, options.period_ms)
                spent[word] += found
                judged, dropped = judged + summary.shadow.judged, dropped + summary.shadow.dropped
                lost += parts - len(found)
    print(f"{options.backbone}, 224 px, a part every {options.period_ms} ms\n")
    print("| shadow | parts | p50, ms | p99, ms | longest, ms |\n|---|---|---|---|---|")
    for word, values in spent.items():
        figures = f"{np.median(values):.1f} | {np.percentile(values, 99):.1f} | {max(values):.1f}"
        print(f"| {word} | {len(values)} | {figures} |")
    print(f"\njudged in shadow {judged}, dropped {dropped}, lost by the line {lost}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
