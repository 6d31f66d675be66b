"""Finding images: which files of a source folder are images, which are masks, and what their paths say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets.interchange.shapes import Shape
from datasets.pattern import SPLIT_ALIASES, Pattern
from inspector.errors import DatasetError, UsageError
from inspector.imaging import IMAGE_SUFFIXES

FOREIGN_SUFFIXES = (".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".psd", ".raw", ".dng", ".ppm", ".pgm")
"""Pictures of types that are not read: listed as rejected where their name fits the pattern, not passed over."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A mask that another program gives as shapes.

    Attributes:
        shapes: What is marked; empty where nothing is.
        size: (width, height) of the image as the file states it; None where it states none.
        where: File and place in it.
    """

    shapes: tuple[Shape, ...]
    size: tuple[int, int] | None
    where: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that the source offers as an image.

    Attributes:
        path: Relative to the source folder, '/' between names.
        mask: Path of the mask in the same form; None where there is none.
        label: Class name; None where it has to come from the mask.
        part: Part id.
        view: View; "" where the path names none.
        split: Split that the source gives; "" where it gives none.
        lot: Lot; "" where unknown.
        drawing: What the mask is drawn from where there is no mask file; None without.
    """

    path: str
    mask: str | None
    label: str | None
    part: str
    view: str = ""
    split: str = ""
    lot: str = ""
    drawing: Drawing | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a source folder holds.

    Attributes:
        candidates: Ordered by path.
        ignored: Files that fit no pattern.
        orphan_masks: Masks to which no image was found.
        foreign: Files whose name fits the pattern but for the type, which is not read.
        unnameable: Files whose name is not valid text.
    """

    candidates: list[Candidate]
    ignored: list[str] = field(default_factory=list)
    orphan_masks: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unnameable: list[str] = field(default_factory=list)


def list_files(source: Path, skip: Path | None = None) -> Iterator[str]:
    """Yield every file below `source`, relative, '/' between names, sorted within a folder.

    Links to folders are followed, each real folder once. Hidden files and folders (a leading dot) and the folder
    `skip` are left out.
    """
    seen: set[str] = set()
    avoided = None if skip is None else os.path.realpath(skip)
    for folder, names, files in os.walk(source, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in seen or real == avoided:
            names.clear()
            continue
        seen.add(real)
        names[:] = sorted(name for name in names if not name.startswith("."))
        base = Path(folder).relative_to(source)
        for name in sorted(files):
            if not name.startswith("."):
                yield (base / name).as_posix()


def _refuse(error: OSError) -> None:
    raise DatasetError(
        f"{error.filename}: the folder cannot be read ({error.strerror}).", cure="Check its permissions."
    ) from error


def scan_pattern(
    files: Sequence[str], pattern: Pattern, mask: Pattern | None = None, lot: re.Pattern[str] | None = None
) -> Scan:
    """Sort `files` into images, masks and others.

    Args:
        files: Relative paths, as from `list_files`.
        pattern: What an image's path looks like.
        mask: What the path of its mask looks like, with fields of `pattern` only. A file that fits it is never taken
            as an image.
        lot: Finds the lot in an image's path: the first group, or the whole match.

    Raises:
        UsageError: The two patterns do not go together.
    """
    if mask is not None:
        _check_pair(pattern, mask)
    real = [path for path in files if _is_text(path)]
    images: list[tuple[str, dict[str, str]]] = []
    masks, ignored, foreign = set[str](), [], []
    for path in real:
        fields = pattern.match(path)
        if mask is not None and mask.match(path) is not None:
            masks.add(path)
        elif fields is not None:
            images.append((path, fields))
        elif pattern.suffix == "" and path.lower().endswith(FOREIGN_SUFFIXES) and pattern.match(_as_image(path)):
            foreign.append(path)
        else:
            ignored.append(path)
    index = _mask_index(masks, mask)
    candidates = [_candidate(path, fields, index, mask, lot) for path, fields in images]
    used = {candidate.mask for candidate in candidates}
    return Scan(
        sorted(candidates, key=lambda candidate: candidate.path),
        ignored,
        sorted(masks - used),
        foreign,
        [path for path in files if not _is_text(path)],
    )


def _check_pair(pattern: Pattern, mask: Pattern) -> None:
    strange = mask.fields - pattern.fields
    if strange:
        raise UsageError(
            f"The mask pattern has fields that the image pattern lacks: {', '.join(sorted(strange))}.",
            cure=f"Use only {', '.join(f'{{{name}}}' for name in sorted(pattern.fields))}.",
        )
    if mask.template == pattern.template:
        raise UsageError(
            f"The patterns of image and mask are the same, {mask.template!r}: every image would be its own mask.",
            cure="Say how masks differ: another folder, another ending, or a suffix such as '{id}_mask.png'.",
        )


def _mask_index(masks: set[str], mask: Pattern | None) -> dict[str, str]:
    """Return masks by the text that filling the pattern gives: without ending where the pattern has none."""
    if mask is None:
        return {}
    if mask.suffix:
        return {_lower_ending(path): path for path in sorted(masks, reverse=True)}
    return {path[: path.rindex(".")]: path for path in sorted(masks, reverse=True)}


def _candidate(
    path: str, fields: dict[str, str], index: dict[str, str], mask: Pattern | None, lot: re.Pattern[str] | None
) -> Candidate:
    filled = None if mask is None else mask.fill(fields)
    if mask is not None and mask.suffix and filled is not None:
        filled = _lower_ending(filled)
    return Candidate(
        path=path,
        mask=None if filled is None else index.get(filled),
        label=fields.get("class"),
        part=fields.get("part", path[: path.rindex(".")]),
        view=fields.get("view", ""),
        split=SPLIT_ALIASES[fields["split"].lower()] if "split" in fields else "",
        lot=fields.get("lot", "") or find_lot(path, lot),
    )


def find_lot(path: str, lot: re.Pattern[str] | None) -> str:
    """Return the lot that a path names: the expression's first group, or its whole match; "" where it fits nowhere."""
    found = None if lot is None else lot.search(path)
    if found is None:
        return ""
    return (found[1] if found.re.groups else found[0]) or ""


def lot_expression(text: str) -> re.Pattern[str] | None:
    """Return the regular expression of `--lot`; None for "". Raises UsageError."""
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise UsageError(
            f"--lot {text!r} is no regular expression ({error}).", cure=r"For instance --lot '^(lot\d+)_'."
        ) from error


def _as_image(path: str) -> str:
    return path[: path.rindex(".")] + IMAGE_SUFFIXES[0]


def _lower_ending(path: str) -> str:
    cut = path.rindex(".")
    return path[:cut] + path[cut:].lower()


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
