"""Pictures that were deleted on purpose: the audit trail says when, and by which rule."""

from __future__ import annotations

from inspector.log.store import RecordStore
from inspector.types import AuditEntry

DELETED = "images.deleted"
"""Action of such an entry; its details hold `sha256` and `paths` of the pictures, and `why` is the rule."""


def deletion_of(records: RecordStore, sha256: str) -> AuditEntry | None:
    """Return the entry by which a picture was deleted; None where it was not."""
    found = records.audit(action=DELETED, mentions=sha256, limit=1)
    return found[0] if found else None
