"""A person's deed as a line of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.errors import UsageError
from inspector.types import AuditEntry, Person


def deed(
    person: Person,
    action: str,
    subject: str,
    *,
    old: str = "",
    new: str = "",
    why: str,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Return the audit entry of what a person changes.

    Raises:
        UsageError: No name or no reason: the trail must say who and why.
    """
    if not person.name.strip() or not why.strip():
        raise UsageError("A change needs the name of who makes it and the reason.", cure="Give --who and --why.")
    role = person.role.value if person.role else ""
    return AuditEntry(action, subject, old, new, person.name, role, why.strip(), details=details or {})
