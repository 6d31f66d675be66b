"""A log of many millions of records, as three years of one line would leave it; chained like any other.

Written past the store, for a durable commit of ten million parts takes hours: rows go in by the ten thousand without
waiting for the disk, secondary indexes and guards are made at the end as the migrations make them, and every entry is
linked with the product's own `canonical` and `link`. Nobody else has the file open meanwhile.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector import sqlite
from inspector.log.chain import COLUMNS, canonical, link
from inspector.log.store import RecordStore

YEARS = 3
BEGIN_NS = int(datetime(2023, 11, 1, tzinfo=UTC).timestamp()) * 10**9
SPAN_NS = YEARS * 365 * 86_400 * 10**9
PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "washer M8": ("scratch", "dent", "stain", "missing_feature"),
    "washer M10": ("scratch", "dent", "stain", "crack"),
    "disc 40": ("crack", "chip", "scratch", "burr"),
    "disc 60": ("crack", "chip", "porosity", "burr"),
    "flange A": ("porosity", "blowhole", "scratch", "dent"),
    "flange B": ("porosity", "blowhole", "cold_shut", "dent"),
}
"""What the line makes, and its defects, the common ones first."""
PEOPLE = tuple(f"operator {number}" for number in range(1, 13))
VERSIONS = 12
"""Of each recipe and of each package within the span."""
CHANGEOVER_NS = 4 * 3600 * 10**9
STATION = "line-3"
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Version:
    """What was in force at a moment: the product, its recipe and its package, by name and hash."""

    product: str
    recipe_hash: str
    package_hash: str


def version_at(time_ns: int) -> Version:
    """Return what was in force at a Unix time in nanoseconds."""
    product = tuple(PRODUCTS)[time_ns // CHANGEOVER_NS % len(PRODUCTS)]
    number = min(VERSIONS - 1, (time_ns - BEGIN_NS) * VERSIONS // SPAN_NS)
    return Version(product, hash_of("recipe", product, number), hash_of("package", product, number))


def hash_of(what: str, product: str, number: int) -> str:
    """Return the hash of a version of a recipe or package."""
    half = uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {product} {number}").hex
    return half + half[::-1]


def build(path: Path, count: int, progress: Callable[[int], None], *, seed: int = 0) -> None:
    """Make a log of `count` records in a new file.

    Args:
        path: The file.
        count: Inspections and what people said of them, together.
        progress: Gets how many are written.
        seed: Of the draw.
    """
    store = RecordStore(path)
    for product in PRODUCTS:
        for number in range(VERSIONS):
            store.keep_recipe(hash_of("recipe", product, number), product, f"{product}.toml", f"name = '{product}'")
            store.keep_package(hash_of("package", product, number), f"{product}/package", "{}")
    position, chain = store.tip().position, store.tip().chain
    store.close()
    connection = sqlite.driver().connect(str(path), isolation_level=None)
    for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -1500000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    made_later = _take_away(connection)
    columns = ("log", "sequence", *COLUMNS["records"])
    marks = ", ".join(f":{name}" for name in columns)
    insert = f"INSERT INTO records ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - constant names
    records: list[dict[str, Any]] = []
    links: list[tuple[int, str, int, bytes]] = []
    for row in rows(count, seed):
        position += 1
        chain = link(chain, canonical("records", row))
        records.append(row)
        links.append((position, "records", row["number"], chain))
        if len(records) == _BATCH or row["number"] == count:
            connection.execute("BEGIN")
            connection.executemany(insert, records)
            connection.executemany("INSERT INTO journal VALUES (1, ?, ?, ?, ?)", links)
            connection.execute("COMMIT")
            progress(row["number"])
            records, links = [], []
    for statement in made_later:
        connection.execute(statement)
    connection.execute(f"PRAGMA journal_mode = {sqlite.journal_mode()}").fetchall()
    connection.close()


def _take_away(connection: Any) -> list[str]:
    """Drop indexes and guards of the two long tables; return the statements that make them again."""
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ('records', 'journal') "
        "AND type IN ('index', 'trigger') AND name <> 'records_facet' AND sql IS NOT NULL ORDER BY type"
    ).fetchall()
    for kind, name, _sql in found:
        connection.execute(f"DROP {kind} {name}")
    return [sql for _kind, _name, sql in found]


def rows(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield rows of the table `records`: inspections, and what people said of some of the rejected ones."""
    draw = random.Random(seed)
    number, day, of_day = 0, "", 0
    said: list[dict[str, Any]] = []
    while number < count:
        time_ns = BEGIN_NS + SPAN_NS * number // count
        number += 1
        if said and draw.random() < 0.5:
            yield {**said.pop(), "number": number, "sequence": number, "decided_time_ns": time_ns}
            continue
        today = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%y%m%d")
        day, of_day = (day, of_day + 1) if today == day else (today, 1)
        row = _inspection(draw, number, time_ns, f"L3-{day}-{of_day:05d}")
        yield row
        if row["verdict"] in ("FAIL", "REVIEW") and draw.random() < 0.6:
            said.append(_word(draw, row))


