"""The users of this PC: one JSON file, replaced as a whole. Read here; changed in `administration`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inspector.errors import UserError
from inspector.jsonfile import replace_file
from inspector.settings import data_folder
from inspector.types import Role

USERS_FILE: Final = "users.json"
SCHEMA: Final = "inspector.users/1"


class User(BaseModel):
    """One person that may log in.

    Attributes:
        name: As recorded with every deed; unique whatever the case of its letters.
        role: What they may do.
        password: argon2id, in the PHC form, which names its own parameters.
        pin: The same of the PIN for the line; "" where there is none.
        badge: The same of the badge's number; "" where there is none.
        badge_hint: One byte of the badge number's SHA-256: so that a scan need not be held against every badge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    role: Role
    password: str = Field(pattern=r"^\$argon2id\$")
    pin: str = Field(default="", pattern=r"^(\$argon2id\$.*)?$")
    badge: str = Field(default="", pattern=r"^(\$argon2id\$.*)?$")
    badge_hint: int | None = Field(default=None, ge=0, le=255)


class Users(BaseModel):
    """The content of users.json: nobody, or at least one administrator."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: tuple[User, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Users:
        names = [user.name.casefold() for user in self.users]
        if len(set(names)) != len(names):
            raise ValueError("two users have the same name")
        if self.users and not any(user.role is Role.ADMINISTRATOR for user in self.users):
            raise ValueError("there is no administrator")
        return self

    def get(self, name: str) -> User | None:
        """Return the user with this name, whatever the case of its letters; None where there is none."""
        wanted = name.strip().casefold()
        return next((user for user in self.users if user.name.casefold() == wanted), None)

    def replacing(self, changed: User) -> Users:
        """Return the users with one of them changed, in its place."""
        return Users(users=tuple(changed if each.name == changed.name else each for each in self.users))

    def roles(self) -> dict[str, str]:
        """Return every user's role, for the audit trail: never a hash."""
        return {user.name: user.role.value for user in self.users}


def users_file() -> Path:
    """Return where this PC's users are kept."""
    return data_folder() / USERS_FILE


def users_lock() -> FileLock:
    """Return the lock that is held while the users are changed."""
    path = users_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(path.name + ".lock"), timeout=10)


def read_users(path: Path | None = None) -> Users:
    """Read the users; nobody where the file was never made.

    Raises:
        UserError: The file is damaged or cannot be read: then nobody may do anything.
    """
    path = path or users_file()
    try:
        document = json.loads(path.read_bytes())
        schema = document.pop("schema", None) if isinstance(document, dict) else None
        if schema != SCHEMA:
            raise UserError(f"{path}: the format is {schema!r}; this program reads {SCHEMA!r}.")
        return Users.model_validate(document)
    except FileNotFoundError:
        return Users()
    except OSError as error:
        raise UserError(
            f"{path}: the users cannot be read ({error.strerror}).", cure="Check the file's permissions."
        ) from error
    except (ValueError, ValidationError) as error:
        raise UserError(
            f"{path}: the file of the users is damaged: {error}", cure="Bring it back from a backup."
        ) from error


def write_users(users: Users, path: Path | None = None) -> None:
    """Replace the file, readable for its owner alone. Raises UserError."""
    path = path or users_file()
    document = {"schema": SCHEMA, **users.model_dump(mode="json")}
    try:
        replace_file(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(), mode=0o600)
    except OSError as error:
        raise UserError(
            f"{path}: the users cannot be written ({error.strerror}).", cure="Check the folder's permissions."
        ) from error
