"""Path patterns: `{class}/Imgs/{id}.jpg` says which part of a path means what."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import cached_property

from inspector.errors import UsageError
from inspector.imaging import IMAGE_SUFFIXES

FIELDS = ("class", "part", "view", "id", "split", "lot")
SPLIT_ALIASES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_CURE = "Write it like '{class}/{id}.jpg'; the fields are " + ", ".join(f"{{{name}}}" for name in FIELDS) + "."


class Pattern:
    """A template for paths relative to a source folder.

    A field stands for one or more characters other than '/', the fewest that fit; a field that appears twice must
    have the same text twice. `{split}` fits only names of splits. A template without file ending fits every image
    type. Endings are compared without regard to case.

    Raises:
        UsageError: The template makes no sense.
    """

    def __init__(self, template: str) -> None:
        self.template = template.replace("\\", "/").removeprefix("./")
        self._pieces = self._parse()
        self.fields = frozenset(name for _, name in self._pieces if name)

    def _parse(self) -> list[tuple[str, str]]:
        """Return (literal, field) pairs; the last field may be ""."""
        if not self.template or self.template.startswith("/") or ".." in self.template.split("/"):
            raise UsageError(f"The pattern {self.template!r} must be a path below the source folder.", cure=_CURE)
        if "*" in self.template or "?" in self.template:
            raise UsageError(f"The pattern {self.template!r} has a wildcard; patterns have fields.", cure=_CURE)
        try:
            pieces = [
                (text, name or "", spec, conv) for text, name, spec, conv in string.Formatter().parse(self.template)
            ]
        except ValueError as error:
            raise UsageError(f"The pattern {self.template!r} cannot be read: {error}.", cure=_CURE) from error
        if pieces and pieces[0][0] is None:
            raise UsageError(f"The pattern {self.template!r} has no text.", cure=_CURE)
        for _, name, spec, conv in pieces:
            if spec or conv or (name and name not in FIELDS):
                raise UsageError(f"The pattern {self.template!r} has an unknown field {{{name}}}.", cure=_CURE)
        if "{}" in self.template:
            raise UsageError(f"The pattern {self.template!r} has a field without a name.", cure=_CURE)
        if not any(name for _, name, _, _ in pieces):
            raise UsageError(f"The pattern {self.template!r} has no field.", cure=_CURE)
        return [(text, name) for text, name, _, _ in pieces]

    @cached_property
    def suffix(self) -> str:
        """The template's own file ending, lower case; "" where it has none."""
        text, name = self._pieces[-1]
        tail = "" if name else text.rsplit("/", 1)[-1]
        if "." not in tail:
            return ""
        suffix = tail[tail.rindex(".") :].lower()
        if suffix not in IMAGE_SUFFIXES:
            raise UsageError(
                f"The pattern {self.template!r} ends in {suffix}, which is no image type that is read.",
                cure=f"Use one of {', '.join(IMAGE_SUFFIXES)}, or leave the ending out.",
            )
        return suffix

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        built, seen = "", set[str]()
        for text, name in self._pieces:
            built += re.escape(text)
            if name in seen:
                built += f"(?P=f_{name})"
            elif name == "split":
                built += f"(?P<f_split>(?i:{'|'.join(sorted(SPLIT_ALIASES, key=len, reverse=True))}))"
            elif name:
                built += f"(?P<f_{name}>[^/]+?)"
            seen.add(name)
        if self.suffix:
            built = built[: -len(re.escape(self.suffix))] + f"(?i:{re.escape(self.suffix)})"
        else:
            built += "(?P<ending>" + "|".join(f"(?i:{re.escape(ending)})" for ending in IMAGE_SUFFIXES) + ")"
        return re.compile(built)

    def match(self, path: str) -> dict[str, str] | None:
        """Return the fields of a relative path ('/' between names) as they stand there; None where it does not fit."""
        found = self._regex.fullmatch(path)
        return None if found is None else {name: found[f"f_{name}"] for name in sorted(self.fields)}

    def fill(self, fields: Mapping[str, str]) -> str:
        """Return the path for `fields`, without ending where the template has none."""
        return "".join(text + (fields[name] if name else "") for text, name in self._pieces)
