"""`inspector runtimes`: which run-times a package has, which may judge, which is fastest on this PC, and why."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command

SCHEMA = "inspector.runtimes/1"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="model package or release folder")
    parser.add_argument("--again", action="store_true", help="measure, even where this PC has measured it before")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from inspector.inference.choice import CHOICES_FILE, choose
    from inspector.inference.hardware import hardware_name
    from inspector.inference.package import open_package
    from inspector.inference.runtimes import reports
    from inspector.jsonfile import write_json
    from inspector.settings import data_folder

    package = open_package(options.package)
    choice, model = choose(package, data_folder() / CHOICES_FILE, again=options.again)
    if options.json:
        exports = {name: report.model_dump(mode="json") for name, report in reports(package).items()}
        facts = {"package_hash": package.hash, "hardware": hardware_name(), "device": model.device}
        write_json({**facts, **choice.model_dump(), "exports": exports}, options.json, schema=SCHEMA)
    if options.json == "-":
        return 0
    for name, ms in sorted(choice.ms.items(), key=lambda each: each[1]):
        print(f"{'*' if name == choice.name else ' '} {name:<18} {ms:7.2f} ms per picture")
    for name, reason in choice.refused.items():
        print(f"- {name:<18} {reason}")
    print(f"Judged on {model.device}: {choice.why}", file=sys.stderr)
    return 0


COMMAND = Command("show a package's run-times, and which one judges fastest on this PC", _configure, _run)
