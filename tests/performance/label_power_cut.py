"""Every write and every sync of some labels, each as a power cut: is every acknowledged label there afterwards?

    python -m tests.performance.label_power_cut --deeds 12

A reviewer's session runs under strace: labels of one and of several images, undo and redo, each acknowledged when its
call has returned. Its operations are replayed onto the disk model of `power_disk` and cut after each of them, as
`power_cut_campaign` does for the log. What is left is opened by the program: SQLite must find no damage, and every
acknowledged deed must be in the history with all of its images and its label.

Two runs: the manifest as shipped (rollback journal, synchronous=EXTRA), and with FULL, which is known to lose labels
there: the campaign must catch it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datasets.manifest import open_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.events import read_rows
from datasets.review.session import ReviewSession
from datasets.schema import MANIFEST_FILE
from inspector.errors import DatasetError
from inspector.sqlite import driver
from tests.performance.catalogue_benchmark import CLASSES, fill_manifest
from tests.performance.power_cut_campaign import ACKNOWLEDGEMENTS, disks_left
from tests.performance.power_disk import record

IMAGES = 12
READY = b"ready"


@dataclass(slots=True)
class LabelPowerReport:
    """What one run found.

    Attributes:
        synchronous: As shipped (""), or set otherwise.
        deeds: Acknowledged deeds.
        operations: Writes, syncs and changes of names after the manifest was made: so many cut points.
        cuts: Disks that were left by a cut.
        opened: Different ones among them, opened.
        lost: After how many of these an acknowledged deed was missing or different.
        corrupt: After how many the manifest did not open, or SQLite found damage.
        example: The first that lost or corrupted something.
    """

    synchronous: str
    deeds: int = 0
    operations: int = 0
    cuts: int = 0
    opened: int = 0
    lost: int = 0
    corrupt: int = 0
    example: str = ""


def label(folder: Path, deeds: int, synchronous: str) -> None:
    """Child: make a manifest, then label; a line of JSON for every deed that is durable."""
    fill_manifest(folder, IMAGES)
    target = os.open(folder / ACKNOWLEDGEMENTS, os.O_CREAT | os.O_WRONLY)
    with open_dataset(folder) as dataset:
        if synchronous:
            dataset.connection.execute(f"PRAGMA synchronous = {synchronous}")
        session = ReviewSession(dataset, read_catalogue(dataset), "Grace")
        os.write(target, READY + b"\n")
        for number in range(deeds):
            if number % 5 == 3:
                change = session.undo()
            elif number % 5 == 4:
                change = session.redo()
            else:
                change = session.label(range(number % IMAGES, min(number % IMAGES + 4, IMAGES)), CLASSES[number % 5])
            if change is None:
                raise AssertionError("there was nothing to undo")
            newest = dataset.connection.execute("SELECT max(action_id) FROM review").fetchone()[0]
            rows = [
                (row.item_id, row.kind, row.detail) for row in read_rows(dataset.connection) if row.action_id == newest
            ]
            os.write(target, json.dumps({"deed": newest, "rows": rows}).encode() + b"\n")
        os._exit(0)  # as killed: no tidy close


def verdict_on(left: dict[str, bytes], acknowledged: list[bytes]) -> str:
    """Open what is left as after a power cut; return "", "lost" or "corrupt"."""
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        for file, content in left.items():
            (Path(name) / file).write_bytes(content)
        try:
            with open_dataset(Path(name)) as dataset:
                if dataset.connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return "corrupt"
                found: dict[int, list[Any]] = {}
                for row in read_rows(dataset.connection):
                    found.setdefault(row.action_id, []).append([row.item_id, row.kind, row.detail])
                labels = {item.item_id: item.label for item in dataset.items()}
        except (DatasetError, driver().Error):
            return "corrupt"
    deeds = [json.loads(line) for line in acknowledged if line != READY]
    if any(found.get(deed["deed"]) != deed["rows"] for deed in deeds):
        return "lost"
    newest = [row for deed in deeds[-1:] for row in deed["rows"] if row[1] == "label"]
    later = {row[0] for number, rows in found.items() for row in rows if deeds and number > deeds[-1]["deed"]}
    return "lost" if any(labels[item] != detail["to"] for item, _, detail in newest if item not in later) else ""


def run(synchronous: str, deeds: int) -> LabelPowerReport:
    """Record one session and cut its power at every operation."""
    report = LabelPowerReport(synchronous)
    folder = Path(tempfile.mkdtemp(dir=_memory()))
    child = [sys.executable, "-m", "tests.performance.label_power_cut", "--child", str(folder)]
    try:
        operations = record([*child, "--deeds", str(deeds), "--synchronous", synchronous], folder, ACKNOWLEDGEMENTS)
    finally:
        shutil.rmtree(folder)
    report.deeds = sum(each.kind == "acknowledge" for each in operations) - 1
    ready = next(place for place, each in enumerate(operations) if each.kind == "acknowledge")
    report.operations = sum(each.kind != "acknowledge" for each in operations[ready:])
    seen: set[tuple[Any, ...]] = set()
    for name, acknowledged, left in _promising(disks_left(operations)):
        report.cuts += 1
        key = (len(acknowledged), *sorted(left.items()))
        if key in seen:
            continue
        seen.add(key)
        problem = verdict_on(left, acknowledged)
        report.lost += problem == "lost"
        report.corrupt += problem == "corrupt"
        report.example = report.example or (f"{problem} {name}" if problem else "")
    report.opened = len(seen)
    return report


def _promising(
    cuts: Iterator[tuple[str, list[bytes], dict[str, bytes]]],
) -> Iterator[tuple[str, list[bytes], dict[str, bytes]]]:
    """Leave out the cuts before the manifest was made, and the file of the acknowledgements."""
    for name, acknowledged, left in cuts:
        if acknowledged:
            yield name, acknowledged, {file: data for file, data in left.items() if file.startswith(MANIFEST_FILE)}


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, for speed


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deeds", type=int, default=12)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--synchronous", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        label(options.child, options.deeds, options.synchronous)
    shipped, full = run("", options.deeds), run("FULL", options.deeds)
    print(json.dumps([asdict(shipped), asdict(full)], indent=1))
    return 0 if not (shipped.lost or shipped.corrupt) and full.lost else 1


if __name__ == "__main__":
    raise SystemExit(main())
