"""What the readers of all formats give: one entry per image; and the rule by which its class follows from its marks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from datasets.interchange.shapes import Shape
from inspector.errors import DatasetError

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked place on an image and its class; `shapes` is empty for marks without area (points, lines)."""

    label: str
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file of another program says of one image.

    Attributes:
        path: The image, relative to the source folder, '/' between names.
        where: File and place in it, for messages.
        labels: Classes that the file gives to the image as a whole; mostly none or one.
        marks: Marked places.
        drawing: Shapes that say better than the marks where the defects are (Pascal VOC's pictures of classes).
        mask: Path of a mask file in the form of `path`; "" where there is none.
        size: (width, height) that the file states; None where it states none.
        part: "" where the file does not say.
        view: Likewise.
        split: `train`, `validation`, `test`, or "".
        lot: Likewise.
    """

    path: str
    where: str
    labels: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    drawing: tuple[Shape, ...] = ()
    mask: str = ""
    size: tuple[int, int] | None = None
    part: str = ""
    view: str = ""
    split: str = ""
    lot: str = ""

    @property
    def classes(self) -> set[str]:
        """Every class that the file names for the image."""
        return {*self.labels, *(mark.label for mark in self.marks)}


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a reader found.

    Attributes:
        entries: One per image.
        good: Good classes that the file names; mostly none.
        notes: Sentences worth telling.
        unlabelled: Images that the file lists without anybody having looked at them; they are left out.
    """

    entries: list[Entry]
    good: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The class of an image, and where its defects are; `remark` says what the file left open."""

    label: str
    shapes: tuple[Shape, ...]
    remark: str = ""


def settle(entry: Entry, good: Collection[str], unmarked: str) -> Settled:
    """Return the one class of an image.

    1. The class that the file gives to the image as a whole. 2. Else that of its marks. 3. Without either `unmarked`.
    Of several, a defect counts before a good class, and of several defects the one with the largest marked area; at
    the same area the first by name. The marks of all defects together are the mask; those of good classes are not.

    Args:
        entry: The image.
        good: The good classes.
        unmarked: Class of an image on which nothing is marked.
    """
    shapes = entry.drawing or tuple(shape for mark in entry.marks if mark.label not in good for shape in mark.shapes)
    offered = sorted(set(entry.labels) or entry.classes)
    if not offered:
        return Settled(unmarked, shapes)
    defects = [label for label in offered if label not in good]
    sizes = {label: sum(s.size() for m in entry.marks if m.label == label for s in m.shapes) for label in defects}
    label = min(defects or offered, key=lambda name: (-sizes.get(name, 0.0), name))
    others = sorted(entry.classes - {label} - set(good))
    remark = f"{entry.path}: {label}; also {', '.join(others)}" if others else ""
    return Settled(label, shapes, remark)


@dataclass(slots=True)
class Mistakes:
    """Gathers what is wrong in a source, so that a person sees all of it at once.

    Attributes:
        found: One line each: file, place, what is wrong.
    """

    found: list[str] = field(default_factory=list)

    def add(self, where: str, text: str) -> None:
        """Note one mistake."""
        self.found.append(f"{where}: {text}")

    def refuse_any(self) -> None:
        """Raise DatasetError naming the first of them, and how many there are."""
        if not self.found:
            return
        more = f"\n  … and {len(self.found) - _SHOWN} more" if len(self.found) > _SHOWN else ""
        listed = "\n  ".join(self.found[:_SHOWN])
        raise DatasetError(
            f"{len(self.found)} entries cannot be taken:\n  {listed}{more}",
            cure="Correct or remove these entries, or bring the images that are missing.",
        )


def refuse_repeated(entries: Iterable[Entry], mistakes: Mistakes) -> None:
    """Note every image that is described twice: two answers to one question are none."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry.path in first:
            mistakes.add(entry.where, f"the image {entry.path} was described before ({first[entry.path].where})")
        first.setdefault(entry.path, entry)


def labels_seen(entries: Sequence[Entry]) -> set[str]:
    """Return every class that is named."""
    return set().union(*(entry.classes for entry in entries)) if entries else set()
