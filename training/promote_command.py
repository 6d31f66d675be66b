"""The sub-command `inspector promote`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from inspector.commands.keys import add_key_option
from inspector.commands.users import add_who_options
from inspector.jsonfile import add_json_option
from inspector.plugins import Command
from training.calibrate_command import rate


def _positive_rate(text: str) -> float:
    value = rate(text)
    if value <= 0.0:
        raise ArgumentTypeError(f"{text!r} must be above 0")
    return value


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("release", metavar="RELEASE", type=Path, help="release folder; made where there is none")
    parser.add_argument("challenger", metavar="PACKAGE", type=Path, help="the package to bring into force")
    add_who_options(parser)
    parser.add_argument("--acceptance", metavar="DATASET", type=Path, help="the frozen acceptance set")
    parser.add_argument(
        "--cases", metavar="DATASET", type=Path,
        help="data set whose regression cases the package must not pass (default: the acceptance set)",
    )  # fmt: skip
    parser.add_argument("--split", choices=("test", "validation", "train", "all"), default="test")
    parser.add_argument(
        "--margin", metavar="RATE", type=_positive_rate, default=0.01,
        help="by so much the challenger's escape and reject rates must not be higher (default: 1%%)",
    )  # fmt: skip
    parser.add_argument(
        "--error-rate", metavar="RATE", type=_positive_rate, default=0.05,
        help="accepted probability of promoting one that is worse by the margin (default: 5%%)",
    )  # fmt: skip
    parser.add_argument("--new-acceptance-set", metavar="REASON", help="why another acceptance set is to count")
    parser.add_argument("--shadow", action="store_true", help="only make it the challenger that judges in shadow")
    add_key_option(parser, "--sign-with", required=False)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from training.promote import run

    return run(options)


PROMOTE = Command(
    help="Bring a model package into force where it is no worse than the one before on the frozen acceptance set.",
    configure=_configure,
    run=_run,
)
