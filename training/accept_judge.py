"""The acceptance parts as the station would judge them: every take of a part gets one verdict, by its worst view."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.manifest import Item
from inspector.decisions.policy import decide
from inspector.errors import DatasetError, UsageError
from inspector.inference.base import Model
from inspector.types import Decision, Prediction, Thresholds, Verdict
from training.pictures import read_checked

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Take:
    """One imaging of a part.

    Attributes:
        decision: What the station would have said.
        items: Its pictures by view.
        predictions: What the model said of them, by view.
    """

    decision: Decision
    items: dict[str, Item]
    predictions: dict[str, Prediction]

    @property
    def accepted(self) -> bool:
        """Whether the part would have been released."""
        return self.decision.verdict is Verdict.PASS

    @property
    def score(self) -> float:
        """Defect score of the deciding view; 1 where there was none."""
        return 1.0 if self.decision.score is None else self.decision.score


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """A part, its truth and its takes.

    Attributes:
        part: Its id.
        labels: The defect classes of its pictures, sorted; those of the good ones where it has no defect.
        defective: Whether any of its pictures shows a defect.
        takes: At least one.
        size_px: Square root of the largest marked area of its pictures, in pixels; None without a mark.
        share: The largest share of a picture that is marked; None without a mark.
    """

    part: str
    labels: tuple[str, ...]
    defective: bool
    takes: tuple[Take, ...]
    size_px: float | None
    share: float | None

    @property
    def verdict(self) -> Verdict:
        """The take that speaks most against the model: the mildest of a defective part, the severest of a good one."""
        verdicts = [take.decision.verdict for take in self.takes]
        return (min if self.defective else max)(verdicts, key=lambda verdict: verdict.severity)


@dataclass(frozen=True, slots=True)
class Judged:
    """Parts with their verdicts.

    Attributes:
        parts: Ordered by id.
        left_out: Pictures of takes that lack a view.
    """

    parts: tuple[JudgedPart, ...]
    left_out: int

    @property
    def repeated(self) -> tuple[JudgedPart, ...]:
        """The parts that were imaged several times."""
        return tuple(part for part in self.parts if len(part.takes) > 1)


@dataclass(frozen=True, slots=True)
class Judge:
    """How parts are judged.

    Attributes:
        model: Predicts each picture.
        thresholds: The limits in force.
        good: Labels of the data set that count as good.
    """

    model: Model
    thresholds: Thresholds
    good: Collection[str]

    def judge(
        self, items: Sequence[Item], take: Callable[[Item], str | None], progress: Callable[[int, int], None]
    ) -> Judged:
        """Predict and decide.

        Args:
            items: The pictures of whole parts.
            take: See `take_by_view` and `take_by_pattern`.
            progress: Called with (done, total) pictures.

        Raises:
            DatasetError: A file that is gone, damaged, or not the one that was imported.
            ModelError: The run-time failed.
        """
        found = dict(self._predict(items, progress))
        parts, left_out = [], 0
        for part, pictures in _by_part(items).items():
            takes = complete_takes(pictures, take)
            left_out += len(pictures) - sum(len(views) for views in takes)
            parts.append(self._part(part, pictures, takes, found))
        return Judged(tuple(parts), left_out)

    def _predict(self, items: Sequence[Item], progress: Callable[[int, int], None]) -> Iterator[tuple[int, Prediction]]:
        for start in range(0, len(items), _BATCH):
            chosen = items[start : start + _BATCH]
            predictions = self.model.predict([read_checked(item) for item in chosen])
            yield from zip((item.item_id for item in chosen), predictions, strict=True)
            progress(start + len(chosen), len(items))

    def _part(
        self, part: str, pictures: Sequence[Item], takes: Sequence[dict[str, Item]], found: dict[int, Prediction]
    ) -> JudgedPart:
        bad = {item.label for item in pictures if item.label not in self.good}
        marks = [mark for item in pictures if item.label in bad and (mark := _mark(item)) is not None]
        return JudgedPart(
            part=part,
            labels=tuple(sorted(bad or {item.label for item in pictures})),
            defective=bool(bad),
            takes=tuple(self._take(views, found) for views in takes),
            size_px=max((size for size, _ in marks), default=None),
            share=max((share for _, share in marks), default=None),
        )

    def _take(self, views: dict[str, Item], found: dict[int, Prediction]) -> Take:
        predictions = {view: found[item.item_id] for view, item in views.items()}
        return Take(decide(predictions, self.thresholds, self.model.package.card.good), views, predictions)


def take_by_view(item: Item) -> str | None:
    """Count several pictures of one named view of a part as takes of it, in the order of the data set.

    Pictures without a named view may show different sides: they are judged together, as views of one take.
    """
    return None if item.view else ""


def take_in_study(_item: Item) -> str | None:
    """Count several pictures of one view of a part as takes, whether the view has a name or not."""
    return None


def take_by_pattern(pattern: str) -> Callable[[Item], str | None]:
    """Return a function that finds the take in the path of a picture.

    Raises:
        UsageError: The pattern is no regular expression with a group.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--take {pattern}: is no regular expression ({error}).", cure=_TAKE_CURE) from error
    if compiled.groups < 1:
        raise UsageError(f"--take {pattern}: has no group.", cure=_TAKE_CURE)

    def take(item: Item) -> str:
        found = compiled.search(item.path.as_posix())
        if found is None:
            raise DatasetError(f"{item.path}: --take {pattern} finds no take in it.", cure=_TAKE_CURE)
        return found[1] or ""

    return take


_TAKE_CURE = r"Write it so that it fits every path, with the take in its first group: `--take '_take(\d+)\.'`."


def complete_takes(pictures: Sequence[Item], take: Callable[[Item], str | None]) -> list[dict[str, Item]]:
    """Return the takes of one part, each with its pictures by view; those that lack a view are left out.

    Args:
        pictures: All pictures of the part.
        take: From a picture to its take, or None to number the pictures of each view.
    """
    takes: dict[str, dict[str, Item]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    for item in pictures:
        name = take(item)
        if name is None:
            counts[item.view] += 1
            name = f"{counts[item.view]:06}"
        views = takes[name]
        views[item.view if item.view not in views else f"{item.view}#{len(views) + 1}"] = item
    every = {view for views in takes.values() for view in views}
    whole = [views for _, views in sorted(takes.items()) if views.keys() == every]
    return whole or [{f"{item.view}#{number}": item for number, item in enumerate(pictures, 1)}]


def _by_part(items: Sequence[Item]) -> dict[str, list[Item]]:
    parts: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        parts[item.part].append(item)
    return dict(sorted(parts.items()))


def _mark(item: Item) -> tuple[float, float] | None:
    """Return square root of the marked area in pixels and its share of the picture; None without a mark."""
    mask = item.read_mask()
    area = 0 if mask is None else int(np.count_nonzero(mask))
    return (float(area**0.5), area / (item.width * item.height)) if area else None
