"""What the station tells the world: one union of frozen events, drained from a queue by whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.types import Frame, Guarantee, HeatMap, Record


class StationState(StrEnum):
    """Where the station is. Only RUNNING inspects; in every other state the output rests at reject.

    CHALLENGE judges known bad parts and releases nothing until all of them were rejected.
    """

    STARTING = "starting"
    CHALLENGE = "challenge"
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


class CautionCode(StrEnum):
    """Kinds of trouble under which inspection goes on, but which a person should look into."""

    GUARANTEE = "guarantee"
    CAMERA_SICK = "camera-sick"
    PARTS_WORSE = "parts-worse"
    RELEASE = "release"
    SIGNATURE = "signature"
    PICTURES = "pictures"
    RECORD = "record"
    CENTRE = "centre"
    CLOCK = "clock"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to look into while inspection goes on: what, of which view or file, and what to do."""

    code: CautionCode
    source: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class CautionRaised:
    """`caution` holds from now on, until a CautionCleared with the same code and source."""

    caution: Caution


@dataclass(frozen=True, slots=True)
class CautionCleared:
    """The caution with this code and source holds no longer."""

    code: CautionCode
    source: str


@dataclass(frozen=True, slots=True)
class GuaranteeChanged:
    """Under which guarantee the station decides from now on.

    Attributes:
        guarantees: What the package in force promises at the limits in force; empty without calibration.
        holds: False where the conditions of the calibration are not those of the station.
        reasons: Why it does not hold, a sentence each.
    """

    guarantees: tuple[Guarantee, ...]
    holds: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChallengeProgress:
    """How far the challenge with known bad parts is: `rejected` of `wanted`.

    Attributes:
        wanted: Known bad parts that must be rejected one after the other.
        rejected: Rejected so far.
        escaped: Part id of the known bad part that was called PASS just now, "" where none was; the count began anew.
        cause: Why the challenge is due: `start`, `shift`, `changeover`, `asked`.
    """

    wanted: int
    rejected: int
    escaped: str
    cause: str


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """Another package judges from the next part on: promoted, or rolled back to.

    Attributes:
        package_hash: The package now in force.
        previous_hash: The one before; "" at the start.
        reason: `start`, `promote` or `rollback`.
    """

    package_hash: str
    previous_hash: str
    reason: str


Event = (
    StationStateChanged
    | FaultRaised
    | FaultCleared
    | PartDecided
    | HeatMapReady
    | RecordAmended
    | CautionRaised
    | CautionCleared
    | GuaranteeChanged
    | ChallengeProgress
    | ModelChanged
)
