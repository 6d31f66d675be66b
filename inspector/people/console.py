"""Who acts at the command line: on a PC with users, who proves it with the password; else who the system says."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from inspector.errors import UserError
from inspector.people.door import Door
from inspector.people.users import read_users
from inspector.types import Person

USER_VARIABLE = "INSPECTOR_USER"


def person_of_console(name: str = "", *, log: Path | None = None, door: Door | None = None) -> Person:
    """Return who acts.

    Args:
        name: As given with `--who`; else $INSPECTOR_USER, else it is asked for.
        log: Folder of the log whose audit trail tells of the login; None: this PC's.
        door: Lets persons in.

    Returns:
        On a PC without users: the given name, else the operating system's, without a role.

    Raises:
        UserError: Name and password do not fit.
    """
    name = name or os.environ.get(USER_VARIABLE, "")
    if not read_users().users:
        return Person(name or system_name())
    return (door or Door(log)).by_password(name or _asked("Name: "), ask_password())


def system_name() -> str:
    """Return the name under which the operating system knows who is at this PC."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no entry for this uid: what it raises depends on the Python version
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def ask_password(prompt: str = "Password: ") -> str:
    """Return a password, typed without being shown; from a script, the next line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(prompt)
    return _line("a password")


def _asked(prompt: str) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        print(prompt, end="", file=sys.stderr, flush=True)
    return _line("a name").strip()


def _line(what: str) -> str:
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line:
        raise UserError(f"This PC has users, and {what} was not given.", cure=f"Type it, or set ${USER_VARIABLE}.")
    return line.rstrip("\r\n")
