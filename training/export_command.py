"""The sub-command `inspector export`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="model package folder; the export lies inside")
    parser.add_argument("--runtime", choices=("openvino", "onnxruntime"), default="openvino")
    parser.add_argument(
        "--precision", choices=("fp32", "bf16", "int8"), default="int8",
        help="number type of the network (default: int8; ONNX Runtime: fp32 alone)",
    )  # fmt: skip
    parser.add_argument(
        "--data", metavar="DATASET", type=Path, required=True,
        help="data set: its good train pictures calibrate int8, those of --split are judged by both run-times",
    )  # fmt: skip
    parser.add_argument(
        "--split", choices=("held-out", "validation", "test", "train", "all"),
        help="frozen set of the parity gate (default: the calibration's, else held-out: all but train)",
    )  # fmt: skip
    parser.add_argument(
        "--max-difference", metavar="D", type=float,
        help="largest difference of a defect score (default: 0.01 fp32, 0.05 bf16, 0.25 int8)",
    )  # fmt: skip
    parser.add_argument("--out", metavar="PACKAGE2", type=Path, help="write another package (default: in place)")
    parser.add_argument("--who", default="", metavar="NAME", help="who exports (default: who is logged in)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    from training.export import run

    return run(options)


EXPORT = Command(
    help="Bring a model package to another run-time, and let it judge only where the decisions stay the same.",
    configure=_configure,
    run=_run,
)
