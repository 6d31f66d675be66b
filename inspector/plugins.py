"""Extension points: sub-commands are found through entry points, so the core never imports upward."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

COMMAND_GROUP = "inspector.commands"


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command of `inspector`. Its module must import nothing heavy: it is loaded for every `--help`.

    Attributes:
        help: One line for the overview.
        configure: Adds the arguments to a parser; called once per program start.
        run: Does the work and returns the exit code: 0 done, 1 a finding, 2 wrong use or bad input. Heavy libraries
            are imported inside.
    """

    help: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


def load_commands(wanted: str | None = None) -> dict[str, Command]:
    """Return the installed sub-commands by name, in the order of the names.

    Args:
        wanted: Load this one alone where it is installed: another package's broken command must not stop a station.
    """
    found = {point.name: point for point in entry_points(group=COMMAND_GROUP)}
    names = [wanted] if wanted in found else sorted(found)
    return {name: found[name].load() for name in names if name is not None}
