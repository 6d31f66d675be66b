"""Which parts of a station's log are worth a reviewer's look, and why: a reason for each, the weightiest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from inspector.log import Log, Query
from inspector.types import Record, RecordKind, Verdict

_PAGE = 500
_WORDS = (RecordKind.CONFIRM, RecordKind.OVERRIDE, RecordKind.LABEL)


class Reason(StrEnum):
    """Why a part comes into the data set; in the order of weight. The values stand in the manifest."""

    MISSED = "missed"
    OVERRIDDEN = "overridden"
    REVIEW = "review"
    DRIFTED = "drifted"
    ERROR = "error"
    PASS = "pass"  # noqa: S105 - a reason, not a password


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the log.

    Attributes:
        review: Parts with the verdict REVIEW.
        overrides: Parts that people judged otherwise, or named the class of; missed ones are among them.
        drifted: Parts decided while an alarm of the watch stood.
        errors: Parts with the verdict ERROR that have pictures.
        passes: Share of the passed parts, 0..1, drawn by their record's id.
        seed: Another seed draws other passed parts.
        since_ns: Decided, or spoken of, at this Unix time in nanoseconds or later.
        until_ns: Decided, or spoken of, before it.
    """

    review: bool = True
    overrides: bool = True
    drifted: bool = True
    errors: bool = True
    passes: float = 0.0
    seed: int = 0
    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Classes:
    """The data set's classes, and those of them that may pass."""

    every: tuple[str, ...]
    good: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A part to take.

    Attributes:
        sequence: Its place in the log.
        record_id: The inspection.
        reason: Why.
        word: What a person said of it last; None where nobody did.
    """

    sequence: int
    record_id: str
    reason: Reason
    word: Record | None


def choose(log: Log, wanted: Wanted, classes: Classes) -> list[Choice]:
    """Return the parts to take, the weightiest reason first, then as they stand in the log; each once.

    Args:
        log: Open.
        wanted: What is asked.
        classes: They say whether a person's word makes a passed part a miss.

    Raises:
        StoreError: The log cannot be read.
    """
    words = last_words(log)
    chosen: dict[str, Choice] = {}
    for record in (*_inspections(log, wanted), *_spoken_of(log, wanted, words)):
        word = words.get(record.record_id)
        reason = reason_of(record, word, wanted, classes)
        if reason is not None:
            chosen[record.record_id] = Choice(record.sequence, record.record_id, reason, word)
    weights = list(Reason)
    return sorted(chosen.values(), key=lambda each: (weights.index(each.reason), each.sequence))


def reason_of(record: Record, word: Record | None, wanted: Wanted, classes: Classes) -> Reason | None:
    """Return why an inspection is to be taken; None where it is not."""
    verdict = record.decision.verdict
    passed = verdict is Verdict.PASS
    spoken = word is not None and word.kind is not RecordKind.CONFIRM
    if wanted.overrides and spoken:
        return Reason.MISSED if passed and says_defective(word, classes) else Reason.OVERRIDDEN
    if wanted.review and verdict is Verdict.REVIEW:
        return Reason.REVIEW
    if wanted.drifted and record.details.get("alarms"):
        return Reason.DRIFTED
    if wanted.errors and verdict is Verdict.ERROR and record.images:
        return Reason.ERROR
    return Reason.PASS if passed and is_drawn(record.record_id, wanted.passes, wanted.seed) else None


def says_defective(word: Record | None, classes: Classes) -> bool | None:
    """Return whether a person's word calls the part defective; None where it does not tell."""
    if word is None:
        return None
    if word.kind is RecordKind.LABEL:
        return word.truth not in classes.good if word.truth in classes.every else None
    return {Verdict.FAIL: True, Verdict.PASS: False}.get(word.decision.verdict)


def is_drawn(record_id: str, share: float, seed: int) -> bool:
    """Return whether a record is in the random share; the same answer always, and a larger share keeps the smaller."""
    digest = hashlib.sha256(f"{seed}:{record_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def last_words(log: Log) -> dict[str, Record]:
    """Return what a person said last of each record, by its id."""
    return {word.refers_to: word for word in _pages(log, Query(kinds=_WORDS))}


def _inspections(log: Log, wanted: Wanted) -> Iterator[Record]:
    """Yield the inspections that were decided in the time; only those of verdicts that can be a reason."""
    verdicts = [(wanted.review, Verdict.REVIEW), (wanted.errors, Verdict.ERROR), (wanted.passes > 0, Verdict.PASS)]
    query = Query(kinds=(RecordKind.INSPECTION,), since_ns=wanted.since_ns, until_ns=wanted.until_ns)
    if not wanted.drifted:
        query = replace(query, verdicts=tuple(verdict for asked, verdict in verdicts if asked))
        if not query.verdicts:
            return
    yield from _pages(log, query)


def _spoken_of(log: Log, wanted: Wanted, words: Mapping[str, Record]) -> Iterator[Record]:
    """Yield the inspections that people spoke of in the time, however old they are."""
    since, until = wanted.since_ns or 0, wanted.until_ns
    for record_id, word in words.items():
        if wanted.overrides and since <= word.decided_time_ns and (until is None or word.decided_time_ns < until):
            record = log.records.held(record_id)
            if record is not None and record.kind is RecordKind.INSPECTION:
                yield record


def _pages(log: Log, query: Query) -> Iterator[Record]:
    """Yield what meets a query, oldest first; the memory holds one page."""
    query = replace(query, limit=_PAGE, oldest_first=True)
    while page := log.search(query):
        yield from page
        query = replace(query, after=page[-1].sequence)
