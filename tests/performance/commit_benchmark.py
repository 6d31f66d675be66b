"""What a durable record costs, against what the disk itself needs to make the same bytes durable.

    python -m tests.performance.commit_benchmark --folder DIR [--postgres]

Rounds of each kind take turns in one run, because disks change from minute to minute: a bare append of as many bytes
as a commit writes, followed by fsync; a bare overwrite of a file that has its length, followed by fsync; a record
through the store, alone; and records from several threads, which share commits.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.types import Prediction
from tests.support import CLASSES, a_record

ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        subject: What was measured.
        threads: How many at once.
        per_second: Records, or syncs, per second.
        p50_ms: Of one call.
        p99_ms: Of one call.
        p999_ms: Of one call.
        of_the_disk: `per_second` against the bare append; above 1 is faster.
    """

    subject: str
    threads: int
    per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    of_the_disk: float


class Bare:
    """Appends, or overwrites, so many bytes and syncs."""

    def __init__(self, path: Path, size: int, *, overwrite: bool) -> None:
        self._data = os.urandom(size)
        self._overwrite = overwrite
        self._file = os.open(path, os.O_CREAT | os.O_RDWR)
        if overwrite:
            os.write(self._file, self._data * 64)
            os.fsync(self._file)
        self._number = 0

    def __call__(self) -> None:
        """Make one piece durable."""
        self._number += 1
        place = self._number % 64 if self._overwrite else self._number
        os.pwrite(self._file, self._data, place * len(self._data))
        os.fsync(self._file)


def append_to(store: RecordStore) -> Callable[[], None]:
    """Return a call that makes one record of the usual size durable."""
    chances = dict.fromkeys(CLASSES, 1.0 / len(CLASSES))
    predictions = {"front": Prediction("good", chances, 0.123456789)}
    details = {"frames": [{"camera": "camera", "view": "front", "sequence": 1, "after_trigger_ms": 12.3, "source": ""}]}

    record = a_record(predictions=predictions, details=details)

    def append() -> None:
        store.append(replace(record, record_id=uuid.uuid4().hex))

    return append


def timed(call: Callable[[], None], count: int, threads: int) -> tuple[list[float], float]:
    """Call it from so many threads, `count` times in all; return the milliseconds of each, and the seconds of all."""
    spent: list[float] = []

    def work() -> None:
        own = []
        for _ in range(count // threads):
            started = time.perf_counter()
            call()
            own.append((time.perf_counter() - started) * 1000)
        spent.extend(own)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return spent, time.perf_counter() - started


def bytes_of_a_commit(store: RecordStore, path: Path) -> int:
    """Return how many bytes the write-ahead log grows by per record."""
    append = append_to(store)
    wal = path.with_name(path.name + "-wal")
    append()
    before = wal.stat().st_size
    for _ in range(50):
        append()
    return max(4096, (wal.stat().st_size - before) // 50)


def measure(folder: Path, count: int, url: str) -> list[Row]:
    """Run all kinds in turns."""
    store = RecordStore(folder / DATABASE_FILE)
    size = bytes_of_a_commit(store, folder / DATABASE_FILE)
    print(f"a commit writes about {size} bytes", file=sys.stderr)
    kinds: list[tuple[str, int, Callable[[], None]]] = [
        ("bare append + fsync", 1, Bare(folder / "append.bin", size, overwrite=False)),
        ("bare overwrite + fsync", 1, Bare(folder / "overwrite.bin", size, overwrite=True)),
        *[("record, SQLite", threads, append_to(store)) for threads in (1, 4, 16, 64)],
    ]
    if url:
        central = RecordStore(url, log_name="benchmark")
        kinds += [("record, PostgreSQL", threads, append_to(central)) for threads in (1, 16)]
    spent: list[list[float]] = [[] for _ in kinds]
    seconds = [0.0] * len(kinds)
    for _ in range(ROUNDS):
        for number, (_subject, threads, call) in enumerate(kinds):
            calls, took = timed(call, max(count // ROUNDS, threads), threads)
            spent[number] += calls
            seconds[number] += took
    disk = len(spent[0]) / seconds[0]
    return [
        Row(subject, threads, *_figures(calls, took), round(len(calls) / took / disk, 3))
        for (subject, threads, _call), calls, took in zip(kinds, spent, seconds, strict=True)
    ]


def _figures(calls: list[float], seconds: float) -> tuple[float, float, float, float]:
    p50, p99, p999 = (round(float(np.percentile(calls, each)), 3) for each in (50, 99, 99.9))
    return round(len(calls) / seconds, 1), p50, p99, p999


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured; default: a temporary folder")
    parser.add_argument("--records", type=int, default=3000, help="of each kind")
    parser.add_argument("--postgres", action="store_true", help="beside it, a PostgreSQL server of its own")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cluster = None
    if options.postgres:
        from tests.postgres import Cluster

        cluster = Cluster()
    try:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            rows = measure(Path(folder), options.records, cluster.new_database() if cluster else "")
    finally:
        if cluster is not None:
            cluster.remove()
    print(f"{'':<24}{'threads':>8}{'per second':>12}{'p50':>9}{'p99':>9}{'p99.9':>9} ms{'of the disk':>13}")
    for row in rows:
        print(
            f"{row.subject:<24}{row.threads:>8}{row.per_second:>12.1f}{row.p50_ms:>9.3f}{row.p99_ms:>9.3f}"
            f"{row.p999_ms:>9.3f}   {row.of_the_disk:>13.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
