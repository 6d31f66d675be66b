"""Which combinations of station, recipe, package, class, kind and verdict occur: a few thousand among many millions.

The database notes a new one by itself with every record. A search by any of them reads here which combinations meet it,
and then walks the index of each in the order of time: no pair of filters is too rare or too common for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, ScalarSelect, func, literal, select, tuple_

from inspector.log.schema import FACETS, RECORDS

FACET_COLUMNS: tuple[Column[str], ...] = tuple(RECORDS.c[column.name] for column in FACETS.c)
"""The columns of a record that make its facet, in the order of the index `records_by_facet`."""


Wanted = Mapping[Column[str], tuple[str, ...]]
"""The values that a filter allows, by column of the records."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One combination.

    Attributes:
        values: In the order of `FACET_COLUMNS`.
        newest: Largest time of its records within the bounds that were asked for, Unix nanoseconds.
    """

    values: tuple[str, ...]
    newest: int

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what makes a record one of it."""
        return [column == value for column, value in zip(FACET_COLUMNS, self.values, strict=True)]


def matching(connection: Connection, wanted: Wanted, bounds: Sequence[ColumnElement[bool]]) -> list[Facet]:
    """Return the facets that meet every filter and have records within the bounds, the newest first.

    Args:
        connection: In a transaction.
        wanted: Columns that make no facet are ignored.
        bounds: Conditions on the time of the records.
    """
    newest = _end(func.max, bounds)
    rows = connection.execute(select(*FACETS.c, newest).where(*_filters(wanted))).all()
    found = [Facet(tuple(row[:-1]), row[-1]) for row in rows if row[-1] is not None]
    return sorted(found, key=lambda facet: -facet.newest)


def oldest(connection: Connection, wanted: Wanted, bounds: Sequence[ColumnElement[bool]]) -> int:
    """Return the smallest time of all records of the facets that `matching` returns; 0 where there are none."""
    ends = select(_end(func.min, bounds).label("oldest")).select_from(FACETS).where(*_filters(wanted)).subquery()
    return int(connection.execute(select(func.coalesce(func.min(ends.c.oldest), 0))).scalar_one())


def unnoted(connection: Connection) -> list[tuple[str, ...]]:
    """Return the facets of records that the table lacks: whoever removed them hides those records from a search.

    Jumps along the index from one combination to the next.
    """
    noted = {tuple(row) for row in connection.execute(select(FACETS))}
    found: list[tuple[str, ...]] = []
    query = select(*FACET_COLUMNS).order_by(*FACET_COLUMNS).limit(1)
    row = connection.execute(query).first()
    while row is not None:
        facet = tuple(row)
        if facet not in noted:
            found.append(facet)
        behind = tuple_(*FACET_COLUMNS) > tuple_(*(literal(value) for value in facet))
        row = connection.execute(query.where(behind)).first()
    return found


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [FACETS.c[column.name].in_(values) for column, values in wanted.items() if column.name in FACETS.c]


def _end(which: Callable[[Column[int]], Any], bounds: Sequence[ColumnElement[bool]]) -> ScalarSelect[Any]:
    of_it = [column == FACETS.c[column.name] for column in FACET_COLUMNS]
    return select(which(RECORDS.c.decided_time_ns)).where(*of_it, *bounds).correlate(FACETS).scalar_subquery()
