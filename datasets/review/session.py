"""One reviewer at work: every call is durable when it returns, and can be undone, also tomorrow."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset, utc_now
from datasets.review.catalogue import Catalogue, refresh
from datasets.review.columns import Ints
from datasets.review.events import (
    Deed,
    Row,
    Rows,
    append_labels,
    current_labels,
    judge,
    read_deed,
    read_rows,
    standings,
    write_rows,
)
from datasets.review.history import Event, events
from datasets.review.mask_files import append_mask, current_mask, mask_root, write_mask
from datasets.review.undoing import Stacks, Step, newest_event, plan_redo, plan_undo, read_stacks
from inspector.errors import DatasetError
from inspector.people.access import require
from inspector.people.rights import Action
from inspector.sqlite import driver
from inspector.types import Image, Person

__all__ = ["Change", "Event", "ReviewSession", "events"]

Positions = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a call did, for a window to show.

    Attributes:
        kind: As in the table `review`.
        positions: Images concerned, (k,): repaint these.
        text: One English sentence; a window makes its own from the other fields.
        label: Class given, confirmed or meant; "" where none was.
        of: For an undo or redo the kind of the deed that it means.
        kept: Images that stay as they are because somebody else has changed them since.
    """

    kind: str
    positions: Ints
    text: str
    label: str = ""
    of: str = ""
    kept: int = 0


