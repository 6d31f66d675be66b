"""Tamper with a log in every way that its file allows: each must be found, and the first bad entry named.

    python -m tests.performance.tamper_campaign --tamperings 1000 --postgresql 60

A station's log is written once: inspections, overrides, audit entries, recipes and packages, a signed head every 40
records, and the heads' copy off the machine. Every tampering (tests/performance/tampering.py) starts from a fresh copy
of the closed log, and is judged three ways:
- found: the verification with the heads from outside finds something;
- named: the first bad entry or head that it names is the one that was tampered with (position, and record id where the
  record still stands);
- inside: the log's own heads alone find it, without those from outside. They cannot show a cut with its heads, nor what
  was signed anew with a stolen key.
Copies that nobody tampered with must verify clean.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import StaticPool, create_engine

from inspector import sqlite
from inspector.log.amend import override
from inspector.log.outside import HeadFile
from inspector.log.signer import Signer, heads_behind
from inspector.log.statement import NO_HEAD
from inspector.log.station_key import PUBLIC_FILE, StationKey, public_keys, station_key
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verification import Finding, Verification
from inspector.log.verify import verify
from inspector.types import AuditEntry, Verdict
from tests.performance.tampering import TAMPERINGS, Expected, Tampering, attack
from tests.support import a_record

PARTS, HEAD_EVERY = 240, 40


@dataclass(slots=True)
class Counts:
    """Of one kind of tampering."""

    done: int = 0
    found: int = 0
    named: int = 0
    inside: int = 0


@dataclass(slots=True)
class TamperReport:
    """What the campaign saw, by kind; and how often a log that nobody touched was called altered."""

    kinds: dict[str, Counts] = field(default_factory=dict)
    untouched: int = 0
    false_alarms: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every tampering was found and named, and nothing else was."""
        return not self.false_alarms and all(c.done == c.found == c.named for c in self.kinds.values())

    def lines(self) -> list[str]:
        """Return the table of docs/reliability.md."""
        rows = ["| tampering | done | found | first bad entry named | found by the log's own heads alone |"]
        rows += ["|---|---|---|---|---|"]
        rows += [f"| {kind} | {c.done} | {c.found} | {c.named} | {c.inside} |" for kind, c in self.kinds.items()]
        total = Counts(
            *(sum(column) for column in zip(*(asdict(c).values() for c in self.kinds.values()), strict=True))
        )
        rows += [f"| all | {total.done} | {total.found} | {total.named} | {total.inside} |"]
        return [*rows, "", f"Untouched copies: {self.untouched}, called altered: {self.false_alarms}."]


class Victim:
    """A log to tamper with, as it stood when the station closed it.

    Args:
        folder: For the keys and the heads outside.
        target: The SQLite file, or the PostgreSQL database.
        parts: So many are inspected.
        head_every: A head after so many.
    """

    def __init__(self, folder: Path, target: Path | str, *, parts: int = PARTS, head_every: int = HEAD_EVERY) -> None:
        self.target = target
        self.outside = folder / "outside.jsonl"
        self._keys = folder / "keys"
        rng = random.Random(7)
        store = RecordStore(target, log_name="line-1")
        signer = Signer(store, self._keys)
        signer.sign()
        for number in range(parts):
            _append(store, rng, number)
            if (number + 1) % head_every == 0:
                signer.sign()
        signer.sign()
        HeadFile(self.outside).send(heads_behind(store, NO_HEAD))
        store.close()
        self.trusted: Mapping[str, Ed25519PublicKey] = public_keys([self._keys / PUBLIC_FILE])

    @property
    def stolen(self) -> StationKey:
        """The station's own key."""
        return station_key(self._keys)

    def verified(self, target: Path | str, *, with_outside: bool) -> Verification:
        """Verify a copy, as an auditor does."""
        store = RecordStore(target, read_only=True, log_name="" if isinstance(target, Path) else "line-1")
        try:
            return verify(store, self.trusted, outside=self.outside if with_outside else None)
        finally:
            store.close()

    def tampered(self, target: Path | str, tampering: Tampering, rng: random.Random) -> Expected:
        """Tamper with a copy, by a connection that is none of the product's."""
        if isinstance(target, Path):
            file = str(target)
            engine = create_engine("sqlite://", creator=lambda: sqlite.driver().connect(file), poolclass=StaticPool)
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA synchronous = OFF")  # the attacker is in a hurry
        else:
            engine = create_engine(target)
        with engine.begin() as connection:
            expected = attack(connection, tampering, rng, self.stolen)
        engine.dispose()
        return expected


