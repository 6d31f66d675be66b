"""Two stations forward to one PostgreSQL server while the network is cut and the server restarted under load.

    python -m tests.performance.centre_campaign --cuts 100 --restarts 20

Each station is a process of its own with its own SQLite log, which it fills as fast as asked, and its own forwarder.
Half of the restarts are crashes (`pg_ctl -m immediate`). Checked when the backlog has drained: every record of every
station is at the centre once, none is there that no station has, and each chain verifies at the centre to its end.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from inspector.log.chain import canonical, genesis, link
from inspector.log.forward import Backlog, Forwarder
from inspector.log.query import Query
from inspector.log.store import DATABASE_FILE, RecordStore
from tests.postgres import Cluster
from tests.proxy import CuttableProxy
from tests.support import a_record

STATIONS = ("line-1", "line-2")
DRAIN_S = 120.0


@dataclass(slots=True)
class CentreReport:
    """What the campaign found.

    Attributes:
        cuts: Times that a station's network was cut.
        restarts: Times that the server was restarted, half of them as a crash.
        failed_attempts: Times that a forwarder failed and tried again.
        records: Records of all stations.
        lost: Records of a station that the centre does not hold.
        doubled: Records that the centre holds more than once.
        foreign: Records at the centre that no station has.
        broken_links: Entries at the centre that do not verify, or are missing at the end.
        drained_s: Seconds until the backlog was gone after the last disturbance.
    """

    cuts: int = 0
    restarts: int = 0
    failed_attempts: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    foreign: int = 0
    broken_links: int = 0
    drained_s: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, invented or altered."""
        return not (self.lost or self.doubled or self.foreign or self.broken_links)


def station(name: str, path: Path, url: str, rate: float, ended: Event, drained: Event, failures: list[int]) -> None:
    """Process: append records until told to end, forward until the centre holds all."""
    own = RecordStore(path)
    last: list[Backlog] = []

    def on_backlog(backlog: Backlog) -> None:
        last[:] = [backlog]
        failures[STATIONS.index(name)] += backlog.error is not None

    forwarder = Forwarder(lambda: RecordStore(path, read_only=True), url, name, on_backlog)
    forwarder.start()
    number = 0
    while not ended.is_set():
        number += 1
        own.append(a_record(f"{name}-{number}", station=name))
        time.sleep(1.0 / rate)
    while not (last and last[0].error is None and last[0].forwarded >= own.tip().position):
        time.sleep(0.05)
    drained.set()
    forwarder.stop()
    forwarder.join()
    own.close()


def disturb(cluster: Cluster, proxies: list[CuttableProxy], report: CentreReport, cuts: int, restarts: int) -> None:
    """Cut and restart in random order, at random moments."""
    steps = ["cut"] * cuts + ["restart"] * restarts
    random.shuffle(steps)
    for number, step in enumerate(steps):
        time.sleep(random.uniform(0.05, 0.6))
        if step == "cut":
            proxy = random.choice(proxies)
            proxy.cut()
            time.sleep(random.uniform(0.0, 0.3))
            proxy.mend()
            report.cuts += 1
        else:
            cluster.stop("immediate" if report.restarts % 2 else "fast")
            time.sleep(random.uniform(0.0, 0.3))
            cluster.start()
            report.restarts += 1
        if sys.stderr.isatty():
            print(f"\r{number + 1}/{len(steps)} disturbances", end="", file=sys.stderr)


def compare(report: CentreReport, folder: Path, url: str) -> None:
    """Hold the centre against every station's own log."""
    everything = Query(limit=None, oldest_first=True)
    for name in STATIONS:
        with (
            closing(RecordStore(folder / name / DATABASE_FILE, read_only=True)) as own,
            closing(RecordStore(url, read_only=True, log_name=name)) as copy,
        ):
            here = Counter(record.record_id for record in own.search(everything))
            there = Counter(record.record_id for record in copy.search(everything))
            report.records += len(here)
            report.lost += len(here.keys() - there.keys())
            report.foreign += len(there.keys() - here.keys())
            report.doubled += sum(count - 1 for count in there.values())
            report.broken_links += broken_links(copy) + abs(own.tip().position - copy.tip().position)


def broken_links(store: RecordStore) -> int:
    """Return how many entries of a log do not verify."""
    chain, after, broken = genesis(store.tip().log_id), 0, 0
    while links := store.journal(after=after):
        for each in links:
            row = store.rows(each.subject, [each.row]).get(each.row)
            expected = link(chain, canonical(each.subject, row)) if row else b""
            broken += each.chain != expected or each.position != after + 1
            chain, after = each.chain, each.position
    return broken


def campaign(folder: Path, *, cuts: int, restarts: int, rate: float) -> CentreReport:
    """Run it in `folder`; see the module."""
    report = CentreReport()
    cluster = Cluster()
    proxies = [CuttableProxy(cluster.port) for _ in STATIONS]
    context = multiprocessing.get_context("spawn")
    try:
        url = cluster.new_database()
        ended, drained = context.Event(), [context.Event() for _ in STATIONS]
        with context.Manager() as manager:
            failures = manager.list([0] * len(STATIONS))
            processes = []
            for name, proxy, event in zip(STATIONS, proxies, drained, strict=True):
                (folder / name).mkdir()
                through = url.replace(f":{cluster.port}/", f":{proxy.port}/")
                arguments = (name, folder / name / DATABASE_FILE, through, rate, ended, event, failures)
                processes.append(context.Process(target=station, args=arguments, daemon=True))
                processes[-1].start()
            time.sleep(2.0)
            disturb(cluster, proxies, report, cuts, restarts)
            ended.set()
            started_s = time.monotonic()
            for process, event in zip(processes, drained, strict=True):
                if not event.wait(DRAIN_S):
                    raise SystemExit(f"the backlog of {process.name} did not drain in {DRAIN_S:.0f} s")
                process.join(DRAIN_S)
            report.drained_s = round(time.monotonic() - started_s, 1)
            report.failed_attempts = sum(failures)
        compare(report, folder, url)
    finally:
        for proxy in proxies:
            proxy.close()
        cluster.remove()
    return report


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--rate", type=float, default=100.0, help="records per second of each station, about")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = campaign(Path(folder), cuts=options.cuts, restarts=options.restarts, rate=options.rate)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean and report.records else 1


if __name__ == "__main__":
    raise SystemExit(main())
