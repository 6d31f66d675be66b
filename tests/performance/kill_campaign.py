"""Kill a running station at random moments; afterwards every acknowledged decision must be in the log.

    python -m tests.performance.kill_campaign --kills 100

Each round starts a station in a process of its own on the same log, lets it judge parts of the simulated line as fast
as it can, and kills it with SIGKILL after a random time. Checked after every kill:
- every part that was acknowledged (PartDecided seen outside the process) is in the log, once;
- the log opens and SQLite finds no damage;
- every picture of every record is there, and its SHA-256 is right;
- the gate file names a PASS only where the log holds that record as PASS;
- the next station brings the gate back to REJECT before it judges anything.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from inspector.headless import run_headless
from inspector.log import read_log
from inspector.recipe import Recipe, load_recipe
from inspector.types import Record, RecordKind, Verdict
from tests.support import recipe_text, tiny_package


@dataclass(slots=True)
class KillReport:
    """What the campaign found.

    Attributes:
        kills: Stations killed.
        acknowledged: Parts whose decision was seen outside the killed process.
        records: Inspections in the log at the end.
        lost: Acknowledged parts that are not in the log.
        doubled: Parts that are in the log more than once.
        damaged_pictures: Pictures of records that are missing or altered.
        unrecorded_passes: Times the gate was open for something that the log does not hold as PASS.
        unsafe_starts: Starts that did not bring the gate to REJECT first.
    """

    kills: int = 0
    acknowledged: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    damaged_pictures: int = 0
    unrecorded_passes: int = 0
    unsafe_starts: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, damaged or unsafe."""
        return not (self.lost + self.doubled + self.damaged_pictures + self.unrecorded_passes + self.unsafe_starts)


def run_campaign(folder: Path, *, kills: int, seed: int = 0) -> KillReport:
    """Run the campaign in `folder`; raises StoreError where the log does not open after a kill."""
    rng = random.Random(seed)
    gate = folder / "gate"
    package = tiny_package(folder / "package")
    path = folder / "recipe.toml"
    output = f'[output]\nkind = "file"\npath = "{gate.as_posix()}"\n[policy]\npass_below = 0.9\nfail_from = 1.0'
    path.write_text(recipe_text(package.folder, extra=output), encoding="utf-8")
    recipe = load_recipe(path)
    report = KillReport()
    acknowledged: list[str] = []
    verified: set[str] = set()
    for _ in range(kills):
        gate.write_text("PASS left over from before\n")
        acknowledged += _one_round(recipe, folder / "log", gate, report, after_s=rng.uniform(0.0, 1.0))
        _check(folder / "log", gate, acknowledged, verified, report)
    return report


def _one_round(recipe: Recipe, log: Path, gate: Path, report: KillReport, *, after_s: float) -> list[str]:
    """Start a station, kill it `after_s` after its first part; return the record ids that it acknowledged."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(recipe, log, gate, sender))
    process.start()
    sender.close()
    seen: list[str] = []
    kill_at: float | None = None
    while kill_at is None or time.monotonic() < kill_at:
        if not receiver.poll(0.002 if kill_at else 60):
            continue
        word, value = receiver.recv()
        if word == "first gate":
            report.unsafe_starts += value != "REJECT"
        else:
            seen.append(value)
            kill_at = kill_at or time.monotonic() + after_s
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    while receiver.poll(0):
        try:
            _, value = receiver.recv()
        except EOFError:
            break
        seen.append(value)
    receiver.close()
    report.kills += 1
    return seen


def _child(recipe: Recipe, log: Path, gate: Path, sender: Connection) -> None:
    """Run a station; tell the parent every decision, and first what the gate said when the first part was judged."""
    first = True

    def tell(record: Record) -> None:
        nonlocal first
        if first:
            first = False
            words = gate.read_text().split()
            opened_for_this_part = len(words) == 2 and words[1] != "left"
            sender.send(("first gate", "REJECT" if words == ["REJECT"] or opened_for_this_part else " ".join(words)))
        sender.send(("record", record.record_id))

    run_headless(recipe, log, quiet=True, on_part=tell)


def _check(folder: Path, gate: Path, acknowledged: list[str], verified: set[str], report: KillReport) -> None:
    with read_log(folder) as log:
        log.records.check()
        records = log.find(limit=None, kind=RecordKind.INSPECTION)
        by_id = {record.record_id: record for record in records}
        report.records = len(records)
        report.acknowledged = len(acknowledged)
        report.lost = sum(record_id not in by_id for record_id in acknowledged)
        report.doubled = sum(count > 1 for count in Counter(record.part_id for record in records).values())
        for record in records:
            if record.record_id in verified:
                continue
            verified.add(record.record_id)
            for image in record.images:
                report.damaged_pictures += not _whole(folder, image.path, image.sha256)
        said = gate.read_text().split()
        if said[0] == "PASS":
            record_id = said[1]
            passed = record_id in by_id and by_id[record_id].decision.verdict is Verdict.PASS
            report.unrecorded_passes += not passed


def _whole(folder: Path, path: str, sha256: str) -> bool:
    from inspector.imaging import sha256_of

    file = folder / path
    return file.is_file() and sha256_of(file.read_bytes()) == sha256


def main() -> int:
    """Run the campaign and print its report; exit code 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    import inspector.inference.torch_classifier  # noqa: F401 - loaded once here instead of in every forked station

    with tempfile.TemporaryDirectory() as folder:
        report = run_campaign(Path(folder), kills=options.kills, seed=options.seed)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
