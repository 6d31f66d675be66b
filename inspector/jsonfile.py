"""JSON for programs: one writer, every document with a `schema` field."""

from __future__ import annotations

import json
import math
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspector.errors import UsageError


def add_json_option(parser: ArgumentParser) -> None:
    """Add `--json FILE` to a sub-command."""
    help_ = "write the result as JSON to FILE; '-' for standard output"
    parser.add_argument("--json", metavar="FILE", type=_destination, help=help_)


def _destination(text: str) -> str:
    """Refuse a target that cannot be written before hours of work, not after."""
    path = Path(text)
    existing = next((folder for folder in path.parents if folder.exists()), path.parent)
    if text != "-" and (path.is_dir() or not existing.is_dir()):
        raise ArgumentTypeError(f"{text}: no file can be written there; give the path of a file, or '-'")
    return text


def write_json(document: Mapping[str, Any], destination: str, *, schema: str) -> None:
    """Write `document` with its `schema` to a file (replaced as a whole) or, for "-", to standard output.

    Values that JSON cannot carry (NaN, infinities) become null.
    """
    text = json.dumps(_plain({"schema": schema, **document}), ensure_ascii=False, indent=1, allow_nan=False)
    if destination == "-":
        sys.stdout.write(text + "\n")
        return
    try:
        replace_file(Path(destination), (text + "\n").encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{destination}: cannot be written ({error.strerror}).", cure="Give another file.") from error


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write `data` beside `path`, make it durable, then put it in place: a reader sees the old or the new, whole.

    Args:
        path: The file; its folder is made where absent.
        data: All of its bytes.
        mode: Permissions, from the first byte on; None for the usual ones.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            if mode is not None:
                temporary.chmod(mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable. Windows has no such call and does not need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
