"""Change the users of this PC. Every change is in the audit trail before it is made; never a hash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspector.errors import NotAllowedError, UserError
from inspector.log import record_change
from inspector.people.access import require
from inspector.people.deed import deed
from inspector.people.rights import Action, line_role
from inspector.people.secrets import Secrets, badge_hint, check_badge, check_password, check_pin
from inspector.people.users import User, Users, read_users, users_lock, write_users
from inspector.settings import read_settings
from inspector.types import Person, Role


class Administration:
    """What an administrator does to users; what users do to their own password and PIN.

    Args:
        log: Folder of the log that records it; None: this PC's.
        secrets: Makes hashes.
    """

    def __init__(self, log: Path | None = None, *, secrets: Secrets | None = None) -> None:
        self._log = log
        self._secrets = secrets or Secrets()

    def add(self, person: Person, name: str, role: Role, password: str, *, why: str) -> None:
        """Add a user; the first one is an administrator, and from then on everybody logs in.

        Raises:
            NotAllowedError: The person may not.
            UserError: The name is taken, the password weak, or the first user no administrator.
            StoreError: The change cannot be recorded; it was not made.
        """
        require(person, Action.CHANGE_USERS)
        name = name.strip()
        check_password(password, name, read_settings().people)
        with users_lock():
            before = read_users()
            if before.get(name) is not None:
                raise UserError(f"There is a user {name} already.", cure="Take another name.")
            if not before.users and role is not Role.ADMINISTRATOR:
                raise UserError("The first user must be an administrator.", cure="Add the administrator first.")
            hashed = self._secrets.hashed(password)
            after = _checked((*before.users, _user(name, role, hashed)))
            self._change(person, "user.added", name, after, new=role.value, why=why)

    def remove(self, person: Person, name: str, *, why: str) -> None:
        """Remove a user; what they did stays recorded under their name. Raises as `add`."""
        require(person, Action.CHANGE_USERS)
        with users_lock():
            before, user = _found(name)
            after = _checked(tuple(each for each in before.users if each is not user))
            self._change(person, "user.removed", user.name, after, old=user.role.value, why=why)

    def set_role(self, person: Person, name: str, role: Role, *, why: str) -> None:
        """Give a user another role. Raises as `add`."""
        require(person, Action.CHANGE_USERS)
        with users_lock():
            before, user = _found(name)
            changes: dict[str, Any] = {"role": role}
            if line_role(role) is None:
                changes |= {"pin": "", "badge": "", "badge_hint": None}
            changed = user.model_copy(update=changes)
            after = _checked(tuple(changed if each is user else each for each in before.users))
            self._change(person, "user.role", user.name, after, old=user.role.value, new=role.value, why=why)

    def set_password(self, person: Person, name: str, password: str, *, why: str) -> None:
        """Set a user's password; one's own needs no right. Raises as `add`."""
        _require_own_or_right(person, name)
        check_password(password, name, read_settings().people)
        self._set(person, name, "user.password", {"password": self._secrets.hashed(password)}, why)

    def set_pin(self, person: Person, name: str, pin: str, *, why: str) -> None:
        """Set a user's PIN for the line, "" to take it away; one's own needs no right. Raises as `add`."""
        _require_own_or_right(person, name)
        if pin:
            _for_the_line(name)
            check_pin(pin, read_settings().people)
        self._set(person, name, "user.pin", {"pin": self._secrets.hashed(pin) if pin else ""}, why)

    def set_badge(self, person: Person, name: str, number: str, *, why: str) -> None:
        """Give a user a badge, "" to take it away. Raises as `add`; also where the badge is somebody else's."""
        require(person, Action.CHANGE_USERS)
        changes: dict[str, Any] = {"badge": "", "badge_hint": None}
        if number:
            _for_the_line(name)
            check_badge(number)
            self._refuse_shared(name, number)
            changes = {"badge": self._secrets.hashed(number), "badge_hint": badge_hint(number)}
        self._set(person, name, "user.badge", changes, why)

    def _refuse_shared(self, name: str, number: str) -> None:
        for other in read_users().users:
            same = other.badge_hint == badge_hint(number) and self._secrets.fits(other.badge, number)
            if same and other.name.casefold() != name.strip().casefold():
                raise UserError(f"This badge belongs to {other.name}.", cure="Take it away there first.")

    def _set(self, person: Person, name: str, action: str, changes: Mapping[str, Any], why: str) -> None:
        """Change one secret; the trail says that it was set before and after, never what."""
        field = action.removeprefix("user.")
        with users_lock():
            before, user = _found(name)
            old = "set" if getattr(user, field) else ""
            new = "set anew" if changes[field] else ""
            after = before.replacing(user.model_copy(update=dict(changes)))
            self._change(person, action, user.name, after, old=old, new=new, why=why)

    def _change(
        self, person: Person, action: str, name: str, after: Users, *, old: str = "", new: str = "", why: str
    ) -> None:
        details = {"in_force": after.roles()}
        record_change(deed(person, action, name, old=old, new=new, why=why, details=details), self._log)
        write_users(after)


def _user(name: str, role: Role, password: str) -> User:
    try:
        return User(name=name, role=role, password=password)
    except ValidationError as error:
        raise UserError(f"{name!r} is no name for a user.", cure="Take 1 to 60 characters.") from error


def _checked(users: tuple[User, ...]) -> Users:
    """Return them as the users. Raises UserError where no administrator would remain."""
    if not any(user.role is Role.ADMINISTRATOR for user in users):
        raise UserError("This is the last administrator.", cure="Make somebody else administrator first.")
    return Users(users=users)


def _found(name: str) -> tuple[Users, User]:
    users = read_users()
    user = users.get(name)
    if user is None:
        raise UserError(f"There is no user {name}.", cure="`inspector users list` shows them.")
    return users, user


def _require_own_or_right(person: Person, name: str) -> None:
    """One's own secrets need no right, but a login with the full role: a PIN must not set a password."""
    own = read_users().get(name)
    if own is None or (person.name, person.role) != (own.name, own.role):
        require(person, Action.CHANGE_USERS)


def _for_the_line(name: str) -> None:
    _users, user = _found(name)
    if line_role(user.role) is None:
        raise NotAllowedError(f"{user.name} ({user.role}) does not work at the line: no PIN and no badge.")
