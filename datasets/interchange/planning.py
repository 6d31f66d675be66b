"""From what a reader found to the candidates of an import."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from datasets.formats import INTERCHANGE
from datasets.interchange.entries import Entry, Mistakes, Reading, Settled, labels_seen, refuse_repeated, settle
from datasets.interchange.finding import Finder
from datasets.pattern import Pattern
from datasets.plan import USUAL_GOOD, ImportRequest, Plan, existing_good
from datasets.scan import Candidate, Drawing, Scan, find_lot, lot_expression
from inspector.errors import DatasetError, UsageError


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader works on.

    Attributes:
        folder: The source folder, absolute.
        files: The annotation files that the person named; empty to look for them below `folder`.
        finder: Finds images below it.
    """

    folder: Path
    files: tuple[Path, ...]
    finder: Finder


Reader = Callable[[Source, Mistakes], Reading]
"""Reads a source of one format; what is wrong with single entries goes to the mistakes."""


def plan_interchange(request: ImportRequest) -> Plan:
    """Read the source of a format of another program.

    Raises:
        UsageError: Options that do not go together.
        DatasetError: Files that cannot be read, or entries that are wrong, each of them named.
    """
    if request.mask:
        raise UsageError(f"The format {request.format} says itself where the masks are.", cure="Leave --mask out.")
    inside = request.out != request.source and request.out.is_relative_to(request.source)
    source = Source(request.source, request.annotations, Finder(request.source, request.out if inside else None))
    mistakes = Mistakes()
    reader: Reader = import_module(f"datasets.interchange.{INTERCHANGE[request.format]}").read
    reading = reader(source, mistakes)
    refuse_repeated(reading.entries, mistakes)
    mistakes.refuse_any()
    if not reading.entries:
        raise DatasetError(
            f"{request.source}: no labelled image was found as the format {request.format}.",
            cure="See docs/interchange.md for what the format looks like.",
        )
    entries = _filled(request, sorted(reading.entries, key=lambda entry: entry.path))
    good, unmarked, told = _good(request, reading, entries)
    settled = [settle(entry, good, unmarked) for entry in entries]
    candidates = [_candidate(entry, found) for entry, found in zip(entries, settled, strict=True)]
    listed = {entry.path for entry in entries} | {entry.mask for entry in entries}
    ignored = [path for path in source.finder.images if path not in listed]
    return Plan(
        Scan(candidates, ignored),
        tuple(sorted(good)),
        notes=(*told, *reading.notes, *_unlabelled(reading)),
        mixed=tuple(found.remark for found in settled if found.remark),
    )


def _unlabelled(reading: Reading) -> tuple[str, ...]:
    if not reading.unlabelled:
        return ()
    shown = ", ".join(reading.unlabelled[:3]) + (", …" if len(reading.unlabelled) > 3 else "")
    return (f"{len(reading.unlabelled)} images were left out, since nobody has labelled them yet: {shown}.",)


def _filled(request: ImportRequest, entries: list[Entry]) -> list[Entry]:
    """Return the entries with what `--pattern` and `--lot` find in their paths where the file says nothing."""
    pattern = Pattern(request.pattern) if request.pattern else None
    if pattern and pattern.fields & {"class", "split"}:
        raise UsageError(
            f"The format {request.format} says itself what the classes and splits are.",
            cure="Use only {part}, {view}, {lot} and {id} in the pattern.",
        )
    lot = lot_expression(request.lot)
    filled = []
    for entry in entries:
        fields = (pattern.match(entry.path) if pattern else None) or {}
        if pattern and not fields:
            raise UsageError(
                f"{entry.path}: does not fit the pattern {pattern.template!r}.", cure="Correct the pattern."
            )
        filled.append(
            replace(
                entry,
                part=entry.part or fields.get("part", ""),
                view=entry.view or fields.get("view", ""),
                lot=entry.lot or fields.get("lot", "") or find_lot(entry.path, lot),
            )
        )
    return filled


def _good(request: ImportRequest, reading: Reading, entries: list[Entry]) -> tuple[set[str], str, tuple[str, ...]]:
    """Return the good classes, the class of images on which nothing is marked, and what to tell of it."""
    seen = labels_seen(entries)
    bare = sum(not entry.classes for entry in entries)
    before = existing_good(request)
    good = {*before, *(request.good or reading.good)} or {name for name in seen if name.lower() in USUAL_GOOD}
    unknown = sorted(set(request.good) - seen)
    if unknown and not bare:
        raise UsageError(
            f"There is no class {', '.join(unknown)}.", cure=f"The classes found are: {', '.join(sorted(seen))}."
        )
    if not good and not bare and any(entry.labels for entry in entries):
        raise UsageError(
            f"Which classes are good was not said; found are: {', '.join(sorted(seen)[:12])}.",
            cure="Give --good NAME …",
        )
    unmarked = next(iter((*request.good, *reading.good, *before, *sorted(good))), "good")
    good.add(unmarked)
    if bare:
        return good, unmarked, (f"{bare} images on which nothing is marked are taken as {unmarked}.",)
    return good, unmarked, () if good & (seen | set(before)) else ("On every image something is marked; none is good.",)


def _candidate(entry: Entry, settled: Settled) -> Candidate:
    return Candidate(
        path=entry.path,
        mask=entry.mask or None,
        label=settled.label,
        part=entry.part or posixpath.splitext(entry.path)[0],
        view=entry.view,
        split=entry.split,
        lot=entry.lot,
        drawing=None if entry.mask else Drawing(settled.shapes, entry.size, entry.where),
    )
