"""Importing images: plan, check, split, and write the manifest in one step at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from datasets.check import Checked, Refused, check_all, draw_mask
from datasets.copying import copy_into, write_into
from datasets.formats import INTERCHANGE
from datasets.manifest import Dataset, open_dataset, utc_now
from datasets.plan import ImportRequest, Plan, make_plan
from datasets.schema import MANIFEST_FILE, connect
from datasets.split_rule import SplitRule, rule_from_json
from datasets.splits import Member
from inspector.errors import DatasetError, ImageProblem

Progress = Callable[[int, int], None]
"""Called with (images checked, images in all)."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        added: Images taken.
        known: Images that were in the data set before, unchanged.
        refused: Files not taken, with the reason.
        ignored: Files that fit no pattern.
        orphan_masks: Masks without image.
        hints: Sentences worth telling.
        mixed: Images whose marks name several classes, each with the class that was taken.
    """

    added: int
    known: int
    refused: tuple[Refused, ...]
    ignored: tuple[str, ...]
    orphan_masks: tuple[str, ...]
    hints: tuple[str, ...] = field(default=())
    mixed: tuple[str, ...] = ()


def silent(done: int, total: int) -> None:
    """Show no progress."""


def import_images(request: ImportRequest, progress: Progress = silent) -> ImportReport:
    """Import images as asked. Nothing is to be seen in `request.out` until the whole import is done.

    Raises:
        UsageError: Options that do not go together.
        DatasetError: There is a data set already, the source cannot be read, or no image could be taken.
    """
    request = _absolute(request)
    manifest = request.out / MANIFEST_FILE
    if manifest.exists() and not request.append:
        raise DatasetError(
            f"{request.out}: there is a data set already.",
            cure="Give another folder, or add new images to this one with --append.",
        )
    if request.append and not manifest.exists():
        raise DatasetError(f"{request.out}: there is no data set to add to.", cure="Leave --append out.")
    plan = make_plan(request)
    made = not request.out.exists()
    request.out.mkdir(parents=True, exist_ok=True)
    temporary = request.out / f".{MANIFEST_FILE}.{os.getpid()}.tmp"
    try:
        if request.append:
            with open_dataset(request.out) as dataset:
                return _Import(request, plan, dataset).run(progress)
        with Dataset(request.out, connect(temporary, create=True)) as dataset:
            report = _Import(request, plan, dataset).run(progress)
        temporary.replace(manifest)
        return report
    finally:
        temporary.unlink(missing_ok=True)
        temporary.with_name(temporary.name + "-journal").unlink(missing_ok=True)
        if made:
            with suppress(OSError):  # not empty: the import was done
                request.out.rmdir()


def _absolute(request: ImportRequest) -> ImportRequest:
    """Make the folders absolute; links stay links, since people re-point them."""
    source, out = (Path(os.path.abspath(path)) for path in (request.source, request.out))  # noqa: PTH100
    files = tuple(Path(os.path.abspath(path)) for path in request.annotations)  # noqa: PTH100
    if request.format in INTERCHANGE and source.is_file() and not files:  # the annotation file itself was named
        source, files = source.parent, (source,)
    return replace(request, source=source, out=out, annotations=files)


class _Import:
    """One import into an open manifest."""

    def __init__(self, request: ImportRequest, plan: Plan, dataset: Dataset) -> None:
        self.request = request
        self.plan = plan
        self.dataset = dataset
        self.rule = request.rule or rule_from_json(dataset.meta("split"))
        roots = dataset.roots()
        rows = dataset.connection.execute("SELECT sha256, root_id, path, label FROM current_item").fetchall()
        self.known = {row[0]: roots[row[1]] / row[2] for row in rows}
        self.labels = {row[0]: str(row[3]) for row in rows}
        self.before = set(self.known.values())

    def run(self, progress: Progress) -> ImportReport:
        taken, refused, known = self._check(progress)
        if not taken and not known and not self.known:
            reasons = "\n  ".join(f"{item.path}: {item.problem}" for item in refused[:10])
            raise DatasetError(
                f"{self.request.source}: none of {len(refused)} images can be taken:\n  {reasons}",
                cure="Look at the files named; they may have to be copied or taken again.",
            )
        places = [self._place(item) for item in taken]
        with self.dataset.transaction():
            self._write(taken, places, refused)
        scan = self.plan.scan
        return ImportReport(
            len(taken),
            known,
            tuple(refused),
            tuple(scan.ignored),
            tuple(scan.orphan_masks),
            (*self.plan.notes, *self._hints(taken)),
            self.plan.mixed,
        )

    def _check(self, progress: Progress) -> tuple[list[Checked], list[Refused], int]:
        scan, known = self.plan.scan, 0
        refused = [
            *(
                Refused(p, ImageProblem.WRONG_TYPE.value, f"{p}: pictures of this type are not read.")
                for p in scan.foreign
            ),
            *(
                Refused(repr(p)[1:-1], ImageProblem.UNREADABLE.value, f"{p!r}: the name is not valid UTF-8; rename it.")
                for p in scan.unnameable
            ),
        ]
        taken: list[Checked] = []
        first: dict[str, Checked] = {}
        total = len(scan.candidates)
        done = iter(range(1, total + 1))
        for item in check_all(
            self.request.source, scan.candidates, self.plan.names, lambda: progress(next(done), total)
        ):
            if isinstance(item, Refused):
                refused.append(item)
                continue
            path = self.request.source / item.candidate.path
            if self.known.get(item.sha256) == path:
                known += 1
            elif item.sha256 in self.known:
                refused.append(_duplicate(path, item, str(self.known[item.sha256]), self.labels[item.sha256]))
            elif item.sha256 in first:
                other = first[item.sha256]
                refused.append(_duplicate(path, item, other.candidate.path, other.label))
            elif path in self.before:
                refused.append(
                    Refused(item.candidate.path, "changed", f"{path}: is in the data set, but its content was other.")
                )
            else:
                first[item.sha256] = item
                taken.append(item)
        return taken, refused, known

    def _place(self, item: Checked) -> tuple[Path, str, Path | None, str | None]:
        """Return (root, path, mask root, mask path) where the files lie for the data set."""
        request, candidate = self.request, item.candidate
        images, masks = request.out / "images", request.out / "masks"
        root, path = request.source, candidate.path
        if request.copy:
            root, path = images, copy_into(images, request.source, candidate.path, item.sha256)
        if item.mask_sha256 is None:
            return root, path, None, None
        drawn = candidate.drawing and draw_mask(candidate.drawing, item.width, item.height)
        if drawn:
            return root, path, masks, write_into(masks, f"drawn/{candidate.path}.png", drawn)
        if candidate.mask and request.copy:
            return root, path, masks, copy_into(masks, request.source, candidate.mask, item.mask_sha256)
        return root, path, request.source, candidate.mask

    def _write(
        self, taken: list[Checked], places: list[tuple[Path, str, Path | None, str | None]], refused: list[Refused]
    ) -> None:
        run, now, request = self.dataset.connection.execute, utc_now(), self.request
        settings = {"pattern": request.pattern, "mask": request.mask, "format": request.format, "copy": request.copy}
        import_id = run(
            "INSERT INTO import (source, settings, ignored, imported_utc) VALUES (?, ?, ?, ?)",
            (str(request.source), json.dumps(settings), len(self.plan.scan.ignored), now),
        ).lastrowid
        for name in self.plan.good:
            run("INSERT OR IGNORE INTO good_class VALUES (?)", (name,))
        splits = self._splits(taken)
        for item, (root, path, mask_root, mask) in zip(taken, places, strict=True):
            found = item.candidate
            item_id = run(
                "INSERT INTO item (import_id, root_id, path, sha256, width, height, mask_root_id, mask_path,"
                " mask_sha256, part, lot, view, split, given_split, source, synthetic)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    import_id, self._root(root), path, item.sha256, item.width, item.height,
                    None if mask_root is None else self._root(mask_root), mask, item.mask_sha256,
                    found.part, found.lot, found.view, splits[item.sha256], found.split,
                    request.origin or str(request.source), int(request.synthetic),
                ),
            ).lastrowid  # fmt: skip
            run(
                "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, NULL, ?, ?, ?)",
                (item_id, item.label, request.who, now),
            )
            run("DELETE FROM rejected WHERE root_id = ? AND path = ?", (self._root(request.source), found.path))
        for no in refused:
            run(
                "INSERT OR REPLACE INTO rejected (import_id, root_id, path, problem, detail) VALUES (?, ?, ?, ?, ?)",
                (import_id, self._root(request.source), no.path, no.problem, no.detail),
            )
        self.dataset.set_meta("split", self.rule.to_json())
        if not self.dataset.meta("name"):
            self.dataset.set_meta("name", request.name or request.out.name)

    def _splits(self, taken: list[Checked]) -> dict[str, str]:
        """Return the split of each new image; images that were there before stay where they are."""
        new = [Member(t.sha256, t.label, t.candidate.part, t.candidate.lot, t.candidate.split) for t in taken]
        good = self.plan.good
        if not self.known:
            return self.rule.assign(new, good)
        return self.rule.extend(read_members(self.dataset, current=True), new, (*good, *self.dataset.good))

    def _root(self, path: Path) -> int:
        text = os.path.relpath(path, self.request.out) if path.is_relative_to(self.request.out) else str(path)
        run = self.dataset.connection.execute
        run("INSERT OR IGNORE INTO root (path) VALUES (?)", (text,))
        return int(run("SELECT root_id FROM root WHERE path = ?", (text,)).fetchone()[0])

    def _hints(self, taken: Iterable[Checked]) -> tuple[str, ...]:
        given = {item.candidate.split for item in taken} - {""}
        hints = []
        if given and not self.rule.anew and "validation" not in given and not self.rule.hold_out:
            hints.append("The source gives no validation split; --hold-out 0.15 takes one out of train.")
        return tuple(hints)


def _duplicate(path: Path, item: Checked, of: str, label: str) -> Refused:
    but = f", under the class {label} there and {item.label} here" if label != item.label else ""
    return Refused(item.candidate.path, ImageProblem.DUPLICATE.value, f"{path}: has the same content as {of}{but}.")


def read_members(dataset: Dataset, *, current: bool) -> list[Member]:
    """Return every image as the split sees it, fixed to its current split, or only to the one that its source gave.

    Pictures with synthetic defects are left out: they stay in train and count toward no share. So are, where the data
    set is split again, parts with a regression case: they stay in test.
    """
    column = "split" if current else "given_split"
    cases = "" if current else " AND part NOT IN (SELECT part FROM item JOIN regression_case USING (item_id))"
    rows = dataset.connection.execute(
        f"SELECT sha256, label, part, lot, {column}, item_id IN (SELECT from_item_id FROM derived_from)"  # noqa: S608
        f" FROM current_item WHERE item_id NOT IN (SELECT item_id FROM derived){cases}"
    )
    return [Member(key, label, part, lot, fixed, bool(held)) for key, label, part, lot, fixed, held in rows]


def resplit(dataset: Dataset, rule: SplitRule) -> None:
    """Split a data set again by `rule`; splits that the source gave are kept unless the rule says `anew`.

    Pictures with synthetic defects, and the parts that they were made from, stay in train by any rule: otherwise the
    test split would hold parts of which the train split has pieces. Regression cases stay in test.
    """
    splits = rule.assign(read_members(dataset, current=False), dataset.good)
    with dataset.transaction():
        for key, split in splits.items():
            dataset.connection.execute("UPDATE item SET split = ? WHERE sha256 = ?", (split, key))
        dataset.set_meta("split", rule.to_json())
