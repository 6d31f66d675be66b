"""`inspector users`: who may do what at this PC."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from inspector.jsonfile import add_json_option, write_json
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.people.administration import Administration
    from inspector.types import Person

SCHEMA = "inspector.users-list/1"
ROLES = ("operator", "engineer", "administrator", "auditor")


def add_who_options(parser: ArgumentParser) -> None:
    """Add `--who` and `--why`, as every command has them that changes something."""
    help_ = "who decides; on a PC with users the password is asked for (default: $INSPECTOR_USER, the system's name)"
    parser.add_argument("--who", default="", metavar="NAME", help=help_)
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the audit trail")


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, help_: str) -> ArgumentParser:
        made = actions.add_parser(name, help=help_)
        made.add_argument("name", help="the user")
        return made

    add = action("add", "add a user; the first is an administrator, and from then on everybody logs in")
    add.add_argument("--role", required=True, choices=ROLES)
    remove = action("remove", "remove a user; what they did stays recorded")
    role = action("role", "give a user another role")
    role.add_argument("role", choices=ROLES)
    password = action("password", "set a user's password")
    pin = action("pin", "set a user's PIN for the line")
    badge = action("badge", "give a user a badge for the line: scan it when asked")
    for secret in (pin, badge):
        secret.add_argument("--none", action="store_true", help="take it away")
    for each in (add, remove, role, password, pin, badge):
        add_who_options(each)
    add_json_option(actions.add_parser("list", help="the users, their roles and what they log in with"))


def _run(options: Namespace) -> int:
    from inspector.people.administration import Administration
    from inspector.people.console import person_of_console

    if options.action == "list":
        return _list(options)
    person = person_of_console(options.who)
    print(_change(Administration(), person, options))
    return 0


def _change(users: Administration, person: Person, options: Namespace) -> str:
    """Make the change that was asked for; return what is to be said of it."""
    from inspector.types import Role

    name, why = options.name, options.why
    match options.action:
        case "add":
            users.add(person, name, Role(options.role), _new("Password", name), why=why)
        case "remove":
            users.remove(person, name, why=why)
        case "role":
            users.set_role(person, name, Role(options.role), why=why)
        case "password":
            users.set_password(person, name, _new("Password", name), why=why)
        case "pin":
            users.set_pin(person, name, "" if options.none else _new("PIN", name), why=why)
        case "badge":
            users.set_badge(person, name, "" if options.none else _new("Badge", name, twice=False), why=why)
    return f"{name}: done, and recorded in the audit trail."


def _new(what: str, name: str, *, twice: bool = True) -> str:
    """Ask for a new secret, at a terminal twice."""
    import sys

    from inspector.errors import UserError
    from inspector.people.console import ask_password

    secret = ask_password(f"{what} of {name}: ")
    if twice and sys.stdin.isatty() and ask_password("The same again: ") != secret:
        raise UserError("These two differ.", cure="Run the command again.")
    return secret


def _list(options: Namespace) -> int:
    from inspector.people.users import read_users

    rows = [
        {"name": user.name, "role": user.role.value, "pin": bool(user.pin), "badge": bool(user.badge)}
        for user in read_users().users
    ]
    if options.json:
        write_json({"users": rows}, options.json, schema=SCHEMA)
    if options.json != "-":
        for row in rows:
            print(f"{row['name']:<24} {row['role']:<14} {', '.join(key for key in ('pin', 'badge') if row[key])}")
        if not rows:
            print("This PC has no users: nobody has to log in, and everybody may do everything.")
    return 0


COMMAND = Command("users of this PC and their roles", _configure, _run)
