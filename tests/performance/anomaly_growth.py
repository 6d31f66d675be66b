"""How the fit of a patch memory grows: seconds and peak memory for more and more pictures, each fit in its own process.

    python -m tests.performance.anomaly_growth --counts 200,1000,5000 --weights FILE

Draws washers of the simulated line once, as many as the largest count. Peak memory is Linux's own figure for the whole
process (VmHWM), torch and the network included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.cameras.washer import GOOD, WasherRenderer, WasherSpec
from inspector.imaging import encode_jpeg
from training.config import make_config
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.progress import SilentReporter


def draw(folder: Path, count: int, size: int) -> None:
    """Draw good washers as JPEG."""
    renderer = WasherRenderer(WasherSpec(size, 0.3))
    (folder / "good").mkdir(parents=True)
    for number in range(count):
        part = renderer.render_part(np.random.default_rng([0, number]), GOOD)
        (folder / "good" / f"{number:06d}.jpg").write_bytes(encode_jpeg(part.pixels, quality=92))


def make_dataset(source: Path, out: Path, count: int) -> None:
    """Import the first `count` pictures, all to train."""
    listed = [f"{path},good,train" for path in sorted((source / "good").iterdir())[:count]]
    table = out.with_suffix(".csv")
    table.write_text("path,class,split\n" + "\n".join(listed) + "\n")
    import_images(ImportRequest(source=source, out=out, format="csv", lists=(table,), good=("good",)))


def fit(folder: Path, weights: str, size: int) -> dict[str, float]:
    """Fit in this process and return its figures."""
    config = make_config(PatchMemoryConfig, weights=weights, width=size, height=size)
    with open_dataset(folder) as dataset:
        began = time.perf_counter()
        package = fit_patch_memory(dataset, folder / "package", config, SilentReporter(), device="cpu")
        spent_s = time.perf_counter() - began
    status = Path("/proc/self/status").read_text()  # ru_maxrss would count the process that started this one, too
    peak_mib = int(status.split("VmHWM:")[1].split()[0]) / 1024
    rows = package.card.anomaly.memory if package.card.anomaly else 0
    return {"seconds": spent_s, "peak_mib": peak_mib, "rows": rows}


def main(arguments: list[str] | None = None) -> int:
    """Run and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="200,1000,5000")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--weights", default="none", help="time and memory do not depend on them")
    parser.add_argument("--fit", type=Path, help="used by the program itself: fit this data set and print JSON")
    options = parser.parse_args(arguments)
    if options.fit:
        print(json.dumps(fit(options.fit, options.weights, options.size)))
        return 0
    counts = [int(text) for text in options.counts.split(",")]
    print("| pictures | fit, s | ms per picture | peak memory, MiB | rows kept |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "drawn", max(counts), options.size)
        for count in counts:
            make_dataset(folder / "drawn", folder / f"data{count}", count)
            command = [sys.executable, "-m", "tests.performance.anomaly_growth", "--fit", str(folder / f"data{count}")]
            command += ["--weights", options.weights, "--size", str(options.size)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            spent_s, peak = found["seconds"], found["peak_mib"]
            print(
                f"| {count} | {spent_s:.1f} | {1000 * spent_s / count:.1f} | {peak:.0f} | {found['rows']:.0f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
