"""The card of a model package: what it says of itself, and what it vouches for. Values only; `package` reads them."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from inspector.inference.preprocess import Preprocessing
from inspector.inference.tiling import Tiling
from inspector.member_names import clashing_name, name_problem
from inspector.types import Guarantee, Risk, Thresholds

CARD_FILE = "card.json"
SIGNATURE_FILE = "card.json.sig"
"""Who vouches for the card, and so for every file that it names; see `inspector.keys`."""
WEIGHTS_FILE = "weights.safetensors"
CALIBRATION_FILE = "calibration.json"
SCHEMA: Final = "inspector.package/1"
MAX_SIGNATURE_BYTES = 16 * 1024
MAX_FILE_BYTES = 8 * 2**30
MAX_FILES = 200
MAX_CLASSES = 10_000


class FileEntry(BaseModel):
    """One file of the package: its SHA-256 in hexadecimal and its size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0, le=MAX_FILE_BYTES)


class CardThresholds(BaseModel):
    """Limits on the defect score that the training chose; a recipe may set others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pass_below: float
    fail_from: float

    def to_thresholds(self) -> Thresholds:
        """Return the same limits as the core's value."""
        return Thresholds(self.pass_below, self.fail_from)


class ScoreScale(BaseModel):
    """How an anomaly score becomes a defect score: sigmoid(slope * ln(anomaly / middle)), which never saturates.

    Attributes:
        middle: Anomaly score that becomes 0.5.
        slope: How fast the defect score rises with the logarithm of the anomaly score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    middle: float = Field(gt=0)
    slope: float = Field(gt=0)


class AnomalyCard(BaseModel):
    """The part of a card that speaks of an anomaly detector.

    Attributes:
        layers: Modules of the backbone whose outputs are the features, in the order of the data.
        memory: Rows of the memory; 0 for a method without one.
        dimensions: Numbers per row.
        scale: From the picture's anomaly score to the defect score.
        pixel_scale: The same for one place of the heat map.
        settings: Whatever else the method must know to predict as it was fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[str, ...] = ()
    memory: int = 0
    dimensions: int = 0
    scale: ScoreScale
    pixel_scale: ScoreScale
    settings: dict[str, Any] = {}


class GuaranteeCard(BaseModel):
    """A guarantee as the card keeps it; see `inspector.types.Guarantee`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    risk: Risk
    limit: float
    confidence: float
    method: str
    n: int
    events: int
    bound: float

    def to_guarantee(self) -> Guarantee:
        """Return the same guarantee as the core's value."""
        return Guarantee(self.risk, self.limit, self.confidence, self.method, self.n, self.events, self.bound)


class CalibrationCard(BaseModel):
    """What `inspector calibrate` found; the scores that it rests on are in the package's `calibration.json`.

    Attributes:
        temperature: Divides the logits of a classifier before the softmax.
        guarantees: What the thresholds of this card promise, by part.
        good_parts: Parts of the calibration set.
        defective_parts: Parts of the calibration set.
        dataset: Name, fingerprint and split of the calibration set.
        recipe_hash: `inspection_hash` of the recipe that the guarantee was stated for; "" where none was named.
        created: UTC, ISO 8601.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    temperature: float = Field(default=1.0, gt=0)
    guarantees: tuple[GuaranteeCard, ...] = ()
    good_parts: int
    defective_parts: int
    dataset: dict[str, Any]
    recipe_hash: str = ""
    created: str


Method = Literal["classifier", "patch-memory", "autoencoder", "hybrid"]
"""How a package judges."""

TILED_METHODS: Final = ("classifier", "patch-memory")
"""Methods that may judge a region by its tiles."""

ANOMALY: Final = "anomaly"
"""Class of a defect that no one named: of methods that learn from good parts alone, and of the hybrid's memory."""


class Card(BaseModel):
    """What a model package says of itself.

    Attributes:
        method: `classifier`: a torchvision network with one output per class. `patch-memory`: distance to a memory of
            local features of good parts. `autoencoder`: what a network that knows good parts only cannot draw.
            `hybrid`: classifier and patch-memory together.
        backbone: torchvision's name of the network.
        classes: Output order.
        good: The classes that may pass.
        preprocessing: How a region, or a tile of it, becomes the input.
        tiling: How a region is cut into tiles; None where it is judged as a whole.
        thresholds: PASS and FAIL limits on the defect score, and how they were chosen is in `training`.
        training: The configuration of the run, as given.
        data: Fingerprint, name and counts of the training data.
        metrics: Figures on the validation split at the end of training.
        libraries: Versions that made the package.
        created: UTC, ISO 8601.
        files: Every other file of the package.
        anomaly: Of the methods that learn from good parts; None for a classifier.
        calibration: What the thresholds promise; None before `inspector calibrate`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["inspector.package/1"] = SCHEMA
    method: Method
    backbone: str
    classes: tuple[str, ...] = Field(max_length=MAX_CLASSES)
    good: tuple[str, ...] = Field(max_length=MAX_CLASSES)
    preprocessing: Preprocessing
    thresholds: CardThresholds
    training: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    created: str
    files: dict[str, FileEntry] = Field(max_length=MAX_FILES)
    anomaly: AnomalyCard | None = None
    calibration: CalibrationCard | None = None
    tiling: Tiling | None = None

    @property
    def guarantees(self) -> tuple[Guarantee, ...]:
        """What the thresholds of this card promise; empty before a calibration."""
        return tuple(each.to_guarantee() for each in self.calibration.guarantees) if self.calibration else ()

    @field_validator("files")
    @classmethod
    def _named_inside(cls, files: dict[str, FileEntry]) -> dict[str, FileEntry]:
        """A name becomes a path: one that leads out of the folder would be read, and copied into a release."""
        for name in files:
            if problem := name_problem(name):
                raise ValueError(f"files: {name!r}: {problem}")
        if clash := clashing_name((CARD_FILE, SIGNATURE_FILE, *files)):
            raise ValueError(f"files: {clash!r} would fall on another file")
        return files

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        if len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
            raise ValueError("classes must be at least two different names")
        if not self.good or not set(self.good) < set(self.classes):
            raise ValueError("good must name at least one class and leave at least one defect class")
        if WEIGHTS_FILE not in self.files:
            raise ValueError(f"files must name {WEIGHTS_FILE}")
        if (self.anomaly is None) != (self.method == "classifier"):
            raise ValueError(f"the method {self.method} needs the table 'anomaly', a classifier must not have it")
        if self.tiling is not None and self.method not in TILED_METHODS:
            raise ValueError(f"the method {self.method} does not judge by tiles")
        if self.calibration is not None and CALIBRATION_FILE not in self.files:
            raise ValueError(f"files must name {CALIBRATION_FILE} where there is a calibration")
        self.thresholds.to_thresholds()
        return self
