"""Everything that the history page reads, in threads of a pool; checks the person's rights at every step. No Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gui.anomaly import AnomalyScale, read_scale
from gui.parts import WORDS, SeenPart
from inspector.errors import StoreError
from inspector.log import Log, read_log
from inspector.log.head_plan import own_public_key
from inspector.log.proof import Proof, prove
from inspector.log.query import Query
from inspector.log.station_key import public_keys
from inspector.log.store import Choices
from inspector.people.access import require
from inspector.people.rights import Action
from inspector.replay import Judge, Replayed
from inspector.types import HeatMap, Image, Person, Record, RecordKind

_MOST_OTHERS = 10


@dataclass(frozen=True, slots=True, eq=False)
class FoundPart:
    """A part as the log holds it.

    Attributes:
        part: Record, pictures and people's words.
        recipe_name: Name of the recipe in force then; "" where the log has not kept it.
        shadows: What challengers would have said, oldest first.
        labels: What people said is the part's true class, oldest first.
        others: Other inspections of the same part, newest first.
        proof: Its place in the chain, verified now.
        scale: Of the package's anomaly score, where it has one.
        trouble: Why a picture cannot be shown; "" where all can.
    """

    part: SeenPart
    recipe_name: str
    shadows: tuple[Record, ...]
    labels: tuple[Record, ...]
    others: tuple[Record, ...]
    proof: Proof
    scale: AnomalyScale | None
    trouble: str = ""

    @property
    def record(self) -> Record:
        """The inspection's record."""
        return self.part.record


class HistoryReader:
    """Reads one log, beside a station that may write it. Opened at the first question.

    Args:
        folder: The log.
        who: Asks who is at the window.
    """

    def __init__(self, folder: Path, who: Callable[[], Person]) -> None:
        self.folder = folder
        self._who = who
        self._opening = threading.Lock()
        self._log: Log | None = None
        self._closed = False
        self._judges: dict[Path | None, Judge] = {}

    def choices(self) -> Choices:
        """Return what the filters can be set to. Raises StoreError, NotAllowedError."""
        return self._opened(Action.READ_RECORDS).records.choices()

    def search(self, query: Query) -> list[Record]:
        """Return a page of records. Raises StoreError, NotAllowedError."""
        return self._opened(Action.READ_RECORDS).search(query)

    def get(self, record_id: str) -> Record:
        """Return one record. Raises StoreError, NotAllowedError."""
        return self._opened(Action.READ_RECORDS).get(record_id)

    def part(self, record: Record) -> FoundPart:
        """Return the part that a record speaks of, with everything that was said of it.

        Raises:
            StoreError: The log cannot be read.
            NotAllowedError: The person may not look at it.
        """
        log = self._opened(Action.READ_RECORDS)
        if record.refers_to:
            record = log.get(record.refers_to)
        said = log.search(Query(refers_to=record.record_id, limit=None, oldest_first=True))
        frames, trouble = _frames(log, record)
        words = tuple(each for each in said if each.kind in WORDS)
        scale: AnomalyScale | None = None
        with suppress(StoreError):  # the log of an older program kept no card: the score is shown without its limits
            scale = read_scale(log, record.package_hash)
        return FoundPart(
            SeenPart(record, frames, amendments=words),
            _recipe_name(log, record),
            tuple(each for each in said if each.kind is RecordKind.SHADOW),
            tuple(each for each in said if each.kind is RecordKind.LABEL),
            _others(log, record),
            prove(log.records, record.record_id, _own_keys()),
            scale,
            trouble,
        )

    def heat_map(self, record: Record, view: str) -> HeatMap:
        """Return where the package of its time sees evidence in a view; takes as long as its model loads.

        Raises:
            InspectorError: Picture, recipe or package are not there, or the model cannot run.
        """
        return self._judge(Action.READ_RECORDS, None).heat_map(record, view)

    def replay(self, record: Record, package: Path | None) -> Replayed:
        """Judge a part again; see `Judge`. Raises InspectorError."""
        return self._judge(Action.REPLAY, package).again(record)

    def close(self) -> None:
        """Close the log; further questions fail."""
        with self._opening:
            self._closed = True
            log, self._log = self._log, None
        if log is not None:
            log.close()

    def _judge(self, action: Action, package: Path | None) -> Judge:
        log = self._opened(action)
        if package not in self._judges:
            self._judges = {known: judge for known, judge in self._judges.items() if known is None}
            self._judges[package] = Judge(log, package)
        return self._judges[package]

    def _opened(self, action: Action) -> Log:
        require(self._who(), action)
        with self._opening:
            if self._closed:
                raise StoreError(f"{self.folder}: the log was closed.")
            if self._log is None:
                self._log = read_log(self.folder)
            return self._log


def _frames(log: Log, record: Record) -> tuple[dict[str, Image], str]:
    """Return the pictures that are there, and why others are not: retention may have deleted them."""
    found: dict[str, Image] = {}
    trouble = ""
    for image in record.images:
        try:
            found[image.view] = log.read_image(image)
        except StoreError as error:
            trouble = str(error)
    return found, trouble


def _others(log: Log, record: Record) -> tuple[Record, ...]:
    """Return the last other inspections of a part that has a serial."""
    if not record.part_id:
        return ()
    found = log.search(Query(part_id=record.part_id, kinds=(RecordKind.INSPECTION,), limit=_MOST_OTHERS + 1))
    return tuple(each for each in found if each.record_id != record.record_id)[:_MOST_OTHERS]


def _recipe_name(log: Log, record: Record) -> str:
    try:
        return str(log.records.recipe(record.recipe_hash)["name"])
    except StoreError:  # the log of an older program kept no recipes; the hash still stands beside it
        return ""


def _own_keys() -> Mapping[str, Ed25519PublicKey]:
    own = own_public_key()
    return public_keys([own]) if own.is_file() else {}
