"""What is looked for in the log: one frozen value, from the command line and from the history window alike."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.types import RecordKind, Verdict


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
        before: Only sequences below; the last sequence of a page asks for the next page.
        after: Only sequences above.
        limit: At most so many, the newest (with `oldest_first` the oldest); None for all.
        oldest_first: Order of the answer, by sequence; newest first otherwise.
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
