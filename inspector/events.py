"""What the station tells the world: one union of frozen events, drained from a queue by whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.types import Frame, HeatMap, Record


class StationState(StrEnum):
    """Where the station is. Only RUNNING inspects; in every other state the output rests at reject."""

    STARTING = "starting"
    RUNNING = "running"
    FAULT = "fault"
    STOPPED = "stopped"


class FaultCode(StrEnum):
    """Kinds of trouble that a person has to know about."""

    CAMERA = "camera"
    MODEL = "model"
    DISK = "disk"
    STORE = "store"
    RECIPE = "recipe"
    OUTPUT = "output"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong: what, with which device or file, and what to do. Parts are rejected meanwhile."""

    code: FaultCode
    source: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class StationStateChanged:
    """The station entered `state`; `detail` says more for people."""

    state: StationState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FaultRaised:
    """`fault` holds from now on, until a FaultCleared with the same code and source."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """The fault with this code and source is cured."""

    code: FaultCode
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class PartDecided:
    """A part was judged and recorded. `frames` are the judged frames, by view order.

    `released` tells whether the gate was opened for it. A PASS that was not released is followed by a RecordAmended
    with the station's correction.
    """

    record: Record
    frames: tuple[Frame, ...]
    released: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class HeatMapReady:
    """Why: evidence (H, W) in the coordinates of the frame of `view`, made after the decision."""

    record_id: str
    view: str
    heat_map: HeatMap


@dataclass(frozen=True, slots=True)
class RecordAmended:
    """A person confirmed or overrode an earlier record; `record` is the new one that points to it."""

    record: Record


Event = StationStateChanged | FaultRaised | FaultCleared | PartDecided | HeatMapReady | RecordAmended
