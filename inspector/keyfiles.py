"""Ed25519 keys (RFC 8032) as files: PKCS#8 and SubjectPublicKeyInfo in PEM (RFC 8410), as `openssl` reads them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from inspector.errors import KeyFileError
from inspector.jsonfile import replace_file, sync_folder
from inspector.regular import read_regular

MAX_KEY_BYTES = 64 * 1024
MIN_PASSPHRASE = 12
"""Characters. PKCS#8 as OpenSSL writes it slows a guess down by 2,048 rounds only: the length has to do the rest."""
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
_PEM = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the name of a public key: the SHA-256 of its 32 bytes, hexadecimal."""
    return hashlib.sha256(key.public_bytes(*_RAW)).hexdigest()


def write_pair(folder: Path, name: str, passphrase: str = "") -> tuple[Path, Path]:
    """Make a key and write both halves; nothing is ever written over.

    Args:
        folder: Made where absent, for its owner alone.
        name: Of the two files, without ending.
        passphrase: Protects the private half; "": its rights alone do.

    Returns:
        `NAME.key` (readable for its owner alone) and `NAME.pub`.

    Raises:
        KeyFileError: A file of that name is there, the passphrase is short, or the folder cannot be written.
    """
    if passphrase and len(passphrase) < MIN_PASSPHRASE:
        raise KeyFileError(
            f"A passphrase of {len(passphrase)} characters protects nothing.", cure=f"Take {MIN_PASSPHRASE} at least."
        )
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if public.exists():
            raise FileExistsError(17, "it is there already")
        write_secret(private, key, passphrase)
        replace_file(public, key.public_key().public_bytes(*_PEM))
    except OSError as error:
        raise KeyFileError(
            f"{private}: the key cannot be written ({error.strerror}).",
            cure="Choose another name or folder. A key is never written over: what it signed would be worth nothing.",
        ) from error
    return private, public


def write_secret(path: Path, key: Ed25519PrivateKey, passphrase: str = "") -> None:
    """Write a private key, readable for its owner alone from its first byte on.

    Raises:
        OSError: It cannot be written, or the file exists: it never takes another one's place.
    """
    protection = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else None
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection or serialization.NoEncryption()
    )
    if path.exists():
        raise FileExistsError(17, "it is there already", str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)  # whole or not at all, also after a power cut
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_private(path: Path, ask_passphrase: Callable[[], str]) -> Ed25519PrivateKey:
    """Read a private key.

    Args:
        path: PEM file.
        ask_passphrase: Called only where the file is protected by one.

    Raises:
        KeyFileError: Missing, readable for others, no Ed25519 key, or another passphrase.
    """
    data = _bytes_of(path)
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(
            f"{path}: others on this PC may read this private key.", cure=f"Run `chmod 600 {path}`; or make a new key."
        )
    passphrase = ask_passphrase().encode() if b"BEGIN ENCRYPTED" in data else None
    try:
        key = serialization.load_pem_private_key(data, passphrase)
    except _UNREADABLE as error:
        what = "does not open with this passphrase" if passphrase is not None else "is no private key"
        raise KeyFileError(f"{path}: {what}.", cure="Give the file that `inspector keys new` made.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: is no Ed25519 key.", cure="Make one with `inspector keys new`.")
    return key


def read_public(path: Path) -> Ed25519PublicKey:
    """Read a public key from a PEM file. Raises KeyFileError."""
    return parse_public(_bytes_of(path), str(path))


def parse_public(data: bytes, source: str) -> Ed25519PublicKey:
    """Return the public key that PEM bytes hold. Raises KeyFileError, which names `source`."""
    try:
        key = serialization.load_pem_public_key(data)
    except _UNREADABLE as error:
        raise KeyFileError(f"{source}: is no public key.", cure="Give a file ending in .pub, in PEM.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{source}: is no Ed25519 key.", cure="Make one with `inspector keys new`.")
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """Return a public key as PEM text."""
    return key.public_bytes(*_PEM).decode()


def _bytes_of(path: Path) -> bytes:
    try:
        return read_regular(path, MAX_KEY_BYTES)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}).", cure="Give the file of a key.") from error
