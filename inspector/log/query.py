"""What is looked for in the log: one frozen value, from the command line and from the history window alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.types import RecordKind, Verdict


class Order(StrEnum):
    """How an answer is ordered.

    SEQUENCE is the order of the log, which no clock can disturb. TIME (then sequence) is how people look for a part:
    with several stations in one database the sequence is that of arrival. SERIAL (then sequence) goes with the
    beginning of a serial. Every filter has an index in the order of TIME: see `inspector.log.pages`.
    """

    SEQUENCE = "sequence"
    TIME = "time"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that a record must meet, all of them; an empty one asks nothing.

    Attributes:
        part_id: The part's serial, exactly; with a trailing `*` every serial that begins so.
        kinds: What the records say; inspections, challenges, overrides, ...
        verdicts: As recorded, before any override.
        classes: Predicted class of the deciding view.
        whos: Persons of confirmations and overrides.
        stations: Names of stations.
        recipe: Name of a recipe, or the beginning of its hash.
        package: The beginning of a package's hash.
        refers_to: Later words on the record with this id.
        since_ns: Decided at this Unix time in nanoseconds or later.
        until_ns: Decided before this Unix time in nanoseconds.
        before: Only sequences below; the last sequence of a page asks for the next page, whatever the order.
        after: Only sequences above.
        limit: At most so many, the newest (with `oldest_first` the oldest); None for all.
        oldest_first: Direction of an answer by sequence; newest first otherwise.
        order: What the answer is ordered by; TIME and SERIAL come a page at a time, newest or highest first.
    """

    part_id: str = ""
    kinds: tuple[RecordKind, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    classes: tuple[str, ...] = ()
    whos: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    recipe: str = ""
    package: str = ""
    refers_to: str = ""
    since_ns: int | None = None
    until_ns: int | None = None
    before: int | None = None
    after: int | None = None
    limit: int | None = 100
    oldest_first: bool = False
    order: Order = Order.SEQUENCE