def _inspection(draw: random.Random, number: int, time_ns: int, serial: str) -> dict[str, Any]:
    version, kind = version_at(time_ns), "inspection"
    chance = draw.random()
    verdict = "PASS" if chance > 0.031 else "FAIL" if chance > 0.006 else "REVIEW" if chance > 0.0002 else "ERROR"
    defects = PRODUCTS[version.product]
    defect = defects[min(3, int(draw.expovariate(1.2)))]
    if draw.random() < 0.0005:
        kind, verdict = "challenge", "FAIL"
    score = {"PASS": 0.1, "FAIL": 0.9, "REVIEW": 0.4, "ERROR": 0.0}[verdict] + 0.09 * draw.random()
    named = "good" if verdict == "PASS" else "" if verdict == "ERROR" else defect
    digest = f"{draw.getrandbits(256):064x}"
    good = repr(1 - score)
    shares = "".join(f', "{name}": {score * (0.7 if name == defect else 0.1)!r}' for name in defects)
    return {
        "log": 1,
        "sequence": number,
        "number": number,
        "record_id": f"{draw.getrandbits(128):032x}",
        "kind": kind,
        "part_id": serial,
        "verdict": verdict,
        "reason": f"{named}: defect score {score:.1%} held against the limits 12.0% and 55.0%",
        "predicted_class": named,
        "score": None if verdict == "ERROR" else score,
        "pass_below": 0.12 + 0.08,
        "fail_from": 0.55,
        "view": "front",
        "recipe_hash": version.recipe_hash,
        "package_hash": version.package_hash,
        "predictions": f'{{"front": {{"predicted_class": "{named}", "probabilities": {{"good": {good}{shares}}}, '
        f'"score": {score!r}, "anomaly": null}}}}',
        "images": f'[{{"view": "front", "sha256": "{digest}", "path": "images/{digest[:2]}/{digest}.png", '
        f'"width": 1280, "height": 960}}]',
        "stage_ms": f'{{"wait": {draw.random()!r}, "grab": {20 * draw.random()!r}, "predict": {9 + draw.random()!r}, '
        f'"images": {draw.random()!r}, "decide": 0.0431, "total": {40 + draw.random()!r}}}',
        "details": f'{{"trigger": {{"number": {number}, "source": "presence"}}, "device": "cpu", "frames": '
        f'[{{"camera": "line camera", "view": "front", "sequence": {number + 7}, "after_trigger_ms": '
        f'{20 * draw.random()!r}, "source": ""}}]}}',
        "trigger_time_ns": time_ns - 41_000_000,
        "decided_time_ns": time_ns,
        "station": STATION,
        "refers_to": "",
        "who": "",
        "truth": "",
    }


def _word(draw: random.Random, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person said of a rejected part."""
    overridden = draw.random() < 0.3
    who = PEOPLE[min(len(PEOPLE) - 1, int(draw.expovariate(0.4)))]
    return {
        **row,
        "record_id": f"{draw.getrandbits(128):032x}",
        "kind": "override" if overridden else "confirm",
        "refers_to": row["record_id"],
        "who": who,
        "verdict": "PASS" if overridden else row["verdict"],
        "reason": "Dirt or dust, not a defect" if overridden else f"confirmed by {who}",
        **dict.fromkeys(("score", "pass_below", "fail_from")),
        **dict.fromkeys(("predicted_class", "view"), ""),
        "predictions": "{}",
        "images": "[]",
        "stage_ms": "{}",
        "details": "{}",
    }
