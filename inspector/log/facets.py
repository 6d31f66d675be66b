"""Which combinations of station, recipe, package, class, kind and verdict occur: a few thousand among many millions.

The database notes a new one by itself with every record. A search by any of them reads here which combinations meet it,
and then walks the index of each in the order of time: no pair of filters is too rare or too common for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, func, select

from inspector.log.schema import FACETS, RECORDS

FACET_COLUMNS: tuple[Column[str], ...] = tuple(RECORDS.c[column.name] for column in FACETS.c)
"""The columns of a record that make its facet, in the order of the index `records_by_facet`."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One combination, with its times within the bounds that were asked for.

    Attributes:
        values: In the order of `FACET_COLUMNS`.
        oldest: Smallest time of its records, Unix nanoseconds.
        newest: Largest.
    """

    values: tuple[str, ...]
    oldest: int
    newest: int

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what makes a record one of it."""
        return [column == value for column, value in zip(FACET_COLUMNS, self.values, strict=True)]


def matching(
    connection: Connection, wanted: Mapping[Column[str], Sequence[str]], bounds: Sequence[ColumnElement[bool]]
) -> list[Facet]:
    """Return the facets that meet every filter and have records within the bounds, the newest first.

    Args:
        connection: In a transaction.
        wanted: Allowed values by column of the records; columns that make no facet are ignored.
        bounds: Conditions on the time of the records.
    """
    filters = [FACETS.c[column.name].in_(values) for column, values in wanted.items() if column.name in FACETS.c]
    of_it = [column == FACETS.c[column.name] for column in FACET_COLUMNS]
    time = RECORDS.c.decided_time_ns
    ends = [select(end(time)).where(*of_it, *bounds).scalar_subquery() for end in (func.min, func.max)]
    rows = connection.execute(select(*FACETS.c, *ends).where(*filters)).all()
    found = [Facet(tuple(row[:-2]), row[-2], row[-1]) for row in rows if row[-1] is not None]
    return sorted(found, key=lambda facet: -facet.newest)
