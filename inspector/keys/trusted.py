"""The keys that this PC trusts, and those that it trusts no longer: one small file each, in `keys/trusted`."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inspector.errors import KeyFileError, SignatureError
from inspector.jsonfile import replace_file
from inspector.keyfiles import key_id_of, parse_public
from inspector.regular import read_regular
from inspector.settings import data_folder

SCHEMA: Final = "inspector.trusted-key/1"
ENDING = ".json"
MOST_NAME = 60
_MAX_BYTES = 64 * 1024


class Revocation(BaseModel):
    """From when on a key is trusted no longer, by whose word and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: str
    who: str
    why: str


class TrustedKey(BaseModel):
    """One key that was trusted.

    Attributes:
        name: Whose key it is, for people.
        key: Its name: SHA-256 of the public half.
        public: The public half, PEM.
        since: From when on: UTC, ISO 8601.
        trusted_by: By whose word.
        why: And why.
        revoked: None while it is trusted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["inspector.trusted-key/1"], Field(alias="schema")] = SCHEMA
    name: str = Field(min_length=1, max_length=MOST_NAME)
    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    public: str
    since: str
    trusted_by: str
    why: str
    revoked: Revocation | None = None

    @cached_property
    def public_key(self) -> Ed25519PublicKey:
        """The public half, ready to verify."""
        return parse_public(self.public.encode(), self.name)

    @model_validator(mode="after")
    def _consistent(self) -> TrustedKey:
        try:
            found = key_id_of(self.public_key)
        except KeyFileError as error:
            raise ValueError(error.message) from error
        if found != self.key:
            raise ValueError("the public key is not the one that is named")
        return self


def keys_folder() -> Path:
    """Return where this PC's own keys lie."""
    return data_folder() / "keys"


def trusted_folder() -> Path:
    """Return where the keys lie that this PC trusts."""
    return keys_folder() / "trusted"


def read_trusted(folder: Path) -> tuple[TrustedKey, ...]:
    """Return every key that was ever trusted here, in the order of their names.

    Raises:
        SignatureError: A file is damaged: then nobody is trusted, for it may have held a revocation.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ENDING)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SignatureError(f"{folder}: cannot be read ({error.strerror}).", cure="Check its permissions.") from error
    return tuple(sorted((_read(path) for path in paths), key=lambda found: (found.name, found.key)))


def _read(path: Path) -> TrustedKey:
    try:
        found = TrustedKey.model_validate_json(read_regular(path, _MAX_BYTES))
    except OSError as error:
        raise SignatureError(f"{path}: cannot be read ({error.strerror}).", cure="Check its permissions.") from error
    except ValidationError as error:
        reason = "; ".join(each["msg"] for each in error.errors())
        raise SignatureError(
            f"{path}: the file of a trusted key is damaged ({reason}).",
            cure="Bring it back from a backup; or delete it, and trust the key again.",
        ) from error
    if path.stem != found.key:
        raise SignatureError(
            f"{path}: holds the key {found.key}, whose file has another name.", cure="Delete it; trust the key again."
        )
    return found


def write_trusted(folder: Path, key: TrustedKey) -> None:
    """Keep a key, durably. Raises SignatureError."""
    document = key.model_dump(mode="json", by_alias=True)
    try:
        replace_file(
            folder / f"{key.key}{ENDING}", (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
        )
    except OSError as error:
        raise SignatureError(f"{folder}: cannot be written ({error.strerror}).", cure="Check permissions.") from error
