"""`inspector export`: convert, quantise, compare with PyTorch, and keep in the package what passed."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from datasets.manifest import SPLITS, Dataset, open_dataset
from datasets.progress import show_progress
from inspector.errors import UsageError
from inspector.inference.base import Model
from inspector.inference.hardware import instructions
from inspector.inference.load import load_exported, load_reference
from inspector.inference.package import Package, open_package, revise_package, write_package
from inspector.inference.runtimes import (
    REPORT_FILE,
    Precision,
    RuntimeKind,
    RuntimeReport,
    files_of,
    folder_of,
)
from inspector.jsonfile import write_json
from inspector.keys import signed_package
from inspector.people import Action, require
from inspector.people.console import person_of_console
from inspector.release import is_kept
from training.conversion import converted
from training.graphs import (
    refuse_other_methods,
)
from training.parity import FrozenSet, gate, judge_both

SCHEMA = "inspector.export/1"
BOUNDS: Mapping[Precision, float] = {"fp32": 0.01, "bf16": 0.05, "int8": 0.25}
"""Largest difference of a defect score that the gate allows where no other is named."""
HELD_OUT = "held-out"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported.

    Attributes:
        kind: Run-time and precision.
        bound: Largest difference of a defect score.
        out: Another package's folder; None writes in place.
    """

    kind: RuntimeKind
    bound: float
    out: Path | None = None


def run(options: Namespace) -> int:
    """Export as asked on the command line; 1 where the parity gate refused.

    Raises:
        NotAllowedError: Who asks may not: limits are counted anew for the new run-time.
        UsageError: A method, run-time or precision that cannot be exported, or a frozen set that proves nothing.
    """
    require(person_of_console(options.who), Action.CALIBRATE)
    package = open_package(options.package)
    signed = signed_package(package).signature_file.exists()
    order = make_order(package, options.runtime, options.precision, options.max_difference, options.out)
    with open_dataset(options.data) as dataset:
        frozen = frozen_set(package, dataset, options.split)
        with show_progress("judge", json_lines=options.json_lines) as advance:
            written, report = export(package, dataset, order, frozen, advance)
    if options.json:
        document = {"package": str(written.folder), "package_hash": written.hash, **report.model_dump(mode="json")}
        write_json({**document, "name": report.name}, options.json, schema=SCHEMA)
    if options.json != "-" and not options.json_lines:
        print(f"{report.name}: {'passed' if report.parity.passed else 'REFUSED'}: {report.parity.reason}")
        print(f"Judged by both: {report.parity.pictures} pictures ({frozen.split} of {frozen.name}).")
        print(f"Package: {written.folder}, hash {written.hash}")
        if signed:
            print("The signature was for the package before: sign it again, `inspector keys sign`.", file=sys.stderr)
        if not report.parity.passed:
            print("The station goes on with PyTorch: the report alone was kept.", file=sys.stderr)
    return 0 if report.parity.passed else 1


def make_order(
    package: Package, runtime: str, precision: str, bound: float | None = None, out: Path | None = None
) -> Order:
    """Return the order, checked before any work.

    Raises:
        UsageError: It cannot be carried out.
    """
    refuse_other_methods(package)
    if is_kept(out or package.folder):
        raise UsageError(
            f"{out or package.folder}: belongs to a release, whose packages are never changed.",
            cure="Write elsewhere with --out, then `inspector promote` it.",
        )
    if runtime == "onnxruntime" and precision != "fp32":
        raise UsageError(
            f"ONNX Runtime is the portable run-time: it has no export in {precision}.",
            cure="Use --precision fp32, or --runtime openvino.",
        )
    if bound is not None and not 0 < bound <= 1:
        raise UsageError(f"A difference of {bound} bounds nothing.", cure="Give --max-difference between 0 and 1.")
    anew = package.card.method == "patch-memory" and precision == "int8"
    kind = RuntimeKind.model_validate({"runtime": runtime, "precision": precision, "fitted_anew": anew})
    return Order(kind, BOUNDS[kind.precision] if bound is None else bound, out)


