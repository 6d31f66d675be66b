"""One page of what a person searches: newest first by time, or along the serials, at once in ten million records.

Indexes hold the records of each operator, of each kind and verdict, and of each facet (`facets`), in the order of time.
A page is read off the ends of a few such runs and merged; nothing is sorted that does not go on the screen. People's
words are few, and serials are asked for with more: their indexes hold what else is asked, so that no record is fetched
only to be left out.

Of several ways the one with the fewest records leads; the other filters are asked of each record that it brings. A
planner knows averages, which do not tell that ERROR is rare and PASS is not; a count that stops early does.
"""

from __future__ import annotations

import heapq
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, literal_column, or_, select

from inspector.log.facets import FACET_COLUMNS, Facet, Wanted, matching, oldest
from inspector.log.query import Order, Query
from inspector.log.schema import PACKAGES, RECIPES, RECORDS
from inspector.log.select import begins
from inspector.types import RecordKind, Verdict

FEW = 2000
"""Counting stops here: so many records are looked through in no time, whatever the other filters say."""
_NOTHING: ColumnElement[str] = literal_column("''")
_KINDS, _VERDICTS = tuple(map(str, RecordKind)), tuple(map(str, Verdict))


@dataclass(frozen=True, slots=True)
class _Run:
    """Records that lie together in an index, in the order of time.

    Attributes:
        conditions: What makes a record one of them.
        newest: Their largest time where it is known: what is older than a full page need not be read.
    """

    conditions: list[ColumnElement[bool]]
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class _Lead:
    """The runs that are walked, and the filters that are met by walking them."""

    runs: tuple[_Run, ...]
    settles: frozenset[Column[Any]] = frozenset()


def page(connection: Connection, query: Query, of_this_log: Sequence[ColumnElement[bool]]) -> list[Mapping[str, Any]]:
    """Return the rows of one page, in the query's order of TIME or SERIAL.

    Args:
        connection: In a transaction.
        query: With a `limit`; its `oldest_first` and `after` are those of an answer by sequence.
        of_this_log: Which log of the database.

    Raises:
        ValueError: The query asks for everything at once: that is read by sequence.
    """
    if query.limit is None:
        raise ValueError("a page has a limit; everything is read by sequence")
    wanted, time = _wanted(connection, query), _time(query)
    facets = matching(connection, wanted, time) if wanted.keys() & set(FACET_COLUMNS[:4]) else None
    if facets == []:
        return []
    lead = _lead(connection, query, wanted, facets)
    key: Column[Any] = RECORDS.c.part_id if query.order is Order.SERIAL else RECORDS.c.decided_time_ns
    beside = [*of_this_log, *time, *_before(connection, query, key), *_beside(query, wanted, lead)]
    if facets and not lead.settles >= set(FACET_COLUMNS):
        beside.append(RECORDS.c.decided_time_ns.between(oldest(connection, wanted, time), facets[0].newest))
    return _rows(connection, _merged(connection, lead, key, beside, query.limit))


def _merged(
    connection: Connection, lead: _Lead, key: Column[Any], beside: Sequence[ColumnElement[bool]], limit: int
) -> list[int]:
    """Return the sequences of a page: the best of the ends of all runs."""
    found: list[tuple[Any, int]] = []
    for run in lead.runs:
        full = len(found) == limit and key is RECORDS.c.decided_time_ns
        if full and run.newest is not None and run.newest < found[-1][0]:
            break  # runs that know their newest come in its order
        ends = select(key, RECORDS.c.sequence).where(*run.conditions, *beside)
        ordered = ends.order_by(key.desc(), RECORDS.c.sequence.desc()).limit(limit)
        found += [(row[0], row[1]) for row in connection.execute(ordered)]
        found = heapq.nlargest(limit, found)
    return [sequence for _value, sequence in found]


def _rows(connection: Connection, sequences: Sequence[int]) -> list[Mapping[str, Any]]:
    rows = connection.execute(select(RECORDS).where(RECORDS.c.sequence.in_(sequences))).mappings()
    by_sequence = {row["sequence"]: dict(row) for row in rows}
    return [by_sequence[sequence] for sequence in sequences]