class ReviewSession:
    """Records what one reviewer says of images; used in the thread that opened the data set.

    Each call is one transaction for all of its images: durable (fsync) when it returns, or nothing happened. The
    catalogue is kept up to date. On a PC with users every call asks for the right to label.

    Args:
        dataset: Open.
        catalogue: Of this data set.
        who: The reviewer: the person who logged in, or on a PC without users just a name.
        queue: Where the images are being offered; may be set at any time and is recorded with each event.

    Attributes:
        dataset: As given.
        catalogue: As given.
        queue: As given, or set since.
        session: Tells this session from others in the history.

    Raises:
        DatasetError: By every call: the manifest cannot be written.
        NotAllowedError: By every call: the reviewer may not label.
    """

    def __init__(self, dataset: Dataset, catalogue: Catalogue, who: str | Person, *, queue: str = "") -> None:
        self.dataset, self.catalogue, self.queue = dataset, catalogue, queue
        self.person = Person(who.strip()) if isinstance(who, str) else who
        self.session = uuid.uuid4().hex[:12]
        self._stacks: Stacks | None = None
        if not self.person.name:
            raise DatasetError("A review needs the name of the reviewer.", cure="Give it with --who NAME.")

    @property
    def who(self) -> str:
        """The reviewer's name as it stands in the history."""
        return self.person.name

    @property
    def can_undo(self) -> bool:
        """Whether there is a deed of this reviewer to take back."""
        return bool(self._own_stacks().done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone deed to bring back."""
        return bool(self._own_stacks().undone)

    def label(self, positions: Positions, label: str) -> Change:
        """Give images a class; where one has it already it is confirmed. A class may be new."""
        label = _class_name(label)
        return self._judge("label", positions, label)

    def confirm(self, positions: Positions) -> Change:
        """Vouch for the labels that images have. Raises DatasetError where none of them has one."""
        with self._writing() as deed:
            labels = current_labels(self.dataset.connection, self._ids(positions))
            rows: Rows = [(item_id, "confirm", {"to": label}) for item_id, label in labels.items() if label]
            if not rows:
                raise DatasetError("There is no label to confirm.", cure="Give the image a class.")
            self._write(deed, rows)
        only = set(labels.values())
        return self._changed("confirm", [row[0] for row in rows], label=only.pop() if len(only) == 1 else "")

    def skip(self, positions: Positions) -> Change:
        """Pass over images without a word on their labels."""
        return self._say("skip", positions)

    def flag(self, positions: Positions) -> Change:
        """Mark images to be looked at again."""
        return self._say("flag", positions)

    def unflag(self, positions: Positions) -> Change:
        """Take the mark away."""
        return self._say("unflag", positions)

    def comment(self, position: int, text: str) -> Change:
        """Write a comment on an image; it replaces the one before, "" removes it (the history keeps all)."""
        return self._say("comment", [position], {"text": text.strip()})

    def opine(self, position: int, label: str) -> Change:
        """Give a blind second opinion; the label does not change."""
        return self._say("opinion", [position], {"to": _class_name(label)})

    def adjudicate(self, position: int, label: str) -> Change:
        """Decide between reviewers: the class that counts. `datasets.review.opinions` asks whether they may."""
        return self._judge("adjudicate", [position], _class_name(label))

    def set_mask(self, position: int, mask: Image | None) -> Change:
        """Give an image a new mask, (H, W) uint8 with not 0 = defect, or none.

        The file is durable before the manifest names it; masks before it stay where they are.

        Raises:
            DatasetError: The mask has another size than the image.
        """
        height, width = int(self.catalogue.heights[position]), int(self.catalogue.widths[position])
        if mask is not None and mask.shape != (height, width):
            size = "x".join(str(side) for side in mask.shape[::-1])
            raise DatasetError(f"{self.catalogue.path(position)}: is {width}x{height}, but its mask {size}.")
        self._require()
        item_id = int(self.catalogue.ids[position])
        file = None if mask is None else write_mask(self.dataset, item_id, mask)
        with self._writing() as deed:
            before = current_mask(self.dataset.connection, item_id)
            after = None if file is None else [mask_root(self.dataset), *file]
            append_mask(self.dataset.connection, deed, item_id, after)
            self._write(deed, [(item_id, "mask", {"before": before, "after": after})])
        return self._changed("mask", [item_id])

    def undo(self) -> Change | None:
        """Take back this reviewer's last deed that stands; None where there is none. See `plan_undo` for others'."""
        return self._step("undo")

    def redo(self) -> Change | None:
        """Bring back what was undone last; None where there is nothing."""
        return self._step("redo")

    def _say(self, kind: str, positions: Positions, detail: dict[str, Any] | None = None) -> Change:
        ids = self._ids(positions)
        with self._writing() as deed:
            self._write(deed, [(item_id, kind, detail or {}) for item_id in ids])
        return self._changed(kind, ids, label=str((detail or {}).get("to", "")))

    def _judge(self, kind: str, positions: Positions, label: str) -> Change:
        ids = self._ids(positions)
        with self._writing() as deed:
            rows = judge(self.dataset.connection, deed, dict.fromkeys(ids, label), kind=kind)
            self._write(deed, rows)
        return self._changed(kind, ids, label=label)

    def _step(self, kind: str) -> Change | None:
        plan = plan_undo if kind == "undo" else plan_redo
        with self._writing() as deed:
            stacks = self._own_stacks()
            stack = stacks.done if kind == "undo" else stacks.undone
            if not stack:
                return None
            rows = read_deed(self.dataset.connection, stack[-1])
            stand = standings(read_rows(self.dataset.connection, [row.item_id for row in rows]))
            steps = plan(rows, stand)
            self._carry_out(deed, steps)
            said: Rows = [(step.row.item_id, kind, {"kept": True} if step.kept else {}) for step in steps]
            self._write(deed, said, target=stack[-1])
        labels = {str(row.detail.get("to", "")) for row in rows}
        return self._changed(
            kind,
            [row.item_id for row in rows],
            of=_kind(rows),
            label=labels.pop() if len(labels) == 1 else "",
            kept=sum(step.kept for step in steps),
        )

    def _carry_out(self, deed: Deed, steps: list[Step]) -> None:
        labels = [(step.row.item_id, *step.label) for step in steps if step.label is not None]
        append_labels(self.dataset.connection, deed, labels)
        for step in steps:
            if step.mask is not None:
                append_mask(self.dataset.connection, deed, step.row.item_id, step.mask[0])

    def _ids(self, positions: Positions) -> list[int]:
        ids = list(dict.fromkeys(int(self.catalogue.ids[position]) for position in positions))
        if not ids:
            raise DatasetError("No image was chosen.", cure="Choose one.")
        return ids

    def _require(self) -> None:
        require(self.person, Action.LABEL)

    @contextmanager
    def _writing(self) -> Iterator[Deed]:
        self._require()
        try:
            with self.dataset.transaction():
                yield Deed(self.who, utc_now(), self.session, self.queue)
        except driver().Error as error:
            self._stacks = None
            raise DatasetError(
                f"{self.dataset.folder}: the manifest cannot be written ({error}); nothing was recorded.",
                cure="Check the disk's space and permissions, and whether another program holds the manifest.",
            ) from error
        except BaseException:
            self._stacks = None
            raise

    def _write(self, deed: Deed, rows: Rows, *, target: int | None = None) -> None:
        stacks = self._own_stacks()
        action_id = write_rows(self.dataset.connection, deed, rows, target=target)
        stacks.take(action_id, rows[0][1], target)
        stacks.newest = action_id + len(rows) - 1

    def _own_stacks(self) -> Stacks:
        """Return the stacks; read anew where the reviewer also works elsewhere."""
        connection = self.dataset.connection
        if self._stacks is None or self._stacks.newest != newest_event(connection, self.who):
            self._stacks = read_stacks(connection, self.who)
        return self._stacks

    def _changed(self, kind: str, ids: list[int], *, label: str = "", of: str = "", kept: int = 0) -> Change:
        positions = self.catalogue.positions_of(ids)
        refresh(self.dataset, self.catalogue, positions)
        images = "1 image" if len(ids) == 1 else f"{len(ids)} images"
        words = [f"{kind} {of}".strip(), images, label, f"{kept} changed by others stay" if kept else ""]
        return Change(kind, positions, ": ".join(word for word in words if word), label, of, kept)


def _kind(rows: Sequence[Row]) -> str:
    """Return what a deed was: images that had the label already were confirmed by it."""
    return next((row.kind for row in rows if row.kind != "confirm"), "confirm")


def _class_name(label: str) -> str:
    label = label.strip()
    if not label:
        raise DatasetError("A label needs a class name.", cure="Give one.")
    return label
