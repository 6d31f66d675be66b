"""The sub-command `inspector distill`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.jsonfile import add_json_option
from inspector.plugins import Command
from training.calibrate_command import rate
from training.train_command import size_of

if TYPE_CHECKING:
    from datasets.manifest import Dataset
    from inspector.decisions.limits import AcceptedRisk
    from inspector.inference.package import Package

SCHEMA = "inspector.distill/1"
_SETTINGS = ("backbone", "weights", "epochs", "batch_size", "learning_rate", "augment", "seed")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("teacher", metavar="TEACHER", type=Path, help="package of the method classifier")
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="data set folder with the teacher's classes")
    parser.add_argument("--out", metavar="PACKAGE", type=Path, required=True, help="folder of the student's package")
    student = parser.add_argument_group("student (what is not named is as the teacher has it)")
    student.add_argument("--backbone", default=SUPPRESS, help="torchvision's name, or resnet10 (default: resnet10)")
    student.add_argument("--weights", default=SUPPRESS, help="imagenet, none, or a state-dict file (default: none)")
    student.add_argument("--image-size", type=size_of, metavar="N|WxH", help="input size (default: the teacher's)")
    for name, kind in (("--epochs", int), ("--batch-size", int), ("--learning-rate", float), ("--seed", int)):
        student.add_argument(name, type=kind, default=SUPPRESS, help="as for `inspector train`")
    student.add_argument("--augment", choices=("none", "light", "medium", "strong"), default=SUPPRESS)
    parser.add_argument("--temperature", type=float, default=4.0, help="at which both opinions are compared (4)")
    parser.add_argument("--teacher-weight", type=float, default=0.7, help="of the teacher in the loss (0.7)")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument(
        "--precision", choices=("int8", "bf16", "fp32", "none"), default="int8",
        help="OpenVINO export of the student (default: int8)",
    )  # fmt: skip
    parser.add_argument("--max-escape", metavar="RATE", type=rate, help="calibrate both to this accepted escape rate")
    parser.add_argument("--confidence", metavar="RATE", type=rate, default=0.95, help="of that promise (95%%)")
    parser.add_argument("--split", choices=("validation", "test"), default="test", help="to compare and calibrate on")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write distillation.html, self-contained, into DIR")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N: of the training (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _run(options: Namespace) -> int:
    """Distil, calibrate, export, compare; 1 where the parity gate refused the export.

    Raises:
        UsageError: Teacher, data set and settings do not go together.
        TooFewPartsError: The split cannot support the promise; said before the training.
    """
    from datasets.manifest import open_dataset
    from inspector.decisions.limits import AcceptedRisk
    from inspector.inference.package import open_package
    from inspector.jsonfile import write_json
    from training.distill_compare import as_markdown, compare, contenders

    teacher = open_package(options.teacher)
    accepted = AcceptedRisk(options.max_escape, None, options.confidence) if options.max_escape else None
    with open_dataset(options.dataset) as dataset:
        if accepted:
            _require_parts(teacher, dataset, options.split, accepted)
        student = _student(teacher, dataset, options)
        found: dict[str, Any] = {"teacher": None, "student": None}
        if accepted:
            from training.distill_compare import with_limits

            beside = options.out.with_name(options.out.name + ".run") / "teacher-at-this-risk"
            teacher, found["teacher"] = with_limits(teacher, dataset, options.split, accepted, beside)
            student, found["student"] = with_limits(student, dataset, options.split, accepted, None)
        refused = ""
        if options.precision != "none":
            student, refused = _exported(student, dataset, options)
        rows = [*contenders("teacher", teacher, found["teacher"]), *contenders("student", student, found["student"])]
        compared = compare(rows, dataset, options.split)
    document = {
        "teacher": {"package": str(options.teacher), "package_hash": teacher.hash},
        "student": {"package": str(options.out), "package_hash": student.hash},
        "split": options.split,
        "refused": refused,
        "rows": compared,
    }
    if options.report:
        from training.distill_report import write_report

        print(f"Report: {write_report(options.report, document)}", file=sys.stderr)
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-" and not options.json_lines:
        print(as_markdown(compared))
    if refused:
        print(f"REFUSED: the export must not judge: {refused}", file=sys.stderr)
    return 1 if refused else 0


def _student(teacher: Package, dataset: Dataset, options: Namespace) -> Package:
    from training.config import make_config
    from training.distill import Lesson, distil, student_config
    from training.progress import make_reporter

    settings = {name: value for name, value in vars(options).items() if name in _SETTINGS}
    if options.image_size:
        settings["width"], settings["height"] = options.image_size
    config = make_config(**student_config(teacher, settings))
    lesson = Lesson(options.temperature, options.teacher_weight)
    reporter = make_reporter(json_lines=options.json_lines)
    return distil(teacher, dataset, options.out, config, lesson, reporter, device=options.device, resume=options.resume)


def _require_parts(teacher: Package, dataset: Dataset, split: str, accepted: AcceptedRisk) -> None:
    from inspector.decisions.limits import require_support
    from training.calibrate_scores import calibration_items, one_per_view, part_counts

    items = one_per_view(calibration_items(dataset, split, teacher.card))
    require_support(*part_counts(items, teacher.card), accepted)


def _exported(student: Package, dataset: Dataset, options: Namespace) -> tuple[Package, str]:
    """Return the package with its export, and why that must not judge; "" where it may."""
    from datasets.progress import show_progress
    from inspector.inference.runtimes import read_report
    from training.distill_compare import with_export
    from training.export import make_order

    order = make_order(student, "openvino", options.precision)
    with show_progress("export", json_lines=options.json_lines) as advance:
        written = with_export(student, dataset, order, advance)
    parity = read_report(written, order.kind.name).parity
    return written, "" if parity.passed else parity.reason


DISTILL = Command(
    help="Let a small network learn from a package; compare size, time, quality and the cost of the same risk.",
    configure=_configure,
    run=_run,
)
