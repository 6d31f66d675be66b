"""From a `Query` to a statement that an index answers."""

from __future__ import annotations

import operator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from inspector.log.query import Query
from inspector.log.schema import AUDIT, PACKAGES, RECIPES, RECORDS

_TOP = "\U0010ffff"
"""Sorts after every character of a serial."""


def statement(query: Query) -> Select[Any]:
    """Return the records that meet a query, in its order."""
    order = RECORDS.c.sequence.asc() if query.oldest_first else RECORDS.c.sequence.desc()
    return select(RECORDS).where(*conditions(query)).order_by(order).limit(query.limit)


def conditions(query: Query) -> list[ColumnElement[bool]]:
    """Return what a record must meet."""
    found: list[ColumnElement[bool]] = []
    if query.part_id:
        found.append(_serial(query.part_id))
    for column, values in (
        (RECORDS.c.kind, query.kinds),
        (RECORDS.c.verdict, query.verdicts),
        (RECORDS.c.predicted_class, query.classes),
        (RECORDS.c.who, query.whos),
        (RECORDS.c.station, query.stations),
        (RECORDS.c.refers_to, (query.refers_to,) if query.refers_to else ()),
    ):
        if len(values) == 1:
            found.append(column == str(values[0]))
        elif values:
            found.append(column.in_([str(value) for value in values]))
    if query.recipe:
        known = select(RECIPES.c.hash).where(or_(RECIPES.c.name == query.recipe, begins(RECIPES.c.hash, query.recipe)))
        found.append(RECORDS.c.recipe_hash.in_(known))
    if query.package:
        known = select(PACKAGES.c.hash).where(begins(PACKAGES.c.hash, query.package))
        found.append(RECORDS.c.package_hash.in_(known))
    for column, compare, bound in (
        (RECORDS.c.decided_time_ns, operator.ge, query.since_ns),
        (RECORDS.c.decided_time_ns, operator.lt, query.until_ns),
        (RECORDS.c.sequence, operator.lt, query.before),
        (RECORDS.c.sequence, operator.gt, query.after),
    ):
        if bound is not None:
            found.append(compare(column, bound))
    return found


def _serial(part_id: str) -> ColumnElement[bool]:
    if part_id.endswith("*"):
        return begins(RECORDS.c.part_id, part_id[:-1])
    return RECORDS.c.part_id == part_id


def begins(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return a range, which every index answers; LIKE asks for a particular collation."""
    return and_(column >= text, column < text + _TOP)


def distinct(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    """Return the values of a column, sorted; jumping along its index, for a scan of ten million rows takes seconds."""
    found = [""]
    while True:
        higher = select(func.min(column)).where(column > found[-1], column != literal_column("''"))  # as its index says
        value: str | None = connection.execute(higher).scalar_one()
        if value is None:
            return tuple(found[1:])
        found.append(value)


def audit_statement(
    log: int,
    *,
    action: str,
    subject: str,
    who: str,
    mentions: str,
    since_ns: int | None,
    until_ns: int | None,
    before: int | None,
    limit: int | None,
) -> Select[Any]:
    """Return the audit trail of a log (0: of all) that meets the conditions, newest first; see `RecordStore.audit`."""
    query = select(AUDIT).order_by(AUDIT.c.number.desc(), AUDIT.c.log).limit(limit)
    if action.endswith("*"):
        query = query.where(AUDIT.c.action.startswith(action[:-1], autoescape=True))
    if mentions:
        query = query.where(AUDIT.c.details.contains(mentions, autoescape=True))
    for column, compare, value in (
        (AUDIT.c.log, operator.eq, log or None),
        (AUDIT.c.action, operator.eq, None if action.endswith("*") else action or None),
        (AUDIT.c.subject, operator.eq, subject or None),
        (AUDIT.c.who, operator.eq, who or None),
        (AUDIT.c.time_ns, operator.ge, since_ns),
        (AUDIT.c.time_ns, operator.lt, until_ns),
        (AUDIT.c.number, operator.lt, before),
    ):
        if value is not None:
            query = query.where(compare(column, value))
    return query
