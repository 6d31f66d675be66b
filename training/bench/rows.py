"""A line of a benchmark, the table of a run, and its document."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inspector.jsonfile import write_json
from training.bench.machine import machine, machine_lines


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, or was not.

    Attributes:
        subject: What was run: a network, a data set.
        runtime: What ran it: `torch` is PyTorch as a plain user calls it; others name their library and way.
        precision: `fp32`, `bf16`, `fp16`, `int8`.
        batch: Pictures at once.
        ms_p50: Median milliseconds of one call, for the whole batch; None where it was not measured.
        ms_p99: 99th percentile of the same.
        images_per_s: Pictures per second at the median.
        share_of_peak: Operations per second at the median, as a share of the machine's measured matrix peak in this
            precision; None where no peak is known.
        calls: How many calls the figures rest on.
        times_baseline: How many times as fast as the baseline: the median over the rounds of the ratio of both medians.
        how: What exactly was run.
        reason: Why it was not measured; "" where it was.
    """

    subject: str
    runtime: str
    precision: str
    batch: int
    ms_p50: float | None = None
    ms_p99: float | None = None
    images_per_s: float | None = None
    share_of_peak: float | None = None
    calls: int = 0
    times_baseline: float | None = None
    how: str = ""
    reason: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile, rounded to the microsecond where the values are milliseconds."""
    return round(float(np.percentile(values, share)), 3)


def table(rows: Sequence[Row], baseline: str) -> str:
    """Return a Markdown table, the unmeasured rows with their reasons in it.

    Args:
        rows: In order.
        baseline: What `times_baseline` compares with.
    """
    lines = [
        f"| subject | batch | run-time | precision | ms p50 | ms p99 | images/s | share of peak | times {baseline} |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        start = f"| {row.subject} | {row.batch} | {row.runtime} | {row.precision} |"
        if row.ms_p50 is None:
            lines.append(f"{start} not measured: {row.reason} | | | | |")
            continue
        lines.append(
            f"{start} {_shown(row.ms_p50, 2)} | {_shown(row.ms_p99, 2)} | {_shown(row.images_per_s, 1)} | "
            f"{_shown(row.share_of_peak, 2)} | {_shown(row.times_baseline, 2)} |"
        )
    return "\n".join(lines)


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def deliver(options: Namespace, rows: Sequence[Row], text: str, facts: Mapping[str, Any]) -> None:
    """Print the machine and the text, and write the document where `--json` asks for it.

    Args:
        options: With `kind` and `json`.
        rows: Of the run.
        text: The table, and what is said beside it.
        facts: Further entries of the document.
    """
    here = machine()
    if options.json:
        document = {"machine": here, **facts, "rows": [asdict(row) for row in rows]}
        write_json(document, options.json, schema=f"inspector.bench-{options.kind}/1")
    where = sys.stderr if options.json == "-" else sys.stdout
    print("\n".join(machine_lines(here)), text, sep="\n\n", file=where, flush=True)
