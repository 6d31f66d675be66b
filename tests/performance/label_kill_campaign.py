"""A hundred times: a reviewer's program labels as fast as it can and is killed with SIGKILL at a random moment.

    python -m tests.performance.label_kill_campaign --kills 100

Every child opens the same data set anew and goes on in a random mixture: one image or several at once, labels,
confirmations, flags, drawn masks, undo and redo. After each call has returned it writes what it did to its standard
output; a line that was written is an acknowledgement. After each kill another process's eyes look: SQLite must find no
damage, every acknowledged deed must be in the history once and whole (all of its images), the label history must be
without gaps, every mask that the history names must be there with its SHA-256, and the last deed may be there without
acknowledgement, but then as a whole too.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.events import JUDGING, current_labels, read_rows, standings
from datasets.review.session import Change, ReviewSession
from datasets.verify import verify
from tests.datasets.parts import write_parts

CLASSES = ("good", "dent", "crack", "stain")
CHECK_EVERY = 10
_MOST_WAIT_S = 1.0


@dataclass(slots=True)
class LabelKillReport:
    """What the campaign found.

    Attributes:
        kills: Programs killed.
        acknowledged: Deeds whose call had returned, and that were said to have.
        images_judged: Images in them.
        deeds: Deeds in the history at the end.
        unacknowledged: Deeds in the history that were killed before they were acknowledged: at most one a kill.
        masks: Mask versions in the history.
        lost: Acknowledged deeds that are not in the history as they were acknowledged.
        doubled: Deeds that are there more than once.
        torn: Deeds of which some images are there and others are not.
        gaps: Entries of the label history that do not follow from the one before.
        wrong_labels: Images whose label is not what the last word on it says.
        damage: What SQLite found, or masks that are missing or altered.
    """

    kills: int = 0
    acknowledged: int = 0
    images_judged: int = 0
    deeds: int = 0
    unacknowledged: int = 0
    masks: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    gaps: int = 0
    wrong_labels: int = 0
    damage: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, torn or damaged, and something was tried."""
        bad = self.lost or self.doubled or self.torn or self.gaps or self.wrong_labels or self.damage
        return bool(self.acknowledged) and not bad and self.unacknowledged <= self.kills


def label_for_ever(folder: Path, seed: int) -> None:
    """Child: label without end; a line of JSON for every deed that is durable."""
    rng = random.Random(seed)
    with open_dataset(folder) as dataset:
        session = ReviewSession(dataset, read_catalogue(dataset), "Grace", queue="campaign")
        while True:
            change = _one_deed(session, rng)
            if change is not None:
                print(json.dumps(_acknowledgement(session, change)), flush=True)


def _one_deed(session: ReviewSession, rng: random.Random) -> Change | None:
    positions = rng.sample(range(len(session.catalogue)), rng.choice((1, 1, 1, 4)))
    kind = rng.choices(("label", "confirm", "flag", "mask", "undo", "redo"), (6, 1, 1, 1, 2, 1))[0]
    if kind == "label":
        return session.label(positions, rng.choice(CLASSES))
    if kind == "mask":
        position = positions[0]
        mask = np.zeros((int(session.catalogue.heights[position]), int(session.catalogue.widths[position])), np.uint8)
        mask[: rng.randrange(1, 30), : rng.randrange(1, 30)] = 255
        return session.set_mask(position, mask)
    if kind in ("undo", "redo"):
        change: Change | None = getattr(session, kind)()
        return change
    return session.confirm(positions) if kind == "confirm" else session.flag(positions)


def _acknowledgement(session: ReviewSession, change: Change) -> dict[str, Any]:
    ids = sorted(int(session.catalogue.ids[position]) for position in change.positions)
    newest = session.dataset.connection.execute("SELECT max(action_id) FROM review").fetchone()[0]
    return {"deed": newest, "kind": change.kind, "items": ids, "label": change.label, "session": session.session}


def one_kill(folder: Path, rng: random.Random) -> list[dict[str, Any]]:
    """Start a program, kill it, and return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.performance.label_kill_campaign", "--child", str(folder)]
    command += ["--seed", str(rng.randrange(2**31))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            first = child.stdout.readline()
            time.sleep(rng.uniform(0.0, _MOST_WAIT_S))
            child.send_signal(signal.SIGKILL)
            said = first + child.stdout.read()
        finally:
            child.kill()
    whole = said[: said.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def examine(folder: Path, acknowledged: list[dict[str, Any]], report: LabelKillReport) -> None:
    """Hold the data set against what was acknowledged."""
    with open_dataset(folder) as dataset:
        damage = dataset.connection.execute("PRAGMA integrity_check").fetchall()
        report.damage = [str(row[0]) for row in damage if row[0] != "ok"]
        rows = list(read_rows(dataset.connection))
        deeds: dict[int, list[Any]] = {}
        for row in rows:
            deeds.setdefault(row.action_id, []).append(row)
        report.deeds = len(deeds)
        report.masks = dataset.connection.execute("SELECT count(*) FROM mask_version").fetchone()[0]
        report.doubled = sum(
            count - 1 for found in deeds.values() for count in Counter(row.item_id for row in found).values()
        ) + sum(count - 1 for count in Counter(said["deed"] for said in acknowledged).values())
        _compare(deeds, acknowledged, report)
        _check_labels(dataset, report)
        report.damage += [f"{found.path.name} {found.problem}" for found in verify(dataset, lambda _done, _all: None)]


def _compare(deeds: dict[int, list[Any]], acknowledged: list[dict[str, Any]], report: LabelKillReport) -> None:
    for said in acknowledged:
        found = deeds.get(said["deed"], [])
        there = sorted(row.item_id for row in found)
        if there != said["items"] or {row.session for row in found} != {said["session"]}:
            report.lost += not there
            report.torn += bool(there)
        elif said["kind"] == "label" and {row.detail["to"] for row in found} != {said["label"]}:
            report.lost += 1
    report.unacknowledged = len(set(deeds) - {said["deed"] for said in acknowledged})


def _check_labels(dataset: Dataset, report: LabelKillReport) -> None:
    ids = [row[0] for row in dataset.connection.execute("SELECT item_id FROM item")]
    for item_id in ids:
        history = dataset.history(item_id)
        steps = itertools.pairwise(history)
        report.gaps += sum(before.to_label != after.from_label for before, after in steps)
    labels = current_labels(dataset.connection, ids)
    for item_id, standing in standings(read_rows(dataset.connection)).items():
        word = standing.newest(JUDGING)
        imported = dataset.history(item_id)[0].to_label
        report.wrong_labels += labels[item_id] != (imported if word is None else word.detail["to"])


def campaign(folder: Path, kills: int, seed: int) -> LabelKillReport:
    """Run it; see the module."""
    write_parts(folder, {"good": 20, "dent": 20}, size=32)
    rng, report = random.Random(seed), LabelKillReport()
    acknowledged: list[dict[str, Any]] = []
    for number in range(kills):
        acknowledged += one_kill(folder / "data", rng)
        report.kills += 1
        if (number + 1) % CHECK_EVERY == 0 or number + 1 == kills:
            report.gaps = report.wrong_labels = report.lost = report.torn = 0
            examine(folder / "data", acknowledged, report)
            if sys.stderr.isatty():
                print(f"\r{number + 1}/{kills} kills", end="", file=sys.stderr)
            if report.damage or report.lost or report.torn:
                break
    report.acknowledged = len(acknowledged)
    report.images_judged = sum(len(said["items"]) for said in acknowledged)
    return report


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        label_for_ever(options.child, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = campaign(Path(folder), options.kills, options.seed)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
