"""The sub-command `inspector calibrate`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command


def rate(text: str) -> float:
    """Read `1%`, `1 %` or `0.01` as 0.01."""
    bare = text.strip()
    try:
        value = float(bare.removesuffix("%")) / (100.0 if bare.endswith("%") else 1.0)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no rate; write it like 1% or 0.01") from error
    if not 0.0 <= value < 1.0:
        raise ArgumentTypeError(f"{text!r} is no rate from 0 to under 100 %; write it like 1% or 0.01")
    return value


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="model package folder")
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="data set folder with parts it never saw")
    risk = parser.add_argument_group("accepted risk, by part; at least one of the two rates")
    risk.add_argument("--max-escape", metavar="RATE", type=rate, help="of the defective parts so many may pass: 1%%")
    risk.add_argument("--max-overkill", metavar="RATE", type=rate, help="of the good parts so many may fail: 5%%")
    risk.add_argument("--confidence", metavar="RATE", type=rate, default=0.95, help="of each promise (default: 95%%)")
    risk.add_argument("--expected", action="store_true", help="bound the expected rate only, without confidence")
    risk.add_argument(
        "--review", metavar="RATE", type=rate, default=0.0,
        help="with --max-overkill alone: so many of the good parts are looked at by a person (default: none)",
    )  # fmt: skip
    parser.add_argument("--who", default="", metavar="NAME", help="who does it; with users, the password is asked")
    parser.add_argument("--split", choices=("validation", "test", "train", "all"), default="validation")
    parser.add_argument("--recipe", type=Path, help="the recipe whose cameras the promise is made for")
    parser.add_argument("--out", metavar="PACKAGE2", type=Path, help="write another package (default: in place)")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write calibration.html, self-contained, into DIR")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from training.calibrate import run

    return run(options)


CALIBRATE = Command(
    help="Find the limits that keep an accepted risk, prove them on data, or say how many parts are missing.",
    configure=_configure,
    run=_run,
)
