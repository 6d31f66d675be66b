"""Bringing parts of a station's log into a data set: their pictures as they were judged, each exactly once.

The pictures are copied and made durable first, under names that follow from the record; then one transaction per part
names them. Killed at any moment, the part is wholly there or not at all, and the next run writes the same names again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets.log_choice import Choice, Classes, Reason, Wanted, choose, says_defective
from datasets.log_label import known_of
from datasets.log_rows import FOLDER, LogRows, Picture
from datasets.manifest import Dataset
from inspector.errors import DatasetError, ImageError, RecipeError, StoreError
from inspector.imaging import decode_image, encode_png, sha256_of
from inspector.jsonfile import replace_file, sync_folder
from inspector.log import Log
from inspector.people import Action, require
from inspector.recipe import Recipe, parse_recipe
from inspector.regions import regions_of
from inspector.types import Person, Record, StoredImage

Progress = Callable[[int, int], None]
"""Called with (parts done, parts in all)."""


@dataclass(slots=True)
class Taken:
    """What a run did.

    Attributes:
        parts: Parts added, by reason.
        images: Images added.
        labelled: Images that got a label that a person gave at the station; the added ones as well as earlier ones.
        cases: Images that became regression cases.
        known: Parts that were in the data set before.
        gone: Parts without pictures to take: never stored, deleted by the retention, or damaged; with the reason.
        left: What else could not be done, with the reason.
    """

    parts: Counter[str] = field(default_factory=Counter)
    images: int = 0
    labelled: int = 0
    cases: int = 0
    known: int = 0
    gone: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "parts": {reason.value: self.parts[reason.value] for reason in Reason},
            "images": self.images,
            "labelled": self.labelled,
            "cases": self.cases,
            "known": self.known,
            "gone": self.gone,
            "left": self.left,
        }


def take_from_log(
    dataset: Dataset,
    log: Log,
    person: Person,
    wanted: Wanted,
    *,
    limit: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Taken:
    """Take parts out of a log into a data set.

    What a person said of a part at the station becomes its label, as far as it names the class; the others wait without
    one. A part that was passed, and that a person calls defective, becomes a regression case: also where it came in
    earlier for another reason.

    Args:
        dataset: Opened.
        log: Open for reading.
        person: Who takes; asked for the right to export records.
        wanted: Which parts.
        limit: At most so many new parts, the weightiest reasons first.
        progress: Hears of the parts.

    Raises:
        NotAllowedError: The person may not export records.
        StoreError: The log cannot be read.
        DatasetError: The data set cannot be written.
    """
    require(person, Action.EXPORT)
    classes = Classes(dataset.classes, dataset.good)
    chosen = choose(log, wanted, classes)
    return _Run(dataset, log, classes).take(chosen, limit, progress)


class _Run:
    """One run over the parts that were chosen."""

    def __init__(self, dataset: Dataset, log: Log, classes: Classes) -> None:
        self._dataset, self._log, self._classes = dataset, log, classes
        self._log_id = log_identity(log)
        self._rows = LogRows(dataset, self._log_id, log.folder)
        self._recipes: dict[str, Recipe] = {}
        self._taken = Taken()

    def take(self, chosen: list[Choice], limit: int | None, progress: Progress) -> Taken:
        for done, choice in enumerate(chosen, 1):
            self._one(choice, full=limit is not None and self._taken.parts.total() >= limit)
            progress(done, len(chosen))
        return self._taken

    def _one(self, choice: Choice, *, full: bool) -> None:
        record = self._log.get(choice.record_id)
        copies: tuple[str, ...] = ()
        if self._rows.holds(choice.record_id):
            self._taken.known += 1
        elif full:
            return
        else:
            copies = self._add(record, choice)
        self._say(record, choice, copies)

    def _add(self, record: Record, choice: Choice) -> tuple[str, ...]:
        """Add a part, and return the SHA-256 of its pictures as they were judged; none where they are not to be had."""
        told = f"part {record.part_id}, record {record.record_id[:12]}"
        if not record.images:
            self._taken.gone.append(f"{told}: {record.details.get('without_picture') or 'no picture was stored'}")
            return ()
        try:
            pictures = [self._picture(record, image, data, choice) for image, data in self._files(record)]
        except (StoreError, ImageError) as error:
            self._taken.gone.append(f"{told}: {error.message}")
            return ()
        except (RecipeError, ValueError) as error:
            self._taken.left.append(f"{told}: its judged region is not to be had: {error}")
            return ()
        added = self._rows.add(record, choice.reason, pictures)
        self._taken.images += len(added)
        self._taken.labelled += sum(bool(picture.known.label) for picture in added)
        if added:
            self._taken.parts[choice.reason.value] += 1
        else:
            self._taken.known += 1
        return tuple(picture.sha256 for picture in pictures)

    def _files(self, record: Record) -> list[tuple[StoredImage, bytes]]:
        """Return the pictures as they were judged: the stored bytes, or those of the judged region."""
        regions = regions_of(record, self._recipe(record))
        found = []
        for image in record.images:
            pixels, region = self._log.read_image(image), regions[image.view]
            data = self._log.images.read_bytes(image) if region is None else encode_png(region.crop(pixels))
            found.append((image, data))
        return found

    def _picture(self, record: Record, image: StoredImage, data: bytes, choice: Choice) -> Picture:
        """Write one picture and return what the manifest keeps of it."""
        height, width = decode_image(data, image.path).shape[:2]  # the one decoder that training reads with
        name = f"{record.record_id}-{[each.view for each in record.images].index(image.view)}.png"
        path = self._dataset.folder / FOLDER / self._log_id[:8] / name
        known = known_of(record, image.view, choice.word, self._classes)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True)
                sync_folder(path.parent.parent)
                sync_folder(self._dataset.folder)
            replace_file(path, data)
        except OSError as error:
            raise DatasetError(
                f"{path}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
            ) from error
        return Picture(path, sha256_of(data), width, height, image.view, known)

    def _recipe(self, record: Record) -> Recipe:
        if record.recipe_hash not in self._recipes:
            kept = self._log.records.recipe(record.recipe_hash)
            self._recipes[record.recipe_hash] = parse_recipe(kept["text"], Path(kept["path"]), record.recipe_hash)
        return self._recipes[record.recipe_hash]

    def _say(self, record: Record, choice: Choice, copies: tuple[str, ...]) -> None:
        """Bring what a person said since into the data set: a label where there is none yet, and a confirmed miss."""
        if choice.word is None:
            return
        for image in record.images:
            known = known_of(record, image.view, choice.word, self._classes)
            self._taken.labelled += self._rows.label(record.record_id, image.view, known)
        if choice.reason is Reason.MISSED:
            made, problems = self._rows.make_cases(record, choice.word, copies)
            self._taken.cases += made
            self._taken.left += problems
        elif says_defective(choice.word, self._classes) is False and self._rows.is_case(record.record_id):
            self._taken.left.append(
                f"part {record.part_id}, record {record.record_id[:12]}: is a regression case, but the last word of "
                f"{choice.word.who} says that it is good: withdraw the case, or let somebody look again."
            )


def log_identity(log: Log) -> str:
    """Return the id of the log that is read, 32 digits; zeros where several are read at once from one database."""
    try:
        return log.records.links.identity().log_id
    except StoreError:
        return "0" * 32  # a record's own id names it across stations
