"""`inspector settings`: how this PC is set."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from inspector.commands.users import add_who_options
from inspector.jsonfile import add_json_option, write_json
from inspector.plugins import Command

SCHEMA = "inspector.settings/1"


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="every setting: its value, its default, what it does")
    add_json_option(show)
    change = actions.add_parser("set", help="set one; recorded in the audit trail")
    change.add_argument("name", help="section.field, as `show` lists it")
    change.add_argument("value", nargs="?", help="as in TOML; a text needs no quotes")
    change.add_argument("--default", action="store_true", help="back to the default")
    add_who_options(change)


def _run(options: Namespace) -> int:
    return _show(options) if options.action == "show" else _set(options)


def _show(options: Namespace) -> int:
    from inspector.settings import read_settings, settings_file
    from inspector.settings_change import settings_of

    found = list(settings_of(read_settings()))
    if options.json:
        document = {"file": str(settings_file()), "settings": [asdict(setting) for setting in found]}
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        for setting in found:
            changed = "" if setting.value == setting.default else f"   (default {setting.default or 'none'})"
            print(f"{setting.name} = {setting.value or 'none'}{changed}")
            if setting.words:
                print(f"    {setting.words}")
    return 0


def _set(options: Namespace) -> int:
    from inspector.errors import UsageError
    from inspector.people.console import person_of_console
    from inspector.settings_change import change_setting

    if (options.value is None) != options.default:
        raise UsageError("Give either a value or --default.")
    person = person_of_console(options.who)
    old, new = change_setting(options.name, options.value, person=person, why=options.why)
    print(f"{options.name}: {old or 'none'} -> {new or 'none'}, recorded in the audit trail")
    return 0


COMMAND = Command("settings of this PC", _configure, _run)
