"""From counts to the figures of a report. Pure: the same counts give the same report, in whatever order they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import TypeVar

from inspector.decisions.risk import lower_bound, upper_bound
from inspector.log.aggregates import Cell, LastWord
from inspector.reports.chart import PChart, p_chart
from inspector.reports.promises import Promise
from inspector.reports.shifts import Shift, Turn, turn_at, turns
from inspector.types import RecordKind, Verdict

CONFIDENCE = 0.95
K = TypeVar("K")


class Grouping(StrEnum):
    """What one point of the trend and of the p chart stands for."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Tally:
    """Parts of one group, by what happened to them.

    Attributes:
        passed: Recorded as PASS.
        failed: Recorded as FAIL.
        review: Recorded as REVIEW.
        errors: Recorded as ERROR.
        corrected: Recorded as PASS and not released after all: the station's own correction.
        false_rejects: Rejects that a person overrode to PASS.
        found_escapes: Passed parts that a person overrode to something else.
        other_overrides: Overrides between FAIL, REVIEW and ERROR.
        confirmed: Verdicts that a person confirmed.
        known_bad: Known bad parts of challenges.
        known_bad_passed: Those among them that were called PASS.
    """

    passed: int = 0
    failed: int = 0
    review: int = 0
    errors: int = 0
    corrected: int = 0
    false_rejects: int = 0
    found_escapes: int = 0
    other_overrides: int = 0
    confirmed: int = 0
    known_bad: int = 0
    known_bad_passed: int = 0

    @property
    def parts(self) -> int:
        """Inspected parts; known bad ones are none of the production."""
        return self.passed + self.failed + self.review + self.errors

    @property
    def rejects(self) -> int:
        """Parts that were not released at first."""
        return self.failed + self.review + self.errors + self.corrected

    @property
    def first_pass_yield(self) -> float | None:
        """Share of parts that passed at once; None without parts."""
        return (self.parts - self.rejects) / self.parts if self.parts else None

    @property
    def final_yield(self) -> float | None:
        """Share of good parts after what people said; None without parts."""
        good = self.parts - self.rejects + self.false_rejects - self.found_escapes
        return good / self.parts if self.parts else None

    @property
    def override_rate(self) -> float | None:
        """Overrides over parts; None without parts."""
        overrides = self.false_rejects + self.found_escapes + self.other_overrides
        return overrides / self.parts if self.parts else None

    def reject_interval(self) -> tuple[float, float] | None:
        """Return the exact two-sided 95 % interval of the share of rejects (Clopper and Pearson, 1934)."""
        if not self.parts:
            return None
        each = 1.0 - (1.0 - CONFIDENCE) / 2
        return lower_bound(self.rejects, self.parts, each), upper_bound(self.rejects, self.parts, each)


