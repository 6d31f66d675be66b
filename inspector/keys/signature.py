"""Detached signatures: what is signed, and the small JSON file beside it that holds who signed.

    card.json       card.json.sig        a model package: its card names every other file by SHA-256
    washer.toml     washer.toml.sig      a recipe

Signed is the SHA-256 of the file with the kind of thing that it is and the moment, so that the signature of a recipe
is worth nothing beside a package, and the moment cannot be changed afterwards. Ed25519 (RFC 8032).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.errors import SignatureError
from inspector.inference.card import MAX_SIGNATURE_BYTES
from inspector.jsonfile import replace_file
from inspector.keyfiles import key_id_of
from inspector.regular import read_regular

ENDING = ".sig"
SCHEMA: Final = "inspector.signature/1"
MAX_SIGNATURES = 16


class Subject(StrEnum):
    """What can be signed."""

    PACKAGE = "package"
    RECIPE = "recipe"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature speaks of.

    Attributes:
        subject: What it is.
        hash: SHA-256 of the file, hexadecimal: of the bytes that are used, not of what lies on the disk by then.
        path: The file: the recipe, or the package's card.
        strangers: Files in the package's folder that its card does not name, and so no signature covers.
    """

    subject: Subject
    hash: str
    path: Path
    strangers: tuple[str, ...] = ()

    @property
    def shown(self) -> Path:
        """What a person calls it by: the recipe's file, or the package's folder."""
        return self.path if self.subject is Subject.RECIPE else self.path.parent

    @property
    def signature_file(self) -> Path:
        """Where its signatures stand."""
        return self.path.with_name(self.path.name + ENDING)


class Signature(BaseModel):
    """One signature.

    Attributes:
        key: Name of the key: SHA-256 of its public half.
        signed_at: By the signer's clock: UTC, ISO 8601.
        signature: 64 bytes in hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    signed_at: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$")
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")

    def is_by(self, key: Ed25519PublicKey, signed: Signed) -> bool:
        """Return whether that key made this signature of exactly that."""
        try:
            key.verify(bytes.fromhex(self.signature), statement(signed, self.signed_at))
        except InvalidSignature:
            return False
        return True


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["inspector.signature/1"], Field(alias="schema")] = SCHEMA
    signatures: tuple[Signature, ...] = Field(max_length=MAX_SIGNATURES)


def statement(signed: Signed, signed_at: str) -> bytes:
    """Return the bytes that a signature covers."""
    return f"{SCHEMA}\n{signed.subject}\n{signed.hash}\n{signed_at}\n".encode()


def make_signature(key: Ed25519PrivateKey, signed: Signed) -> Signature:
    """Return the signature of a key, made now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    made = key.sign(statement(signed, now)).hex()
    return Signature(key=key_id_of(key.public_key()), signed_at=now, signature=made)


def read_signatures(signed: Signed) -> tuple[Signature, ...]:
    """Return the signatures beside a file, whoever made them and of whatever; none where there is no such file.

    Raises:
        SignatureError: The file is damaged.
    """
    path = signed.signature_file
    try:
        return _File.model_validate_json(read_regular(path, MAX_SIGNATURE_BYTES)).signatures
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SignatureError(f"{path}: cannot be read ({error.strerror}).", cure="Sign it again.") from error
    except ValidationError as error:
        raise SignatureError(f"{path}: the file of the signatures is damaged.", cure="Sign it again.") from error


def add_signature(signed: Signed, added: Signature, still_valid: tuple[Signature, ...]) -> None:
    """Write a signature beside those that still hold; an earlier one by the same key goes.

    Args:
        signed: What was signed.
        added: The new one.
        still_valid: Those of the file that stay.

    Raises:
        SignatureError: The file cannot be written, or holds too many.
    """
    kept = (*(each for each in still_valid if each.key != added.key), added)[-MAX_SIGNATURES:]
    document = {"schema": SCHEMA, "signatures": [each.model_dump() for each in kept]}
    try:
        replace_file(signed.signature_file, (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        raise SignatureError(
            f"{signed.signature_file}: cannot be written ({error.strerror}).", cure="Check the folder's permissions."
        ) from error
