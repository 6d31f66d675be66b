"""The model package: a folder with a JSON card and safetensors weights. Never a pickle.

`card.json` names every other file with its SHA-256; the SHA-256 of the card itself is the package's hash, so one
value pins weights, classes, preprocessing and thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspector.errors import PackageError
from inspector.imaging import sha256_of
from inspector.inference.card import (
    ANOMALY,
    CALIBRATION_FILE,
    CARD_FILE,
    MAX_SIGNATURE_BYTES,
    SCHEMA,
    SIGNATURE_FILE,
    WEIGHTS_FILE,
    AnomalyCard,
    CalibrationCard,
    Card,
    CardThresholds,
    FileEntry,
    GuaranteeCard,
    Method,
    ScoreScale,
)
from inspector.jsonfile import replace_file
from inspector.regular import NotRegularError, read_regular
from inspector.release import is_kept, package_folder

__all__ = [
    "ANOMALY",
    "CALIBRATION_FILE",
    "CARD_FILE",
    "SIGNATURE_FILE",
    "WEIGHTS_FILE",
    "AnomalyCard",
    "CalibrationCard",
    "Card",
    "CardThresholds",
    "FileEntry",
    "GuaranteeCard",
    "Method",
    "Package",
    "ScoreScale",
    "open_package",
    "revise_package",
    "write_package",
]

MAX_CARD_BYTES = 4 * 2**20


class Package:
    """A verified model package on disk. Make one with `open_package`.

    Attributes:
        folder: Where it lies.
        card: What it says of itself.
        hash: SHA-256 of the card's bytes; pins the whole package.
        card_bytes: The card as it was read, once.
    """

    def __init__(self, folder: Path, card: Card, card_bytes: bytes) -> None:
        self.folder = folder
        self.card = card
        self.card_bytes = card_bytes
        self.hash = sha256_of(card_bytes)

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
            data = read_regular(path, entry.bytes)
        except NotRegularError as error:
            raise _altered(path) from error
        except OSError as error:
            raise PackageError(
                f"{path}: cannot be read ({error.strerror}).", cure="Copy the model package again, whole."
            ) from error
        if len(data) != entry.bytes or sha256_of(data) != entry.sha256:
            raise _altered(path)
        return data

    def signature_bytes(self) -> bytes | None:
        """Return the file of its signatures as it stands, unread; None where there is none. Raises PackageError."""
        path = self.folder / SIGNATURE_FILE
        try:
            return read_regular(path, MAX_SIGNATURE_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PackageError(f"{path}: cannot be read ({error.strerror}).", cure="Sign the package again.") from error

    def strangers(self) -> tuple[str, ...]:
        """Return what lies in the folder and is neither the card, its signature nor a file that the card names.

        Names relative to the folder, sorted; a few at most are worth telling. Nothing of it is ever read.
        """
        known = {CARD_FILE, SIGNATURE_FILE, *self.card.files}
        inside = (path for path in self.folder.rglob("*") if path.is_symlink() or not path.is_dir())
        return tuple(sorted(name for path in inside if (name := path.relative_to(self.folder).as_posix()) not in known))


def _altered(path: Path) -> PackageError:
    return PackageError(
        f"{path}: its content is not what the package's card names (SHA-256 differs).",
        cure="The file was altered or damaged: copy the model package again from where it was trained.",
    )


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
        data = read_regular(path, MAX_CARD_BYTES)
    except OSError as error:
        raise PackageError(
            f"{folder}: is no model package ({CARD_FILE}: {error.strerror}).",
            cure="Give the folder that `inspector train … --out` wrote.",
        ) from error
    package = Package(folder, parse_card(path, data), data)
    if hash_ not in (None, package.hash):
        raise PackageError(
            f"{folder}: holds the package {package.hash}, not {hash_}.", cure="Restore the package from its archive."
        )
    for name in package.card.files:
        package.read_file(name)
    return package


def parse_card(path: Path, data: bytes) -> Card:
    """Return the card in `data`; `path` is where it came from, for messages. Raises PackageError."""
    try:
        document = json.loads(data.decode())
        if not isinstance(document, dict):
            raise PackageError(f"{path}: the card is no JSON object.", cure="Copy the package again.")
        schema = document.pop("schema", None)
        if schema != SCHEMA:
            raise PackageError(
                f"{path}: the format is {schema!r}; this program reads {SCHEMA!r}.",
                cure="Use the version of the program that wrote it, or train again.",
            )
        return Card.model_validate(document)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:1000]
        raise PackageError(f"{path}: the card cannot be read: {reason}", cure="Copy the package again.") from error


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
    (folder / SIGNATURE_FILE).unlink(missing_ok=True)  # nobody has vouched for the new one
    for name, data in files.items():
        replace_file(folder / name, data)
    replace_file(folder / CARD_FILE, _card_bytes(checked))
    return open_package(folder)


def revise_package(
    package: Package, changes: Mapping[str, Any], files: Mapping[str, bytes], *, without: Collection[str] = ()
) -> Package:
    """Give a package another card, and other small files, in one step: killed at any point, it is the old or the new.

    The new files first lie beside the old ones under names that carry their hash, then the card that names them takes
    the old one's place, then they take theirs. `Package.read_file` finds them by their hash in between.

    Args:
        package: As it is on disk.
        changes: Fields of the card that change.
        files: Content by file name of the files that are new; all others stay.
        without: Names of files that the new card does not name any more; they are deleted.

    Raises:
        PackageError: The card would be inconsistent, or the package belongs to a release; it is as it was.
    """
    folder = package.folder
    _refuse_kept(folder)
    entries = {name: FileEntry(sha256=sha256_of(data), bytes=len(data)) for name, data in files.items()}
    kept = {name: entry for name, entry in package.card.files.items() if name not in without}
    fields = {**package.card.model_dump(exclude={"schema_"}), **changes, "files": {**kept, **entries}}
    try:
        checked = Card.model_validate(fields)
    except ValidationError as error:
        raise PackageError(f"{folder}: the package would be inconsistent: {error}") from error
    for name, data in files.items():
        replace_file(_revised_path(folder, name, entries[name]), data)
    replace_file(folder / CARD_FILE, _card_bytes(checked))
    (folder / SIGNATURE_FILE).unlink(missing_ok=True)
    for name, data in files.items():
        replace_file(folder / name, data)
        for left in (folder / name).parent.glob(f".{Path(name).name}.*.revised"):
            left.unlink()
    for name in set(without) - set(files):
        (folder / name).unlink(missing_ok=True)
    return open_package(folder)


def _refuse_kept(folder: Path) -> None:
    if is_kept(folder):
        raise PackageError(
            f"{folder}: belongs to a release, whose packages are never changed.",
            cure="Write the new package elsewhere, then bring it into force with `inspector promote`.",
        )


def _revised_path(folder: Path, name: str, entry: FileEntry) -> Path:
    return (folder / name).with_name(f".{Path(name).name}.{entry.sha256[:16]}.revised")


def _card_bytes(card: Card) -> bytes:
    absent = {name for name in ("anomaly", "calibration", "tiling") if getattr(card, name) is None}
    document = {"schema": SCHEMA, **card.model_dump(mode="json", exclude={"schema_", *absent})}
    return json.dumps(document, indent=1, ensure_ascii=False).encode()
