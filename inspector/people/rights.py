"""The matrix of rights: which role may do what. Pure; `access.require` asks it wherever something is done."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from inspector.types import Role


class Action(StrEnum):
    """Everything that a person can do to a station, its products and its record, or be shown of it."""

    START_STATION = "start the station"
    STOP_STATION = "stop the station"
    TRIGGER = "trigger a part by hand"
    ACKNOWLEDGE = "acknowledge a fault"
    DEMAND_CHALLENGE = "demand known bad parts"
    CONFIRM = "confirm a verdict"
    OVERRIDE = "override a verdict"
    LABEL = "say what a part truly was"
    READ_RECORDS = "look at the record"
    MAKE_REPORTS = "make reports"
    REPLAY = "judge recorded parts again"
    EXPORT = "export records"
    READ_AUDIT = "read the audit trail"
    VERIFY_LOG = "verify the log"
    CHANGE_RECIPE = "change a recipe"
    CALIBRATE = "change a package's thresholds"
    PROMOTE = "promote a model package"
    ROLLBACK = "roll a model package back"
    BACK_UP_LOG = "back the log up"
    DELETE_IMAGES = "delete pictures"
    SIGN = "sign a package or recipe"
    CHANGE_SETTINGS = "change settings of this PC"
    CHANGE_USERS = "change users"
    MANAGE_KEYS = "make, trust and revoke keys"
    REPLACE_LOG = "restore, begin or move a log"


_SEES = frozenset({Action.READ_RECORDS, Action.MAKE_REPORTS})
_PROVES = frozenset({Action.REPLAY, Action.EXPORT, Action.READ_AUDIT, Action.VERIFY_LOG})
_WORKS = frozenset(
    {
        Action.START_STATION,
        Action.STOP_STATION,
        Action.TRIGGER,
        Action.ACKNOWLEDGE,
        Action.DEMAND_CHALLENGE,
        Action.CONFIRM,
        Action.OVERRIDE,
        Action.LABEL,
    }
)
_ENGINEERS = frozenset(
    {
        Action.CHANGE_RECIPE,
        Action.CALIBRATE,
        Action.PROMOTE,
        Action.ROLLBACK,
        Action.BACK_UP_LOG,
        Action.DELETE_IMAGES,
        Action.SIGN,
    }
)
_ADMINISTERS = frozenset({Action.CHANGE_SETTINGS, Action.CHANGE_USERS, Action.MANAGE_KEYS, Action.REPLACE_LOG})

RIGHTS: Mapping[Role, frozenset[Action]] = {
    Role.OPERATOR: _SEES | _WORKS,
    Role.ENGINEER: _SEES | _WORKS | _PROVES | _ENGINEERS,
    Role.ADMINISTRATOR: _SEES | _WORKS | _PROVES | _ENGINEERS | _ADMINISTERS,
    Role.AUDITOR: _SEES | _PROVES,
}
"""An operator works, an engineer also changes what is inspected, an administrator also who and where; an auditor sees
everything and changes nothing."""

LINE_ROLE = Role.OPERATOR
"""As whom a PIN or a badge lets in, whatever the person's own role: four digits must not promote a model."""


def may(role: Role, action: Action) -> bool:
    """Return whether a role has a right."""
    return action in RIGHTS[role]


def roles_for(action: Action) -> tuple[Role, ...]:
    """Return the roles that have a right, in the order of `Role`."""
    return tuple(role for role in Role if may(role, action))


def line_role(role: Role) -> Role | None:
    """Return as whom a PIN or badge lets this role in; None for one that may not do an operator's work."""
    return LINE_ROLE if RIGHTS[LINE_ROLE] <= RIGHTS[role] else None
