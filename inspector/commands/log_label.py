"""`inspector log label`: a person says what a recorded part truly was."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any


def add(actions: Any) -> None:
    """Add the sub-command to `inspector log`."""
    parser: ArgumentParser = actions.add_parser("label", help="say the true class of a recorded part: a new record")
    parser.add_argument("record", help="record id; its beginning is enough")
    parser.add_argument("truth", metavar="CLASS", help="the part's true class")
    parser.add_argument("--why", default="", help="how that is known")
    parser.add_argument("--who", default="", help="who says so")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.set_defaults(handler=_run)


def _run(options: Namespace) -> int:
    from inspector.log import open_log
    from inspector.people.console import person_of_console
    from inspector.settings import log_folder
    from inspector.word import label_part

    folder = options.log or log_folder()
    person = person_of_console(options.who, log=folder)
    with open_log(folder) as log:
        said = label_part(log, person, log.get(options.record), truth=options.truth, note=options.why)
    print(f"{said.part_id}: {said.decision.reason}")
    return 0
