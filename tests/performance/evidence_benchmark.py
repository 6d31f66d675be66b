"""What proof costs: how long a log takes to verify and to copy, in how much memory, and what heads cost each part.

    python -m tests.performance.evidence_benchmark --records 50000 200000 --parts 5000

Verification and copy (of the database alone, durable) run in a process of their own for each size, so that the peak of
memory is theirs. The latency of a part's durable append is taken with and without heads in turns of 1,000 parts in the
same run: with heads, one is signed every 1,000 entries, and written to a file beside that is flushed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from inspector.log import Log, open_log
from inspector.log.copying import copy_database
from inspector.log.heads import HeadPlan
from inspector.log.outside import HeadFile
from inspector.log.signer import Signer
from inspector.log.station_key import PUBLIC_FILE, public_keys
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verify import verify
from tests.performance.big_log import build
from tests.support import a_record

TURN = 1000


def evidence(folder: Path) -> dict[str, Any]:
    """Verify a log and copy its database as a backup does; return seconds, and this process's peak of memory."""
    keys = public_keys([folder / "keys" / PUBLIC_FILE])
    before = _peak_mib()
    began = time.perf_counter()
    with closing(RecordStore(folder / "log" / DATABASE_FILE, read_only=True)) as store:
        result = verify(store, keys)
        verified_s = time.perf_counter() - began
        began = time.perf_counter()
        copy_database(store, folder / "copy.sqlite", lambda _done, _total: None)
    return {
        "entries": result.entries,
        "clean": result.clean,
        "file_mb": (folder / "log" / DATABASE_FILE).stat().st_size / 1e6,
        "verify_s": verified_s,
        "entries_per_s": result.entries / verified_s,
        "copy_s": time.perf_counter() - began,
        "memory_before_mib": before,
        "memory_peak_mib": _peak_mib(),
    }


def _peak_mib() -> float:
    """Return the peak of this program's memory; getrusage would tell of the one that started it as well."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def evidence_of(folder: Path, records: int) -> dict[str, Any]:
    """Make a log of so many records, sign it, and look at it from a fresh process."""
    (folder / "log").mkdir(parents=True)
    build(folder / "log" / DATABASE_FILE, records, lambda _done: None)
    with closing(RecordStore(folder / "log" / DATABASE_FILE)) as store:
        Signer(store, folder / "keys").sign()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(evidence, (folder,))


def latencies(folder: Path, parts: int) -> dict[str, dict[str, float]]:
    """Return the percentiles of a durable append in ms, with and without heads, taken in turns."""
    plans = {
        "without heads": HeadPlan(folder / "keys", every_entries=10**9, every_s=10**6),
        "with heads": HeadPlan(folder / "keys", (HeadFile(folder / "outside.jsonl"),), every_entries=TURN),
    }
    logs = {name: open_log(folder / name, heads=plan) for name, plan in plans.items()}
    taken: dict[str, list[float]] = {name: [] for name in plans}
    for _turn in range(parts // TURN):
        for name, log in logs.items():
            taken[name] += _turn_of(log)
    for log in logs.values():
        log.close()
    return {name: _percentiles(values) for name, values in taken.items()}


def _turn_of(log: Log) -> list[float]:
    taken = []
    for _ in range(TURN):
        record = a_record()
        began = time.perf_counter()
        log.append(record)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _percentiles(values: list[float]) -> dict[str, float]:
    return {f"p{each:g}": round(float(np.percentile(values, each)), 2) for each in (50, 99, 99.9, 100)}


def main() -> int:
    """Print what was measured, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="*", default=[50_000, 200_000])
    parser.add_argument("--parts", type=int, default=5_000, help="appends with and as many without heads; 0: none")
    options = parser.parse_args()
    document: dict[str, Any] = {"logs": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for records in options.records:
            document["logs"].append(evidence_of(folder / str(records), records))
        if options.parts:
            document["append_ms"] = latencies(folder, options.parts)
    print(json.dumps(document, indent=1))
    return 0 if all(each["clean"] for each in document["logs"]) else 1


if __name__ == "__main__":
    sys.exit(main())
