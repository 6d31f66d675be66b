"""The parts that the window can still show: newest last, pixels bounded in memory, records kept longer. No Qt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from inspector.events import HeatMapReady, PartDecided
from inspector.types import HeatMap, Image, Record, RecordKind, Verdict

MAX_PARTS = 400
PIXEL_BUDGET_BYTES = 256 * 1024 * 1024
THUMBNAIL_PX = 160
WORDS = (RecordKind.CONFIRM, RecordKind.OVERRIDE, RecordKind.CORRECTION)
"""Records that say something of an earlier one."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenPart:
    """One part as the window knows it.

    Attributes:
        record: The inspection's record; never changed by what was said later.
        frames: Judged pixels (H, W, 3) by view; empty when they have to be read back from the log.
        heat_maps: Evidence (H, W) by view, as far as it has arrived.
        amendments: Confirmations, overrides and corrections of the record, oldest first.
        thumbnail: Small picture of the deciding view, at most `THUMBNAIL_PX` each way; None when not yet read.
    """

    record: Record
    frames: Mapping[str, Image] = field(default_factory=dict)
    heat_maps: Mapping[str, HeatMap] = field(default_factory=dict)
    amendments: tuple[Record, ...] = ()
    thumbnail: Image | None = None

    @property
    def verdict(self) -> Verdict:
        """What happened to the part; a person's word does not change it.

        The recorded verdict, or ERROR where the station corrected itself: a recorded PASS was not released after all.
        """
        corrected = [r for r in self.amendments if r.kind is RecordKind.CORRECTION]
        return corrected[-1].decision.verdict if corrected else self.record.decision.verdict

    @property
    def rejected(self) -> bool:
        """Whether the station held the part back."""
        return self.verdict is not Verdict.PASS

    @property
    def is_challenge(self) -> bool:
        """Whether it is a known bad part that proves the station's eyes: no part of the production."""
        return self.record.kind is RecordKind.CHALLENGE

    @property
    def by_person(self) -> Record | None:
        """The last word of a person on this part; None when nobody looked."""
        said = [r for r in self.amendments if r.kind in (RecordKind.CONFIRM, RecordKind.OVERRIDE)]
        return said[-1] if said else None

    @property
    def first_view(self) -> str:
        """The view to show first: the one that decided."""
        views = list(self.frames) or [image.view for image in self.record.images]
        wanted = self.record.decision.view
        return wanted if wanted in views or not views else views[0]


class PartMemory:
    """Parts by record id, oldest first. Used from the Qt thread alone.

    Args:
        max_parts: How many records are kept.
        pixel_budget: Bytes of judged pixels that are kept; beyond it the oldest lose theirs.
    """

    def __init__(self, max_parts: int = MAX_PARTS, pixel_budget: int = PIXEL_BUDGET_BYTES) -> None:
        self._parts: OrderedDict[str, SeenPart] = OrderedDict()
        self._early: dict[str, Record] = {}  # corrections are told before the part that they speak of
        self._max_parts = max_parts
        self._pixel_budget = pixel_budget

    def __iter__(self) -> Iterator[SeenPart]:
        return iter(self._parts.values())

    def __len__(self) -> int:
        return len(self._parts)

    def get(self, record_id: str) -> SeenPart | None:
        """Return a part, or None when it is no longer kept."""
        return self._parts.get(record_id)

    def add_decided(self, event: PartDecided) -> SeenPart:
        """Take in a part that was just judged."""
        frames = {frame.view: frame.pixels for frame in event.frames}
        early = self._early.pop(event.record.record_id, None)
        part = SeenPart(event.record, frames, amendments=() if early is None else (early,))
        shown = frames.get(part.first_view)
        return self._put(replace(part, thumbnail=None if shown is None else thumbnail(shown)))

    def add_earlier(self, part: SeenPart) -> SeenPart:
        """Take in a part read from the log; one that is already known keeps its place."""
        return self._parts.get(part.record.record_id) or self._put(part, oldest=True)

    def add_heat_map(self, event: HeatMapReady) -> SeenPart | None:
        """Attach evidence; returns the part, or None when it is no longer kept."""
        part = self._parts.get(event.record_id)
        if part is None:
            return None
        return self._replace(replace(part, heat_maps={**part.heat_maps, event.view: event.heat_map}))

    def add_amendment(self, record: Record) -> SeenPart | None:
        """Attach what was said of a part; returns the part, or None when it is no longer kept.

        What a challenger would have said is no word on the part, and is not taken.
        """
        if record.kind not in WORDS:
            return None
        part = self._parts.get(record.refers_to)
        if part is None and record.kind is RecordKind.CORRECTION:
            self._early = {record.refers_to: record}
        if part is None or any(known.record_id == record.record_id for known in part.amendments):
            return part
        return self._replace(replace(part, amendments=(*part.amendments, record)))

    def add_frames(self, record_id: str, frames: Mapping[str, Image]) -> SeenPart | None:
        """Attach pixels read back from the log; returns the part, or None when it is no longer kept."""
        part = self._parts.get(record_id)
        return None if part is None else self._replace(replace(part, frames=frames))

    def _put(self, part: SeenPart, *, oldest: bool = False) -> SeenPart:
        self._parts[part.record.record_id] = part
        if oldest:
            self._parts.move_to_end(part.record.record_id, last=False)
        while len(self._parts) > self._max_parts:
            self._parts.popitem(last=False)
        self._shed_pixels()
        return part

    def _replace(self, part: SeenPart) -> SeenPart:
        self._parts[part.record.record_id] = part
        return part

    def _shed_pixels(self) -> None:
        kept = 0
        for key in reversed(list(self._parts)):
            part = self._parts[key]
            kept += sum(p.nbytes for p in part.frames.values()) + sum(h.nbytes for h in part.heat_maps.values())
            if kept > self._pixel_budget and part.frames:
                self._parts[key] = replace(part, frames={}, heat_maps={})


def thumbnail(pixels: Image, largest: int = THUMBNAIL_PX) -> Image:
    """Return a small copy, at most `largest` pixels each way."""
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    step = max(1, min(height, width) // (4 * largest))  # thin out first: area averaging of 12 MP costs 10 ms
    pixels = np.ascontiguousarray(pixels[::step, ::step])
    scale = min(1.0, largest / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
