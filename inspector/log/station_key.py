"""The station's own key, which signs the heads of its log: made at first use, its public half beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from filelock import FileLock

from inspector.errors import KeyFileError
from inspector.jsonfile import replace_file
from inspector.keyfiles import key_id_of, public_pem, read_private, read_public, write_secret

PRIVATE_FILE, PUBLIC_FILE = "station.key", "station.pub"


class StationKey:
    """Signs. No passphrase protects the file, for a station starts without a person: its rights do (0600).

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


def station_key(folder: Path) -> StationKey:
    """Return the station's key from `folder`, made there where absent.

    Raises:
        KeyFileError: The folder cannot be used, or the file is no such key.
    """
    path, beside = folder / PRIVATE_FILE, folder / PUBLIC_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / f"{PRIVATE_FILE}.lock", timeout=10):  # two stations of one PC may come at once
            if not path.exists():
                write_secret(path, Ed25519PrivateKey.generate())
            private = read_private(path, lambda: "")
            public = public_pem(private.public_key()).encode()
            if not beside.is_file() or beside.read_bytes() != public:
                replace_file(beside, public)
    except OSError as error:
        raise KeyFileError(
            f"{path}: the station's key cannot be used ({error.strerror or error}).",
            cure="Check the folder's permissions, or bring the key back from a backup.",
        ) from error
    return StationKey(private)


def public_keys(paths: Iterable[Path]) -> Mapping[str, Ed25519PublicKey]:
    """Return public keys by their name.

    Args:
        paths: PEM files.

    Raises:
        KeyFileError: A file is missing or no Ed25519 public key.
    """
    return {key_id_of(key): key for key in map(read_public, paths)}


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
