"""Deletes pictures that their recipe no longer keeps, oldest first; every deletion is recorded before it happens.

A record is never touched. A picture that more than one record names is never deleted: the other record may need it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.errors import RecipeError, StoreError
from inspector.jsonfile import replace_file
from inspector.log import Log, Query, read_log
from inspector.log.deletions import DELETED
from inspector.recipe import parse_recipe
from inspector.retention_policy import DAY_NS, HOUR_NS, RetentionConfig, Rule, due, is_plain_pass
from inspector.types import AuditEntry, Record, RecordKind, StoredImage, Verdict

STATE_FILE = "retention.json"
PAGE = 200
GIBI = 1 << 30
ROOM_BYTES = 64 * 1024 * 1024
"""So much is made free beyond the need when the disk is short."""
_PASSES = Query(kinds=(RecordKind.INSPECTION,), verdicts=(Verdict.PASS,), oldest_first=True, limit=PAGE)
_ALL = Query(kinds=(RecordKind.INSPECTION, RecordKind.CHALLENGE), oldest_first=True, limit=PAGE)


@dataclass(slots=True)
class Deleted:
    """What one run deleted, by rule.

    Attributes:
        pictures: How many.
        freed_bytes: Their size.
    """

    pictures: dict[Rule, int] = field(default_factory=dict)
    freed_bytes: int = 0

    def add(self, rule: Rule, count: int, freed: int) -> None:
        """Count one batch."""
        self.pictures[rule] = self.pictures.get(rule, 0) + count
        self.freed_bytes += freed


class Retention:
    """Goes over one log. Used from one thread; `log` is open for writing, reading has a connection of its own.

    Args:
        log: The log.
        stop: Ends a run after the page in work.
        pause_s: Between two pages: the station goes first.
        dry: Only count.
        now_ns: Unix time in nanoseconds.
    """

    def __init__(
        self,
        log: Log,
        stop: threading.Event,
        *,
        pause_s: float = 0.0,
        dry: bool = False,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._log, self._stop, self._pause_s, self._dry, self._now_ns = log, stop, pause_s, dry, now_ns
        self._state_path = log.folder / STATE_FILE
        self._state: dict[str, dict[str, int | str]] = self._read_state()

    def run(self) -> Deleted:
        """Apply every recipe's rules to what has become due since the last run. Raises StoreError."""
        deleted = Deleted()
        self._finish_last()
        with read_log(self._log.folder) as reader:
            for name, policy in policies(reader).items():
                self._forget_changed(name, policy)
                self._by_age(reader, name, policy, deleted)
                if policy.quota_gib is not None:
                    self._by_quota(reader, name, policy.quota_gib * GIBI, deleted)
        return deleted

    def make_room(self) -> Deleted:
        """Delete the oldest pictures of passed parts, of recipes that yield, until the disk is not short any more."""
        deleted = Deleted()
        with read_log(self._log.folder) as reader:
            for name, policy in policies(reader).items():
                if policy.yields:
                    for page in self._pages(reader, name, "disk", _PASSES):
                        if not self._log.images.is_short(ROOM_BYTES):
                            return deleted
                        self._delete([r for r in page if self._plain(reader, r)], Rule.DISK, name, deleted)
        return deleted

    def _by_age(self, reader: Log, name: str, policy: RetentionConfig, deleted: Deleted) -> None:
        now_ns = self._now_ns()
        for active, cursor, query, age_ns in (
            (policy.pass_every > 1, "thinned", _PASSES, policy.fresh_hours * HOUR_NS),
            (policy.passes_days is not None, "passes", _PASSES, (policy.passes_days or 0) * DAY_NS),
            (policy.rejects_days is not None, "rejects", _ALL, (policy.rejects_days or 0) * DAY_NS),
        ):
            if not active:
                continue
            for page in self._pages(reader, name, cursor, replace(query, until_ns=int(now_ns - age_ns))):
                by_rule: dict[Rule, list[Record]] = {}
                for record in page:
                    amended = bool(reader.amendments(record.record_id))
                    rule = due(policy, record, amended=amended, now_ns=now_ns)
                    if rule is not None:
                        by_rule.setdefault(rule, []).append(record)
                for rule, records in by_rule.items():
                    self._delete(records, rule, name, deleted)

    def _by_quota(self, reader: Log, name: str, quota_bytes: float, deleted: Deleted) -> None:
        """Sum up from the newest back; where the quota is reached, everything older goes."""
        floor = int(self._state.setdefault(name, {}).get("quota", 0))
        query = replace(_PASSES, recipe=name, oldest_first=False, after=floor)
        total, reached = 0, 0
        while (page := reader.search(query)) and not reached and not self._stop.is_set():
            for record in page:
                total += sum(self._size(image) for image in record.images)
                if total > quota_bytes:
                    reached = record.sequence
                    break
            query = replace(query, before=page[-1].sequence)
        if reached:
            for page in self._pages(reader, name, "quota", replace(_PASSES, before=reached + 1)):
                self._delete([record for record in page if self._plain(reader, record)], Rule.QUOTA, name, deleted)

    def _plain(self, reader: Log, record: Record) -> bool:
        return is_plain_pass(record, amended=bool(reader.amendments(record.record_id)))

    def _pages(self, reader: Log, name: str, cursor: str, query: Query) -> Iterator[list[Record]]:
        """Give the records behind the cursor, page by page; a page that came back is done with."""
        state = self._state.setdefault(name, {})
        while not self._stop.is_set():
            page = reader.search(replace(query, recipe=name, after=int(state.get(cursor, 0))))
            if not page:
                return
            yield page
            state[cursor] = page[-1].sequence
            if not self._dry:
                self._write_state()
            self._stop.wait(self._pause_s)

    def _delete(self, records: list[Record], rule: Rule, recipe: str, deleted: Deleted) -> None:
        images = {image.sha256: image for record in records for image in record.images if self._may_go(image)}
        if not images:
            return
        sizes = sum(self._size(image) for image in images.values())
        deleted.add(rule, len(images), sizes)
        if self._dry:
            return
        entry = AuditEntry(
            DELETED,
            recipe,
            old=f"{len(images)} pictures",
            why=rule.value,
            details={"sha256": sorted(images), "paths": sorted(image.path for image in images.values())},
        )
        self._log.append_audit(entry)
        for image in images.values():
            self._log.images.delete(image)

    def _finish_last(self) -> None:
        """A crash may have come between the record of a deletion and the deletion: finish it."""
        for entry in self._log.records.audit(action=DELETED, limit=1):
            for path, sha256 in zip(entry.details["paths"], entry.details["sha256"], strict=True):
                self._log.images.delete(StoredImage("", sha256, path, 0, 0))

    def _may_go(self, image: StoredImage) -> bool:
        return self._log.images.is_there(image) and not self._log.images.is_shared(image)

    def _size(self, image: StoredImage) -> int:
        try:
            return (self._log.folder / image.path).stat().st_size
        except FileNotFoundError:
            return 0

    def _forget_changed(self, name: str, policy: RetentionConfig) -> None:
        """A stricter policy looks at the old records anew."""
        words = policy.model_dump_json()
        if self._state.get(name, {}).get("policy") != words:
            self._state[name] = {"policy": words}

    def _read_state(self) -> dict[str, dict[str, int | str]]:
        """Without it everything is looked at once more, which changes nothing."""
        try:
            found = json.loads(self._state_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write_state(self) -> None:
        replace_file(self._state_path, json.dumps(self._state).encode())


def policies(log: Log) -> dict[str, RetentionConfig]:
    """Return the policy of each recipe by name, as the one used last says; one that cannot be read deletes nothing."""
    found: dict[str, RetentionConfig] = {}
    for kept in log.records.recipes():
        try:
            found[kept["name"]] = parse_recipe(kept["text"], Path(kept["path"])).content.retention
        except RecipeError:
            found[kept["name"]] = RetentionConfig(yields=False)
    return found


class RetentionWorker(threading.Thread):
    """Runs the retention beside a station: slowly, and harder when the disk is short.

    Args:
        log: Open for writing.
        interval_s: From run to run.
        on_problem: Told of an error; it is tried again.
    """

    def __init__(self, log: Log, on_problem: Callable[[StoreError], None], *, interval_s: float = 60.0) -> None:
        super().__init__(name="retention", daemon=True)
        self._log, self._on_problem, self._interval_s = log, on_problem, interval_s
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """End after the page in work, and wait for it."""
        self._stop_asked.set()
        if self.is_alive():
            self.join(10.0)

    def run(self) -> None:
        """Thread: see the class."""
        retention = Retention(self._log, self._stop_asked, pause_s=0.05)
        next_s = time.monotonic() + min(self._interval_s, 10.0)
        while not self._stop_asked.wait(min(1.0, self._interval_s)):
            try:
                if self._log.images.is_short():
                    retention.make_room()
                if time.monotonic() >= next_s:
                    retention.run()
                    self._log.hold_reserve()
                    next_s = time.monotonic() + self._interval_s
            except StoreError as error:
                self._on_problem(error)
                next_s = time.monotonic() + self._interval_s
