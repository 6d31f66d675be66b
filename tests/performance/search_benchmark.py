"""Searches a log of ten million records: by serial, by every filter alone, by pairs of them, rare values and no match.

    python -m tests.performance.search_benchmark --records 10000000 --folder /tmp/big-log

Builds the log first where the folder has none (`big_log`). Each search is one `RecordStore.search` for the first page
of the history window, or for the page that follows. *Cold* is its first run on a store that was just opened, after the
operating system was asked to forget the file; *warm* is the median of ten more. Ends with 1 where a serial or a single
filter takes longer than allowed even cold, or any search when warm; of pairs it is told when cold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from inspector.log.query import Order, Query
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.types import RecordKind, Verdict
from tests.performance.big_log import BEGIN_NS, PEOPLE, PRODUCTS, SPAN_NS, VERSIONS, build, hash_of

ALLOWED_MS, ALLOWED_REPORT_MS = 100.0, 1000.0
WARM_RUNS = 10
PAGE = 100
DAY_NS = 86_400 * 10**9
PARTS = Query(kinds=(RecordKind.INSPECTION, RecordKind.CHALLENGE), limit=PAGE, order=Order.TIME)
"""What the history window asks for where nothing is filtered."""


@dataclass(slots=True)
class Times:
    """Milliseconds of one kind of search.

    Attributes:
        cold: First run of each search.
        warm: Median of `WARM_RUNS` more of each.
        slowest: Slowest of all runs: other programs of this machine included.
        rows: How many records each found.
    """

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    slowest: float = 0.0
    rows: list[int] = field(default_factory=list)

    def take(self, work: Callable[[], Sized]) -> None:
        """Run it once cold, then warm."""
        first, *others = [_timed_ms(work) for _ in range(1 + WARM_RUNS)]
        self.cold.append(first)
        self.warm.append(statistics.median(others))
        self.slowest = max(self.slowest, first, *others)
        self.rows.append(len(work()))


def searches(store: RecordStore, count: int) -> Iterator[tuple[str, Query]]:
    """Yield what is looked for, by kind of search."""
    draw = random.Random(1)
    some = [store.search(Query(before=draw.randrange(2, count), limit=1))[0] for _ in range(8)]
    for record in some:
        yield "serial", Query(part_id=record.part_id, limit=PAGE, order=Order.SERIAL)
        for length in (2, 4, 7, 10, 12):
            yield "beginning of a serial", replace(PARTS, part_id=record.part_id[:length] + "*", order=Order.SERIAL)
    yield "serial", Query(part_id="nothing", limit=PAGE, order=Order.SERIAL)
    yield "beginning of a serial", replace(PARTS, part_id="X*", order=Order.SERIAL)
    yield "no filter", PARTS
    yield from _single()
    yield from _pairs()


def _single() -> Iterator[tuple[str, Query]]:
    for verdict in Verdict:
        yield "verdict", replace(PARTS, verdicts=(verdict,))
    yield "verdict", replace(PARTS, verdicts=(Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR))
    for name in ("good", "scratch", "cold_shut", "missing_feature", "never seen"):
        yield "class", replace(PARTS, classes=(name,))
    for who in (PEOPLE[0], PEOPLE[-1], "nobody"):
        yield "operator", replace(PARTS, whos=(who,), kinds=())
    for product in PRODUCTS:
        yield "recipe", replace(PARTS, recipe=product)
        for number in (0, VERSIONS // 2, VERSIONS - 1):
            yield "recipe version", replace(PARTS, recipe=hash_of("recipe", product, number)[:12])
            yield "model", replace(PARTS, package=hash_of("package", product, number)[:12])
    yield "model", replace(PARTS, package="0" * 12)
    for kind in RecordKind:
        yield "kind", replace(PARTS, kinds=(kind,))
    for since_ns, until_ns in _spans():
        yield "time", replace(PARTS, since_ns=since_ns, until_ns=until_ns)


def _spans() -> list[tuple[int, int]]:
    middle, end = BEGIN_NS + SPAN_NS // 2, BEGIN_NS + SPAN_NS
    return [
        (end - DAY_NS, end),
        (middle, middle + DAY_NS),
        (BEGIN_NS, BEGIN_NS + 30 * DAY_NS),
        (middle, middle + 3600 * 10**9),
        (BEGIN_NS - DAY_NS, BEGIN_NS),
    ]


def _pairs() -> Iterator[tuple[str, Query]]:
    washer, disc = "washer M8", "disc 60"
    old = hash_of("package", washer, 0)[:12]
    for verdict in Verdict:
        yield "verdict and class", replace(PARTS, verdicts=(verdict,), classes=("scratch",))
        yield "verdict and recipe", replace(PARTS, verdicts=(verdict,), recipe=washer)
        yield "verdict and model", replace(PARTS, verdicts=(verdict,), package=old)
        yield "verdict and operator", replace(PARTS, verdicts=(verdict,), whos=PEOPLE[:1], kinds=())
        for since_ns, until_ns in _spans():
            yield "verdict and time", replace(PARTS, verdicts=(verdict,), since_ns=since_ns, until_ns=until_ns)
    for name in ("scratch", "porosity", "cold_shut", "good"):
        yield "class and recipe", replace(PARTS, classes=(name,), recipe=washer)
        yield "class and recipe", replace(PARTS, classes=(name,), recipe=disc)
        yield "class and model", replace(PARTS, classes=(name,), package=old)
        for since_ns, until_ns in _spans():
            yield "class and time", replace(PARTS, classes=(name,), since_ns=since_ns, until_ns=until_ns)
    for who in (PEOPLE[0], PEOPLE[-1]):
        yield "operator and recipe", replace(PARTS, whos=(who,), recipe=disc, kinds=())
        yield "operator and model", replace(PARTS, whos=(who,), package=old, kinds=())
        for since_ns, until_ns in _spans():
            yield "operator and time", replace(PARTS, whos=(who,), since_ns=since_ns, until_ns=until_ns, kinds=())
    yield "recipe and model", replace(PARTS, recipe=washer, package=old)
    yield "recipe and model", replace(PARTS, recipe=disc, package=old)
    for text in ("L3-24*", "L3-2502*", "L3-250214*"):
        for verdict in Verdict:
            yield "beginning and verdict", replace(PARTS, part_id=text, verdicts=(verdict,), order=Order.SERIAL)
        yield "beginning and class", replace(PARTS, part_id=text, classes=("scratch",), order=Order.SERIAL)
        yield "beginning and recipe", replace(PARTS, part_id=text, recipe=disc, order=Order.SERIAL)


def forget(path: Path) -> None:
    """Ask the operating system to drop the file's pages. Nobody else in this process may have it open."""
    if not hasattr(os, "posix_fadvise"):
        return
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def _timed_ms(work: Callable[[], object]) -> float:
    started_ns = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started_ns) / 1e6


