"""Counts of records by what reports ask for, made by the database: no record is read for them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from inspector.log.facets import FACET_COLUMNS
from inspector.log.schema import FACETS, RECORDS
from inspector.types import RecordKind, Verdict

_NS = 1_000_000_000
_WORDS = (RecordKind.CONFIRM, RecordKind.OVERRIDE, RecordKind.CORRECTION)


@dataclass(frozen=True, slots=True)
class Cell:
    """So many records of one kind within one stretch of time.

    Attributes:
        start_s: Begin of the stretch, Unix seconds.
        station: Who judged.
        recipe_hash: By which recipe.
        package_hash: By which package.
        predicted_class: Of the deciding view.
        kind: Inspections, or known bad parts of a challenge.
        verdict: As recorded.
        count: How many.
    """

    start_s: int
    station: str
    recipe_hash: str
    package_hash: str
    predicted_class: str
    kind: RecordKind
    verdict: Verdict
    count: int


@dataclass(frozen=True, slots=True)
class LastWord:
    """The last word that was said of one inspected part, and where the part itself is counted.

    Attributes:
        cell: Of the part's inspection, with a count of 1.
        kind: Confirmation, override or the station's correction.
        verdict: What it says.
    """

    cell: Cell
    kind: RecordKind
    verdict: Verdict


def cells(connection: Connection, since_ns: int, until_ns: int, step_s: int) -> list[Cell]:
    """Return the counts of inspections and challenges in a period, in stretches of `step_s` seconds.

    Every combination that occurs is one run in the index of the facets, so that only the index is read. An outer join
    says so: SQLite would walk every inspection there ever was, by its kind.
    """
    start = RECORDS.c.decided_time_ns.op("/")(step_s * _NS).label("start")  # of whole numbers, in both databases
    same = [column == FACETS.c[column.name] for column in FACET_COLUMNS]
    within = and_(RECORDS.c.decided_time_ns >= since_ns, RECORDS.c.decided_time_ns < until_ns)
    wanted = FACETS.c.kind.in_((RecordKind.INSPECTION.value, RecordKind.CHALLENGE.value))
    query = (
        select(start, *FACETS.c, func.count())
        .select_from(FACETS.outerjoin(RECORDS, and_(*same, within)))
        .where(wanted)
        .group_by(start, *FACETS.c)
    )
    names = [column.name for column in FACETS.c]
    found = []
    for row in connection.execute(query):
        if row[0] is None:
            continue  # a combination of other times
        facet = dict(zip(names, row[1:-1], strict=True))
        found.append(_cell(int(row[0]) * step_s, facet, int(row[-1])))
    return found


def last_words(connection: Connection, since_ns: int, until_ns: int, step_s: int) -> list[LastWord]:
    """Return the last word on every part that was inspected in a period, whenever it was said.

    From each part of the period to what refers to it, not through all words ever said: their kind is asked for in a way
    that no index serves.
    """
    part, said = RECORDS.alias("part"), RECORDS.alias("said")
    query = (
        select(
            part.c.record_id,
            part.c.decided_time_ns,
            *(part.c[column.name] for column in FACET_COLUMNS),
            said.c.kind,
            said.c.verdict,
        )
        .select_from(part.join(said, part.c.record_id == said.c.refers_to))
        .where(
            func.coalesce(said.c.kind, "").in_([kind.value for kind in _WORDS]),
            part.c.decided_time_ns >= since_ns,
            part.c.decided_time_ns < until_ns,
        )
        .order_by(said.c.sequence)
    )
    names = [column.name for column in FACET_COLUMNS]
    last: dict[str, LastWord] = {}
    for row in connection.execute(query):
        facet = dict(zip(names, row[2:-2], strict=True))
        start_s = int(row[1]) // (step_s * _NS) * step_s
        known = last.get(row[0])
        if known is not None and known.kind is RecordKind.CORRECTION:
            continue  # the part was not released, whatever a person says of it later
        last[row[0]] = LastWord(_cell(start_s, facet, 1), RecordKind(row[-2]), Verdict(row[-1]))
    return list(last.values())


def _cell(start_s: int, facet: dict[str, str], count: int) -> Cell:
    return Cell(
        start_s=start_s,
        station=facet["station"],
        recipe_hash=facet["recipe_hash"],
        package_hash=facet["package_hash"],
        predicted_class=facet["predicted_class"],
        kind=RecordKind(facet["kind"]),
        verdict=Verdict(facet["verdict"]),
        count=count,
    )
