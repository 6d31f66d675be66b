"""`inspector package`: model packages as single files, to be carried from PC to PC."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.plugins import Command


def add_pack_actions(actions: object, what: str) -> None:
    """Add `pack` and `unpack` to the sub-commands of a command.

    Args:
        actions: From `ArgumentParser.add_subparsers`.
        what: Is packed, for instance `a model package`.
    """
    add = actions.add_parser  # type: ignore[attr-defined]  # argparse has no public name for its type
    pack = add("pack", help=f"write {what} into one file (ZIP)")
    pack.add_argument("source", type=Path, metavar="SOURCE", help=f"{what}")
    pack.add_argument("file", type=Path, metavar="FILE", help="the archive; never replaced")
    unpack = add("unpack", help=f"bring {what} out of such a file, by rules, verified")
    unpack.add_argument("file", type=Path, metavar="FILE", help="the archive")
    unpack.add_argument("target", type=Path, metavar="DIR", help="new folder; nothing is ever written over")


def _configure(parser: ArgumentParser) -> None:
    add_pack_actions(parser.add_subparsers(dest="action", metavar="ACTION", required=True), "a model package")


def _run(options: Namespace) -> int:
    from inspector.packing import pack_package, unpack_package
    from inspector.progress import show_bar

    with show_bar(options.action, "file") as progress:
        if options.action == "pack":
            package = pack_package(options.source, options.file, progress)
        else:
            package = unpack_package(options.file, options.target, progress)
    said = options.file if options.action == "pack" else options.target
    print(f"{said}: the package {package.hash}.")
    return 0


COMMAND = Command("pack model packages into single files, and unpack them", _configure, _run)
