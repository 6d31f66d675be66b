"""Reading other programs' files: bounded, never executed, never following anything; every error names the place."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from inspector.errors import DatasetError

MAX_BYTES = 512_000_000
"""Largest file that is read: a million polygons are some 200 MB."""

MAX_COORDINATE = 1e7
"""Pixels; anything beyond is a mistake."""


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return a file's text.

    Raises:
        DatasetError: It cannot be read, is larger than `limit`, or is not in UTF-8.
    """
    return _decode(path, _read(path, limit))


def _read(path: Path, limit: int = MAX_BYTES) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}).", cure="Check name and permissions.") from error
    if data[:4] == b"PK\x03\x04":
        raise DatasetError(f"{path}: is a ZIP archive.", cure="Unpack it, and give the folder.")
    if len(data) > limit:
        raise DatasetError(f"{path}: is larger than {limit // 1_000_000} MB.", cure="Divide it into several files.")
    return data


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{path}, line {line}: is not in UTF-8.", cure="Save the file as UTF-8.") from error


def read_json(path: Path) -> Any:
    """Return a JSON file's content. Raises DatasetError naming line and column."""
    return parse_json(read_text(path), str(path))


def parse_json(text: str, where: str) -> Any:
    """Return the value that `text` is; numbers that are none (NaN) are refused. Raises DatasetError."""

    def refuse(name: str) -> None:
        raise DatasetError(f"{where}: holds {name}, which is no number.", cure="Export the file again.")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{where}, line {error.lineno}, column {error.colno}: is no JSON ({error.msg}).",
            cure="The file may be cut off: export it again.",
        ) from error
    except (RecursionError, ValueError) as error:  # ValueError: a whole number of thousands of digits
        raise DatasetError(f"{where}: cannot be read as JSON ({error}).", cure="Export the file again.") from error


class Node(Element):
    """An XML element that knows its line."""

    line = 0


def read_xml(path: Path) -> Node:
    """Return the root of an XML file. Document types and entities are refused: no annotation file needs them.

    Raises:
        DatasetError: Not well-formed, or it declares a document type.
    """
    builder = TreeBuilder(element_factory=Node)
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        node = builder.start(tag, attributes)
        if isinstance(node, Node):
            node.line = parser.CurrentLineNumber

    def refuse(*_: object) -> None:
        raise DatasetError(
            f"{path}, line {parser.CurrentLineNumber}: declares a document type; such files are not read.",
            cure="Remove the declaration, if you trust the file.",
        )

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, builder.end, builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(_read(path), True)
        root = builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError) as error:
        raise DatasetError(f"{path}: is no XML ({error}).", cure="The file may be cut off: export it again.") from error
    assert isinstance(root, Node)  # noqa: S101 - the factory makes no other
    return root


def text_of(node: Element, name: str) -> str:
    """Return the stripped text of a child element, "" where there is none."""
    return (node.findtext(name) or "").strip()


def number(value: object, what: str) -> float:
    """Return a finite number of sensible size, from a number or its text. Raises DatasetError saying `what` is none."""
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except ValueError:
        found = math.nan
    if not abs(found) <= MAX_COORDINATE:  # NaN compares false
        raise DatasetError(f"{what} is {value!r}, no number that can be used")
    return found


def points_of(values: object, what: str) -> NDArray[np.float64]:
    """Return corners (n, 2) from [[x, y], …] or [x, y, x, y, …]; at least three. Raises DatasetError."""
    flat: list[object] = []
    for value in values if isinstance(values, (list, tuple)) else ():
        flat += value if isinstance(value, (list, tuple)) else [value]
    if len(flat) < 6 or len(flat) % 2:
        raise DatasetError(f"{what} has {len(flat)} numbers; an outline needs three corners or more, two numbers each")
    return np.array([number(value, what) for value in flat], np.float64).reshape(-1, 2)


def size_of(width: object, height: object) -> tuple[int, int] | None:
    """Return the stated size of an image in whole pixels; None where none is stated."""
    if not width or not height:
        return None
    return int(number(width, "the width")), int(number(height, "the height"))


def mapping(value: object, where: str) -> dict[str, Any]:
    """Return `value` if it is an object of JSON. Raises DatasetError."""
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: is no object.", cure="Give a file of this format.")
    return value


def sequence(value: object, where: str) -> Sequence[Any]:
    """Return `value` if it is a list of JSON; an absent one is empty. Raises DatasetError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise DatasetError(f"{where}: is no list.", cure="Give a file of this format.")
    return value
