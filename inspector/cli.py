"""The console command `inspector`: parse, run one sub-command, turn errors into sentences and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from inspector import __version__
from inspector.errors import InspectorError
from inspector.plugins import load_commands

EXIT_DONE, EXIT_FINDING, EXIT_USAGE = 0, 1, 2


def build_parser(wanted: str | None = None) -> argparse.ArgumentParser:
    """Return the parser with every installed sub-command, or with the `wanted` one alone."""
    parser = argparse.ArgumentParser(prog="inspector", description="Visual quality inspection for factories.")
    parser.add_argument("--version", action="version", version=f"inspector {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in load_commands(wanted).items():
        sub = subparsers.add_parser(name, help=command.help, description=command.help)
        command.configure(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `inspector` with `arguments` (default: the process's own) and return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = build_parser(words[0] if words else None).parse_args(words)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except InspectorError as error:
        print(f"inspector: {error.message}", file=sys.stderr)
        if error.cure:
            print(f"  cure: {error.cure}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("inspector: stopped by the keyboard.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, `head` say, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    return code


if __name__ == "__main__":
    sys.exit(main())
