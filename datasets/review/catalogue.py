"""The whole manifest as columns: what a window needs of every image, for hundreds of thousands of them.

`read_catalogue` fills it from the manifest; a `ReviewSession` keeps it up to date. Positions count from 0 in the order
of `Dataset.items`: part, view, path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.items import SPLITS, Item
from datasets.manifest import Dataset
from datasets.review.events import JUDGING, Standing, read_rows, standings
from inspector.errors import DatasetError

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


class Predicted(Protocol):
    """Predictions for images of the data set, one row each (`datasets.audit` keeps them)."""

    @property
    def item_ids(self) -> Ints:
        """Images, (n,)."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the k classes."""

    @property
    def probabilities(self) -> Floats:
        """Probabilities, (n, k)."""

    @property
    def scores(self) -> Floats:
        """Defect scores, (n,)."""


@dataclass(eq=False, slots=True)
class Catalogue:
    """Columns with one place per image, (n,) each.

    Attributes:
        ids: `Item.item_id`.
        labels: Codes into `classes`; -1 where nobody has said the class yet.
        splits: Codes into `SPLITS`.
        parts: Codes into `part_names`.
        sources: Codes into `source_names`.
        reviewers: Codes into `reviewer_names`: who vouched for the label last; -1 where no person has.
        changed: Unix seconds of the last label or review.
        widths: Pixels.
        heights: Pixels.
        flagged: Marked to be looked at again.
        reviewed: A person vouches for the label; the import's label and a suggestion do not count.
        commented: Has a comment.
        skipped: Passed over by the last person who looked, without a word on the label.
        derived: Carries a synthetic defect.
        has_mask: Has a mask, drawn or imported.
        scores: Defect score of the last predictions, nan where there is none.
        suggested: Class that the model suggests, a code into `classes`; -1 where there is none. Never a label.
        confidence: Its probability, nan where there is none.
        classes: Names: the good ones first as in `Dataset.classes`, then those that came up since.
        good: Those of `classes` whose parts may pass.
        part_names: Names.
        source_names: Names.
        reviewer_names: Names.
        comments: Last comment by position.
        folder: The data set's folder.
    """

    folder: Path
    ids: Ints
    labels: Codes
    splits: NDArray[np.uint8]
    parts: Codes
    sources: Codes
    reviewers: Codes
    changed: Ints
    widths: Codes
    heights: Codes
    flagged: Bools
    reviewed: Bools
    commented: Bools
    skipped: Bools
    derived: Bools
    has_mask: Bools
    scores: Floats
    suggested: Codes
    confidence: Floats
    classes: list[str]
    good: list[str]
    part_names: list[str]
    source_names: list[str]
    reviewer_names: list[str]
    comments: dict[int, str]
    good_names: frozenset[str]
    _files: _Files
    _by_id: Ints = field(init=False)
    _texts: list[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._by_id = np.argsort(self.ids, kind="stable")

    def __len__(self) -> int:
        return len(self.ids)

    def path(self, position: int) -> Path:
        """Return the absolute path of an image."""
        return self._files.roots[int(self._files.path_roots[position])] / self._files.paths[position]

    def sha256(self, position: int) -> str:
        """Return the SHA-256 of an image's file, hexadecimal."""
        return bytes(self._files.hashes[position]).hex()

    def view(self, position: int) -> str:
        """Return which side of the part an image shows."""
        return self._files.view_names[int(self._files.views[position])]

    def mask_path(self, position: int) -> Path | None:
        """Return the absolute path of the mask that counts; None where there is none."""
        if not self.has_mask[position]:
            return None
        return self._files.roots[int(self._files.mask_roots[position])] / self._files.masks[position]

    def item(self, position: int) -> Item:
        """Return an image as the data set gives it out, as of the last change known here."""
        return Item(
            item_id=int(self.ids[position]),
            path=self.path(position),
            sha256=self.sha256(position),
            width=int(self.widths[position]),
            height=int(self.heights[position]),
            label=self.label_of(position),
            mask=self.mask_path(position),
            part=self.part_names[int(self.parts[position])],
            view=self.view(position),
            split=SPLITS[int(self.splits[position])],
            source=self.source_names[int(self.sources[position])],
            synthetic=bool(self._files.synthetic[position]),
            derived=bool(self.derived[position]),
        )

    def position_of(self, item_id: int) -> int:
        """Return where an image stands. Raises DatasetError where it is not in the catalogue."""
        place = int(np.searchsorted(self.ids, item_id, sorter=self._by_id))
        if place == len(self) or self.ids[self._by_id[place]] != item_id:
            raise DatasetError(f"{self.folder}: there is no image number {item_id}.", cure="Open the data set again.")
        return int(self._by_id[place])

    def positions_of(self, item_ids: Sequence[int] | Ints) -> Ints:
        """Return where images stand, (k,), in the order given; those that are not in the catalogue are left out."""
        wanted = np.asarray(item_ids, np.int64)
        if not len(self) or not wanted.size:
            return np.zeros(0, np.int64)
        places = np.searchsorted(self.ids, wanted, sorter=self._by_id)
        found = self._by_id[np.minimum(places, len(self) - 1)]
        known: Ints = found[self.ids[found] == wanted]
        return known

    def siblings(self, position: int) -> Ints:
        """Return the positions of the same part's other images."""
        same = self.parts == self.parts[position]
        same[position] = False
        return np.flatnonzero(same)

    def label_of(self, position: int) -> str:
        """Return the class of an image as of now; "" where nobody has said it yet."""
        code = int(self.labels[position])
        return "" if code < 0 else self.classes[code]

    def code_of(self, name: str) -> int:
        """Return the code of a class; a name that is new here joins `classes`. -1 for ""."""
        if not name:
            return -1
        if name not in self.classes:
            self.classes.append(name)
            if name in self.good_names:
                self.good.append(name)
        return self.classes.index(name)

    def set_predictions(self, predicted: Predicted) -> None:
        """Take over what a model says: scores, suggestions and their confidence. Labels stay as they are."""
        self.scores[:], self.suggested[:], self.confidence[:] = np.nan, -1, np.nan
        known = np.isin(predicted.item_ids, self.ids)
        at = self.positions_of(predicted.item_ids)
        if not at.size:
            return
        probabilities = np.asarray(predicted.probabilities, np.float32)[known]
        codes = np.array([self.code_of(name) for name in predicted.classes], np.int32)
        self.scores[at] = np.asarray(predicted.scores, np.float32)[known]
        self.suggested[at] = codes[probabilities.argmax(axis=1)]
        self.confidence[at] = probabilities.max(axis=1)

    def texts(self) -> list[str]:
        """Return what a search looks into, per image in lower case: path, part, view and comment."""
        if self._texts is None:
            self._texts = [self._text(position) for position in range(len(self))]
        return self._texts

    def _text(self, position: int) -> str:
        part, path = self.part_names[int(self.parts[position])], self._files.paths[position]
        return f"{path}\n{part}\n{self.view(position)}\n{self.comments.get(position, '')}".lower()

    def set_label(self, position: int, label: str) -> None:
        """Take over a label that the manifest holds."""
        self.labels[position] = self.code_of(label)

    def set_mask(self, position: int, root: tuple[int, Path] | None, path: str | None) -> None:
        """Take over a mask that the manifest holds; None, None where there is none."""
        self.has_mask[position] = root is not None
        if root is not None and path is not None:
            number, folder = root
            self._files.roots[number] = folder
            self._files.mask_roots[position], self._files.masks[position] = number, path

    def set_standing(self, position: int, standing: Standing) -> None:
        """Take over what stands of an image's review events."""
        judged = standing.newest(JUDGING)
        marked = standing.newest({"flag", "unflag"})
        looked = standing.newest({*JUDGING, "skip"})
        comment = standing.newest({"comment"})
        self.reviewed[position] = judged is not None
        self.reviewers[position] = -1 if judged is None else _code(self.reviewer_names, judged.who)
        self.flagged[position] = marked is not None and marked.kind == "flag"
        self.skipped[position] = looked is not None and looked.kind == "skip"
        said = "" if comment is None else str(comment.detail.get("text", ""))
        self.commented[position] = bool(said)
        if said != self.comments.get(position, ""):
            self.comments[position] = said
            if self._texts is not None:
                self._texts[position] = self._text(position)
        if standing.last is not None:
            self.changed[position] = unix_s(standing.last.when_utc)


@dataclass(eq=False, slots=True)
class _Files:
    """Where the files lie, in as little memory as it takes."""

    roots: dict[int, Path]
    path_roots: Codes
    paths: list[str]
    hashes: NDArray[np.uint8]
    mask_roots: Codes
    masks: list[str]
    views: Codes
    view_names: list[str]
    synthetic: Bools


class _Coder:
    """Names as numbers, in the order in which they come."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.codes = {name: number for number, name in enumerate(names)}

    def code(self, name: str) -> int:
        return self.codes.setdefault(name, len(self.codes))

    @property
    def names(self) -> list[str]:
        return list(self.codes)


def read_catalogue(dataset: Dataset) -> Catalogue:
    """Read every image of a data set, those without a class included."""
    catalogue = _read_images(dataset)
    _read_label_times(dataset, catalogue)
    for item_id, standing in standings(read_rows(dataset.connection)).items():
        catalogue.set_standing(catalogue.position_of(item_id), standing)
    return catalogue


def _read_images(dataset: Dataset) -> Catalogue:
    good_names = frozenset(row[0] for row in dataset.connection.execute("SELECT name FROM good_class"))
    classes = _Coder(dataset.classes)
    parts, sources, views = _Coder(), _Coder(), _Coder()
    split_codes = {name: code for code, name in enumerate(SPLITS)}
    numbers: list[tuple[int, ...]] = []
    paths, masks, hashes = [], [], []
    rows = dataset.connection.execute(
        "SELECT item_id, root_id, path, sha256, width, height, label, mask_root_id, mask_path, part, view, split,"
        " source, synthetic, item_id IN (SELECT item_id FROM derived) FROM current_item"
        " ORDER BY part, view, path, item_id"
    )
    for item_id, root, path, sha, width, height, label, mask_root, mask, part, view, split, source, *made in rows:
        label_code = classes.code(label) if label else -1
        where = (-1 if mask is None else mask_root, parts.code(part), views.code(view), sources.code(source))
        numbers.append((item_id, root, width, height, label_code, split_codes[split], *made, *where))
        paths.append(path)
        masks.append(mask or "")
        hashes.append(bytes.fromhex(sha))
    table = np.array(numbers, np.int64).reshape(-1, 12)
    n = len(table)
    int32 = table.T.astype(np.int32)
    files = _Files(
        dataset.roots(), int32[1], paths, np.frombuffer(b"".join(hashes), np.uint8).reshape(n, 32),
        int32[8].copy(), masks, int32[10], views.names, table[:, 6] > 0,
    )  # fmt: skip
    return Catalogue(
        folder=dataset.folder, ids=table[:, 0].copy(), labels=int32[4].copy(), splits=table[:, 5].astype(np.uint8),
        parts=int32[9], sources=int32[11], reviewers=np.full(n, -1, np.int32), changed=np.zeros(n, np.int64),
        widths=int32[2], heights=int32[3], flagged=np.zeros(n, bool), reviewed=np.zeros(n, bool),
        commented=np.zeros(n, bool), skipped=np.zeros(n, bool), derived=table[:, 7] > 0, has_mask=table[:, 8] >= 0,
        scores=np.full(n, np.nan, np.float32), suggested=np.full(n, -1, np.int32),
        confidence=np.full(n, np.nan, np.float32), classes=classes.names,
        good=[name for name in classes.names if name in good_names], part_names=parts.names,
        source_names=sources.names, reviewer_names=[], comments={}, good_names=good_names, _files=files,
    )  # fmt: skip


def _read_label_times(dataset: Dataset, catalogue: Catalogue) -> None:
    rows = dataset.connection.execute("SELECT item_id, max(label_id), when_utc FROM label GROUP BY item_id").fetchall()
    known: dict[str, int] = {}
    times = [known[when] if when in known else known.setdefault(when, unix_s(when)) for _, _, when in rows]
    catalogue.changed[catalogue.positions_of([row[0] for row in rows])] = times


def refresh(dataset: Dataset, catalogue: Catalogue, positions: Iterable[int]) -> None:
    """Read again what may have changed of some images: label, mask and what people said."""
    at = {int(catalogue.ids[position]): int(position) for position in positions}
    stand = standings(read_rows(dataset.connection, list(at)))
    roots = dataset.roots()
    for item_id, position in at.items():
        label, root, path = _current(dataset.connection, item_id)
        catalogue.set_label(position, label)
        catalogue.set_mask(position, None if root is None else (root, roots[root]), path)
        catalogue.set_standing(position, stand.get(item_id, Standing()))


def _current(connection: Any, item_id: int) -> tuple[str, int | None, str | None]:
    row = connection.execute(
        "SELECT label, mask_root_id, mask_path FROM current_item WHERE item_id = ?", (item_id,)
    ).fetchone()
    return str(row[0]), row[1], row[2]


def unix_s(when_utc: str) -> int:
    """Return the seconds since 1970 of a time as the manifest writes it."""
    return int(datetime.fromisoformat(when_utc).timestamp())


def _code(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)