def _wanted(connection: Connection, query: Query) -> dict[Column[str], tuple[str, ...]]:
    """Return the filters by column, the beginning of a serial apart; names and beginnings of hashes as whole hashes."""
    c = RECORDS.c
    found: dict[Column[str], tuple[str, ...]] = {
        c.who: query.whos,
        c.station: query.stations,
        c.predicted_class: query.classes,
        c.kind: tuple(map(str, query.kinds)),
        c.verdict: tuple(map(str, query.verdicts)),
        c.refers_to: (query.refers_to,) if query.refers_to else (),
        c.part_id: (query.part_id,) if query.part_id and _beginning(query) is None else (),
    }
    found = {column: values for column, values in found.items() if values}
    if query.recipe:
        named = or_(RECIPES.c.name == query.recipe, begins(RECIPES.c.hash, query.recipe))
        found[c.recipe_hash] = tuple(connection.execute(select(RECIPES.c.hash).where(named).distinct()).scalars())
    if query.package:
        known = select(PACKAGES.c.hash).where(begins(PACKAGES.c.hash, query.package)).distinct()
        found[c.package_hash] = tuple(connection.execute(known).scalars())
    return found


def _lead(connection: Connection, query: Query, wanted: Wanted, facets: Sequence[Facet] | None) -> _Lead:
    """Return what is walked: an exact name, else the way with the fewest records."""
    for exact in (RECORDS.c.refers_to, RECORDS.c.part_id):
        if exact in wanted:
            return _Lead((_Run([exact == wanted[exact][0]]),), frozenset({exact}))
    serials = _serials(query)
    along = _Lead((_Run([]),)) if serials is None else serials
    candidates = _candidates(wanted, facets)
    ways = [*candidates, *([] if serials is None else [serials])]
    if not ways or (len(candidates) == len(ways) == 1 and query.order is Order.TIME):
        return ways[0] if ways else along
    fewest, number = min((_few(connection, query, way), number) for number, way in enumerate(ways))
    if fewest < FEW:
        return ways[number]
    if query.order is Order.SERIAL:
        return along
    return candidates[0] if candidates else _Lead((_Run([]),))


def _candidates(wanted: Wanted, facets: Sequence[Facet] | None) -> list[_Lead]:
    """Return the ways in the order of time."""
    who, kind, verdict = RECORDS.c.who, RECORDS.c.kind, RECORDS.c.verdict
    divisions = [[kind == k, verdict == v] for k in wanted.get(kind, _KINDS) for v in wanted.get(verdict, _VERDICTS)]
    found = []
    if who in wanted:
        own = tuple(_Run([who == name, who != _NOTHING]) for name in wanted[who])  # as its index says it
        found.append(_Lead(own, frozenset({who})))
    if facets is not None:
        runs = tuple(_Run(facet.conditions(), facet.newest) for facet in facets)
        found.append(_Lead(runs, frozenset(FACET_COLUMNS)))
    elif not found and wanted.keys() & {kind, verdict}:
        found.append(_Lead(tuple(map(_Run, divisions)), frozenset({kind, verdict})))
    return found


def _serials(query: Query) -> _Lead | None:
    beginning = _beginning(query)
    if beginning is None:
        return None
    return _Lead((_Run([begins(RECORDS.c.part_id, beginning)] if beginning else []),), frozenset({RECORDS.c.part_id}))


def _beginning(query: Query) -> str | None:
    return query.part_id[:-1] if query.part_id.endswith("*") else None


def _few(connection: Connection, query: Query, lead: _Lead) -> int:
    """Count the records of a lead in the query's time, up to `FEW`."""
    counted = 0
    for run in lead.runs:
        some = select(RECORDS.c.sequence).where(*run.conditions, *_time(query)).limit(FEW - counted).subquery()
        counted += int(connection.execute(select(func.count()).select_from(some)).scalar_one())
        if counted >= FEW:
            break
    return counted


def _before(connection: Connection, query: Query, key: Column[Any]) -> list[ColumnElement[bool]]:
    """Return the condition of all that comes behind the row with which the page before ended."""
    if query.before is None:
        return []
    value = connection.execute(select(key).where(RECORDS.c.sequence == query.before)).scalar_one_or_none()
    if value is None:
        return [RECORDS.c.sequence < query.before]
    return [key <= value, or_(key < value, RECORDS.c.sequence < query.before)]


def _time(query: Query) -> list[ColumnElement[bool]]:
    bounds = ((operator.ge, query.since_ns), (operator.lt, query.until_ns))
    return [compare(RECORDS.c.decided_time_ns, bound) for compare, bound in bounds if bound is not None]


def _beside(query: Query, wanted: Wanted, lead: _Lead) -> list[ColumnElement[bool]]:
    """Return the conditions that the lead does not meet, so written that no other index is taken for them."""
    others = [(column, values) for column, values in wanted.items() if column not in lead.settles]
    found: list[ColumnElement[bool]] = [column.concat(_NOTHING).in_(values) for column, values in others]
    beginning = _beginning(query)
    if beginning and RECORDS.c.part_id not in lead.settles:
        found.append(begins(RECORDS.c.part_id.concat(_NOTHING), beginning))
    return found
