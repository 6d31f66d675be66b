"""Tells pictures that are lost from those that were deleted on purpose, many at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

from inspector.log.deletions import DELETED
from inspector.log.store import RecordStore

TOGETHER = 10_000
_ENTRIES = 100
Item = TypeVar("Item")


class MissingImages(Generic[Item]):
    """Gathers missing pictures, and asks the audit trail once for all of them: it may tell of millions.

    Args:
        store: The log.

    Attributes:
        deleted: How many were deleted on purpose, so far.
    """

    def __init__(self, store: RecordStore) -> None:
        self.deleted = 0
        self._store = store
        self._waiting: dict[str, list[Item]] = {}

    def add(self, sha256: str, item: Item) -> list[Item]:
        """Take a missing picture; return those that are known to be lost now."""
        self._waiting.setdefault(sha256, []).append(item)
        return self.lost() if len(self._waiting) >= TOGETHER else []

    def lost(self) -> list[Item]:
        """Return those of the gathered ones that were not deleted on purpose, and begin anew."""
        waiting, self._waiting = self._waiting, {}
        before: int | None = None
        while waiting and (page := self._store.audit(action=DELETED, before=before, limit=_ENTRIES)):
            for entry in page:
                for sha256 in entry.details.get("sha256", ()):
                    self.deleted += len(waiting.pop(str(sha256), ()))
            before = page[-1].number
        return [item for items in waiting.values() for item in items]
