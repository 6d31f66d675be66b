"""`inspector log retain`: delete the pictures that their recipes no longer keep."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from inspector.jsonfile import add_json_option, write_json

SCHEMA = "inspector.log-retain/1"


def add(actions: Any) -> None:
    """Add the sub-command to `inspector log`."""
    parser: ArgumentParser = actions.add_parser("retain", help="delete pictures as the recipes' [retention] says")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.add_argument("--who", default="", metavar="NAME", help="who does it; with users, the password is asked")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    add_json_option(parser)
    parser.set_defaults(handler=_run)


def _run(options: Namespace) -> int:
    import threading

    from inspector.log import open_log
    from inspector.people import Action, require
    from inspector.people.console import person_of_console
    from inspector.retention import Retention
    from inspector.settings import log_folder

    folder = options.log or log_folder()
    require(person_of_console(options.who, log=folder), Action.DELETE_IMAGES)
    with open_log(folder) as log:
        deleted = Retention(log, threading.Event(), dry=options.dry_run).run()
    document = {
        "dry_run": options.dry_run,
        "pictures": {rule.name.lower(): count for rule, count in deleted.pictures.items()},
        "freed_bytes": deleted.freed_bytes,
    }
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        verb = "would go" if options.dry_run else "deleted"
        print(f"{sum(deleted.pictures.values())} pictures {verb}, {deleted.freed_bytes / 1e6:.1f} MB")
        for rule, count in deleted.pictures.items():
            print(f"  {count:>8}  {rule.value}")
    return 0
