"""`inspector bench part`: from the trigger to the committed record, stage by stage, against what cannot be avoided."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from inspector.cameras.base import Shot
from inspector.log.store import DATABASE_FILE
from inspector.progress import show_bar
from training.bench.floor import Floor
from training.bench.idle import after_idle, idle_lines
from training.bench.line import HEIGHT, WIDTH, Line, PreparedCamera, running_line
from training.bench.rows import Row, deliver

_TURN = 50
_WARM = 20
_SHOWN = ("p50", "p99", "p99.9", "max")
ALLOWED_OVERHEAD_MS = 1.5
_NOTE = f"""Frames of {WIDTH}x{HEIGHT} lie in memory: exposure and transport are not in the figures. The floor is the
same model on the same frames, and the disk making as many bytes durable, without station and log; both take turns of
{_TURN} parts. Overhead: the median over the turns of the difference of both medians of the total. Processor time
beyond the floor is of all threads together, pictures being encoded beside the model included; what else the machine
does hardly changes it."""
Stages = list[dict[str, float]]


def run(options: Namespace) -> int:
    """Measure as asked on the command line."""
    rows: list[Row] = []
    found: list[dict[str, Any]] = []
    for views in options.views:
        with (
            running_line(views, options.package, options.device, options.folder) as line,
            show_bar(f"{views} views", "part") as advance,
        ):
            each = measure(line, views, options.parts, advance)
        found.append(each)
        rows.append(row_of(each))
    idle = after_idle(options.package, options.device, options.idle, options.folder) if options.idle else []
    text = "\n\n".join([*(part_table(each) for each in found), _NOTE, *idle_lines(idle)])
    deliver(options, rows, text, {"frame": [WIDTH, HEIGHT], "parts": found, "idle": idle})
    return 0


def measure(line: Line, views: int, parts: int, advance: Callable[[int, int], None]) -> dict[str, Any]:
    """Let parts through, the station and the floor in turns; return the figures."""
    floor_folder = line.folder.parent / "floor"
    floor_folder.mkdir()
    commit_bytes = bytes_of_a_commit(line)
    station_turns: list[Stages] = []
    floor_turns: list[Stages] = []
    cpu_ms: list[float] = []
    with Floor(line.model, floor_folder, commit_bytes) as floor:
        for start in range(0, parts, _TURN):
            count = min(_TURN, parts - start)
            least, least_cpu = turn(line.camera, count, floor.part)
            floor.forget()
            mine, cpu = turn(line.camera, count, lambda _shots: dict(line.part().stage_ms))
            line.forget_pictures()
            floor_turns.append(least)
            station_turns.append(mine)
            cpu_ms.append(cpu - least_cpu)
            advance(start + count, parts)
    facts = {"views": views, "parts": parts, "device": line.model.device, "commit_bytes": commit_bytes}
    return {**facts, **figures(station_turns, floor_turns, cpu_ms)}


def turn(
    camera: PreparedCamera, count: int, part: Callable[[Sequence[Shot]], dict[str, float]]
) -> tuple[Stages, float]:
    """Return the stages of some parts, and the processor's milliseconds of one, of all threads."""
    stages: Stages = []
    spent_s = 0.0
    for _ in range(count):
        shots = camera.prepare()
        began = time.process_time()
        stages.append(part(shots))
        spent_s += time.process_time() - began
    return stages, spent_s * 1000 / count


def bytes_of_a_commit(line: Line) -> int:
    """Return how many bytes the write-ahead log grows by for a record, from some parts that do not count."""
    wal = line.folder / f"{DATABASE_FILE}-wal"
    line.camera.prepare()
    line.part()
    before = wal.stat().st_size
    for _ in range(_WARM):
        line.camera.prepare()
        line.part()
    line.forget_pictures()
    return max(4096, (wal.stat().st_size - before) // _WARM)


def figures(station: Sequence[Stages], floor: Sequence[Stages], cpu_ms: Sequence[float]) -> dict[str, Any]:
    """Return what is said of the turns of both."""
    differences = [_median(mine, "total") - _median(least, "total") for mine, least in zip(station, floor, strict=True)]
    return {
        "station_ms": _percentiles(station),
        "floor_ms": _percentiles(floor),
        "overhead_ms": round(float(np.median(differences)), 3),
        "processor_overhead_ms": round(float(np.median(cpu_ms)), 3),
        "allowed_overhead_ms": ALLOWED_OVERHEAD_MS,
    }


def _median(turn: Stages, stage: str) -> float:
    return float(np.median([each[stage] for each in turn]))


def _percentiles(turns: Sequence[Stages]) -> dict[str, dict[str, float]]:
    every = [each for turn in turns for each in turn]
    stages = list(dict.fromkeys(stage for each in every for stage in each))
    return {
        stage: dict(
            zip(
                _SHOWN,
                np.percentile([e[stage] for e in every if stage in e], (50, 99, 99.9, 100)).round(3),
                strict=True,
            )
        )
        for stage in stages
    }


def row_of(found: Mapping[str, Any]) -> Row:
    """Return the row of the whole part."""
    total = found["station_ms"]["total"]
    return Row(
        f"part, {found['views']} views", found["device"], "", found["views"],
        ms_p50=total["p50"], ms_p99=total["p99"], images_per_s=round(found["views"] * 1000 / total["p50"], 2),
        calls=found["parts"], how="trigger to committed record and release, pictures kept",
    )  # fmt: skip


def part_table(found: Mapping[str, Any]) -> str:
    """Return the stages of one number of views as a Markdown table."""
    lines = [
        f"{found['parts']} parts of {found['views']} view(s), {found['device']}, {found['commit_bytes']} B a commit:",
        "",
        f"| stage | {' | '.join(f'{name}, ms' for name in _SHOWN)} | floor p50, ms | floor p99, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    floor = found["floor_ms"]
    for stage, values in found["station_ms"].items():
        least = [f"{floor[stage][name]:.2f}" if stage in floor else "–" for name in ("p50", "p99")]
        lines.append(f"| {stage} | {' | '.join(f'{values[name]:.2f}' for name in _SHOWN)} | {' | '.join(least)} |")
    lines.append("")
    lines.append(
        f"Overhead beyond model and fsync: {found['overhead_ms']:.2f} ms ({ALLOWED_OVERHEAD_MS} may); processor time "
        f"beyond the floor: {found['processor_overhead_ms']:.2f} ms."
    )
    return "\n".join(lines)
