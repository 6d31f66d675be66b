"""The model package: a folder with a JSON card and safetensors weights. Never a pickle.

`card.json` names every other file with its SHA-256; the SHA-256 of the card itself is the package's hash, so one
value pins weights, classes, preprocessing and thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inspector.errors import PackageError
from inspector.imaging import sha256_of
from inspector.inference.preprocess import Preprocessing
from inspector.jsonfile import replace_file
from inspector.release import is_kept, package_folder
from inspector.types import Guarantee, Risk, Thresholds

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
CALIBRATION_FILE = "calibration.json"
SCHEMA: Final = "inspector.package/1"


class FileEntry(BaseModel):
    """One file of the package: its SHA-256 in hexadecimal and its size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    bytes: int


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
        preprocessing: How a region becomes the input.
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
    classes: tuple[str, ...]
    good: tuple[str, ...]
    preprocessing: Preprocessing
    thresholds: CardThresholds
    training: dict[str, Any]
    data: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    created: str
    files: dict[str, FileEntry]
    anomaly: AnomalyCard | None = None
    calibration: CalibrationCard | None = None

    @property
    def guarantees(self) -> tuple[Guarantee, ...]:
        """What the thresholds of this card promise; empty before a calibration."""
        return tuple(each.to_guarantee() for each in self.calibration.guarantees) if self.calibration else ()

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
        if self.calibration is not None and CALIBRATION_FILE not in self.files:
            raise ValueError(f"files must name {CALIBRATION_FILE} where there is a calibration")
        self.thresholds.to_thresholds()
        return self


class Package:
    """A verified model package on disk. Make one with `open_package`.

    Attributes:
        folder: Where it lies.
        card: What it says of itself.
        hash: SHA-256 of the card's bytes; pins the whole package.
    """

    def __init__(self, folder: Path, card: Card, hash_: str) -> None:
        self.folder = folder
        self.card = card
        self.hash = hash_

    def read_file(self, name: str) -> bytes:
        """Return the bytes of a file that the card names.

        Raises:
            PackageError: Missing, or its bytes are not those that the card names.
        """
        entry = self.card.files[name]
        path, revised = self.folder / name, _revised_path(self.folder, name, entry)
        if revised.is_file():  # a revision was interrupted after its card, see revise_package
            path = revised
        try:
            data = path.read_bytes()
        except OSError as error:
            raise PackageError(
                f"{path}: cannot be read ({error.strerror}).", cure="Copy the model package again, whole."
            ) from error
        if len(data) != entry.bytes or sha256_of(data) != entry.sha256:
            raise PackageError(
                f"{path}: its content is not what the package's card names (SHA-256 differs).",
                cure="The file was altered or damaged: copy the model package again from where it was trained.",
            )
        return data


def open_package(folder: Path, hash_: str | None = None) -> Package:
    """Read the card and verify every file that it names.

    Args:
        folder: A package, or a release folder: that stands for its champion.
        hash_: The package must be this one; of a release folder, this one instead of the champion.

    Raises:
        PackageError: No package, another one, an unknown format, or a file that is missing or altered.
    """
    folder = package_folder(folder, hash_)
    path = folder / CARD_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PackageError(
            f"{folder}: is no model package ({CARD_FILE}: {error.strerror}).",
            cure="Give the folder that `inspector train … --out` wrote.",
        ) from error
    package = Package(folder, _parse_card(path, data), sha256_of(data))
    if hash_ not in (None, package.hash):
        raise PackageError(
            f"{folder}: holds the package {package.hash}, not {hash_}.", cure="Restore the package from its archive."
        )
    for name in package.card.files:
        package.read_file(name)
    return package


def _parse_card(path: Path, data: bytes) -> Card:
    try:
        document = json.loads(data)
        if not isinstance(document, dict):
            raise PackageError(f"{path}: the card is no JSON object.", cure="Copy the package again.")
        schema = document.pop("schema", None)
        if schema != SCHEMA:
            raise PackageError(
                f"{path}: the format is {schema!r}; this program reads {SCHEMA!r}.",
                cure="Use the version of the program that wrote it, or train again.",
            )
        return Card.model_validate(document)
    except (ValueError, AttributeError, ValidationError) as error:
        raise PackageError(f"{path}: the card cannot be read: {error}", cure="Copy the package again.") from error


def write_package(folder: Path, card: Mapping[str, Any], files: Mapping[str, bytes]) -> Package:
    """Write `files`, then the card that names them (last, so that a package with a card is whole).

    Args:
        folder: Made where absent. Files of an earlier package of the same name are replaced.
        card: The card's fields without `files`.
        files: Content by file name; must hold `weights.safetensors`.

    Raises:
        PackageError: The card is inconsistent, or the folder belongs to a release: its packages are never changed.
    """
    _refuse_kept(folder)
    entries = {name: FileEntry(sha256=sha256_of(data), bytes=len(data)) for name, data in files.items()}
    try:
        checked = Card.model_validate({**card, "files": entries})
    except ValidationError as error:
        raise PackageError(f"{folder}: the package would be inconsistent: {error}") from error
    (folder / CARD_FILE).unlink(missing_ok=True)
    for name, data in files.items():
        replace_file(folder / name, data)
    replace_file(folder / CARD_FILE, _card_bytes(checked))
    return open_package(folder)


def revise_package(package: Package, changes: Mapping[str, Any], files: Mapping[str, bytes]) -> Package:
    """Give a package another card, and other small files, in one step: killed at any point, it is the old or the new.

    The new files first lie beside the old ones under names that carry their hash, then the card that names them takes
    the old one's place, then they take theirs. `Package.read_file` finds them by their hash in between.

    Args:
        package: As it is on disk.
        changes: Fields of the card that change.
        files: Content by file name of the files that are new; all others stay.

    Raises:
        PackageError: The card would be inconsistent, or the package belongs to a release; it is as it was.
    """
    folder = package.folder
    _refuse_kept(folder)
    entries = {name: FileEntry(sha256=sha256_of(data), bytes=len(data)) for name, data in files.items()}
    fields = {**package.card.model_dump(exclude={"schema_"}), **changes, "files": {**package.card.files, **entries}}
    try:
        checked = Card.model_validate(fields)
    except ValidationError as error:
        raise PackageError(f"{folder}: the package would be inconsistent: {error}") from error
    for name, data in files.items():
        replace_file(_revised_path(folder, name, entries[name]), data)
    replace_file(folder / CARD_FILE, _card_bytes(checked))
    for name, data in files.items():
        replace_file(folder / name, data)
        for left in folder.glob(f".{name}.*.revised"):
            left.unlink()
    return open_package(folder)


def _refuse_kept(folder: Path) -> None:
    if is_kept(folder):
        raise PackageError(
            f"{folder}: belongs to a release, whose packages are never changed.",
            cure="Write the new package elsewhere, then bring it into force with `inspector promote`.",
        )


def _revised_path(folder: Path, name: str, entry: FileEntry) -> Path:
    return folder / f".{name}.{entry.sha256[:16]}.revised"


def _card_bytes(card: Card) -> bytes:
    absent = {name for name in ("anomaly", "calibration") if getattr(card, name) is None}
    document = {"schema": SCHEMA, **card.model_dump(mode="json", exclude={"schema_", *absent})}
    return json.dumps(document, indent=1, ensure_ascii=False).encode()
