"""Specific errors. Each says what happened, to which file or device, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class InspectorError(Exception):
    """Base of every error that the product raises on purpose.

    Args:
        message: One sentence: what happened, naming the file or device.
        cure: What the person can do about it; empty where nothing can be done.
    """

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".strip()


class ImageProblem(StrEnum):
    """Why bytes are not an acceptable image; the value is what lists and JSON show."""

    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    WRONG_TYPE = "wrong-type"
    EMPTY = "empty"
    DUPLICATE = "duplicate"


class ImageError(InspectorError):
    """Bytes that cannot be taken as an image; `problem` says why."""

    def __init__(self, message: str, problem: ImageProblem, *, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.problem = problem


class UsageError(InspectorError):
    """The command was called in a way that cannot work."""


class DatasetError(InspectorError):
    """A data set folder, manifest or import source that cannot be used."""


class RecipeError(InspectorError):
    """A recipe that cannot be used; `mistakes` lists each with its line."""

    def __init__(self, message: str, *, cure: str = "", mistakes: tuple[str, ...] = ()) -> None:
        super().__init__(message, cure=cure)
        self.mistakes = mistakes


class PackageError(InspectorError):
    """A model package that is incomplete, altered or of an unknown format."""


class CameraError(InspectorError):
    """A camera that cannot be opened, or gave no trustworthy frame."""


class ModelError(InspectorError):
    """A model that could not be run on this device."""


class StoreError(InspectorError):
    """The record store could not be opened, or could not make a record durable."""


class DiskFullError(StoreError):
    """There is no room on the disk for a picture or a record."""


class DamagedLogError(StoreError):
    """The log's file is damaged: it is put aside, and nothing is recorded until it is restored."""


class NotAllowedError(InspectorError):
    """A person has no right to do what they asked for, or is not logged in."""


class UserError(InspectorError):
    """The users of this PC cannot be read or changed as asked, or a login failed."""


class SettingsError(InspectorError):
    """This PC's settings.toml cannot be used."""


class KeyFileError(InspectorError):
    """A key file that cannot be made, read or opened with this passphrase."""


class SignatureError(InspectorError):
    """A signature, or the store of trusted keys, that cannot be read: then nothing counts as signed."""


class UntrustedPackageError(PackageError):
    """A model package that nobody vouches for whom this PC trusts."""


class UntrustedRecipeError(RecipeError):
    """A recipe that nobody vouches for whom this PC trusts."""


class ArchiveError(InspectorError):
    """An archive that is damaged, or holds what no archive of this program may hold."""


class TrainingError(InspectorError):
    """A training run that cannot start or go on."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """Parts that a promise lacks.

    Attributes:
        risk: The error to be bounded: `escape` (defective parts are counted) or `overkill` (good ones are).
        limit: The rate that was asked for.
        n: Parts of that kind that there are.
        missing: So many more are needed, none of them an error.
        supported_bound: The smallest rate that the parts at hand can prove.
    """

    risk: str
    limit: float
    n: int
    missing: int
    supported_bound: float


class TooFewPartsError(UsageError):
    """The data cannot support the promise that was asked for; `shortages` says by how much."""

    def __init__(self, message: str, shortages: tuple[Shortage, ...], *, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.shortages = shortages
