"""Every write and every sync of some appends, each as a power cut: is every acknowledged record there afterwards?

    python -m tests.performance.power_cut_campaign --appends 300

A process appends records to a real log under strace; its operations are replayed onto a disk model (`power_disk`) that
is cut after each of them: with all unsynced data dropped, with a random subset of it kept, and with it torn at sectors
of 512 bytes, three seeds each. What is left is opened by the program as after a real power cut. Lost: an acknowledged
record is not there, or differs. Corrupt: the log does not open, SQLite finds damage, or the chain does not verify.

Three runs: the write-ahead log as shipped, the rollback journal as shipped (for an old SQLite library), and the
write-ahead log with synchronous=NORMAL, which is known to lose records: the campaign must catch it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from inspector import sqlite
from inspector.errors import StoreError
from inspector.log.chain import canonical, genesis, link
from inspector.log.store import DATABASE_FILE, RecordStore
from tests.performance.power_disk import Disk, Loss, Operation, record
from tests.support import a_record

ACKNOWLEDGEMENTS = "acknowledged"
SEEDS = 3


@dataclass(slots=True)
class PowerReport:
    """What one run found.

    Attributes:
        mode: Journal mode and synchronous.
        appends: Acknowledged records.
        operations: Writes, syncs and changes of names: so many cut points.
        cuts: Disks that were left by a cut and opened.
        distinct: Different ones among them.
        lost: Cuts after which an acknowledged record was missing or different.
        corrupt: Cuts after which the log did not open or verify.
        example: The first cut that lost or corrupted something; "" where none did.
    """

    mode: str
    appends: int = 0
    operations: int = 0
    cuts: int = 0
    distinct: int = 0
    lost: int = 0
    corrupt: int = 0
    example: str = ""


def use_journal(mode: str) -> None:
    """Let this process open logs as it would with an old SQLite library (`DELETE`), or a new one (`WAL`)."""
    sqlite.journal_mode = lambda: mode


def append_records(folder: Path, count: int, journal: str, synchronous: str) -> None:
    """Child: append, and write each record's id down as acknowledged once it is durable."""
    use_journal(journal)
    store = RecordStore(folder / DATABASE_FILE)
    if synchronous:
        with store._database._engine.connect() as connection:
            connection.connection.cursor().execute(f"PRAGMA synchronous = {synchronous}")
    target = os.open(folder / ACKNOWLEDGEMENTS, os.O_CREAT | os.O_WRONLY)
    for number in range(count):
        stored = store.append(a_record(f"part-{number}", details={"frames": ["x" * (number % 7 * 300)]}))
        os.write(target, f"{stored.record_id}\n".encode())
    os._exit(0)  # as killed: no tidy close


def disks_left(operations: list[Operation]) -> Iterator[tuple[str, list[bytes], dict[str, bytes]]]:
    """Give, for every cut, its name, what had been acknowledged, and the files that are left."""
    disk = Disk()
    for number, operation in enumerate(operations):
        disk.apply(operation)
        if operation.kind == "acknowledge":
            continue
        for loss in Loss:
            for seed in range(1 if loss is Loss.DROPPED else SEEDS):
                chance = random.Random(f"{number} {loss} {seed}")
                name = f"after operation {number} ({operation.kind} {operation.name}), {loss}, seed {seed}"
                yield name, list(disk.acknowledged), disk.after_cut(loss, chance)


def verdict_on(left: dict[str, bytes], acknowledged: list[bytes], expected: dict[str, bytes]) -> str:
    """Open what is left as after a power cut; return "", "lost" or "corrupt"."""
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        folder = Path(name)
        for file, content in left.items():
            (folder / file).write_bytes(content)
        try:
            with closing(RecordStore(folder / DATABASE_FILE)) as store:
                store.check()
                found = _verified_rows(store)
        except (StoreError, AssertionError):
            return "corrupt"
    for record_id in acknowledged:
        if found.get(record_id.decode()) != expected[record_id.decode()]:
            return "lost"
    return ""


def _verified_rows(store: RecordStore) -> dict[str, bytes]:
    """Return the canonical rows of all records by id, after the chain was verified."""
    chain, found = genesis(store.tip().log_id), {}
    links = store.journal(limit=1_000_000)
    rows = store.rows("records", [each.row for each in links])
    for each in links:
        content = canonical("records", rows[each.row]) if each.row in rows else b""
        chain = link(chain, content)
        assert each.chain == chain, "the chain does not verify"
        found[str(rows[each.row]["record_id"])] = content
    assert len(rows) == len(links)
    return found


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, for speed


def run(journal: str, synchronous: str, appends: int) -> PowerReport:
    """Record one process and cut its power at every operation."""
    report = PowerReport(f"{journal}, synchronous {synchronous or 'as shipped'}")
    folder = Path(tempfile.mkdtemp(dir=_memory()))
    child = [sys.executable, "-m", "tests.performance.power_cut_campaign", "--child", str(folder)]
    child += ["--appends", str(appends), "--journal", journal, "--synchronous", synchronous]
    try:
        operations = record(child, folder, ACKNOWLEDGEMENTS)
        use_journal(journal)
        with closing(RecordStore(folder / DATABASE_FILE)) as store:
            expected = _verified_rows(store)
    finally:
        shutil.rmtree(folder)
    report.operations = sum(each.kind != "acknowledge" for each in operations)
    report.appends = sum(each.kind == "acknowledge" for each in operations)
    seen: set[bytes] = set()
    with multiprocessing.get_context("spawn").Pool(initializer=use_journal, initargs=(journal,)) as pool:
        results = pool.imap(_judge, _new_ones(operations, seen, expected, report), chunksize=16)
        for name, problem in results:
            report.lost += problem == "lost"
            report.corrupt += problem == "corrupt"
            if problem and not report.example:
                report.example = f"{problem} {name}"
    report.distinct = len(seen)
    return report


def _new_ones(
    operations: list[Operation], seen: set[bytes], expected: dict[str, bytes], report: PowerReport
) -> Iterator[tuple[str, dict[str, bytes], list[bytes], dict[str, bytes]]]:
    """Give every disk that differs from those before in its bytes or in what was promised."""
    for name, acknowledged, left in disks_left(operations):
        report.cuts += 1
        digest = hashlib.blake2b(f"{len(acknowledged)}".encode())
        for file in sorted(left):
            digest.update(file.encode() + left[file])
        if digest.digest() not in seen:
            seen.add(digest.digest())
            yield name, left, acknowledged, {key.decode(): expected[key.decode()] for key in acknowledged}


def _judge(item: tuple[str, dict[str, bytes], list[bytes], dict[str, bytes]]) -> tuple[str, str]:
    name, left, acknowledged, expected = item
    return name, verdict_on(left, acknowledged, expected)


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--appends", type=int, default=300)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--journal", default="WAL", help=argparse.SUPPRESS)
    parser.add_argument("--synchronous", default="", help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=["wal", "delete", "normal"], help="one of the three runs")
    options = parser.parse_args()
    if options.child:
        append_records(options.child, options.appends, options.journal, options.synchronous)
    runs = {"wal": ("WAL", ""), "delete": ("DELETE", ""), "normal": ("WAL", "NORMAL")}
    reports = {name: run(*how, options.appends) for name, how in runs.items() if options.only in (None, name)}
    print(json.dumps([asdict(report) for report in reports.values()], indent=1))
    held = all(not (report.lost or report.corrupt) for name, report in reports.items() if name != "normal")
    caught = "normal" not in reports or reports["normal"].lost > 0
    return 0 if held and caught else 1


if __name__ == "__main__":
    raise SystemExit(main())
