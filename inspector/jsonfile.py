"""JSON for programs: one writer, every document with a `schema` field."""

from __future__ import annotations

import json
import math
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def add_json_option(parser: ArgumentParser) -> None:
    """Add `--json FILE` to a sub-command."""
    parser.add_argument("--json", metavar="FILE", help="write the result as JSON to FILE; '-' for standard output")


def write_json(document: Mapping[str, Any], destination: str, *, schema: str) -> None:
    """Write `document` with its `schema` to a file (replaced as a whole) or, for "-", to standard output.

    Values that JSON cannot carry (NaN, infinities) become null.
    """
    text = json.dumps(_plain({"schema": schema, **document}), ensure_ascii=False, indent=1, allow_nan=False)
    if destination == "-":
        sys.stdout.write(text + "\n")
        return
    replace_file(Path(destination), (text + "\n").encode())


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` beside `path`, make it durable, then put it in place: a reader sees the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):  # numpy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
