"""`inspector doctor`: what this PC has, what is wrong, and the cures."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from inspector.jsonfile import add_json_option
from inspector.plugins import Command

SCHEMA = "inspector.doctor/1"


def _configure(parser: ArgumentParser) -> None:
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from dataclasses import asdict

    from inspector.doctor import examine
    from inspector.jsonfile import write_json

    findings = examine()
    wrong = [finding for finding in findings if not finding.ok]
    if options.json:
        document = {"ok": not wrong, "findings": [asdict(finding) for finding in findings]}
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        for finding in findings:
            print(f"{'ok ' if finding.ok else '!! '} {finding.subject:<18} {finding.said}")
            if finding.cure:
                print(f"{'':22} cure: {finding.cure}")
        print("Everything is in order." if not wrong else f"{len(wrong)} thing(s) to cure.")
    return 1 if wrong else 0


COMMAND = Command("say what this PC has, what is wrong, and the cures", _configure, _run)
