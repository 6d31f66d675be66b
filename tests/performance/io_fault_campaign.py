"""A station on a disk that fails at random, and on one that is full: nothing acknowledged is missing afterwards.

    python -m tests.performance.io_fault_campaign --errors 10000
    python -m tests.performance.io_fault_campaign --full-disk

The real station (camera feed, model, log, gate) runs in a process of its own. With `--errors` a small library between
it and the system (`io_fault.c`, compiled here) lets writes, syncs and truncations of the log's folder fail with EIO or
ENOSPC until so many have failed. With `--full-disk` its log lies on a disk of 4 MB. The station writes down, outside
that disk, every record that it acknowledged and every part that it released. Checked by another process: every
acknowledged record is in the log as it was, every released part has a record that says PASS, the log verifies.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from errno import EIO, ENOSPC
from itertools import count
from pathlib import Path

from inspector.cameras.feed import CameraFeed
from inspector.cameras.trigger import TriggerSource
from inspector.decisions.outputs import FileGate
from inspector.errors import StoreError
from inspector.log import Log, open_log, read_log
from inspector.log.chain import canonical, genesis, link
from inspector.log.query import Query
from inspector.log.reserve import Reserve
from inspector.recipe import parse_recipe
from inspector.station import Station
from inspector.types import Record, RecordKind, Verdict
from tests.performance.reserve_campaign import small_disk
from tests.support import AlwaysGoodModel, ScriptedCamera, noise_picture, recipe_text, tiny_package

CAMERA = 'kind = "device"\ndevice = 0\nname = "cam"\ntimeout_ms = 2000\nskip_frames = 0'
FULL_DISK_MIB = 4
FAILURES_PER_MILLION = 40_000
_STILL_FULL_S = 3.0


@dataclass(slots=True)
class FaultReport:
    """What the campaign found.

    Attributes:
        errors: Calls that were made to fail; for the full disk, parts that could not be recorded.
        parts: Triggers.
        acknowledged: Records that the station took for durable.
        released: Times that the gate was opened.
        missing: Acknowledged records that the log does not hold as they were.
        unrecorded_passes: Releases without a record that says PASS.
        doubled: Parts with two inspections.
        broken_links: Entries of the chain that do not verify.
        damaged: Whether SQLite found damage.
    """

    errors: int = 0
    parts: int = 0
    acknowledged: int = 0
    released: int = 0
    missing: int = 0
    unrecorded_passes: int = 0
    doubled: int = 0
    broken_links: int = 0
    damaged: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing was lost and nothing passed unrecorded."""
        return not (self.missing or self.unrecorded_passes or self.doubled or self.broken_links or self.damaged)


class WitnessedGate(FileGate):
    """The gate, and a line outside the failing disk for every release."""

    def __init__(self, path: Path) -> None:
        self._releases = path.with_suffix(".releases").open("a", buffering=1, encoding="ascii")
        super().__init__(path)

    def release(self, record: Record) -> None:
        """Open the gate."""
        super().release(record)
        print(record.record_id, file=self._releases)


class Faults:
    """The control block of `io_fault.c`."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 32)

    def set(self, per_million: int, errno: int) -> None:
        """Let calls fail from now on; 0: none."""
        self._map[:16] = struct.pack("<QQ", per_million, errno)

    @property
    def so_far(self) -> int:
        """How many calls failed."""
        return int(struct.unpack("<Q", self._map[24:32])[0])


def station_on(log: Log, outside: Path) -> tuple[Station, CameraFeed]:
    """Return a station whose camera always delivers and whose model calls everything good."""
    package = tiny_package(outside / "package")
    recipe = parse_recipe(recipe_text(package.folder, camera=CAMERA), outside / "recipe.toml")
    pictures = (noise_picture(number, 24, 16) for number in count())
    feed = CameraFeed(recipe.content.cameras[0], lambda: ScriptedCamera(pictures, pace_s=0.0005), hang_s=5.0)
    gate = WitnessedGate(outside / "gate.txt")
    station = Station(recipe, [feed], AlwaysGoodModel(package), gate, log, name="bench", emit=lambda _event: None)
    feed.start()
    return station, feed


def run_station(folder: Path, outside: Path, errors: int) -> None:
    """Child: judge parts until enough errors were injected, or (0) until the disk is full and stays so."""
    faults = Faults(outside / "control") if errors else None
    with open_log(folder, reserve_bytes=0) as log, (outside / "acknowledged").open("a", buffering=1) as promised:
        if not errors:
            log._reserve = Reserve(folder, 1 << 20)
            log.hold_reserve()
        station, feed = station_on(log, outside)
        triggers = TriggerSource()
        parts = refused = 0
        while faults is None or faults.so_far < errors:
            if faults is not None:
                faults.set(FAILURES_PER_MILLION, EIO if parts % 2 else ENOSPC)
            feed.check()
            triggers.fire()
            signal = triggers.wait(1.0)
            assert signal is not None
            parts += 1
            try:
                print(station.inspect(signal).record_id, file=promised)
            except StoreError:
                refused += 1
                if not _caught_up(station, faults):
                    break
        if faults is not None:
            faults.set(0, 0)
            station.catch_up()
        feed.stop()
    numbers = {"parts": parts, "errors": faults.so_far if faults else refused}
    (outside / "numbers.json").write_text(json.dumps(numbers), encoding="ascii")


def _caught_up(station: Station, faults: Faults | None) -> bool:
    """Stand still until what waits could be written, as the station's thread does; False on a disk that stays full."""
    until_s = time.monotonic() + _STILL_FULL_S
    while faults is not None or time.monotonic() < until_s:
        try:
            station.catch_up()
        except StoreError:
            continue
        return True
    return False


