"""A report as tables of plain values: what every file format writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inspector.reports.figures import Report, Tally
from inspector.reports.words import word
from inspector.types import Guarantee, Risk

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        title: Its heading.
        header: Names of the columns.
        rows: Values; shares are 0..1.
        shares: Columns that hold shares, by number.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shares: frozenset[int] = frozenset()


_TALLY: tuple[tuple[str, Callable[[Tally], Cell], bool], ...] = (
    ("Parts", lambda t: t.parts, False),
    ("Passed", lambda t: t.passed, False),
    ("Failed", lambda t: t.failed, False),
    ("Review", lambda t: t.review, False),
    ("Errors", lambda t: t.errors, False),
    ("First-pass yield", lambda t: t.first_pass_yield, True),
    ("Final yield", lambda t: t.final_yield, True),
    ("Override rate", lambda t: t.override_rate, True),
    ("False rejects confirmed", lambda t: t.false_rejects, False),
    ("Passed parts found bad", lambda t: t.found_escapes, False),
)


def summary(report: Report, language: str) -> Table:
    """Return the figures of the whole period, one a row."""
    total = report.total
    interval = total.reject_interval()
    share = total.rejects / total.parts if total.parts else None
    bounds = "" if interval is None else f"{interval[0]:.3%} – {interval[1]:.3%}"
    rows: list[tuple[Cell, ...]] = [(word(name, language), of(total)) for name, of, _share in _TALLY]
    rows[5:5] = [
        (word("Rejects", language), total.rejects),
        (word("Share of rejects", language), share),
        (word("95 % interval", language), bounds),
    ]
    rows += [
        (word("Corrected by the station", language), total.corrected),
        (word("Confirmed", language), total.confirmed),
        (word("Known bad parts", language), total.known_bad),
        (word("Known bad parts passed", language), total.known_bad_passed),
    ]
    return Table(word("Total", language), ("", ""), tuple(rows), frozenset({1}))


def all_tables(report: Report, language: str) -> list[Table]:
    """Return every table of the report, in its order."""
    return [
        summary(report, language),
        _groups("By product", "Product", report.by_product, language, str),
        _groups("By day", "Day", report.by_day, language, lambda day: f"{day:%Y-%m-%d}"),
        _groups("By shift", "Shift", report.by_shift, language, lambda turn: f"{turn.day:%Y-%m-%d} {turn.name}"),
        _groups("By station", "Station", report.by_station, language, str),
        pareto(report, language),
        chart(report, language),
        _in_force(report, language),
        _promises(report, language),
    ]


def pareto(report: Report, language: str) -> Table:
    """Return the classes of rejected parts."""
    header = tuple(word(name, language) for name in ("Class", "Count", "Cumulative", "False rejects confirmed"))
    rows = tuple((bar.label, bar.count, bar.cumulative, bar.false_rejects) for bar in report.pareto)
    return Table(word("Pareto of rejects", language), header, rows, frozenset({2}))


def chart(report: Report, language: str) -> Table:
    """Return the points of the p chart."""
    names = ("Group", "Parts", "Rejects", "Share of rejects", "Lower limit", "Upper limit", "Signal")
    rows = tuple(
        (p.label, p.n, p.rejects, p.share, p.lower, p.upper, word(p.signal.value, language))
        for p in report.chart.points
    )
    return Table(word("p chart", language), tuple(word(n, language) for n in names), rows, frozenset({3, 4, 5}))


def period(report: Report) -> str:
    """Return the period on its own wall clock."""
    zone = ZoneInfo(report.zone) if "/" in report.zone or report.zone == "UTC" else None
    since, until = (
        datetime.fromtimestamp(moment, zone).astimezone(zone) for moment in (report.since_s, report.until_s)
    )
    return f"{since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M} ({report.zone})"


def document(report: Report) -> dict[str, Any]:
    """Return the JSON form."""
    return {
        "period": {"since_s": report.since_s, "until_s": report.until_s, "zone": report.zone},
        "grouping": report.grouping.value,
        "tables": {
            table.title: [dict(zip(table.header, row, strict=True)) for row in table.rows]
            for table in all_tables(report, "en")[1:]
        },
        "total": {str(name): value for name, value in summary(report, "en").rows},
        "p_chart_centre": report.chart.centre,
        "rejects_by_hour": list(report.by_hour),
    }


def _groups(title: str, name: str, tallies: Mapping[Any, Tally], language: str, label: Callable[[Any], str]) -> Table:
    header = (word(name, language), *(word(each, language) for each, _of, _share in _TALLY))
    rows = tuple((label(group), *(of(tally) for _name, of, _share in _TALLY)) for group, tally in tallies.items())
    shares = frozenset(number for number, (_name, _of, share) in enumerate(_TALLY, 1) if share)
    return Table(word(title, language), header, rows, shares)


def _in_force(report: Report, language: str) -> Table:
    rows: Sequence[tuple[Cell, ...]] = [
        *((f"{word('Recipe', language)} {name}", hash_[:12], n) for (name, hash_), n in report.recipes.items()),
        *((word("Model package", language), hash_[:12] or "–", n) for hash_, n in report.packages.items()),
    ]
    header = ("", "SHA-256", word("Parts", language))
    return Table(word("Recipes and models in force", language), header, tuple(rows))


def _promises(report: Report, language: str) -> Table:
    names = {hash_: name for name, hash_ in report.recipes}
    rows: list[tuple[Cell, ...]] = []
    for promise in report.promises:
        which = (names.get(promise.recipe_hash, ""), promise.package_hash[:12], promise.parts)
        holds = " ".join(promise.broken) or word("holds" if promise.guarantees else "not calibrated", language)
        rows += [(*which, *_guarantee(each, language), holds) for each in promise.guarantees or (None,)]
    header = ("Product", "Model package", "Parts", "Guarantee", "Confidence", "Supported", "Rests on parts", "In force")
    shares = frozenset({4, 5})
    return Table(word("Guarantees", language), tuple(word(name, language) for name in header), tuple(rows), shares)


_RISKS = {Risk.ESCAPE: "Escapes", Risk.OVERKILL: "Overkill"}


def _guarantee(guarantee: Guarantee | None, language: str) -> tuple[Cell, ...]:
    """A confidence of 0 says that only the expected rate is bounded; it stays empty then."""
    if guarantee is None:
        return "", None, None, None
    what = f"{word(_RISKS[guarantee.risk], language)} ≤ {100 * guarantee.limit:.3g} %"
    return what, guarantee.confidence or None, guarantee.bound, guarantee.n
