"""Tables of the log, and the way between a Record and a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, MetaData, Table, Text

from inspector.types import AuditEntry, Decision, Prediction, Record, RecordKind, StoredImage, Thresholds, Verdict

METADATA = MetaData()
"""How the newest format looks to a query; `migrations` makes the tables."""

LOGS = Table(
    "logs",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("log_id", Text, nullable=False, unique=True),
    Column("station", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

RECORDS = Table(
    "records",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=True),
    Column("log", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("record_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("part_id", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("predicted_class", Text, nullable=False),
    Column("score", Float),
    Column("pass_below", Float),
    Column("fail_from", Float),
    Column("view", Text, nullable=False),
    Column("recipe_hash", Text, nullable=False),
    Column("package_hash", Text, nullable=False),
    Column("predictions", Text, nullable=False),
    Column("images", Text, nullable=False),
    Column("stage_ms", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("trigger_time_ns", BigInteger, nullable=False),
    Column("decided_time_ns", BigInteger, nullable=False),
    Column("station", Text, nullable=False),
    Column("refers_to", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("truth", Text, nullable=False),
)

RECIPES = Table(
    "recipes",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("first_used_ns", BigInteger, nullable=False),
)

PACKAGES = Table(
    "packages",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("first_used_ns", BigInteger, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("time_ns", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("details", Text, nullable=False),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
)

FACETS = Table(
    "facets",
    METADATA,
    *(
        Column(name, Text, primary_key=True)
        for name in ("station", "recipe_hash", "package_hash", "predicted_class", "kind", "verdict")
    ),
)
"""Which combinations of these occur in `records`; kept by the database itself, for searches."""

HEADS = Table(
    "heads",
    METADATA,
    Column("log", Integer, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("chain", LargeBinary, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

CHAINED: Mapping[str, Table] = {"records": RECORDS, "audit": AUDIT, "recipes": RECIPES, "packages": PACKAGES}
"""The tables whose rows are entries of the chain, by the journal's `subject`."""

_JSON_FIELDS = ("stage_ms", "details")
_PLAIN_FIELDS = (
    "record_id",
    "part_id",
    "recipe_hash",
    "package_hash",
    "trigger_time_ns",
    "decided_time_ns",
    "station",
    "refers_to",
    "who",
    "truth",
)


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def _fields_of(value: Prediction | StoredImage) -> dict[str, Any]:
    """Return a frozen value's fields; `asdict` copies deeply, which the encoder does not need."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def row_of(record: Record) -> dict[str, Any]:
    """Return the record as column values; floats in JSON keep every bit."""
    decision, thresholds = record.decision, record.decision.thresholds
    row = {
        **{name: getattr(record, name) for name in _PLAIN_FIELDS},
        **{name: _as_json(dict(getattr(record, name))) for name in _JSON_FIELDS},
        "kind": record.kind.value,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "predicted_class": decision.predicted_class,
        "score": decision.score,
        "pass_below": thresholds.pass_below if thresholds else None,
        "fail_from": thresholds.fail_from if thresholds else None,
        "view": decision.view,
        "predictions": _as_json({view: _fields_of(item) for view, item in record.predictions.items()}),
        "images": _as_json([_fields_of(image) for image in record.images]),
    }
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """PostgreSQL holds no NUL in a text: show it by its symbol."""
    return value.replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(value, str) else value


def record_of(row: Mapping[str, Any]) -> Record:
    """Return the record of a row."""
    thresholds = None if row["pass_below"] is None else Thresholds(row["pass_below"], row["fail_from"])
    return Record(
        **{name: row[name] for name in _PLAIN_FIELDS},
        **{name: json.loads(row[name]) for name in _JSON_FIELDS},
        sequence=row["sequence"],
        kind=RecordKind(row["kind"]),
        decision=Decision(
            Verdict(row["verdict"]),
            row["reason"],
            row["predicted_class"],
            row["score"],
            thresholds,
            row["view"],
        ),
        predictions={view: Prediction(**item) for view, item in json.loads(row["predictions"]).items()},
        images=tuple(StoredImage(**image) for image in json.loads(row["images"])),
    )


def audit_row_of(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry of the audit trail as column values."""
    names = ("time_ns", "action", "subject", "old", "new", "who", "role", "why")
    row = {name: getattr(entry, name) for name in names}
    row["details"] = _as_json(dict(entry.details))
    return {name: _plain(value) for name, value in row.items()}


def audit_entry_of(row: Mapping[str, Any]) -> AuditEntry:
    """Return the entry of a row."""
    fields = {name: value for name, value in row.items() if name not in ("log", "details")}
    return AuditEntry(**fields, details=json.loads(row["details"]))
