"""The model package: a folder with a JSON card and safetensors weights. Never a pickle.

`card.json` names every other file with its SHA-256; the SHA-256 of the card itself is the package's hash, so one
value pins weights, classes, preprocessing and thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from inspector.errors import PackageError
from inspector.imaging import sha256_of
from inspector.inference.preprocess import Preprocessing
from inspector.jsonfile import replace_file
from inspector.types import Thresholds

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
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


class Card(BaseModel):
    """What a model package says of itself.

    Attributes:
        method: `classifier`: a torchvision network with one output per class.
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
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["inspector.package/1"] = SCHEMA
    method: Literal["classifier"]
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

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        if len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
            raise ValueError("classes must be at least two different names")
        if not self.good or not set(self.good) < set(self.classes):
            raise ValueError("good must name at least one class and leave at least one defect class")
        if WEIGHTS_FILE not in self.files:
            raise ValueError(f"files must name {WEIGHTS_FILE}")
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
        path = self.folder / name
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


def open_package(folder: Path) -> Package:
    """Read the card and verify every file that it names.

    Raises:
        PackageError: No package, an unknown format, or a file that is missing or altered.
    """
    path = folder / CARD_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PackageError(
            f"{folder}: is no model package ({CARD_FILE}: {error.strerror}).",
            cure="Give the folder that `inspector train … --out` wrote.",
        ) from error
    package = Package(folder, _parse_card(path, data), sha256_of(data))
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
        PackageError: The card is inconsistent.
    """
    entries = {name: FileEntry(sha256=sha256_of(data), bytes=len(data)) for name, data in files.items()}
    try:
        checked = Card.model_validate({**card, "files": entries})
    except ValidationError as error:
        raise PackageError(f"{folder}: the package would be inconsistent: {error}") from error
    (folder / CARD_FILE).unlink(missing_ok=True)
    for name, data in files.items():
        replace_file(folder / name, data)
    document = {"schema": SCHEMA, **checked.model_dump(mode="json", exclude={"schema_"})}
    replace_file(folder / CARD_FILE, json.dumps(document, indent=1, ensure_ascii=False).encode())
    return open_package(folder)
