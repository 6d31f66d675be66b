"""Judge 2,000 parts from a folder and 2,000 from the simulated line; each must be recorded once and replay the same.

    python -m tests.performance.part_campaign --parts 2000 [--package PACKAGE]

Without `--package` a network with random weights judges: what is measured here is the way of the part, not the model.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from inspector.headless import run_headless
from inspector.imaging import encode_png
from inspector.log import read_log
from inspector.recipe import SimulatedCamera, load_recipe
from inspector.replay import replay
from tests.support import recipe_text, tiny_package


def write_parts(folder: Path, count: int) -> None:
    """Write pictures of the simulated line as files."""
    from inspector.cameras.simulated import SimulatedLine

    line = SimulatedLine(SimulatedCamera(kind="simulated", size_px=192, seed=5))
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        (folder / f"part{number:06d}.png").write_bytes(encode_png(line.part(number).pixels))


def run_source(folder: Path, name: str, package: Path, camera: str, parts: int) -> dict[str, Any]:
    """Run one source and judge its records again; return the figures."""
    path = folder / f"{name}.toml"
    path.write_text(recipe_text(package, camera=camera), encoding="utf-8")
    log_folder = folder / f"log-{name}"
    summary = run_headless(load_recipe(path), log_folder, max_parts=parts, quiet=True)
    with read_log(log_folder) as log:
        records = log.find(limit=None, newest_first=False)
        replayed = list(replay(log, records))
    ids = Counter(record.part_id for record in records)
    frames = [frame["sequence"] for record in records for frame in record.details["frames"]]
    return {
        "source": name,
        "parts": summary.parts,
        "records": len(records),
        "doubled": sum(count > 1 for count in ids.values()),
        "frames_in_order_without_gap": frames == list(range(frames[0], frames[0] + len(frames))),
        "counts": {verdict.value: number for verdict, number in summary.counts.items()},
        "replayed": sum(item.verdict is not None for item in replayed),
        "other_verdict": sum(not item.same for item in replayed),
        "largest_probability_difference": max(item.largest_difference for item in replayed),
        "stage_ms": summary.percentiles(),
    }


def main() -> int:
    """Run both sources and print the figures; exit code 1 where a part was lost, doubled or judged differently."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=2000)
    parser.add_argument("--package", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = (options.package or tiny_package(folder / "package", size=96).folder).resolve()
        write_parts(folder / "parts", options.parts)
        cameras = {
            "folder": f'kind = "folder"\npath = "{(folder / "parts").as_posix()}"',
            "simulated": 'kind = "simulated"\nsize_px = 192\nseed = 9',
        }
        results = [run_source(folder, key, package, camera, options.parts) for key, camera in cameras.items()]
    print(json.dumps(results, indent=1))
    clean = all(
        result["records"] == result["parts"] == options.parts
        and result["doubled"] == result["other_verdict"] == 0
        and result["frames_in_order_without_gap"]
        for result in results
    )
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
