"""The sub-command `inspector accept`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="model package folder")
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="data set folder with the acceptance parts")
    parser.add_argument("--split", choices=("train", "validation", "test", "all"), default="test")
    parser.add_argument("--recipe", type=Path, metavar="R", help="whose requirements and limits hold (else: defaults)")
    parser.add_argument(
        "--repeats",
        type=Path,
        metavar="DATASET",
        help="another data set whose parts were imaged several times: repeatability and agreement rest on it",
    )
    parser.add_argument(
        "--take",
        metavar="REGEX",
        default="",
        help="finds the take in an image's path, its first group; else several images of one named view are takes",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="for report.html and report.pdf (PACKAGE.acceptance)")
    parser.add_argument("--who", default="", metavar="NAME", help="who answers for the report")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="print progress as JSON lines")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from training.accept import run

    return run(options)


ACCEPT = Command(
    help="Hold a model package against the recipe's requirements and write the acceptance report.",
    configure=_configure,
    run=_run,
)
