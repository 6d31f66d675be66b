"""The sub-command `inspector bench`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from inspector.jsonfile import add_json_option
from inspector.plugins import Command

NETWORKS = ("resnet18", "resnet50", "mobilenet_v2", "efficientnet_b0")


def _names(text: str) -> tuple[str, ...]:
    """Read a list of names with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    """Read a list of whole numbers above 0 with commas between."""
    try:
        found = tuple(int(name) for name in _names(text))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise ArgumentTypeError(f"{text!r} is no list of whole numbers above 0, with commas between")
    return found


def _count(text: str) -> int:
    """Read one whole number above 0."""
    return _numbers(text)[0]


def _configure_model(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--networks", type=_names, default=NETWORKS, metavar="A,B", help=f"torchvision's names ({','.join(NETWORKS)})"
    )
    parser.add_argument("--batches", type=_numbers, default=(1, 32), metavar="N,N", help="pictures at once (1,32)")
    parser.add_argument("--size", type=_count, default=224, metavar="PX", help="width and height of the input (224)")
    parser.add_argument("--rounds", type=_count, default=10, help="turns of all candidates (10)")
    parser.add_argument("--round-s", type=float, default=0.2, metavar="S", help="seconds of each turn (0.2)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="pictures that calibrate int8 (default: noise)")
    parser.add_argument("--without-compile", action="store_true", help="leave torch.compile out: it takes minutes")


def _seconds(text: str) -> tuple[float, ...]:
    """Read a list of seconds above 0 with commas between."""
    try:
        found = tuple(float(name) for name in _names(text))
    except ValueError:
        found = ()
    if not found or not all(0 < each <= 86_400 for each in found):
        raise ArgumentTypeError(f"{text!r} is no list of seconds, with commas between")
    return found


def _configure_part(parser: ArgumentParser) -> None:
    parser.add_argument("--parts", type=_count, default=10_000, metavar="N", help="of each number of views (10000)")
    parser.add_argument("--views", type=_numbers, default=(1, 8), metavar="N,N", help="views of a part (1,8)")
    _add_package(parser)
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="on the disk to be measured (default: temporary files)"
    )
    parser.add_argument(
        "--idle", type=_seconds, default=(), metavar="S,S", help="also after such pauses, for instance 0.2,10,600"
    )


def _configure_anomaly(parser: ArgumentParser) -> None:
    parser.add_argument(
        "dataset", type=Path, nargs="?", help="data set folder (default: washers are drawn: speed only)"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="torchvision-keyed state dict of resnet18 (by chance)"
    )
    parser.add_argument("--size", type=_count, default=256, metavar="PX", help="width and height of the input (256)")
    parser.add_argument("--fit", default="letterbox", choices=("letterbox", "crop", "stretch"))
    parser.add_argument(
        "--rows", type=_numbers, default=(1000, 10_000, 100_000), metavar="N,N", help="sizes of the memory"
    )
    parser.add_argument("--rounds", type=_count, default=10, help="turns of all candidates (10)")
    parser.add_argument("--round-s", type=float, default=0.2, metavar="S", help="seconds of each turn (0.2)")
    parser.add_argument(
        "--peer", metavar="PYTHON", help="Python with anomalib[openvino] (default: this one, if it has it)"
    )
    parser.add_argument("--peer-coreset", type=float, default=0.1, metavar="SHARE", help="the peer's default is 0.1")


def _configure_decisions(parser: ArgumentParser) -> None:
    parser.add_argument("package", type=Path, help="model package: a classifier or a patch memory")
    parser.add_argument(
        "dataset", type=Path, help="data set folder; an int8 memory needs the one that it was fitted on"
    )
    parser.add_argument("--pictures", type=_count, default=2000, metavar="N", help="at most so many (2000)")


def _configure_train(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, nargs="?", help="data set folder (default: washers are drawn)")
    parser.add_argument("--backbone", default="resnet18", metavar="NAME", help="torchvision's name (resnet18)")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="state dict that --to-f1 starts from (by chance)")
    parser.add_argument("--size", type=_count, default=224, metavar="PX", help="width and height of the input (224)")
    parser.add_argument("--batch", type=_count, default=16, metavar="N", help="pictures of a step (16)")
    parser.add_argument("--images", type=_count, default=256, metavar="N", help="most pictures of an epoch (256)")
    parser.add_argument("--rounds", type=_count, default=3, help="epochs of each loop after the first (3)")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes of the plain loops' loader"
    )
    parser.add_argument(
        "--to-f1", type=float, metavar="F", help="also the time to this macro-F1 on the validation split"
    )
    parser.add_argument("--most-epochs", type=_count, default=30, metavar="N", help="for --to-f1 (30)")


def _add_package(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--package",
        type=Path,
        metavar="DIR",
        help="what judges (default: resnet18 with weights by chance, OpenVINO int8)",
    )
    parser.add_argument("--device", default="auto", help="as in a recipe: auto, cpu, cuda, or an export (auto)")


_KINDS = {
    "model": ("networks alone, on every run-time and precision, against PyTorch and torchvision", _configure_model),
    "part": ("trigger to committed record, stage by stage, against model and disk alone", _configure_part),
    "anomaly": (
        "the patch memory on every run-time, against Anomalib; search by size of the memory",
        _configure_anomaly,
    ),
    "decisions": ("the decisions of all run-times on the same pictures: flips and differences", _configure_decisions),
    "train": ("pictures learned from per second, and time to a macro-F1, against plain loops", _configure_train),
}


def _configure(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    for name, (help_, configure) in _KINDS.items():
        kind = kinds.add_parser(name, help=help_, description=f"Measure: {help_}.")
        configure(kind)
        add_json_option(kind)


def _run(options: Namespace) -> int:
    module: Any = import_module(f"training.bench.{options.kind}")
    return int(module.run(options))


BENCH = Command(
    help="Measure on this machine how fast it inspects and learns; peers that are installed run beside it.",
    configure=_configure,
    run=_run,
)
