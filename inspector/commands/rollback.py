"""`inspector rollback`: bring an earlier package back into force. Loads no network: it must be done within a second."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.commands.users import add_who_options
from inspector.jsonfile import add_json_option
from inspector.plugins import Command

SCHEMA = "inspector.rollback/1"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("release", type=Path, help="release folder")
    parser.add_argument("--to", metavar="HASH", help="this package (the beginning suffices); default: the one before")
    add_who_options(parser)
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from inspector.errors import UsageError
    from inspector.inference.package import open_package
    from inspector.jsonfile import write_json
    from inspector.keys import signed_package, trust_of_this_pc
    from inspector.people.console import person_of_console
    from inspector.release import read_release
    from inspector.release_change import enter

    release = read_release(options.release)
    if options.to is None and not release.earlier:
        raise UsageError(
            f"{options.release}: no package was in force before {release.champion[:12]}.",
            cure="Promote another package, or name one with --to.",
        )
    target = release.was_champion(options.to) if options.to else release.earlier[-1]
    if target == release.champion:
        raise UsageError(f"{options.release}: {target[:12]} is in force already.", cure="Name another with --to.")
    package = open_package(options.release, target)  # verifies every byte before the line is asked to rely on it
    trust_of_this_pc().require(signed_package(package))
    person = person_of_console(options.who)
    enter(options.release, target, "rollback", who=person, why=options.why, expected=release.champion)
    if options.json:
        document = {"release": str(options.release), "champion": target, "previous": release.champion}
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        print(f"{options.release}: {target[:12]} is in force again, {release.champion[:12]} no longer.")
        print("Running stations follow within seconds, between two parts.")
    return 0


COMMAND = Command("bring an earlier model package back into force", _configure, _run)
