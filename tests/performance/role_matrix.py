"""Every action by every role, below the window: `python -m tests.performance.role_matrix [--json FILE]`.

Each cell calls the core function, or the command, that does the deed: never the table of rights alone. A right that was
given shows in that no NotAllowedError comes; the deed itself may then fail for want of a package or a key.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

from argon2.profiles import CHEAPEST
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspector.cli import main as command_line
from inspector.control import StationControl
from inspector.errors import InspectorError, NotAllowedError
from inspector.jsonfile import write_json
from inspector.keys.deeds import new_key, sign
from inspector.keys.signature import Signed, Subject
from inspector.log import Log, Query, open_log
from inspector.log.restore import begin_anew
from inspector.people import Action
from inspector.people.administration import Administration
from inspector.people.rights import RIGHTS
from inspector.people.secrets import Secrets
from inspector.people.users import User, Users, write_users
from inspector.reading import export_records, read_audit, read_records
from inspector.recipe_save import save_recipe
from inspector.release_change import enter
from inspector.settings_change import change_setting
from inspector.types import Person, Record, Role, Verdict
from inspector.word import confirm_part, label_part, override_part
from tests.support import a_record

WORDS = "nine quiet otters"
SCHEMA = "inspector.role-matrix/1"
NOBODY = "nobody"


class HandsOnly:
    """A line that people's hands reach, and nothing else."""

    started_by = Person("")

    def start(self) -> None:
        """See Line."""

    def stop(self) -> None:
        """See Line."""

    def trigger(self) -> None:
        """See Line."""

    def acknowledge(self) -> None:
        """See Line."""

    def challenge(self) -> None:
        """See Line."""


def deeds(folder: Path, log: Log, record: Record) -> Mapping[Action, Callable[[Person], object]]:
    """Return what does each action. Every action has its deed, or the campaign fails."""
    control = StationControl(HandsOnly())
    users = Administration(secrets=Secrets(CHEAPEST))

    def command(*words: str) -> Callable[[Person], None]:
        return lambda person: _command(person, [str(word) for word in words])

    other = str(folder / "other-log")
    return {
        Action.START_STATION: control.start,
        Action.STOP_STATION: control.stop,
        Action.TRIGGER: control.trigger,
        Action.ACKNOWLEDGE: control.acknowledge,
        Action.DEMAND_CHALLENGE: control.challenge,
        Action.CONFIRM: lambda person: confirm_part(log, person, record),
        Action.OVERRIDE: lambda person: override_part(log, person, record, verdict=Verdict.FAIL, reason="x"),
        Action.LABEL: lambda person: label_part(log, person, record, truth="crack"),
        Action.READ_RECORDS: lambda person: read_records(log, person, Query()),
        Action.MAKE_REPORTS: command("report", "--log", other, "--out", str(folder / "report.csv")),
        Action.REPLAY: command("log", "replay", "--log", other),
        Action.EXPORT: lambda person: export_records(person, [record], folder / "records.csv"),
        Action.READ_AUDIT: lambda person: read_audit(log, person),
        Action.VERIFY_LOG: command("log", "verify", "--log", other),
        Action.CHANGE_RECIPE: lambda person: save_recipe(person, "", folder / "recipe.toml", why="x"),
        Action.CALIBRATE: command("calibrate", str(folder / "none"), str(folder / "none"), "--max-escape", "1%"),
        Action.PROMOTE: lambda person: enter(folder / "r", "a" * 64, "promote", who=person, why="x", expected="b" * 64),
        Action.ROLLBACK: lambda person: enter(
            folder / "r", "a" * 64, "rollback", who=person, why="x", expected="b" * 64
        ),
        Action.BACK_UP_LOG: command("log", "backup", str(folder / "backup"), "--log", other),
        Action.DELETE_IMAGES: command("log", "retain", "--dry-run", "--log", other),
        Action.SIGN: lambda person: sign(
            person,
            Signed(Subject.PACKAGE, "a" * 64, folder / "missing" / "x"),
            Ed25519PrivateKey.generate(),
            why="x",
            log=folder / "other-log",
        ),
        Action.CHANGE_SETTINGS: lambda person: change_setting("people.min_pin_length", "5", person=person, why="x"),
        Action.CHANGE_USERS: lambda person: users.set_pin(person, "spare", "2580", why="x"),
        Action.MANAGE_KEYS: lambda person: new_key(person, "a/b", why="x"),
        Action.REPLACE_LOG: lambda person: begin_anew(folder / "no-quarantine", person, folder / "keys", why="x"),
    }


def _command(person: Person, words: list[str]) -> None:
    """Run a command as a person; on a PC with users it asks for the password."""
    said, typed = io.StringIO(), io.StringIO(f"{WORDS}\n")
    with (
        patch.dict(os.environ, {"INSPECTOR_USER": person.name or "nobody"}),
        patch.object(sys, "stdin", typed),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(said),
    ):
        code = command_line(words)
    refusals = (" may not ", "are not known here", "logins have failed")
    if code and any(words in said.getvalue() for words in refusals):
        raise NotAllowedError(said.getvalue())
    if "usage:" in said.getvalue():
        raise AssertionError(said.getvalue())


def refused(deed: Callable[[Person], object], person: Person) -> bool:
    """Return whether a deed was refused for want of the right."""
    try:
        deed(person)
    except NotAllowedError:
        return True
    except InspectorError:
        return False  # the right was there; package or key was not
    return False


def people() -> dict[str, Person]:
    """Make the users of a PC; return who acts in each column."""
    hashed = Secrets().hashed(WORDS)
    made = [User(name=role.value, role=role, password=hashed) for role in Role]
    spare = User(name="spare", role=Role.OPERATOR, password=hashed)
    write_users(Users(users=(*made, spare)))
    return {role.value: Person(role.value, role) for role in Role} | {NOBODY: Person("")}


def run(folder: Path) -> dict[str, dict[str, str]]:
    """Try every cell; return `done` or `refused` by action and column."""
    who = people()
    open_log(folder / "other-log").close()
    with open_log(folder / "station-log") as log:
        record = log.append(a_record("P1", Verdict.REVIEW))
        found = deeds(folder, log, record)
        missing = set(Action) - set(found)
        if missing:
            raise AssertionError(f"actions without a deed: {missing}")
        return {
            action.value: {
                name: "refused" if refused(found[action], person) else "done" for name, person in who.items()
            }
            for action in Action
        }


def wrong_cells(cells: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the cells that are not as the matrix of rights says."""
    wrong = []
    for action in Action:
        for name, said in cells[action.value].items():
            given = name != NOBODY and action in RIGHTS[Role(name)]
            if said != ("done" if given else "refused"):
                wrong.append(f"{name}: {action} was {said}")
    return wrong


def main() -> int:
    """Print the matrix; exit code 1 where a cell is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, {"INSPECTOR_HOME": home}):
        cells = run(Path(home))
    columns = list(next(iter(cells.values())))
    print(f"| action | {' | '.join(columns)} |")
    print(f"|---{'|---' * len(columns)}|")
    for action, row in cells.items():
        print(f"| {action} | {' | '.join(row[name] for name in columns)} |")
    wrong, count = wrong_cells(cells), sum(len(row) for row in cells.values())
    print(f"\n{count - len(wrong)} of {count} cells as the matrix of rights says")
    for cell in wrong:
        print(f"WRONG: {cell}")
    if options.json:
        write_json({"cells": cells, "wrong": wrong}, options.json, schema=SCHEMA)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
