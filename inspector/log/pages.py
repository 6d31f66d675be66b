"""One page of what a person searches: newest first by time, or along the serials, at once in ten million records.

Every filter has an index whose entries lie, for each value, kind and verdict, in the order of time. A page is therefore
read off the ends of a few such runs and merged; nothing is sorted that does not go on the screen.

Of several filters the one with the fewest records leads; the others are asked of each record that it brings. A
planner knows averages, which do not tell that ERROR is rare and PASS is not; a count that stops early does.
"""

from __future__ import annotations

import heapq
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, literal_column, or_, select

from inspector.log.query import Order, Query
from inspector.log.schema import PACKAGES, RECIPES, RECORDS
from inspector.log.select import begins
from inspector.types import RecordKind, Verdict

FEW = 2000
"""Counting stops here: so many rows are looked through in no time, whatever the other filters say."""
_NOTHING: ColumnElement[str] = literal_column("''")


@dataclass(frozen=True, slots=True)
class _Lead:
    """What is walked, in runs.

    Attributes:
        column: The filter whose index is walked; None for that of kind and verdict, or of time alone.
        values: Its values.
        kinds: Each value divided by kind, where the index is; () where it is not.
        verdicts: Each kind divided by verdict.
        text: The beginning of a serial, instead of `values`.
    """

    column: Column[str] | None = None
    values: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    text: str = ""

    def runs(self) -> Iterator[list[ColumnElement[bool]]]:
        """Yield the conditions of each run."""
        divided = [
            [RECORDS.c.kind == kind, RECORDS.c.verdict == verdict] for kind in self.kinds for verdict in self.verdicts
        ]
        for own in self._owns():
            for division in divided or [[]]:
                yield [*own, *division]

    def _owns(self) -> Iterator[list[ColumnElement[bool]]]:
        if self.column is None:
            yield []
        elif self.text:
            yield [begins(self.column, self.text)]
        elif self.column is RECORDS.c.who:
            yield from ([self.column == value, RECORDS.c.who != _NOTHING] for value in self.values)  # as its index says
        else:
            yield from ([self.column == value] for value in self.values)


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
    key: Column[Any] = RECORDS.c.part_id if query.order is Order.SERIAL else RECORDS.c.decided_time_ns
    filters = _filters(connection, query)
    lead = _lead(connection, query, filters)
    beside = [*of_this_log, *_before(connection, query, key), *_time(query), *_beside(query, filters, lead)]
    found: list[tuple[Any, int]] = []
    for run in lead.runs():
        ends = select(key, RECORDS.c.sequence).where(*run, *beside)
        ordered = ends.order_by(key.desc(), RECORDS.c.sequence.desc()).limit(query.limit)
        found += [(row[0], row[1]) for row in connection.execute(ordered)]
    chosen = [sequence for _value, sequence in heapq.nlargest(query.limit, found)]
    rows = connection.execute(select(RECORDS).where(RECORDS.c.sequence.in_(chosen))).mappings()
    by_sequence = {row["sequence"]: dict(row) for row in rows}
    return [by_sequence[sequence] for sequence in chosen]


def _filters(connection: Connection, query: Query) -> dict[Column[str], tuple[str, ...]]:
    """Return what each filtered column may be; kind, verdict and serial apart."""
    found: dict[Column[str], tuple[str, ...]] = {
        RECORDS.c.who: query.whos,
        RECORDS.c.predicted_class: query.classes,
        RECORDS.c.station: query.stations,
    }
    found = {column: values for column, values in found.items() if values}
    if query.recipe:
        named = or_(RECIPES.c.name == query.recipe, begins(RECIPES.c.hash, query.recipe))
        hashes = connection.execute(select(RECIPES.c.hash).where(named).distinct()).scalars()
        found[RECORDS.c.recipe_hash] = tuple(hashes)
    if query.package:
        known = select(PACKAGES.c.hash).where(begins(PACKAGES.c.hash, query.package)).distinct()
        found[RECORDS.c.package_hash] = tuple(connection.execute(known).scalars())
    return found


def _lead(connection: Connection, query: Query, filters: Mapping[Column[str], tuple[str, ...]]) -> _Lead:
    """Return the filter that is walked: an exact name, else the one with the fewest records."""
    for column, exact in ((RECORDS.c.refers_to, query.refers_to), (RECORDS.c.part_id, _exact(query.part_id))):
        if exact:
            return _Lead(column, (exact,))
    kinds, verdicts = tuple(map(str, query.kinds or RecordKind)), tuple(map(str, query.verdicts or Verdict))
    candidates = [_Lead(column, values, kinds, verdicts) for column, values in filters.items()]
    if query.kinds or query.verdicts:
        candidates.append(_Lead(None, (), kinds, verdicts))
    beginning = query.part_id.removesuffix("*")
    serials = _Lead(RECORDS.c.part_id, text=beginning) if beginning else _Lead()
    if beginning:
        candidates.append(serials)
    if not candidates:
        return _Lead()
    counted = [(_few(connection, query, each), number) for number, each in enumerate(candidates)]
    fewest, number = min(counted)
    if fewest < FEW:
        return candidates[number]
    if query.order is Order.SERIAL:
        return serials
    return _Lead() if candidates[number].text else candidates[number]


def _few(connection: Connection, query: Query, lead: _Lead) -> int:
    """Count the records of a lead in the query's time, up to `FEW`."""
    counted = 0
    for run in lead.runs():
        some = select(RECORDS.c.sequence).where(*run, *_time(query)).limit(FEW - counted).subquery()
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


def _exact(part_id: str) -> str:
    return "" if part_id.endswith("*") else part_id


def _beside(query: Query, filters: Mapping[Column[str], tuple[str, ...]], lead: _Lead) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions beside the lead, so written that no other index is taken for them."""
    others = {column: values for column, values in filters.items() if column is not lead.column}
    if query.kinds and not lead.kinds:
        others[RECORDS.c.kind] = tuple(map(str, query.kinds))
    if query.verdicts and not lead.kinds:
        others[RECORDS.c.verdict] = tuple(map(str, query.verdicts))
    if query.refers_to and lead.column is not RECORDS.c.refers_to:
        others[RECORDS.c.refers_to] = (query.refers_to,)
    yield from (column.concat(_NOTHING).in_(values) for column, values in others.items())
    if query.part_id and lead.column is not RECORDS.c.part_id:
        plain = RECORDS.c.part_id.concat(_NOTHING)
        exact = _exact(query.part_id)
        yield plain == exact if exact else begins(plain, query.part_id.removesuffix("*"))