def _append(store: RecordStore, rng: random.Random, number: int) -> None:
    if number % 60 == 0:
        store.keep_recipe(f"{number:064x}", "washer", "/recipes/washer.toml", f"name = 'washer' # {number}")
        store.keep_package(f"{number + 1:064x}", "/packages/washer", json.dumps({"number": number}))
    if number % 7 == 3:
        store.append_audit(AuditEntry("recipe.changed", "washer", old=str(number), new="x", who="Ada", why="new lamp"))
    record = store.append(a_record(f"S-{number:05d}", rng.choice(list(Verdict))))
    if number % 11 == 5:
        store.append(override(record, verdict=Verdict.PASS, reason="dust", note="wiped", who="Bo"))


def judge(victim: Victim, copy: Path | str, expected: Expected, counts: Counts) -> str:
    """Verify a tampered copy and count; return what was not as it must be, "" where all was."""
    result = victim.verified(copy, with_outside=True)
    alone = victim.verified(copy, with_outside=False)
    counts.done += 1
    counts.found += not result.clean
    counts.inside += not alone.clean
    first = first_of(result, heads=expected.heads)
    named = first is not None and first.position == expected.position and expected.record_id in ("", first.record_id)
    counts.named += named
    return "" if named else f"expected {expected}, found {[each.sentence() for each in result.findings[:4]]}"


def first_of(result: Verification, *, heads: bool) -> Finding | None:
    """Return the first finding about an entry, or about a head."""
    return next((each for each in result.findings if heads or each.subject != "heads"), None)


def run_sqlite(folder: Path, report: TamperReport, *, tamperings: int, seed: int) -> None:
    """Tamper with copies of a SQLite file."""
    victim = Victim(folder, folder / DATABASE_FILE)
    source = folder / DATABASE_FILE
    rng = random.Random(seed)
    kinds = list(TAMPERINGS)
    for number in range(tamperings):
        kind = kinds[number % len(kinds)]
        copy = folder / "copy" / DATABASE_FILE
        _fresh_copy(source, copy)
        if number % 50 == 0:
            report.untouched += 1
            report.false_alarms += not victim.verified(copy, with_outside=True).clean
            _fresh_copy(source, copy)
        _once(victim, copy, kind, rng, report)


def _fresh_copy(source: Path, copy: Path) -> None:
    """Copy the closed file: no program of ours holds it."""
    shutil.rmtree(copy.parent, ignore_errors=True)
    copy.parent.mkdir()
    shutil.copyfile(source, copy)


def run_postgresql(folder: Path, report: TamperReport, *, tamperings: int, seed: int) -> None:
    """Tamper with copies of a PostgreSQL database on a server of one's own."""
    from tests.postgres import Cluster

    cluster = Cluster("fsync = off")
    try:
        source = cluster.new_database()
        victim = Victim(folder, source)
        rng = random.Random(seed)
        kinds = list(TAMPERINGS)
        for number in range(tamperings):
            if number % 20 == 0:
                report.untouched += 1
                report.false_alarms += not victim.verified(cluster.copy_of(source), with_outside=True).clean
            _once(victim, cluster.copy_of(source), kinds[number % len(kinds)], rng, report)
    finally:
        cluster.remove()


def _once(victim: Victim, copy: Path | str, kind: str, rng: random.Random, report: TamperReport) -> None:
    tampering = rng.choice(TAMPERINGS[kind])
    expected = victim.tampered(copy, tampering, rng)
    wrong = judge(victim, copy, expected, report.kinds.setdefault(kind, Counts()))
    if wrong:
        report.missed.append(f"{tampering.__name__}: {wrong}")


def main() -> int:
    """Run the campaign and print its tables; exit code 1 where a tampering was missed or named wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamperings", type=int, default=1000, help="with a SQLite file")
    parser.add_argument("--postgresql", type=int, default=0, help="with a PostgreSQL database")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    clean = True
    for name, run, wanted in (
        ("SQLite", run_sqlite, options.tamperings),
        ("PostgreSQL", run_postgresql, options.postgresql),
    ):
        if not wanted:
            continue
        report, began = TamperReport(), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), report, tamperings=wanted, seed=options.seed)
        print(f"{name}, {wanted} tamperings, {time.monotonic() - began:.0f} s\n")
        print("\n".join([*report.lines(), *report.missed, ""]))
        clean = clean and report.clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
