"""The sub-command `inspector retrain`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command
from training.calibrate_command import rate
from training.train_command import add_settings


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="the data set that grew")
    parser.add_argument("--release", metavar="DIR", type=Path, required=True, help="release folder with the champion")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="one folder per data version goes here")
    risk = parser.add_argument_group("accepted risk, by part (default: what the champion promises)")
    risk.add_argument("--max-escape", metavar="RATE", type=rate, help="of the defective parts so many may pass: 1%%")
    risk.add_argument("--max-overkill", metavar="RATE", type=rate, help="of the good parts so many may fail: 5%%")
    risk.add_argument("--confidence", metavar="RATE", type=rate, default=0.95, help="of each promise (default: 95%%)")
    frozen = parser.add_argument_group("the frozen set on which champion and challenger are compared")
    frozen.add_argument("--acceptance", metavar="DATASET", type=Path, help="another data set (default: DATASET itself)")
    frozen.add_argument("--split", choices=("test", "validation", "train", "all"), default="test")
    frozen.add_argument("--margin", metavar="RATE", type=rate, default=0.01, help="must not be worse by it (1%%)")
    frozen.add_argument("--error-rate", metavar="RATE", type=rate, default=0.05, help="of each comparison (5%%)")
    parser.add_argument("--who", default="", metavar="NAME", help="who does it; with users, the password is asked")
    add_settings(parser)
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from training.retrain import run

    return run(options)


RETRAIN = Command(
    help="New data, new package: freeze, train, calibrate, compare with the champion, report. A person promotes.",
    configure=_configure,
    run=_run,
)
