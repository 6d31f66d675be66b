"""What the search through a patch memory costs, by the number of its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from inspector.inference.patch_memory import PatchMemory
from training import openvino_export as ov
from training.bench.candidates import first_line, timed_row
from training.bench.graph_candidates import compiled
from training.bench.rows import Row
from training.bench.timing import Call, Rounds, take_turns
from training.graphs import SearchNetwork

PLACES, DIMENSIONS = 32, 128  # of a 256-pixel picture at stride 8, as fitted by default
_WAYS = (("torch", "fp32"), ("openvino", "fp32"), ("openvino", "int8"))


def search_rows(sizes: Sequence[int], rounds: Rounds) -> list[Row]:
    """Return a picture's search for each size of the memory, on each run-time; places and rows by chance."""
    found: list[Row] = []
    for size in sizes:
        calls: dict[tuple[str, str], Call] = {}
        reasons: dict[tuple[str, str], str] = {}
        for runtime, precision in _WAYS:
            try:
                calls[runtime, precision] = _search(runtime, precision, size)
            except Exception as error:  # noqa: BLE001 - whatever a library says becomes the row's reason
                reasons[runtime, precision] = first_line(error)
        spent = take_turns(calls, rounds)
        for name in _WAYS:
            row = Row(
                f"search of {size} rows", *name, batch=1, how=f"{PLACES}x{PLACES} places, {DIMENSIONS} dimensions"
            )
            if name in reasons:
                found.append(Row(row.subject, *name, batch=1, reason=reasons[name]))
            else:
                found.append(timed_row(row, spent[name], spent.get(_WAYS[0])))
    return found


def _search(runtime: str, precision: str, size: int) -> Call:
    random = torch.Generator().manual_seed(size)
    rows = torch.randn(size, DIMENSIONS, generator=random)
    places = torch.randn(1, PLACES, PLACES, DIMENSIONS, generator=random)
    if runtime == "torch":
        squares = (rows * rows).sum(1)

        def on_torch() -> None:
            with torch.inference_mode():
                PatchMemory.search(places, rows, squares)

        return on_torch
    reach = float(places.abs().max()) if precision == "int8" else None
    run = compiled(ov.convert(SearchNetwork(rows, reach), tuple(places.shape)), precision)
    given = np.ascontiguousarray(places.numpy())
    return lambda: run(given)


def search_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table: rows of the memory down, run-times across, milliseconds at the median."""
    head = (
        "| search of one picture | " + " | ".join(f"{runtime} {precision}, ms" for runtime, precision in _WAYS) + " |"
    )
    lines = [head, "|" + "---|" * (len(_WAYS) + 1)]
    for subject in dict.fromkeys(row.subject for row in rows):
        own = [row for row in rows if row.subject == subject]
        shown = [f"{row.ms_p50:.2f}" if row.ms_p50 is not None else f"not measured: {row.reason}" for row in own]
        lines.append(f"| {subject.removeprefix('search of ')} | {' | '.join(shown)} |")
    return "\n".join(lines)