def examine(folder: Path, outside: Path) -> FaultReport:
    """Hold the log against what the station promised."""
    report = FaultReport(**json.loads((outside / "numbers.json").read_text(encoding="ascii")))
    promised = (outside / "acknowledged").read_text(encoding="ascii").split()
    released = (outside / "gate.releases").read_text(encoding="ascii").split()
    with read_log(folder) as log:
        try:
            log.records.check()
        except StoreError:
            report.damaged = True
        found = {record.record_id: record for record in log.search(Query(limit=None, oldest_first=True))}
        chain = genesis(log.records.tip().log_id)
        for each in log.records.journal(limit=10_000_000):
            row = log.records.rows(each.subject, [each.row]).get(each.row)
            chain = link(chain, canonical(each.subject, row)) if row else b""
            report.broken_links += chain != each.chain
            chain = each.chain
    report.acknowledged, report.released = len(promised), len(released)
    report.missing = sum(record_id not in found for record_id in promised)
    report.unrecorded_passes = sum(
        record_id not in found or found[record_id].decision.verdict is not Verdict.PASS for record_id in released
    )
    triggers = [r.details["trigger"]["number"] for r in found.values() if r.kind is RecordKind.INSPECTION]
    report.doubled = len(triggers) - len(set(triggers))
    return report


def library(folder: Path) -> Path:
    """Compile the library of failures."""
    source, target = Path(__file__).with_name("io_fault.c"), folder / "io_fault.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(target), str(source), "-ldl"], check=True)
    return target


def with_errors(errors: int) -> FaultReport:
    """Run the station on a failing disk."""
    with tempfile.TemporaryDirectory() as name:
        outside, folder = Path(name), Path(name) / "log"
        (outside / "control").write_bytes(struct.pack("<QQQQ", 0, EIO, 1, 0))
        environment = {
            **os.environ,
            "LD_PRELOAD": str(library(outside)),
            "IO_FAULT_FOLDER": str(folder),
            "IO_FAULT_CONTROL": str(outside / "control"),
            "INSPECTOR_HOME": str(outside / "home"),
        }
        _child(folder, outside, errors, environment)
        return examine(folder, outside)


def on_a_full_disk() -> FaultReport:
    """Run the station on a disk of 4 MB until it is full and stays so."""
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name) / "disk", FULL_DISK_MIB) as disk:
        environment = {**os.environ, "INSPECTOR_HOME": str(Path(name) / "home")}
        _child(disk / "log", Path(name), 0, environment)
        return examine(disk / "log", Path(name))


def _child(folder: Path, outside: Path, errors: int, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "tests.performance.io_fault_campaign", "--child", str(folder), str(outside)]
    subprocess.run([*command, "--errors", str(errors)], check=True, env=environment)


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", type=int, default=10_000)
    parser.add_argument("--full-disk", action="store_true", help="a disk of 4 MB instead (root only)")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        run_station(options.child[0], options.child[1], options.errors)
        return 0
    report = on_a_full_disk() if options.full_disk else with_errors(options.errors)
    print(json.dumps(asdict(report), indent=1))
    return 0 if report.clean and report.acknowledged and report.errors else 1


if __name__ == "__main__":
    raise SystemExit(main())
