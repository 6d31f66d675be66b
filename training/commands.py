"""The sub-commands of training. Nothing heavy is imported before they run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command
from training.train_command import configure as configure_train


def _train(options: Namespace) -> int:
    from training.train_command import run

    return run(options)


def _configure_evaluate(parser: ArgumentParser) -> None:
    parser.add_argument("package", type=Path, help="model package folder")
    parser.add_argument("dataset", type=Path, help="data set folder")
    parser.add_argument("--split", choices=("train", "validation", "test", "all"), default="test")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.html, self-contained, into DIR")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="METRIC=MINIMUM",
        help="exit with 1 where a figure stays below, for example macro_f1=0.93; may be repeated",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--resamples", type=int, default=2000, help="of the bootstrap (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: 0)")
    add_json_option(parser)


def _evaluate(options: Namespace) -> int:
    from training.evaluate import run

    return run(options)


def _configure_synthesize(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, help="data set folder; pictures and masks are added below it")
    parser.add_argument("--method", choices=("cut-paste", "perlin", "gan"), required=True, help="how defects are made")
    parser.add_argument("--count", type=int, required=True, metavar="N", help="how many pictures, the classes in turn")
    parser.add_argument(
        "--class", dest="label", default="", metavar="NAME", help="one class only; with perlin its name (synthetic)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, other pictures (0)")
    parser.add_argument("--who", default="generator", metavar="NAME", help="who the labels are from (generator)")
    parser.add_argument("--steps", type=int, metavar="N", help="gan: training steps (600)")
    parser.add_argument("--keep-weights", type=Path, metavar="FILE", help="gan: keep the generator as safetensors")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _synthesize(options: Namespace) -> int:
    from training.synthesize import run

    return run(options)


TRAIN = Command(help="Train a model on a data set and write a model package.", configure=configure_train, run=_train)
EVALUATE = Command(
    help="Judge a data set's images with a model package and print how good it is.",
    configure=_configure_evaluate,
    run=_evaluate,
)
SYNTHESIZE = Command(
    help="Add pictures with synthetic defects to a data set's train split.",
    configure=_configure_synthesize,
    run=_synthesize,
)
