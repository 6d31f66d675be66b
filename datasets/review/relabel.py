"""Applying reviewed labels from a list: `path,label[,who][,comment]`, all of it or nothing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.manifest import Dataset, Item, utc_now
from datasets.review.events import Deed, judge, write_rows
from inspector.errors import DatasetError, UsageError
from inspector.people.access import require
from inspector.people.rights import Action
from inspector.people.users import read_users
from inspector.types import Person

COLUMNS = ("path", "label", "who", "comment")
QUEUE = "csv"
"""As which queue the history names these labels."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a list, as it was found in the data set."""

    item: Item
    label: str
    who: str
    comment: str


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What a list did.

    Attributes:
        changed: Lines whose image got another class.
        confirmed: Lines whose image had this class already; now a person vouches for it.
        comments: Comments written.
        fingerprint: Of the data set afterwards.
    """

    changed: tuple[Wanted, ...]
    confirmed: tuple[Wanted, ...]
    comments: int
    fingerprint: str


class PathIndex:
    """Finds images by whole path, or by an end of it that no other image has."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_name: dict[str, list[Item]] = {}
        for item in items:
            self._by_name.setdefault(item.path.name, []).append(item)

    def find(self, name: str) -> list[Item]:
        """Return the images that a name may mean; one, where it is clear."""
        given = Path(name)
        alike = self._by_name.get(given.name, [])
        if given.is_absolute():
            return [item for item in alike if item.path == given]
        parts = tuple(part for part in given.parts if part != ".")
        return [item for item in alike if item.path.parts[-len(parts) :] == parts] if parts else []


def relabel_from_csv(dataset: Dataset, file: Path, person: Person | None, *, new_class: bool = False) -> Relabelled:
    """Give images the classes that a list names, in one transaction.

    Args:
        dataset: Open.
        file: CSV in UTF-8 with a header: `path` (whole, or an unambiguous end), `label`, perhaps `who` and `comment`.
        person: Who answers for lines without a `who`; None where every line names somebody. On a PC with users the
            person who logged in, and no line may name somebody else.
        new_class: Labels may name classes that the data set does not have yet.

    Raises:
        UsageError: The list has no such header.
        DatasetError: It cannot be read, or lines are wrong: each is named, and nothing was changed.
        NotAllowedError: The person may not label.
    """
    require(person or Person(""), Action.LABEL)
    wanted = _read(dataset, file, person, new_class=new_class)
    changed: list[Wanted] = []
    with dataset.transaction():
        for who in dict.fromkeys(line.who for line in wanted):
            lines = {line.item.item_id: line for line in wanted if line.who == who}
            deed = Deed(who, utc_now(), queue=QUEUE)
            rows = judge(dataset.connection, deed, {number: line.label for number, line in lines.items()})
            write_rows(dataset.connection, deed, rows)
            changed += [lines[number] for number, kind, _ in rows if kind == "label"]
            said = [(number, "comment", {"text": line.comment}) for number, line in lines.items() if line.comment]
            if said:
                write_rows(dataset.connection, deed, said)
    others = {line.item.item_id for line in changed}
    return Relabelled(
        tuple(changed),
        tuple(line for line in wanted if line.item.item_id not in others),
        sum(bool(line.comment) for line in wanted),
        dataset.fingerprint,
    )


def _read(dataset: Dataset, file: Path, person: Person | None, *, new_class: bool) -> list[Wanted]:
    rows = _rows(file)
    lines = _Lines(dataset, person, new_class=new_class)
    wrong = [f"{file.name}, line {number}: {problem}" for number, row in rows if (problem := lines.take(number, row))]
    if wrong:
        more = f"\n  … and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        listed = "\n  ".join(wrong[:_SHOWN])
        raise DatasetError(
            f"{len(wrong)} wrong lines, nothing was changed:\n  {listed}{more}", cure="Correct these lines."
        )
    if not lines.wanted:
        raise DatasetError(f"{file}: no image is listed.", cure="Add lines.")
    return lines.wanted


class _Lines:
    """Takes a list line by line and says what is wrong with each."""

    def __init__(self, dataset: Dataset, person: Person | None, *, new_class: bool) -> None:
        self.index = PathIndex(dataset.items(unlabelled=True))
        self.person, self.locked = person, bool(read_users().users)
        self.classes = None if new_class else set(dataset.classes)
        self.seen: dict[int, int] = {}
        self.wanted: list[Wanted] = []

    def take(self, number: int, row: dict[str, str]) -> str:
        """Take a line; return what is wrong with it, "" where nothing is."""
        found = self.index.find(row["path"]) if row["path"] else []
        who = row["who"] or (self.person.name if self.person else "")
        problem = self._mistake(row, found, who)
        if problem:
            return problem
        before = self.seen.setdefault(found[0].item_id, number)
        if before != number:
            return f"{row['path']} was listed before, in line {before}"
        self.wanted.append(Wanted(found[0], row["label"], who, row["comment"]))
        return ""

    def _mistake(self, row: dict[str, str], found: list[Item], who: str) -> str:
        if not row["path"]:
            return "no path"
        if not found:
            return f"no image has a path that ends in {row['path']!r}"
        if len(found) > 1:
            return f"{len(found)} images have a path that ends in {row['path']!r}; give the whole path"
        if not row["label"]:
            return "no label"
        if self.classes is not None and row["label"] not in self.classes:
            known = ", ".join(sorted(self.classes))
            return f"{row['label']!r} is no class of the data set ({known}); --new-class allows new ones"
        if not who:
            return "nobody is named who answers for it: fill the column 'who', or give --who NAME"
        if self.locked and self.person is not None and who != self.person.name:
            return f"names {who}, but {self.person.name} is logged in"
        return ""


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    """Return (line number, stripped values) of the known columns."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, strict=True)
            header = [(name or "").strip() for name in reader.fieldnames or ()]
            missing = [name for name in ("path", "label") if name not in header]
            if missing:
                raise UsageError(
                    f"{file}: the first line names no column {' and no column '.join(missing)}"
                    f" (it has: {', '.join(header) or 'nothing'}).",
                    cure="Start the file with the line path,label,who,comment (the last two may be left out).",
                )
            reader.fieldnames = header
            return [
                (reader.line_num, {name: str(row.get(name) or "").strip() for name in COLUMNS})
                for row in reader
                if any(value for value in row.values())
            ]
    except OSError as error:
        raise DatasetError(f"{file}: cannot be read ({error.strerror}).", cure="Check the name.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file}: is no CSV file in UTF-8 ({error}).", cure="Save it as CSV, UTF-8.") from error
