"""What people are shown of the record, each after its right was asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inspector.log import Log, Query
from inspector.log.export import export, export_audit
from inspector.people import Action, require
from inspector.types import AuditEntry, Person, Record


def read_records(log: Log, person: Person, query: Query) -> list[Record]:
    """Return the records that meet a query. Raises NotAllowedError, StoreError."""
    require(person, Action.READ_RECORDS)
    return log.search(query)


def read_audit(
    log: Log,
    person: Person,
    *,
    action: str = "",
    subject: str = "",
    who: str = "",
    since_ns: int | None = None,
    until_ns: int | None = None,
    limit: int | None = 100,
) -> list[AuditEntry]:
    """Return the audit trail, newest first; the conditions are those of `RecordStore.audit`.

    Raises:
        NotAllowedError: The person may not.
        StoreError: The log cannot be read.
    """
    require(person, Action.READ_AUDIT)
    return log.records.audit(action=action, subject=subject, who=who, since_ns=since_ns, until_ns=until_ns, limit=limit)


def export_records(person: Person, records: Sequence[Record], path: Path) -> int:
    """Write records to a file; see `inspector.log.export.export`. Raises NotAllowedError, UsageError."""
    require(person, Action.EXPORT)
    return export(records, path)


def export_trail(person: Person, entries: Sequence[AuditEntry], path: Path) -> int:
    """Write the audit trail to a file. Raises NotAllowedError, UsageError."""
    require(person, Action.EXPORT)
    return export_audit(entries, path)
