"""What people do with keys: make, trust, revoke, sign. Each is in the audit trail before it is done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspector.errors import KeyFileError, SignatureError, UsageError
from inspector.keyfiles import key_id_of, public_pem, read_public, write_pair
from inspector.keys.signature import Signature, Signed, add_signature, make_signature, read_signatures
from inspector.keys.trust import cure
from inspector.keys.trusted import (
    MOST_NAME,
    Revocation,
    TrustedKey,
    keys_folder,
    read_trusted,
    trusted_folder,
    write_trusted,
)
from inspector.log import record_change
from inspector.member_names import name_problem
from inspector.people import Action, require
from inspector.people.deed import deed
from inspector.types import Person

LEAST_OF_ID = 8
"""So many digits of a key's id name it: a slip of the finger must not revoke another."""


def new_key(
    person: Person, name: str, *, folder: Path | None = None, passphrase: str = "", why: str, log: Path | None = None
) -> tuple[Path, Path]:
    """Make a pair of keys; see `inspector.keyfiles.write_pair`.

    Args:
        person: Who makes it.
        name: Of the files.
        folder: Where; None: this PC's own keys.
        passphrase: Protects the private half.
        why: The person's reason.
        log: Folder of the log that records it; None: this PC's.

    Returns:
        The private and the public file.

    Raises:
        NotAllowedError: The person may not.
        KeyFileError: No file can have this name, or it exists.
        StoreError: It cannot be recorded; nothing was made.
    """
    require(person, Action.MANAGE_KEYS)
    if "/" in name or name_problem(name):
        raise KeyFileError(f"{name!r} cannot be the name of a file.", cure="Use letters, digits and '-'.")
    folder = folder or keys_folder()
    if (folder / f"{name}.key").exists() or (folder / f"{name}.pub").exists():
        raise KeyFileError(
            f"{folder / name}.key: there is a key of this name.", cure="Choose another: no key is written over."
        )
    protected = "with a passphrase" if passphrase else "without a passphrase"
    record_change(deed(person, "key.made", name, new=str(folder), why=why, details={"protected": protected}), log)
    return write_pair(folder, name, passphrase)


def trust_key(person: Person, public: Path, name: str, *, why: str, log: Path | None = None) -> TrustedKey:
    """Let a key's word count on this PC from now on.

    Args:
        person: Who decides.
        public: Its public half, PEM.
        name: Whose key it is.
        why: The person's reason.
        log: Folder of the log that records it; None: this PC's.

    Raises:
        NotAllowedError: The person may not.
        KeyFileError: No public key.
        UsageError: It is trusted already, or was revoked: then it never counts again.
        StoreError: It cannot be recorded; nothing was changed.
    """
    require(person, Action.MANAGE_KEYS)
    if not 0 < len(name.strip()) <= MOST_NAME:
        raise UsageError("A trusted key needs a name.", cure=f"Give 1 to {MOST_NAME} letters with --name.")
    name, key = name.strip(), read_public(public)
    id_ = key_id_of(key)
    known = {each.key: each for each in read_trusted(trusted_folder())}
    if id_ in known and known[id_].revoked is not None:
        raise UsageError(
            f"{public}: the key of {known[id_].name} was revoked and is never trusted again.",
            cure="Let them make a new key with `inspector keys new`, and sign with that.",
        )
    if id_ in known or name in {each.name for each in known.values() if each.revoked is None}:
        raise UsageError(
            f"{public}: this key, or another of the name {name}, is trusted already.", cure="Run `inspector keys list`."
        )
    trusted = TrustedKey(
        name=name, key=id_, public=public_pem(key), since=_now(), trusted_by=person.name, why=why.strip()
    )
    record_change(deed(person, "key.trusted", name, new=id_, why=why), log)
    write_trusted(trusted_folder(), trusted)
    return trusted


def revoke_key(person: Person, beginning: str, *, why: str, log: Path | None = None) -> TrustedKey:
    """Let a key's word count no longer, also of what it signed before: its thief sets the clock as he likes.

    Args:
        person: Who decides.
        beginning: Its name, or how its id begins, eight digits at least.
        why: The person's reason.
        log: Folder of the log that records it; None: this PC's.

    Raises:
        NotAllowedError: The person may not.
        UsageError: No trusted key, or several, are called so.
        StoreError: It cannot be recorded; nothing was changed.
    """
    require(person, Action.MANAGE_KEYS)
    trusted = [key for key in read_trusted(trusted_folder()) if key.revoked is None]
    by_id = len(beginning) >= LEAST_OF_ID
    found = [key for key in trusted if key.name == beginning or (by_id and key.key.startswith(beginning))]
    if len(found) != 1:
        raise UsageError(
            f"{len(found)} trusted keys are called {beginning!r}.",
            cure=f"Trusted are: {', '.join(f'{key.name} ({key.key[:16]})' for key in trusted) or 'none'}.",
        )
    revoked = found[0].model_copy(update={"revoked": Revocation(when=_now(), who=person.name, why=why.strip())})
    record_change(deed(person, "key.revoked", revoked.name, old=revoked.key, why=why), log)
    write_trusted(trusted_folder(), revoked)
    return revoked


def sign(person: Person, signed: Signed, key: Ed25519PrivateKey, *, why: str, log: Path | None = None) -> Signature:
    """Vouch for a package or recipe.

    Args:
        person: Who vouches.
        signed: An open package or a loaded recipe: both were verified when they were read.
        key: The private key.
        why: The person's reason.
        log: Folder of the log that records it; None: this PC's.

    Raises:
        NotAllowedError: The person may not.
        UsageError: The package holds files that no signature covers.
        SignatureError: The signature cannot be written.
        StoreError: It cannot be recorded; nothing was signed.
    """
    require(person, Action.SIGN)
    if signed.strangers:
        raise UsageError(
            f"{signed.shown}: holds files that its card does not name, which no signature would cover: "
            f"{', '.join(signed.strangers[:3])}.",
            cure=cure(signed),
        )
    made = make_signature(key, signed)
    details = {"key": made.key, "signed_at": made.signed_at}
    subject = f"{signed.subject} {signed.shown}"
    record_change(deed(person, f"{signed.subject}.signed", subject, new=signed.hash, why=why, details=details), log)
    add_signature(signed, made, _of_this(signed))
    return made


def _of_this(signed: Signed) -> tuple[Signature, ...]:
    """Return the signatures that stay: those that fit, and those by keys that are known elsewhere only."""
    known = {key.key: key for key in read_trusted(trusted_folder())}
    try:
        found = read_signatures(signed)
    except SignatureError:  # damaged: what was in it is worth nothing to anybody
        found = ()
    return tuple(each for each in found if each.key not in known or each.is_by(known[each.key].public_key, signed))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