@dataclass(frozen=True, slots=True)
class Bar:
    """One class of the Pareto chart.

    Attributes:
        label: The class.
        count: Rejected parts with it.
        false_rejects: Those among them that a person overrode to PASS.
        cumulative: Share of this and all more frequent classes, 0..1.
    """

    label: str
    count: int
    false_rejects: int
    cumulative: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report shows.

    Attributes:
        since_s: Begin of the period, Unix seconds.
        until_s: Its end.
        zone: Name of the time zone.
        total: All parts.
        by_product: By the recipe's name.
        by_day: By the date on the wall clock.
        by_shift: By shift, in order.
        by_station: By station.
        pareto: Classes of rejected parts, the most frequent first.
        chart: Share of rejects by `grouping`.
        grouping: What a point of the chart stands for.
        by_hour: Rejects by hour of the day, 24 numbers.
        recipes: Name and hash of every recipe in force, with its parts.
        packages: Hash of every package that judged, with its parts.
        promises: What was promised of the parts, by recipe and package.
    """

    since_s: int
    until_s: int
    zone: str
    total: Tally
    by_product: Mapping[str, Tally]
    by_day: Mapping[date, Tally]
    by_shift: Mapping[Turn, Tally]
    by_station: Mapping[str, Tally]
    pareto: tuple[Bar, ...]
    chart: PChart
    grouping: Grouping
    by_hour: tuple[int, ...]
    recipes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    packages: Mapping[str, int] = field(default_factory=dict)
    promises: tuple[Promise, ...] = ()


def make_report(
    cells: Sequence[Cell],
    words: Sequence[LastWord],
    *,
    since_s: int,
    until_s: int,
    names: Mapping[str, str],
    shifts: Sequence[Shift],
    zone: tzinfo,
    grouping: Grouping | None = None,
    promises: Sequence[Promise] = (),
) -> Report:
    """Return the report of a period.

    Args:
        cells: Counts of it, by the quarter of an hour.
        words: Last words on its parts.
        since_s: Begin, Unix seconds.
        until_s: End, Unix seconds.
        names: Recipe names by hash; an unknown one is called by the beginning of its hash.
        shifts: Of a day.
        zone: Whose wall clock decides days, shifts and hours.
        grouping: Of the chart; by hour up to two days, by shift up to three weeks, else by day.
        promises: What was promised of the parts.
    """
    plan = turns(since_s, until_s, shifts, zone)
    grouping = grouping or _natural_grouping(until_s - since_s)

    def product(cell: Cell) -> str:
        return names.get(cell.recipe_hash) or (cell.recipe_hash[:12] or "?")

    def day(cell: Cell) -> date:
        return datetime.fromtimestamp(cell.start_s, zone).date()

    def turn(cell: Cell) -> Turn:
        return turn_at(cell.start_s, plan)

    made = [cell for cell in cells if cell.kind is RecordKind.INSPECTION]
    return Report(
        since_s=since_s,
        until_s=until_s,
        zone=str(zone),
        total=_tallies(cells, words, lambda _cell: "")[""] if cells else Tally(),
        by_product=_tallies(cells, words, product),
        by_day=_tallies(cells, words, day),
        by_shift=_tallies(cells, words, turn),
        by_station=_tallies(cells, words, lambda cell: cell.station),
        pareto=_pareto(made, words),
        chart=_chart(cells, words, grouping, plan, zone),
        grouping=grouping,
        by_hour=_by_hour(made, zone),
        recipes=_totals(made, lambda cell: (product(cell), cell.recipe_hash)),
        packages=_totals(made, lambda cell: cell.package_hash),
        promises=tuple(promises),
    )


def _natural_grouping(seconds: int) -> Grouping:
    days = seconds / 86_400
    return Grouping.HOUR if days <= 2.1 else Grouping.SHIFT if days <= 21.1 else Grouping.DAY


def _tallies(cells: Iterable[Cell], words: Iterable[LastWord], key: Callable[[Cell], K]) -> dict[K, Tally]:
    counts: dict[K, Counter[str]] = {}
    for cell in cells:
        own = counts.setdefault(key(cell), Counter())
        if cell.kind is RecordKind.CHALLENGE:
            own["known_bad"] += cell.count
            own["known_bad_passed"] += cell.count * (cell.verdict is Verdict.PASS)
        else:
            own[_FIELDS[cell.verdict]] += cell.count
    for word in words:
        if word.cell.kind is RecordKind.INSPECTION:
            counts.setdefault(key(word.cell), Counter())[_field_of(word)] += 1
    return {group: Tally(**counts[group]) for group in sorted(counts, key=_order)}


def _order(group: object) -> tuple[bool, object]:
    return (isinstance(group, str), group)


_FIELDS = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.REVIEW: "review",
    Verdict.ERROR: "errors",
}


def _field_of(word: LastWord) -> str:
    was, now = word.cell.verdict, word.verdict
    if word.kind is RecordKind.CORRECTION:
        return "corrected"
    if word.kind is RecordKind.CONFIRM or was is now:
        return "confirmed"
    if now is Verdict.PASS:
        return "false_rejects"
    return "found_escapes" if was is Verdict.PASS else "other_overrides"


def _pareto(made: Iterable[Cell], words: Iterable[LastWord]) -> tuple[Bar, ...]:
    counts: Counter[str] = Counter()
    for cell in made:
        if cell.verdict is not Verdict.PASS:
            counts[_defect(cell)] += cell.count
    excused = Counter(_defect(word.cell) for word in words if _field_of(word) == "false_rejects")
    total, so_far, bars = sum(counts.values()), 0, []
    for label, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        so_far += count
        bars.append(Bar(label, count, excused[label], so_far / total))
    return tuple(bars)


def _defect(cell: Cell) -> str:
    """An ERROR has no class: it is its own bar."""
    return cell.predicted_class or cell.verdict.value


def _chart(
    cells: Iterable[Cell], words: Iterable[LastWord], grouping: Grouping, plan: Sequence[Turn], zone: tzinfo
) -> PChart:
    def group(cell: Cell) -> tuple[int, str]:
        moment = datetime.fromtimestamp(cell.start_s, zone)
        if grouping is Grouping.HOUR:
            begin = moment.replace(minute=0, second=0, microsecond=0)
            return int(begin.timestamp()), f"{begin:%m-%d %H:00}"
        if grouping is Grouping.SHIFT:
            turn = turn_at(cell.start_s, plan)
            return turn.start_s, f"{turn.day:%m-%d} {turn.name}"
        begin = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return int(begin.timestamp()), f"{begin:%Y-%m-%d}"

    found = _tallies(cells, words, group)
    return p_chart([(label, start, tally.parts, tally.rejects) for (start, label), tally in sorted(found.items())])


def _by_hour(made: Iterable[Cell], zone: tzinfo) -> tuple[int, ...]:
    hours = [0] * 24
    for cell in made:
        if cell.verdict is not Verdict.PASS:
            hours[datetime.fromtimestamp(cell.start_s, zone).hour] += cell.count
    return tuple(hours)


def _totals(made: Iterable[Cell], key: Callable[[Cell], K]) -> dict[K, int]:
    counts: Counter[K] = Counter()
    for cell in made:
        counts[key(cell)] += cell.count
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def utc_text(seconds: int) -> str:
    """Return Unix seconds as ISO 8601 UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
