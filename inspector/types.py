"""The words of the design as frozen values. Stages take one and return a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Pixels (H, W, 3), uint8, RGB."""

HeatMap = NDArray[np.float32]
"""Evidence per pixel (H, W), float32 in 0..1, in the coordinates of the image that it explains."""


class Verdict(StrEnum):
    """What is said of a part. Only PASS releases it."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    REVIEW = "REVIEW"
    ERROR = "ERROR"

    @property
    def severity(self) -> int:
        """Rank by which the worst view decides a part: PASS < REVIEW < FAIL < ERROR."""
        return ("PASS", "REVIEW", "FAIL", "ERROR").index(self.value)


@dataclass(frozen=True, slots=True)
class Trigger:
    """The event that says a part is in front of the camera.

    Attributes:
        number: Counts from 1 within one run of the station.
        monotonic_ns: `time.monotonic_ns()` at the event; decides freshness and deadlines.
        wall_time_ns: Unix time in nanoseconds, for people.
        source: What raised it: `manual`, `timer`, `presence`, `source`.
    """

    number: int
    monotonic_ns: int
    wall_time_ns: int
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image from one camera.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        camera: The camera's name in the recipe.
        view: Which side of the part it shows.
        sequence: Counts the frames of one camera; grows strictly.
        monotonic_ns: When the pixels were there, by the monotonic clock.
        wall_time_ns: The same by the wall clock.
        part_id: The part's id where the source knows it (a folder, the simulated line); else "".
        source: File the frame was read from; "" for a live camera.
        truth: The class that the source knows to be true (simulated line, labelled folder); never used to decide.
    """

    pixels: Image
    camera: str
    view: str
    sequence: int
    monotonic_ns: int
    wall_time_ns: int
    part_id: str = ""
    source: str = ""
    truth: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a frame, in pixels: the piece that is judged."""

    x: int
    y: int
    width: int
    height: int

    def crop(self, pixels: Image) -> Image:
        """Return the view of `pixels` (H, W, 3) inside the rectangle.

        Raises:
            ValueError: The rectangle does not lie wholly inside the picture.
        """
        height, width = pixels.shape[:2]
        if self.x < 0 or self.y < 0 or self.x + self.width > width or self.y + self.height > height:
            raise ValueError(
                f"the region {self.width}x{self.height} at ({self.x}, {self.y}) "
                f"reaches outside the {width}x{height} frame"
            )
        return pixels[self.y : self.y + self.height, self.x : self.x + self.width]


@dataclass(frozen=True, slots=True)
class Part:
    """One physical item under inspection and its frames, one per view."""

    part_id: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one region.

    Attributes:
        predicted_class: The most probable class.
        probabilities: Probability by class name; sums to 1.
        score: Defect score, 0 (surely good) to 1 (surely defective): 1 minus the probability of the good classes.
        anomaly: Anomaly score of a method that learned from good parts: 0 as usual, growing without bound with the
            distance from everything seen; None for a method that has none.
    """

    predicted_class: str
    probabilities: Mapping[str, float]
    score: float
    anomaly: float | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits on the defect score: PASS strictly below `pass_below`, FAIL from `fail_from` on, REVIEW between."""

    pass_below: float
    fail_from: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.pass_below <= self.fail_from <= 1.0:
            raise ValueError(
                f"thresholds must satisfy 0 <= pass_below <= fail_from <= 1, not {self.pass_below} and {self.fail_from}"
            )


class Risk(StrEnum):
    """Which error a guarantee bounds."""

    ESCAPE = "escape"
    OVERKILL = "overkill"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What the calibration promises of the verdicts at the limits in force, and what it rests on.

    Attributes:
        risk: The error that is bounded: defective parts that pass, or good parts that fail.
        limit: The accepted rate, 0..1.
        confidence: With which the true rate lies below `limit`, 0..1; 0 where only the expected rate does
            (conformal risk control).
        method: How it was proven, in words of the field: `learn-then-test`, `conformal quantile`,
            `conformal risk control`.
        n: Parts that it rests on: defective ones for escape, good ones for overkill.
        events: Errors among them at these limits.
        bound: The rate that the data does support with `confidence`; at most `limit`.
    """

    risk: Risk
    limit: float
    confidence: float
    method: str
    n: int
    events: int
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationScores:
    """The parts of a calibration set as the thresholds see them: one row per part, by its worst view.

    Attributes:
        parts: Names.
        labels: The class of each; of a defective part, of its defect.
        defective: Truth, (N,).
        scores: A part passes where this is below `pass_below`, (N,): the largest defect score of its views; 1.0 where
            a view's class is not a good one, for such a part never passes.
        fail_scores: A part fails where this is not below `fail_from`, (N,): the largest defect score of its views.
            Limits are taken from these.
        anomalies: The largest anomaly score of the part's views, (N,); nan for a method without one.
    """

    parts: tuple[str, ...]
    labels: tuple[str, ...]
    defective: NDArray[np.bool_]
    scores: NDArray[np.float64]
    fail_scores: NDArray[np.float64]
    anomalies: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one part, its reason and the thresholds used.

    Attributes:
        verdict: PASS, FAIL, REVIEW or ERROR.
        reason: One sentence for the operator.
        predicted_class: Class of the deciding view; "" for ERROR.
        score: Defect score of the deciding view; None for ERROR without a prediction.
        thresholds: The limits in force; None when none could be applied.
        view: The view that decided: the worst.
    """

    verdict: Verdict
    reason: str
    predicted_class: str = ""
    score: float | None = None
    thresholds: Thresholds | None = None
    view: str = ""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of a record as it lies on disk.

    Attributes:
        view: Which side of the part.
        sha256: SHA-256 of the file's bytes, hexadecimal; also its name in the content-addressed store.
        path: Path relative to the log folder.
        width: Pixels.
        height: Pixels.
    """

    view: str
    sha256: str
    path: str
    width: int
    height: int


