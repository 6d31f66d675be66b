"""A thousand times: several threads append to one log, and the process is killed with SIGKILL at a random moment.

    python -m tests.performance.store_kill_campaign --kills 1000

The threads share commits (group commit). Every acknowledged record must be in the log afterwards, once, as it was; the
chain must verify from its beginning to its end. `kill_campaign` does the same to whole stations.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from inspector.log.chain import canonical, genesis, link
from inspector.log.query import Query
from inspector.log.store import DATABASE_FILE, RecordStore
from tests.support import a_record

THREADS = 4
CHECK_EVERY = 100


@dataclass(slots=True)
class StoreKillReport:
    """What the campaign found.

    Attributes:
        kills: Processes killed.
        acknowledged: Records whose append had returned.
        records: Records in the log at the end.
        lost: Acknowledged records that are not there.
        doubled: Records that are there more than once.
        broken_links: Entries of the chain that do not verify.
    """

    kills: int = 0
    acknowledged: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    broken_links: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled or broken."""
        return not (self.lost or self.doubled or self.broken_links)


def append_for_ever(path: Path, target: int) -> None:
    """Child: append from several threads; a line for every record that is durable."""
    store = RecordStore(path)

    def work() -> None:
        while True:
            os.write(target, f"{store.append(a_record()).record_id}\n".encode())

    for _ in range(THREADS):
        threading.Thread(target=work, daemon=True).start()
    signal.pause()


def one_kill(path: Path) -> list[str]:
    """Start a process, kill it, and return what it had acknowledged."""
    source, target = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        append_for_ever(path, target)
    os.close(target)
    with os.fdopen(source, "rb") as lines:
        first = lines.readline()
        time.sleep(random.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = first + lines.read()
    return said[: said.rfind(b"\n") + 1].decode().split()


def examine(path: Path, acknowledged: list[str], report: StoreKillReport) -> None:
    """Hold the log against what was acknowledged."""
    with closing(RecordStore(path)) as store:
        store.check()
        there = Counter(record.record_id for record in store.search(Query(limit=None)))
        chain, after = genesis(store.tip().log_id), 0
        while links := store.journal(after=after):
            rows = store.rows("records", [each.row for each in links])
            for each in links:
                chain = link(chain, canonical("records", rows[each.row])) if each.row in rows else b""
                report.broken_links += chain != each.chain or each.position != after + 1
                chain, after = each.chain, each.position
    report.records = sum(there.values())
    report.lost = sum(record_id not in there for record_id in acknowledged)
    report.doubled = sum(times - 1 for times in there.values())


def campaign(path: Path, kills: int) -> StoreKillReport:
    """Run it; see the module."""
    report, acknowledged = StoreKillReport(), list[str]()
    for number in range(kills):
        acknowledged += one_kill(path)
        report.kills += 1
        if (number + 1) % CHECK_EVERY == 0 and sys.stderr.isatty():
            print(f"\r{number + 1}/{kills} kills", end="", file=sys.stderr)
    report.acknowledged = len(acknowledged)
    examine(path, acknowledged, report)
    return report


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = campaign(Path(folder) / DATABASE_FILE, options.kills)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean and report.acknowledged else 1


if __name__ == "__main__":
    raise SystemExit(main())
