"""New records that speak of an earlier one. The earlier one is never changed."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

from inspector.types import Decision, Record, RecordKind, Verdict


def confirm(record: Record, *, who: str, note: str = "") -> Record:
    """Return the record that says: a person looked at the part and agrees with its verdict."""
    return _amendment(record, RecordKind.CONFIRM, record.decision.verdict, f"confirmed by {who}", who, note)


def override(record: Record, *, verdict: Verdict, reason: str, note: str, who: str) -> Record:
    """Return the record that says: a person looked at the part and judges it differently."""
    return _amendment(record, RecordKind.OVERRIDE, verdict, reason, who, note)


def label(record: Record, *, truth: str, who: str, note: str = "") -> Record:
    """Return the record that says: a person knows the part's true class. The verdict is not touched."""
    said = _amendment(record, RecordKind.LABEL, record.decision.verdict, f"labelled {truth} by {who}", who, note)
    return replace(said, truth=truth)


def correction(record: Record, *, reason: str) -> Record:
    """Return the station's own word that a part recorded as PASS was not released after all."""
    return _amendment(record, RecordKind.CORRECTION, Verdict.ERROR, reason, "station", "")


def _amendment(record: Record, kind: RecordKind, verdict: Verdict, reason: str, who: str, note: str) -> Record:
    return replace(
        record,
        record_id=uuid.uuid4().hex,
        kind=kind,
        refers_to=record.refers_to or record.record_id,
        decision=Decision(verdict, reason),
        predictions={},
        images=(),
        stage_ms={},
        decided_time_ns=time.time_ns(),
        who=who,
        sequence=0,
        details={"note": note} if note else {},
    )