class RecordKind(StrEnum):
    """What a record says: an inspection, or a later word on an earlier one.

    CONFIRM, OVERRIDE and LABEL (the part's true class) are a person's; CORRECTION is the station's own: a part recorded
    as PASS was not released. CHALLENGE is the judgement of a known bad part that proves the station's eyes; it is never
    released. SHADOW is what a challenger package would have said of an inspected part; it never acts.
    """

    INSPECTION = "inspection"
    CONFIRM = "confirm"
    OVERRIDE = "override"
    CORRECTION = "correction"
    LABEL = "label"
    CHALLENGE = "challenge"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Record:
    """The durable row of one part: everything needed to explain and replay the decision.

    Attributes:
        record_id: UUID4 in hexadecimal; names the record across stations.
        kind: Inspection, or a person's confirmation or override of an earlier record.
        part_id: Serial, barcode or counter.
        recipe_hash: SHA-256 of the recipe in force.
        package_hash: SHA-256 of the model package's card.
        decision: What was decided (for an override: the person's verdict and reason).
        predictions: By view.
        images: The judged frames on disk.
        stage_ms: Milliseconds spent per stage of the part's way.
        trigger_time_ns: Wall clock of the trigger, Unix nanoseconds.
        decided_time_ns: Wall clock of the decision, Unix nanoseconds.
        station: Name of the station.
        refers_to: For a confirmation or override: the record_id that it speaks of.
        who: For a confirmation or override: the person.
        truth: Class known to the source, for simulated and labelled parts; "" otherwise.
        sequence: Order in the log; 0 until the store has made it durable.
        details: Whatever else explains the decision: camera sequence numbers, device, a person's note.
    """

    record_id: str
    kind: RecordKind
    part_id: str
    recipe_hash: str
    package_hash: str
    decision: Decision
    predictions: Mapping[str, Prediction]
    images: tuple[StoredImage, ...]
    stage_ms: Mapping[str, float]
    trigger_time_ns: int
    decided_time_ns: int
    station: str
    refers_to: str = ""
    who: str = ""
    truth: str = ""
    sequence: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail: a change of anything that decides how parts are judged, or an event of the log.

    Attributes:
        action: What was done, `noun.verb`: `recipe.changed`, `model.promoted`, `user.added`, `setting.changed`,
            `images.deleted`, `clock.jumped`, ...
        subject: To what: name of the recipe, user, setting or file.
        old: The value before, as text; "" where there was none.
        new: The value after, as text; "" where there is none.
        who: The person's name; the station's own deeds carry `station`.
        role: The person's role at that moment; "" where nobody has to log in.
        why: The person's reason.
        time_ns: Wall clock, Unix nanoseconds.
        details: Whatever else explains it.
        number: Order in the trail; 0 until it is durable.
    """

    action: str
    subject: str
    old: str = ""
    new: str = ""
    who: str = "station"
    role: str = ""
    why: str = ""
    time_ns: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


class Role(StrEnum):
    """What a person may do; the matrix of rights is in `inspector.people.rights`."""

    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts. Where no user was ever added nobody has to log in: `role` is None and everything is allowed.

    Attributes:
        name: As recorded with every deed.
        role: Their role; None on a PC without users.
    """

    name: str
    role: Role | None = None