def measure(path: Path, count: int) -> dict[str, Times]:
    """Return the times of every kind of search."""
    with closing(RecordStore(path, read_only=True)) as store:
        wanted = list(searches(store, count))
    found: dict[str, Times] = defaultdict(Times)
    for name, query in wanted:
        forget(path)
        with closing(RecordStore(path, read_only=True)) as store:
            found[name].take(partial(store.search, query))
            page = store.search(query)
            if len(page) == PAGE:
                found["the page after"].take(partial(store.search, replace(query, before=page[-1].sequence)))
    return dict(found)


def measure_rest(path: Path) -> dict[str, Times]:
    """Return the times of what is asked once: what the filters can be set to, and a day's counts."""
    found: dict[str, Times] = defaultdict(Times)
    last_day_ns = BEGIN_NS + SPAN_NS - DAY_NS
    forget(path)
    with closing(RecordStore(path, read_only=True)) as store:
        found["choices of the filters"].take(lambda: store.choices().classes)
        found["counts of the last day"].take(lambda: store.counts(since_ns=last_day_ns))
        for name, since_ns, days in (("day", last_day_ns, 1), ("month", BEGIN_NS + SPAN_NS // 2, 30)):
            bounds = since_ns, since_ns + days * DAY_NS, 3600
            found[f"report of a {name}"].take(partial(_report, store, *bounds))
    return dict(found)


def _report(store: RecordStore, since_ns: int, until_ns: int, step_s: int) -> list[object]:
    """Return what a report asks of the log."""
    return [*store.cells(since_ns, until_ns, step_s), *store.last_words(since_ns, until_ns, step_s)]


def table(found: Mapping[str, Times]) -> str:
    """Return the times for people."""
    lines = [f"{'search':<26} {'how many':>8} {'rows':>9}  cold p50      max  warm p50      max  slowest run, ms"]
    for name, times in found.items():
        rows = f"{min(times.rows)}-{max(times.rows)}"
        lines.append(
            f"{name:<26} {len(times.cold):>8} {rows:>9}  {statistics.median(times.cold):>8.1f} {max(times.cold):>8.1f}"
            f"  {statistics.median(times.warm):>8.1f} {max(times.warm):>8.1f}  {times.slowest:>11.1f}"
        )
    return "\n".join(lines)


def _tell(done: int) -> None:
    if done % 500_000 == 0:
        print(f"{done:,} written", file=sys.stderr)


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the log here, and take it from here where it is there")
    parser.add_argument("--json", type=Path, help="write every time to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        path = (options.folder or Path(temporary)) / DATABASE_FILE
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            started_s = time.monotonic()
            build(path, options.records, _tell)
            print(f"built in {time.monotonic() - started_s:.0f} s")
        with closing(RecordStore(path, read_only=True)) as store:
            count = store.last_counter()
        size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
        print(f"{count:,} records, {size / 1e9:.2f} GB: {size / count:,.0f} bytes each, chain and indexes included")
        found, rest = measure(path, count), measure_rest(path)
    print(table(found))
    print(table(rest))
    if options.json:
        options.json.write_text(json.dumps({name: asdict(times) for name, times in (found | rest).items()}))
    single = max(max(times.cold) for name, times in found.items() if " and " not in name)
    pairs = [each for name, times in found.items() if " and " in name for each in times.cold]
    warm = max(max(times.warm) for times in found.values())
    rest_ms = max(max(*times.cold, *times.warm) for name, times in rest.items() if name != "report of a month")
    print(f"slowest serial or single filter, cold: {single:.1f} ms; slowest search of all, warm: {warm:.1f} ms")
    slow = sum(each >= ALLOWED_MS for each in pairs)
    print(
        f"pairs of filters, cold: {slow} of {len(pairs)} take {ALLOWED_MS:.0f} ms or more, at most {max(pairs):.1f} ms"
    )
    return 0 if max(single, warm) < ALLOWED_MS and rest_ms < ALLOWED_REPORT_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
