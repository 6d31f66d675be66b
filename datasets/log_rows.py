"""The manifest's rows of images that came out of a station's log: one transaction per part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.log_choice import Reason
from datasets.log_label import Known
from datasets.manifest import Dataset, utc_now
from datasets.regression import insert_case
from inspector.errors import DatasetError
from inspector.log.export import utc_time
from inspector.types import Record

FOLDER = "from-log"
"""Folder below the data set with one folder per log."""
STATION = "log"
"""Who stands in the label history where an image came in without a label."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a part, on disk.

    Attributes:
        path: Absolute.
        sha256: Of the file's bytes, hexadecimal.
        width: Pixels.
        height: Pixels.
        view: Which side of the part.
        known: Its label, or what is suggested.
    """

    path: Path
    sha256: str
    width: int
    height: int
    view: str
    known: Known


class LogRows:
    """Writes what one run takes.

    Args:
        dataset: Opened.
        log_id: The log's identity.
        log_folder: Told as the source.
    """

    def __init__(self, dataset: Dataset, log_id: str, log_folder: Path) -> None:
        self._dataset = dataset
        self._run = dataset.connection.execute
        self._log_id = log_id
        self._log_folder = log_folder
        self._import_id: int | None = None

    def holds(self, record_id: str) -> bool:
        """Return whether an image of this record is in the data set."""
        return self._run("SELECT 1 FROM provenance WHERE record_id = ? LIMIT 1", (record_id,)).fetchone() is not None

    def is_case(self, record_id: str) -> bool:
        """Return whether an image of this record is a regression case that has to be met."""
        found = self._run(
            "SELECT 1 FROM provenance JOIN regression_case USING (item_id) WHERE record_id = ?"
            " AND item_id NOT IN (SELECT item_id FROM regression_withdrawn) LIMIT 1",
            (record_id,),
        )
        return found.fetchone() is not None

    def add(self, record: Record, reason: Reason, pictures: Sequence[Picture]) -> list[Picture]:
        """Name a part's pictures in the manifest, all of them or none; return those that are new.

        A picture that is there already, whatever brought it, stays what it is; its copy is deleted.
        """
        with self._dataset.transaction():
            if self.holds(record.record_id):  # another run was faster
                return []
            new = []
            for picture in pictures:
                if self._run("SELECT 1 FROM item WHERE sha256 = ?", (picture.sha256,)).fetchone() is None:
                    self._insert(record, reason, picture)
                    new.append(picture)
        for picture in pictures:
            if picture not in new:
                picture.path.unlink(missing_ok=True)
        return new

    def _insert(self, record: Record, reason: Reason, picture: Picture) -> None:
        part, now = f"{record.station}/{record.part_id}", utc_now()
        split = self._split_of(part)
        item_id = self._run(
            "INSERT INTO item (import_id, root_id, path, sha256, width, height, part, lot, view, split, given_split,"
            " source, synthetic) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, 0)",
            (
                self._entry(now), self._root(), picture.path.relative_to(self._dataset.folder / FOLDER).as_posix(),
                picture.sha256, picture.width, picture.height, part, picture.view, split, split,
                f"log {self._log_id[:8]}, station {record.station}",
            ),
        ).lastrowid  # fmt: skip
        who = picture.known.who or STATION
        self._run(
            "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, NULL, ?, ?, ?)",
            (item_id, picture.known.label, who, now),
        )
        when = utc_time(record.decided_time_ns)
        origin = (self._log_id, record.record_id, picture.view, reason.value, record.station, record.part_id, when)
        self._run("INSERT INTO provenance VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (item_id, *origin))
        self._run(
            "INSERT INTO log_judgement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (item_id, *_judgement(record, picture))
        )

    def label(self, record_id: str, view: str, known: Known) -> bool:
        """Give an image that waits without a label the one that a person gave at the station; return whether it was."""
        if not known.label:
            return False
        with self._dataset.transaction():
            row = self._run(
                "SELECT item_id FROM current_item JOIN provenance USING (item_id)"
                " WHERE record_id = ? AND provenance.view = ? AND label = ''",
                (record_id, view),
            ).fetchone()
            if row is None:
                return False
            self._run(
                "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, '', ?, ?, ?)",
                (row[0], known.label, known.who, utc_now()),
            )
        return True

    def make_cases(self, record: Record, word: Record, copies: Sequence[str]) -> tuple[int, list[str]]:
        """Make a missed part's pictures regression cases; return how many are new, and what stood in the way.

        Args:
            record: The inspection that passed it.
            word: Of the person who calls it defective.
            copies: SHA-256 of its pictures as they were judged: they may be in the data set from elsewhere.
        """
        said = word.truth or word.decision.reason
        reason = f"part {record.part_id} got PASS from package {record.package_hash[:12]} at {record.station}: {said}"
        hashes = [*copies, *(image.sha256 for image in record.images)]
        marks = ", ".join("?" * len(hashes))
        rows = self._run(
            "SELECT item_id FROM provenance WHERE record_id = ?"  # noqa: S608 - question marks
            f" UNION SELECT item_id FROM item WHERE sha256 IN ({marks}) ORDER BY item_id",
            (record.record_id, *hashes),
        ).fetchall()
        made, problems = 0, []
        for (item_id,) in rows:
            try:
                with self._dataset.transaction():
                    made += insert_case(self._dataset, item_id, reason=reason, who=word.who)
            except DatasetError as error:
                problems.append(str(error))
        return made, problems

    def _split_of(self, part: str) -> str:
        """Return where the part stands; a new one is to be learned from: what was chosen proves nothing."""
        row = self._run("SELECT split FROM item WHERE part = ? LIMIT 1", (part,)).fetchone()
        return "train" if row is None else str(row[0])

    def _entry(self, now: str) -> int:
        """Return the run's row among the imports, made with the first image."""
        if self._import_id is None:
            self._import_id = int(
                self._run(
                    "INSERT INTO import (source, settings, ignored, imported_utc) VALUES (?, ?, 0, ?)",
                    (str(self._log_folder), json.dumps({"from_log": self._log_id}), now),
                ).lastrowid
            )
        return self._import_id

    def _root(self) -> int:
        self._run("INSERT OR IGNORE INTO root (path) VALUES (?)", (FOLDER,))
        return int(self._run("SELECT root_id FROM root WHERE path = ?", (FOLDER,)).fetchone()[0])


def _judgement(record: Record, picture: Picture) -> tuple[Any, ...]:
    prediction, limits = record.predictions.get(picture.view), record.decision.thresholds
    return (
        record.package_hash,
        record.recipe_hash,
        record.decision.verdict.value,
        None if prediction is None else prediction.score,
        None if limits is None else limits.pass_below,
        None if limits is None else limits.fail_from,
        "" if prediction is None else prediction.predicted_class,
        picture.known.suggested,
    )
