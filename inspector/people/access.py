"""The one question before every deed: may this person do that, here and now?"""

from __future__ import annotations

from inspector.errors import NotAllowedError
from inspector.people.rights import Action, line_role, may, roles_for
from inspector.people.users import read_users
from inspector.types import Person, Role


def require(person: Person, action: Action) -> None:
    """Refuse what a person has no right to do.

    The users of this PC are read anew each time, so that who was removed, or got another role, loses the old rights at
    once; and a role that the file does not give is worth nothing. Without users everybody may do everything.

    Args:
        person: Who acts.
        action: What they are about to do.

    Raises:
        NotAllowedError: They may not.
        UserError: The users cannot be read: then nobody may.
    """
    role = _role_here(person)
    if role is not None and not may(role, action):
        raise NotAllowedError(
            f"{person.name} ({role}) may not {action}.",
            cure=f"Let this be done by: {', '.join(roles_for(action))}.",
        )


def allowed(person: Person, action: Action) -> bool:
    """Return whether `require` would let them; for windows, which explain beforehand. Raises UserError."""
    try:
        require(person, action)
    except NotAllowedError:
        return False
    return True


def _role_here(person: Person) -> Role | None:
    """Return the role that counts; None where nobody has to log in. Raises NotAllowedError, UserError."""
    users = read_users()
    if not users.users:
        return person.role
    user = users.get(person.name)
    if person.role is None or user is None or person.role not in (user.role, line_role(user.role)):
        raise NotAllowedError(
            f"{person.name or 'Nobody'} is not logged in.", cure="Log in with name and password, PIN or badge."
        )
    return person.role
