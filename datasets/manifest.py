"""A data set is a folder with a manifest: which images, their classes, masks, parts, splits and label history."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from datasets.items import SPLITS, Item, LabelChange, Rejected
from datasets.review.events import Deed, append_labels, write_rows
from datasets.schema import MANIFEST_FILE, connect
from inspector.errors import DatasetError

__all__ = ["SPLITS", "Dataset", "Item", "LabelChange", "Rejected", "open_dataset"]


class Dataset:
    """An open data set; a context manager. Make one with `open_dataset`. Used in one thread.

    Attributes:
        folder: Where the manifest lies.
        name: For people; the folder's name unless another was given.
    """

    def __init__(self, folder: Path, connection: Any) -> None:
        self.folder = folder
        self.connection = connection
        self.name: str = self.meta("name") or folder.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the manifest; the data set must not be used after."""
        self.connection.close()

    def items(self, split: str | None = None, *, unlabelled: bool = False) -> list[Item]:
        """Return the images, or those of one split, ordered by part, view and path.

        Args:
            split: One of `SPLITS`; None for all.
            unlabelled: Also those out of a station's log whose class nobody has said yet; their label is "". Nothing
                is learned from them, nor judged by them.

        Raises:
            DatasetError: No such split.
        """
        if split is not None and split not in SPLITS:
            raise DatasetError(f"{split!r} is no split.", cure=f"Use one of: {', '.join(SPLITS)}.")
        rows = self.connection.execute(
            "SELECT item_id, root_id, path, sha256, width, height, label, mask_root_id, mask_path, part, view, split,"
            " source, synthetic, item_id IN (SELECT item_id FROM derived),"
            " part IN (SELECT part FROM regression_apart)"
            " FROM current_item WHERE (? IS NULL OR split = ?) AND (label <> '' OR ?)"
            " ORDER BY part, view, path, item_id",
            (split, split, unlabelled),
        )
        roots = self.roots()
        return [
            Item(
                item_id=row[0],
                path=roots[row[1]] / row[2],
                sha256=row[3],
                width=row[4],
                height=row[5],
                label=row[6],
                mask=None if row[8] is None else roots[row[7]] / row[8],
                part=row[9],
                view=row[10],
                split=row[11],
                source=row[12],
                synthetic=bool(row[13]),
                derived=bool(row[14]),
                regression=bool(row[15]),
            )
            for row in rows
        ]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in use: the good ones first, then the others, each sorted."""
        names = {row[0] for row in self.connection.execute("SELECT DISTINCT label FROM current_item")} - {""}
        good = [name for name in sorted(names) if name in self._good_names()]
        return (*good, *sorted(names - set(good)))

    @property
    def good(self) -> tuple[str, ...]:
        """The classes in use whose parts may pass, sorted."""
        known = self._good_names()
        return tuple(name for name in self.classes if name in known)

    @property
    def fingerprint(self) -> str:
        """SHA-256 that names this version of the data.

        It covers every labelled image's (SHA-256, label, mask SHA-256, part, view, split), sorted, which classes are
        good, and which images are derived; it depends neither on where the files lie nor on the order of import.
        """
        rows = self.connection.execute(
            "SELECT sha256, label, coalesce(mask_sha256, ''), part, view, split FROM current_item WHERE label <> ''"
        )
        document = {"good": list(self.good), "items": sorted(tuple(row) for row in rows)}
        derived = self.connection.execute("SELECT sha256 FROM item JOIN derived USING (item_id) ORDER BY sha256")
        hashes = [row[0] for row in derived]
        if hashes:  # a data set without any keeps the name that it had before there could be some
            document["derived"] = hashes
        return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()

    def rejected(self) -> list[Rejected]:
        """Return the files that were not taken at import, with the reason, ordered by path."""
        roots = self.roots()
        rows = self.connection.execute("SELECT root_id, path, problem, detail FROM rejected ORDER BY path, root_id")
        return [Rejected(roots[row[0]] / row[1], row[2], row[3]) for row in rows]

    def relabel(self, item_id: int, label: str, who: str) -> None:
        """Append a new label to the history of an image; nothing happens where it already has this label.

        Raises:
            DatasetError: No such image, or an empty label or name.
        """
        label, who = label.strip(), who.strip()
        if not label or not who:
            raise DatasetError("A label needs a class name and the name of who gives it.", cure="Give both.")
        with self.transaction():
            before = self.history(item_id)[-1].to_label
            if before != label:
                deed = Deed(who, utc_now())
                append_labels(self.connection, deed, [(item_id, before, label)])
                write_rows(self.connection, deed, [(item_id, "label", {"from": before, "to": label})])

    def history(self, item_id: int) -> list[LabelChange]:
        """Return an image's labels from the import to now. Raises DatasetError where there is no such image."""
        rows = self.connection.execute(
            "SELECT who, when_utc, from_label, to_label FROM label WHERE item_id = ? ORDER BY label_id", (item_id,)
        ).fetchall()
        if not rows:
            raise DatasetError(f"{self.folder}: there is no image number {item_id}.", cure="List them with `export`.")
        return [LabelChange(*row) for row in rows]

    def roots(self) -> dict[int, Path]:
        """Return the absolute folder behind each root number."""
        return {row[0]: self.folder / row[1] for row in self.connection.execute("SELECT root_id, path FROM root")}

    def files(self) -> list[tuple[Path, str]]:
        """Return every file that the manifest names, with its SHA-256: images, masks, and masks before the last."""
        roots = self.roots()
        rows = self.connection.execute(
            "SELECT root_id, path, sha256 FROM item"
            " UNION SELECT mask_root_id, mask_path, mask_sha256 FROM item WHERE mask_path IS NOT NULL"
            " UNION SELECT root_id, path, sha256 FROM mask_version WHERE path IS NOT NULL ORDER BY 1, 2"
        )
        return [(roots[root] / path, sha256) for root, path, sha256 in rows]

    def move_root(self, old: Path, new: Path) -> int:
        """Look for the files below `old` in the folder `new` from now on, and return how many images that concerns.

        Raises:
            DatasetError: No image lies below `old`, or a file that should be in `new` is not there.
        """
        old, new = (Path(os.path.abspath(path)) for path in (old, new))  # noqa: PTH100 - links stay links
        roots = {number: Path(os.path.normpath(path)) for number, path in self.roots().items()}
        moved = {n: new / path.relative_to(old) for n, path in roots.items() if path.is_relative_to(old)}
        marks = ", ".join("?" * len(moved))
        rows = self.connection.execute(
            f"SELECT root_id, path FROM item WHERE root_id IN ({marks})"  # noqa: S608 - question marks
            f" UNION SELECT mask_root_id, mask_path FROM item WHERE mask_root_id IN ({marks})"
            f" UNION SELECT root_id, path FROM mask_version WHERE root_id IN ({marks})",
            (*moved, *moved, *moved),
        ).fetchall()
        if not rows:
            known = ", ".join(sorted(str(path) for path in roots.values()))
            raise DatasetError(f"{self.folder}: no image lies below {old}.", cure=f"The folders known are: {known}.")
        if set(moved.values()) & {path for number, path in roots.items() if number not in moved}:
            raise DatasetError(f"{new}: other images of the data set lie there already.", cure="Import anew.")
        missing = [moved[root] / path for root, path in rows if not (moved[root] / path).is_file()]
        if missing:
            raise DatasetError(
                f"{new}: {len(missing)} of {len(rows)} files are not there, for instance {missing[0]}.",
                cure="Give the folder that holds the same files under the same names.",
            )
        with self.transaction():
            for number, path in moved.items():
                self.connection.execute("UPDATE root SET path = ? WHERE root_id = ?", (str(path), number))
        return sum(item.path.is_relative_to(new) for item in self.items(unlabelled=True))

    def meta(self, key: str) -> str:
        """Return a value kept with the data set, "" where there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return "" if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value with the data set."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: write inside, and any exception undoes the whole."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # a failed COMMIT may have ended it
                self.connection.execute("ROLLBACK")
            raise

    def _good_names(self) -> set[str]:
        return {row[0] for row in self.connection.execute("SELECT name FROM good_class")}


def open_dataset(folder: Path) -> Dataset:
    """Open the data set in `folder`. The image files themselves are looked at only when they are read.

    Raises:
        DatasetError: No data set, or one that this program cannot read.
    """
    folder = Path(folder).absolute()
    return Dataset(folder, connect(folder / MANIFEST_FILE))


def utc_now() -> str:
    """Return the time of day as the manifest writes it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
