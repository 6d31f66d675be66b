"""`inspector log audit`: who changed what, from what to what, when and why."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inspector.jsonfile import add_json_option, write_json

SCHEMA = "inspector.log-audit/1"


def add(actions: Any) -> None:
    """Add the sub-command to `inspector log`."""
    parser: ArgumentParser = actions.add_parser("audit", help="the audit trail: who changed what, when and why")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.add_argument("--action", dest="deed", default="", metavar="NAME", help="only this, or 'user.*'")
    parser.add_argument("--subject", default="", metavar="TEXT", help="only what was done to this")
    parser.add_argument("--by", default="", metavar="NAME", help="only what this person did")
    parser.add_argument("--since", metavar="TIME", help="at or after, ISO 8601 (local time without an offset)")
    parser.add_argument("--until", metavar="TIME", help="before, ISO 8601")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="at most N entries, newest first")
    parser.add_argument("--who", default="", metavar="NAME", help="who reads; on a PC with users the password is asked")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write it to a CSV file")
    add_json_option(parser)
    parser.set_defaults(handler=_run)


def _run(options: Namespace) -> int:
    from inspector.commands.log import nanoseconds
    from inspector.log import read_log
    from inspector.log.export import local_time
    from inspector.people.console import person_of_console
    from inspector.reading import export_trail, read_audit
    from inspector.settings import log_folder

    folder = options.log or log_folder()
    person = person_of_console(options.who, log=folder)
    with read_log(folder) as log:
        entries = read_audit(
            log,
            person,
            action=options.deed,
            subject=options.subject,
            who=options.by,
            since_ns=nanoseconds(options.since),
            until_ns=nanoseconds(options.until),
            limit=options.limit,
        )
    if options.csv:
        print(f"{export_trail(person, entries, options.csv)} entries written to {options.csv}")
    if options.json:
        write_json({"entries": [asdict(entry) for entry in entries]}, options.json, schema=SCHEMA)
    if options.json == "-" or options.csv:
        return 0
    for entry in entries:
        who = f"{entry.who} ({entry.role})" if entry.role else entry.who
        change = " -> ".join(text for text in (entry.old, entry.new) if text)
        print(f"{entry.number:>6}  {local_time(entry.time_ns)}  {entry.action:<20} {entry.subject}: {change}")
        print(f"        {who}: {entry.why}")
    return 0
