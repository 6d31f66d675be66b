"""The whole manifest as columns: what a window needs of every image, for hundreds of thousands of them.

`read_catalogue` fills it from the manifest; a `ReviewSession` keeps it up to date. Positions count from 0 in the order
of `Dataset.items`: part, view, path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from datasets.items import SPLITS, Item
from datasets.manifest import Dataset
from datasets.review.columns import Columns, Floats, Ints, read_columns, unix_s
from datasets.review.events import JUDGING, Standing, read_rows, standings
from datasets.review.review_columns import Reviews, read_reviews
from inspector.errors import DatasetError


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


class _Nothing:
    """A model that says nothing."""

    item_ids: Ints = np.zeros(0, np.int64)
    classes: tuple[str, ...] = ()
    probabilities: Floats = np.zeros((0, 0), np.float32)
    scores: Floats = np.zeros(0, np.float32)


_NOTHING = _Nothing()


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
        comments: Last comment by position, of those that have one.
        folder: The data set's folder.
        regression: Of a part that every later model must judge right (`Item.regression`).
    """

    def __init__(self, folder: Path, columns: Columns, roots: dict[int, Path], good_names: frozenset[str]) -> None:
        numbers, names, n = columns.numbers, columns.names, len(columns.paths)
        self.folder, self.ids, self.changed = folder, numbers["item"], columns.changed
        self.labels, self.parts, self.sources = (numbers[key].astype(np.int32) for key in ("label", "part", "source"))
        self.widths, self.heights = numbers["width"].astype(np.int32), numbers["height"].astype(np.int32)
        self.splits = numbers["split"].astype(np.uint8)
        self.derived, self.regression = numbers["derived"] > 0, numbers["regression"] > 0
        self.has_mask = numbers["mask_root"] >= 0
        self.flagged, self.reviewed, self.commented, self.skipped = (np.zeros(n, bool) for _ in range(4))
        self.reviewers, self.suggested = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
        self.scores, self.confidence = np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)
        self.classes, self.part_names, self.source_names = names["label"], names["part"], names["source"]
        self.good = [name for name in self.classes if name in good_names]
        self.reviewer_names: list[str] = []
        self.comments: dict[int, str] = {}
        self._good_names, self._roots, self._columns = good_names, roots, columns
        self._judgements: dict[int, tuple[float | None, str]] = {}
        self._by_id = np.argsort(self.ids, kind="stable")
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def path(self, position: int) -> Path:
        """Return the absolute path of an image."""
        return self._roots[int(self._columns.numbers["root"][position])] / self._columns.paths[position]

    def sha256(self, position: int) -> str:
        """Return the SHA-256 of an image's file, hexadecimal."""
        return bytes(self._columns.hashes[position]).hex()

    def view(self, position: int) -> str:
        """Return which side of the part an image shows."""
        return self._columns.names["view"][int(self._columns.numbers["view"][position])]

    def mask_path(self, position: int) -> Path | None:
        """Return the absolute path of the mask that counts; None where there is none."""
        if not self.has_mask[position]:
            return None
        return self._roots[int(self._columns.numbers["mask_root"][position])] / self._columns.masks[position]

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
            synthetic=bool(self._columns.numbers["synthetic"][position]),
            derived=bool(self.derived[position]),
            regression=bool(self.regression[position]),
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
            if name in self._good_names:
                self.good.append(name)
        return self.classes.index(name)

    def set_predictions(self, predicted: Predicted) -> None:
        """Take over what a model says: scores, suggestions and their confidence. Labels stay as they are.

        Images that it says nothing of keep what the station said of them, if they came out of its log.
        """
        self.scores[:], self.suggested[:], self.confidence[:] = np.nan, -1, np.nan
        for position, (score, label) in self._judgements.items():
            self.scores[position] = np.nan if score is None else score
            self.suggested[position] = self.code_of(label)
        known = np.isin(predicted.item_ids, self.ids)
        at = self.positions_of(predicted.item_ids)
        if not at.size:
            return
        probabilities = np.asarray(predicted.probabilities, np.float32)[known]
        codes = np.array([self.code_of(name) for name in predicted.classes], np.int32)
        self.scores[at] = np.asarray(predicted.scores, np.float32)[known]
        self.suggested[at] = codes[probabilities.argmax(axis=1)]
        self.confidence[at] = probabilities.max(axis=1)

    def set_judgements(self, judgements: Mapping[int, tuple[float | None, str]]) -> None:
        """Take over what the station said of images out of its log: (defect score, suggested class), by position."""
        self._judgements = dict(judgements)
        self.set_predictions(_NOTHING)

    def texts(self) -> list[str]:
        """Return what a search looks into, per image in lower case: path, part, view and comment."""
        if self._texts is None:
            views, view_names = self._columns.numbers["view"].tolist(), self._columns.names["view"]
            parts, names = self.parts.tolist(), self.part_names
            plain = zip(self._columns.paths, parts, views, strict=True)
            together = "\0".join([f"{path}\n{names[part]}\n{view_names[view]}\n" for path, part, view in plain])
            self._texts = together.lower().split("\0") if together else []
            for position in self.comments:
                self._texts[position] = self._text(position)
        return self._texts

    def _text(self, position: int) -> str:
        part, path = self.part_names[int(self.parts[position])], self._columns.paths[position]
        return f"{path}\n{part}\n{self.view(position)}\n{self.comments.get(position, '')}".lower()

    def set_label(self, position: int, label: str) -> None:
        """Take over a label that the manifest holds."""
        self.labels[position] = self.code_of(label)

    def set_mask(self, position: int, root: tuple[int, Path] | None, path: str | None) -> None:
        """Take over a mask that the manifest holds; None, None where there is none."""
        self.has_mask[position] = root is not None
        if root is not None and path is not None:
            number, folder = root
            self._roots[number] = folder
            self._columns.numbers["mask_root"][position], self._columns.masks[position] = number, path

    def set_reviews(self, reviews: Reviews) -> None:
        """Take over what people said of all images: of each kind the last word counts."""
        self.reviewer_names = list(reviews.names)
        at, kinds = self.positions_of(reviews.items), reviews.kinds
        judged = np.isin(kinds, list(JUDGING))
        marked, looked = np.isin(kinds, ["flag", "unflag"]), judged | (kinds == "skip")
        self.reviewed[at[judged]], self.reviewers[at[judged]] = True, reviews.whos[judged]
        self.flagged[at[marked]], self.skipped[at[looked]] = kinds[marked] == "flag", kinds[looked] == "skip"
        self.changed[self.positions_of(reviews.changed)] = reviews.times
        self.comments = {self.position_of(item_id): text for item_id, text in reviews.comments.items() if text}
        self.commented[list(self.comments)] = True

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
            self.comments.pop(position, None)
            if said:
                self.comments[position] = said
            if self._texts is not None:
                self._texts[position] = self._text(position)
        if standing.last is not None:
            self.changed[position] = unix_s(standing.last.when_utc)


def read_catalogue(dataset: Dataset) -> Catalogue:
    """Read every image of a data set, those without a class included."""
    good_names = frozenset(row[0] for row in dataset.connection.execute("SELECT name FROM good_class"))
    catalogue = Catalogue(dataset.folder, read_columns(dataset), dataset.roots(), good_names)
    catalogue.set_reviews(read_reviews(dataset))
    said = dataset.connection.execute("SELECT item_id, score, suggested FROM log_judgement").fetchall()
    catalogue.set_judgements({catalogue.position_of(item_id): (score, label) for item_id, score, label in said})
    return catalogue


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


def _code(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)