def frozen_set(package: Package, dataset: Dataset, split: str | None = None) -> FrozenSet:
    """Return the pictures that both run-times must judge alike.

    Args:
        package: A calibrated one must be compared on its calibration set: there its guarantee is counted.
        dataset: Opened.
        split: One of the splits, `all` or `held-out`; None: the calibration's, or held-out.

    Raises:
        UsageError: No picture, or another set than the one that a guarantee rests on.
    """
    calibration = package.card.calibration
    split = split or (str(calibration.dataset["split"]) if calibration else HELD_OUT)
    given = (dataset.fingerprint, split)
    if calibration and given != (calibration.dataset["fingerprint"], calibration.dataset["split"]):
        raise UsageError(
            f"{package.folder}: its guarantee was counted on {calibration.dataset['name']} "
            f"({calibration.dataset['split']}), which this is not: it cannot be counted again.",
            cure="Give that data set with --data, or export first and calibrate afterwards.",
        )
    wanted = {"all": SPLITS, HELD_OUT: SPLITS[1:]}.get(split, (split,))
    items = [item for each in wanted for item in dataset.items(each)]
    if not items:
        raise UsageError(f"{dataset.folder}: there is no picture in {split}.", cure="Choose another --split.")
    return FrozenSet(items, dataset.name, dataset.fingerprint, split)


def export(
    package: Package,
    dataset: Dataset,
    order: Order,
    frozen: FrozenSet,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Package, RuntimeReport]:
    """Convert a package, compare, and write what passed; the report alone where it did not.

    Args:
        package: Opened; judges on PyTorch as the reference.
        dataset: Its good train pictures calibrate int8.
        order: What is wanted.
        frozen: Judged by both.
        advance: Hears of (pictures judged, pictures in all).

    Returns:
        The package as written, and the report.

    Raises:
        UsageError: int8 of a patch memory needs the very data that it was fitted on.
        ModelError: A library is missing, or a run-time failed.
    """
    files = converted(package, dataset, order.kind)
    candidate = candidate_model(package, order.kind, files)
    pairs = judge_both(load_reference(package, "cpu"), candidate, frozen.items, advance)
    report = RuntimeReport(
        **order.kind.model_dump(),
        instructions=instructions(),
        parity=gate(package.card, pairs, frozen, order.bound),
        libraries=_libraries(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return _write(package, order, report, files if report.parity.passed else {}), report


class _Candidate(Package):
    """A package with files that are not written yet."""

    def __init__(self, whole: Package, files: Mapping[str, bytes]) -> None:
        super().__init__(whole.folder, whole.card, whole.card_bytes)
        self._whole, self._files = whole, files

    def read_file(self, name: str) -> bytes:
        """Return the new file, or the whole package's."""
        return self._files[name] if name in self._files else self._whole.read_file(name)


def candidate_model(package: Package, kind: RuntimeKind, files: Mapping[str, bytes]) -> Model:
    """Load an export that is not written yet, from `converted`. Raises ModelError."""
    return load_exported(_Candidate(package, _placed(kind, files)), kind)


def _placed(kind: RuntimeKind, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder_of(kind.name)}/{name}": data for name, data in files.items()}


def _write(package: Package, order: Order, report: RuntimeReport, files: Mapping[str, bytes]) -> Package:
    new = _placed(order.kind, {REPORT_FILE: report.encoded(), **files})
    gone = [name for name in files_of(package, report.name) if name not in new]
    if order.out is None or order.out.resolve() == package.folder.resolve():
        return revise_package(package, {}, new, without=gone)
    names = [name for name in package.card.files if name not in gone and name not in new]
    unchanged = {name: package.read_file(name) for name in names}
    return write_package(order.out, package.card.model_dump(exclude={"schema_"}), {**unchanged, **new})


def _libraries() -> dict[str, str]:
    found = {}
    for name in ("openvino", "nncf", "onnx", "onnxruntime", "torch"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
