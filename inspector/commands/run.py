"""`inspector run`: the station without a window."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.jsonfile import add_json_option
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.headless import RunSummary

SCHEMA = "inspector.run/1"


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, help="the recipe (TOML)")
    parser.add_argument("--headless", action="store_true", help="no window (this command never opens one)")
    parser.add_argument("--parts", type=int, metavar="N", help="stop after N parts")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.add_argument("--who", default="", metavar="NAME", help="who starts it; asked for on a PC with users")
    parser.add_argument("--quiet", action="store_true", help="no line per part")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from inspector.headless import run_headless
    from inspector.jsonfile import write_json
    from inspector.people.console import person_of_console
    from inspector.recipe import load_recipe
    from inspector.settings import log_folder

    recipe = load_recipe(options.recipe)
    folder = options.log or log_folder()
    person = person_of_console(options.who, log=folder)
    quiet = options.quiet or options.json == "-"
    summary = run_headless(recipe, folder, person=person, max_parts=options.parts, quiet=quiet)
    if options.json != "-":
        print_summary(summary)
    if options.json:
        write_json(summary.document(), options.json, schema=SCHEMA)
    if summary.failure:
        raise summary.failure
    return 0


def print_summary(summary: RunSummary) -> None:
    """Print counts and stage times for people."""
    counts = ", ".join(f"{number} {verdict.value}" for verdict, number in summary.counts.items())
    print(f"{summary.parts} parts: {counts}; {summary.records} records in {summary.folder}")
    if summary.challenge_parts:
        print(f"{summary.challenge_parts} known bad parts of a challenge beside them, none released")
    shadow = summary.shadow
    if shadow.judged or shadow.dropped or shadow.failed:
        print(
            f"shadow: {shadow.judged} parts judged, {shadow.agreed} with the same verdict; {shadow.dropped} dropped, "
            f"{shadow.failed} failed (`inspector log shadow` lists the others)"
        )
    if summary.stage_ms:
        print(f"{'stage':<10}{'p50':>9}{'p99':>9}{'max':>9}  ms")
        for stage, figures in summary.percentiles().items():
            print(f"{stage:<10}{figures['p50']:>9.2f}{figures['p99']:>9.2f}{figures['max']:>9.2f}")


COMMAND = Command("inspect parts without a window", _configure, _run)
