"""Records as flat rows for CSV and Parquet, and as full documents for JSON."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.errors import UsageError
from inspector.types import AuditEntry, Record

_CELL_BEGINS = re.compile(r"""(^|[,;|\t\r\n"])(?=[\s"'\0]*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])""")
"""Where a program that reads CSV could begin a cell with a formula: at the start, behind white space or quotes, and
behind whatever another program takes for a separator; = + - @, and their full-width forms."""


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, however it splits the line: an apostrophe stands before.

    Source: OWASP, "CSV Injection".
    """
    return _CELL_BEGINS.sub(lambda found: f"{found[1] or ''}'", text)


def write_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], path: Path) -> None:
    """Write rows as CSV, every text quoted and safe. Raises OSError."""
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)


def _safe(value: Any) -> Any:
    return safe_text(value) if isinstance(value, str) else value


def local_time(nanoseconds: int) -> str:
    """Return Unix nanoseconds as local time to the second, for people."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def utc_time(nanoseconds: int) -> str:
    """Return Unix nanoseconds as ISO 8601 UTC with milliseconds, for programs."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat(timespec="milliseconds")


def flat(record: Record) -> dict[str, Any]:
    """Return one row: a fixed set of plain columns."""
    decision, thresholds = record.decision, record.decision.thresholds
    return {
        "sequence": record.sequence,
        "record_id": record.record_id,
        "kind": record.kind.value,
        "part_id": record.part_id,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "class": decision.predicted_class,
        "score": decision.score,
        "pass_below": thresholds.pass_below if thresholds else None,
        "fail_from": thresholds.fail_from if thresholds else None,
        "view": decision.view,
        "trigger_time": utc_time(record.trigger_time_ns),
        "decided_time": utc_time(record.decided_time_ns),
        "station": record.station,
        "who": record.who,
        "refers_to": record.refers_to,
        "truth": record.truth,
        "recipe_hash": record.recipe_hash,
        "package_hash": record.package_hash,
        "images": " ".join(image.path for image in record.images),
        "image_sha256": " ".join(image.sha256 for image in record.images),
    }


def full(record: Record, folder: Path) -> dict[str, Any]:
    """Return everything of a record; pictures with their absolute path."""
    return {
        **{key: value for key, value in flat(record).items() if key not in ("images", "image_sha256")},
        "images": [{**asdict(image), "path": str(folder / image.path)} for image in record.images],
        "predictions": {view: asdict(prediction) for view, prediction in record.predictions.items()},
        "stage_ms": dict(record.stage_ms),
        "details": dict(record.details),
    }


def export(records: Sequence[Record], path: Path) -> int:
    """Write records to a CSV or Parquet file, by the ending of `path`; return how many.

    In CSV a text that a spreadsheet would take for a formula gets an apostrophe (`safe_text`).

    Raises:
        UsageError: Another ending, or a file that cannot be written.
    """
    return _export([flat(record) for record in records], _COLUMNS, path)


def export_audit(entries: Sequence[AuditEntry], path: Path) -> int:
    """Write entries of the audit trail to a CSV or Parquet file, as `export` does records. Raises UsageError."""
    return _export([_flat_entry(entry) for entry in entries], _AUDIT_COLUMNS, path)


def _flat_entry(entry: AuditEntry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in _AUDIT_COLUMNS if name not in ("time", "details")}
    return {**row, "time": utc_time(entry.time_ns), "details": json.dumps(dict(entry.details), ensure_ascii=False)}


def _export(rows: list[dict[str, Any]], columns: Sequence[str], path: Path) -> int:
    writers: dict[str, Callable[[list[dict[str, Any]], Sequence[str], Path], None]] = {
        ".csv": write_csv,
        ".parquet": _write_parquet,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: unknown format {path.suffix!r}.", cure="End the name in .csv or .parquet.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer(rows, columns, path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}).", cure="Choose another file.") from error
    return len(rows)


def _write_parquet(rows: list[dict[str, Any]], columns: Sequence[str], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"sequence": pa.int64(), "number": pa.int64(), "score": pa.float64()}
    kinds |= {"pass_below": pa.float64(), "fail_from": pa.float64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in columns])
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), path)


_COLUMNS = (
    "sequence",
    "record_id",
    "kind",
    "part_id",
    "verdict",
    "reason",
    "class",
    "score",
    "pass_below",
    "fail_from",
    "view",
    "trigger_time",
    "decided_time",
    "station",
    "who",
    "refers_to",
    "truth",
    "recipe_hash",
    "package_hash",
    "images",
    "image_sha256",
)

_AUDIT_COLUMNS = ("number", "time", "action", "subject", "old", "new", "who", "role", "why", "details")
