"""The door: from a name and a secret, or a scanned badge, to a person. Slow on purpose: never in a window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.errors import UserError
from inspector.log import record_change
from inspector.people.rights import line_role
from inspector.people.secrets import MAX_PIN_LENGTH, Secrets, badge_hint
from inspector.people.throttle import Throttle
from inspector.people.users import User, read_users, users_lock, write_users
from inspector.types import AuditEntry, Person

PIN_TRIES = 10
"""After so many failures a PIN or badge lets nobody in before the person has used the password."""
_BADGE = "(badge)"
_BADGE_WAIT_S = 30


@dataclass(frozen=True, slots=True)
class _Shown:
    """What somebody came with."""

    name: str
    how: str


class Door:
    """Lets persons in.

    Args:
        log: Folder of the log whose audit trail tells who came and who was refused; None: this PC's.
        secrets: Checks hashes.
        throttle: Makes who fails wait.
    """

    def __init__(
        self, log: Path | None = None, *, secrets: Secrets | None = None, throttle: Throttle | None = None
    ) -> None:
        self._log = log
        self._secrets = secrets or Secrets()
        self._throttle = throttle or Throttle()

    def by_password(self, name: str, password: str) -> Person:
        """Return the person, with their own role.

        Raises:
            UserError: Name and password do not fit, or the name must wait.
        """
        self._throttle.begin(name)
        user = read_users().get(name)
        if not self._secrets.fits(user.password if user else "", password) or user is None:
            raise self._refused(_Shown(name, "password"))
        self._renew(user, password)
        return self._in(user, Person(user.name, user.role), "password")

    def by_pin(self, name: str, pin: str) -> Person:
        """Return the person with an operator's rights. Raises UserError, also where the PIN was guessed too often."""
        shown = _Shown(name, "PIN")
        self._refuse_guessing(name, shown)
        self._throttle.begin(name)
        user = read_users().get(name)
        role = line_role(user.role) if user else None
        if not self._secrets.fits(user.pin if user else "", pin) or user is None or role is None:
            raise self._refused(shown)
        return self._in(user, Person(user.name, role), "PIN")

    def by_badge(self, number: str) -> Person:
        """Return the person that a scanned badge belongs to, with an operator's rights. Raises UserError."""
        self._throttle.begin(_BADGE, longest_wait_s=_BADGE_WAIT_S)
        hint = badge_hint(number)
        for user in read_users().users:
            role = line_role(user.role)
            if user.badge_hint == hint and role is not None and self._secrets.fits(user.badge, number):
                self._refuse_guessing(user.name, _Shown(user.name, "badge"))
                self._throttle.succeeded(_BADGE)
                return self._in(user, Person(user.name, role), "badge", clear=False)
        raise self._refused(_Shown("", "badge"))

    def by_name_and_secret(self, name: str, secret: str) -> Person:
        """Return the person, by PIN where the secret is as short as one, else by password. Raises UserError."""
        is_pin = secret.isascii() and secret.isdigit() and len(secret) <= MAX_PIN_LENGTH
        return self.by_pin(name, secret) if is_pin else self.by_password(name, secret)

    def _refuse_guessing(self, name: str, shown: _Shown) -> None:
        if self._throttle.failures(name).count >= PIN_TRIES:
            raise UserError(
                f"{name}: {shown.how} is blocked after {PIN_TRIES} failed logins.", cure="Log in with the password."
            )

    def _refused(self, shown: _Shown) -> UserError:
        self._tell(AuditEntry("user.refused", shown.name, new=shown.how, who=shown.name or "unknown", why="login"))
        what = "This badge is" if shown.how == "badge" else f"Name and {shown.how} are"
        return UserError(f"{what} not known here.", cure="Try again; an administrator can set it anew.")

    def _in(self, user: User, person: Person, how: str, *, clear: bool = True) -> Person:
        if clear:
            self._throttle.succeeded(user.name)
        role = person.role.value if person.role else ""
        self._tell(AuditEntry("user.logged-in", user.name, new=how, who=user.name, role=role, why="login"))
        return person

    def _tell(self, entry: AuditEntry) -> None:
        record_change(entry, self._log)

    def _renew(self, user: User, password: str) -> None:
        """Hash the password anew where today's parameters are others."""
        if not self._secrets.is_outdated(user.password):
            return
        with users_lock():
            users = read_users()
            if users.get(user.name) == user:
                write_users(users.replacing(user.model_copy(update={"password": self._secrets.hashed(password)})))
