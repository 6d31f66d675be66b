"""Passwords, PINs and badge numbers: only their argon2id hashes are ever kept.

Parameters: the second recommended option of RFC 9106, section 4 (t = 3 passes, m = 64 MiB, p = 4 lanes, 128-bit salt,
256-bit tag). Each hash names its own; when the program's change, a hash is made anew at the next login.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from inspector.errors import UserError
from inspector.settings import PeopleSettings

MAX_LENGTH = 128
MAX_PIN_LENGTH = 7
"""Shorter than every password, so that one field takes either."""
MIN_BADGE_LENGTH = 6
_RUN = "01234567890123456789"


class Secrets:
    """Makes and checks hashes.

    Args:
        parameters: Of argon2id; tests take cheap ones.
    """

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._nobody = ""

    def hashed(self, secret: str) -> str:
        """Return the hash of a secret, in the PHC form, with a salt of its own."""
        return self._hasher.hash(_normal(secret))

    def fits(self, hash_: str, secret: str) -> bool:
        """Return whether a secret is the one of a hash; as slow for an empty hash, so that time tells no names."""
        try:
            return self._hasher.verify(hash_ or self._of_nobody(), _normal(secret)) and bool(hash_)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, hash_: str) -> bool:
        """Return whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hash_)

    def _of_nobody(self) -> str:
        self._nobody = self._nobody or self._hasher.hash("nobody's")
        return self._nobody


def _normal(secret: str) -> str:
    """The same characters must give the same bytes on every keyboard (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", secret)


def badge_hint(number: str) -> int:
    """Return the one byte by which the few candidates of a scanned badge are found."""
    return hashlib.sha256(_normal(number).encode()).digest()[0]


def check_password(password: str, name: str, settings: PeopleSettings) -> None:
    """Raise UserError where a password is too weak."""
    low = password.casefold()
    if not settings.min_password_length <= len(password) <= MAX_LENGTH:
        why = f"has {len(password)} characters"
        cure = f"Take {settings.min_password_length} to {MAX_LENGTH}."
    elif low in name.casefold() or (len(name) > 2 and name.casefold() in low):
        why, cure = "holds the name", "Take another; several words make a good one."
    elif len(set(low)) < 4:
        why, cure = "is made of too few different characters", "Take several words."
    else:
        return
    raise UserError(f"The password {why}.", cure=cure)


def check_pin(pin: str, settings: PeopleSettings) -> None:
    """Raise UserError where a PIN is no PIN, or everybody's first guess."""
    if not re.fullmatch(r"[0-9]+", pin) or not settings.min_pin_length <= len(pin) <= MAX_PIN_LENGTH:
        raise UserError(f"A PIN has {settings.min_pin_length} to {MAX_PIN_LENGTH} digits.")
    if len(set(pin)) == 1 or pin in _RUN or pin in _RUN[::-1]:
        raise UserError("This PIN is everybody's first guess.", cure="Take digits without an order.")


def check_badge(number: str) -> None:
    """Raise UserError where a badge's number is too short to tell anything."""
    if not MIN_BADGE_LENGTH <= len(number) <= MAX_LENGTH or not number.isprintable():
        raise UserError(f"A badge's number has at least {MIN_BADGE_LENGTH} characters.", cure="Scan the badge again.")
