"""A mistake in a recipe as a line for people: where it stands, what is wrong, what would be right. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_Place = tuple[int, tuple[str, ...]]
MOST = 50
"""So many mistakes are told one by one."""


def explained(text: str, errors: Sequence[Any]) -> tuple[str, ...]:
    """Return a line for each mistake.

    Args:
        text: The recipe.
        errors: From pydantic's `ValidationError.errors()`.
    """
    places = list(_places(text))
    told = tuple(_mistake(places, error) for error in errors[:MOST])
    left = len(errors) - len(told)
    return (*told, f"and {left} more mistakes.") if left else told


def _mistake(places: Sequence[_Place], error: Any) -> str:
    location = _without_union_tags(error["loc"])
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        location.append("kind")
    where = ".".join(str(part) for part in location)[:200] or "the recipe"
    line = _line_of(places, location)
    if error["type"] == "extra_forbidden":
        return f"line {line}: {where}: unknown key. Remove it or correct its spelling."
    if error["type"] == "missing":
        return f"line {line}: {where}: is missing. Add it."
    given = error.get("input")
    shown = f" (given: {_short(given)})" if isinstance(given, (str, int, float, bool)) else ""
    return f"line {line}: {where}: {error['msg'].removeprefix('Value error, ')[:300]}{shown}."


def _without_union_tags(location: tuple[Any, ...]) -> list[Any]:
    """Drop what pydantic puts into the path after a tagged union: the kind that was chosen."""
    path = list(location)
    at = 2 if path[:1] == ["cameras"] else 1 if path[:1] in (["trigger"], ["output"]) else len(path)
    return path[:at] + path[at + 1 :]


def _line_of(places: Sequence[_Place], location: list[Any]) -> int:
    """Return the line (from 1) of a key path; the nearest enclosing table where the key is absent."""
    best, wanted = 1, tuple(str(part) for part in location)
    for number, path in places:
        if wanted[: len(path)] == path:
            best = number
    return best


def _places(text: str) -> Iterator[_Place]:
    """Yield the line (from 1) and the key path of every table and key in TOML text."""
    table: list[str] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header, is_list = _header_of(line)
        key = _key_of(line)
        if header:
            table = [part.strip(' "') for part in header.split(".")]
            if is_list:
                index = counts.get(header, -1) + 1
                counts[header] = index
                table.append(str(index))
            elif table and table[0] in counts:  # a sub-table of the latest array element
                table.insert(1, str(counts[table[0]]))
            yield number, tuple(table)
        elif key:
            yield number, (*table, *(part.strip('"') for part in key.split(".")))


def _header_of(line: str) -> tuple[str, bool]:
    """Return the name of the table that a line opens, and whether it is one of a list; "" where it opens none."""
    stripped = line.strip()
    name, closed, _ = stripped.lstrip("[").partition("]")
    return (name.strip() if stripped.startswith("[") and closed else "", stripped.startswith("[["))


def _key_of(line: str) -> str:
    """Return the key that a line sets, with its dots; "" where it sets none."""
    key, assigned, _ = line.partition("=")
    return key.strip() if assigned and len(key.split()) == 1 and not key.lstrip().startswith("#") else ""


def _short(given: object) -> str:
    """Return a value as it can be shown: a number of thousands of digits has no text, a long text no room."""
    try:
        text = repr(given)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:80]}…"
