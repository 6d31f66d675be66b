"""What a package holds for run-times other than PyTorch: a folder per export, and the report of its parity gate.

    runtimes/openvino-int8/report.json   what it is, and how its decisions compared with PyTorch's
                           model.xml     the graph (model.onnx for ONNX Runtime)
                           model.bin     its weights
                           references.safetensors   of a patch memory that was fitted anew

The card names these files like all others, so they are verified when the package is opened and its hash pins them.
Of an export that the gate refused, the report alone is kept. No torch here.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from inspector.errors import PackageError
from inspector.inference.package import CardThresholds, Package

RUNTIMES = "runtimes"
REPORT_FILE, XML_FILE, BIN_FILE, ONNX_FILE = "report.json", "model.xml", "model.bin", "model.onnx"
REFERENCES_FILE = "references.safetensors"
SCHEMA: Final = "inspector.runtime/1"

Runtime = Literal["openvino", "onnxruntime"]
Precision = Literal["fp32", "bf16", "int8"]

_SHOWN = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}


class Parity(BaseModel):
    """How an export's decisions compared with those of PyTorch on a frozen set.

    Attributes:
        passed: Whether it may judge.
        reason: Why, or why not.
        pictures: Judged by both.
        flips: Pictures with another verdict.
        allowed: Flips that were allowed.
        beyond_review: Pictures that went from PASS to FAIL or back.
        largest_difference: Of the defect scores.
        bound: That it had to stay under.
        thresholds: Limits at which both decided.
        temperature: Of the classifier's calibration.
        dataset: Name, fingerprint and split of the frozen set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    passed: bool
    reason: str
    pictures: int = Field(ge=1)
    flips: int
    allowed: int
    beyond_review: int
    largest_difference: float
    bound: float
    thresholds: CardThresholds
    temperature: float
    dataset: dict[str, str]


class RuntimeKind(BaseModel):
    """What an export is.

    Attributes:
        runtime: What runs the graph.
        precision: Number type of the network.
        fitted_anew: The memory and its references were learned again from what this graph gives.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: Runtime
    precision: Precision
    fitted_anew: bool

    @property
    def name(self) -> str:
        """Its folder, and what `--device` calls it: `openvino-int8`."""
        return f"{self.runtime}-{self.precision}"

    @property
    def device(self) -> str:
        """What records say: `cpu (OpenVINO int8)`."""
        return f"cpu ({_SHOWN[self.runtime]} {self.precision})"


class RuntimeReport(RuntimeKind):
    """The content of a run-time's report.json.

    Attributes:
        instructions: The processor's, where the parity was measured; see `inspector.inference.hardware`.
        parity: The gate's result.
        libraries: Versions that made the export.
        created: UTC, ISO 8601.
    """

    instructions: tuple[str, ...]
    parity: Parity
    libraries: dict[str, str]
    created: str

    def encoded(self) -> bytes:
        """Return the bytes of report.json."""
        return json.dumps({"schema": SCHEMA, **self.model_dump(mode="json")}, indent=1, ensure_ascii=False).encode()


def folder_of(name: str) -> str:
    """Return where the files of the run-time `name` lie in a package."""
    return f"{RUNTIMES}/{name}"


def files_of(package: Package, name: str) -> list[str]:
    """Return the files of the run-time `name` that the card names."""
    return [file for file in package.card.files if file.startswith(f"{folder_of(name)}/")]


def reports(package: Package) -> dict[str, RuntimeReport]:
    """Return the report of every export of a package, by name, sorted.

    Raises:
        PackageError: A report was altered, or is of another format.
    """
    names = sorted(file.split("/")[1] for file in package.card.files if file.endswith(f"/{REPORT_FILE}"))
    return {name: read_report(package, name) for name in names}


def read_report(package: Package, name: str) -> RuntimeReport:
    """Return the report of one export.

    Raises:
        PackageError: There is none of this name, it was altered, or it is of another format.
    """
    file = f"{folder_of(name)}/{REPORT_FILE}"
    if file not in package.card.files:
        known = ", ".join(reports(package)) or "none"
        runtime, _, precision = name.partition("-")
        wanted = f"--runtime {runtime} --precision {precision}"
        raise PackageError(
            f"{package.folder}: holds no run-time {name!r} (there is: {known}).",
            cure=f"Make it with `inspector export {package.folder} {wanted} --data …`.",
        )
    try:
        document: dict[str, Any] = json.loads(package.read_file(file))
        if document.pop("schema", None) != SCHEMA:
            raise PackageError(f"{package.folder / file}: is of another format.", cure="Export again.")
        return RuntimeReport.model_validate(document)
    except (ValueError, AttributeError, RecursionError) as error:
        raise PackageError(f"{package.folder / file}: cannot be read: {error}", cure="Export again.") from error


def objection(package: Package, report: RuntimeReport) -> str:
    """Return why a run-time of a package must not judge; "" where it may."""
    parity, card = report.parity, package.card
    if not parity.passed:
        return f"the parity gate refused it: {parity.reason}"
    temperature = card.calibration.temperature if card.calibration else 1.0
    if (parity.thresholds, parity.temperature) != (card.thresholds, temperature):
        return "the package has other limits than those that the parity was measured at"
    return ""


def device_argument(shown: str) -> str:
    """Return what `load_model` must be given to judge again as a record's `device` says: a run-time, `cuda`, `cpu`."""
    if shown.startswith("cuda"):
        return "cuda"
    for key, text in _SHOWN.items():
        if f"({text} " in shown:
            return f"{key}-{shown.split('(')[1].removeprefix(text).strip(' )')}"
    return "cpu"


def is_runtime(device: str) -> bool:
    """Return whether `device` names an export rather than a processor."""
    return device.partition("-")[0] in _SHOWN
