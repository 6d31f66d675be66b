"""The station's own key: signs the heads of its log. Ed25519 (RFC 8032), PEM files, made at first use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock

from inspector.errors import StoreError, UsageError
from inspector.jsonfile import replace_file, sync_folder

PRIVATE_FILE, PUBLIC_FILE = "station.key", "station.pub"
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
_PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class StationKey:
    """Signs. No password protects the file, for a station starts without a person: its rights do (0600).

    Args:
        private: The key.

    Attributes:
        id: SHA-256 of the public half, hexadecimal.
    """

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.id = key_id_of(private.public_key())

    def sign(self, statement: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self._private.sign(statement)


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the name of a public key: the SHA-256 of its 32 bytes, hexadecimal."""
    return hashlib.sha256(key.public_bytes(*_RAW)).hexdigest()


def station_key(folder: Path) -> StationKey:
    """Return the station's key from `folder`, made there where absent, its public half beside it.

    Raises:
        StoreError: The folder cannot be used, or the file is no such key.
    """
    path = folder / PRIVATE_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{PRIVATE_FILE}.lock", timeout=10):
            if not path.exists():
                _write_secret(path, Ed25519PrivateKey.generate())
            private = _private_of(path.read_bytes())
            public = private.public_key().public_bytes(*_PEM)
            beside = folder / PUBLIC_FILE
            if not beside.is_file() or beside.read_bytes() != public:
                replace_file(beside, public)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise StoreError(
            f"{path}: the station's key cannot be used ({error}).",
            cure="Bring it back from a backup, or move it away: a new one is made at the next start, and whoever "
            "verifies this log must then be given both public keys.",
        ) from error
    return StationKey(private)


def _private_of(data: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(data, password=None)
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise TypeError("no Ed25519 key")


def _public_of(data: bytes) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(data)
    if isinstance(key, Ed25519PublicKey):
        return key
    raise TypeError("no Ed25519 key")


def _write_secret(path: Path, key: Ed25519PrivateKey) -> None:
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def public_keys(paths: Iterable[Path]) -> Mapping[str, Ed25519PublicKey]:
    """Return public keys by their name.

    Args:
        paths: PEM files.

    Raises:
        UsageError: A file is missing or no Ed25519 public key.
    """
    found: dict[str, Ed25519PublicKey] = {}
    for path in paths:
        try:
            key = _public_of(path.read_bytes())
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UsageError(
                f"{path}: no public key can be read ({error}).",
                cure="Give the station's keys/station.pub, a PEM file, with --key.",
            ) from error
        found[key_id_of(key)] = key
    return found


def is_signed(keys: Mapping[str, Ed25519PublicKey], key_id: str, signature: bytes, statement: bytes) -> bool:
    """Return whether a trusted key signed a statement."""
    key = keys.get(key_id)
    if key is None:
        return False
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True
