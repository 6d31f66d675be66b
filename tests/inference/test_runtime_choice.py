import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import ModelError, PackageError
from inspector.inference import choice
from inspector.inference.base import Model
from inspector.inference.choice import TORCH, Choice, choose, load_fastest, read_choices
from inspector.inference.hardware import hardware_name, instructions
from inspector.inference.load import load_exported
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package, write_package
from inspector.inference.runtimes import Parity, RuntimeReport, device_argument, folder_of, is_runtime
from inspector.types import Image, Prediction

LIMITS = {"pass_below": 0.2, "fail_from": 0.5}
MS = {TORCH: 20.0, "openvino-int8": 5.0, "openvino-bf16": 9.0}


def report(precision: str, *, passed: bool = True, here: tuple[str, ...] | None = None) -> RuntimeReport:
    parity = Parity.model_validate(
        {
            "passed": passed, "reason": "2 verdicts differ; 0 may", "pictures": 100, "flips": 0, "allowed": 0,
            "beyond_review": 0, "largest_difference": 0.01, "bound": 0.1, "thresholds": LIMITS, "temperature": 1.0,
            "dataset": {"name": "set"},
        }
    )  # fmt: skip
    return RuntimeReport.model_validate(
        {
            "runtime": "openvino", "precision": precision, "fitted_anew": False, "parity": parity, "libraries": {},
            "instructions": instructions() if here is None else here, "created": "2026-01-01T00:00:00+00:00",
        }
    )  # fmt: skip


def make_package(folder: Path, *exports: RuntimeReport) -> Package:
    torch.manual_seed(7)
    card = {
        "method": "classifier", "backbone": "resnet10", "classes": ("good", "dent"), "good": ("good",),
        "preprocessing": {"width": 32, "height": 32}, "thresholds": LIMITS,
        "training": {}, "data": {}, "metrics": {}, "libraries": {}, "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    files = {f"{folder_of(each.name)}/report.json": each.encoded() for each in exports}
    weights = safetensors.torch.save(build_network("resnet10", 2).state_dict())
    return write_package(folder, card, {WEIGHTS_FILE: weights, **files})


class Timed:
    """A model of which only its name matters."""

    def __init__(self, package: Package, name: str) -> None:
        self.package, self.device = package, name

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Call everything good."""
        return [Prediction("good", {"good": 1.0, "dent": 0.0}, 0.0) for _ in regions]

    def explain(self, region: Image) -> Any:
        """Point nowhere."""
        return np.zeros(region.shape[:2], np.float32)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Models that need no graph, with times known beforehand; the list tells which were loaded."""
    names: list[str] = []

    def load(package: Package, kind: RuntimeReport | None = None) -> Model:
        names.append(kind.name if kind else TORCH)
        return Timed(package, names[-1])

    monkeypatch.setattr(choice, "load_reference", load)
    monkeypatch.setattr(choice, "load_exported", load)
    monkeypatch.setattr(choice, "_median_ms", lambda model: MS[model.device])
    return names


def test_that_the_fastest_that_may_judge_is_taken_and_why_is_said(tmp_path: Path, loaded: list[str]) -> None:
    package = make_package(tmp_path / "package", report("int8"), report("bf16"))
    found, model = choose(package, tmp_path / "choices.json")
    assert (found.name, model.device) == ("openvino-int8", "openvino-int8")
    assert found.ms == MS
    assert found.why == "5.0 ms per picture against openvino-bf16 9.0, torch 20.0"


def test_that_what_was_refused_or_measured_elsewhere_is_no_candidate(tmp_path: Path, loaded: list[str]) -> None:
    package = make_package(tmp_path / "package", report("int8", passed=False), report("bf16", here=("amx_bf16",)))
    found, model = choose(package, tmp_path / "choices.json")
    assert model.device == TORCH
    assert "2 verdicts differ" in found.refused["openvino-int8"]
    assert "another processor" in found.refused["openvino-bf16"]
    assert all(name in found.why for name in ("openvino-int8", "openvino-bf16"))


def test_that_a_run_time_that_cannot_be_loaded_is_no_candidate(
    tmp_path: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(package: Package, kind: RuntimeReport) -> Model:
        raise ModelError("OpenVINO cannot be loaded")

    monkeypatch.setattr(choice, "load_exported", fail)
    found, model = choose(make_package(tmp_path / "package", report("int8")), tmp_path / "choices.json")
    assert model.device == TORCH
    assert found.refused == {"openvino-int8": "OpenVINO cannot be loaded"}


def test_that_a_pc_measures_a_package_once(tmp_path: Path, loaded: list[str]) -> None:
    package, file = make_package(tmp_path / "package", report("int8")), tmp_path / "choices.json"
    first, _ = choose(package, file)
    loaded.clear()
    again, _ = choose(package, file)
    assert again == first
    assert loaded == ["openvino-int8"]  # PyTorch is not even loaded


def test_that_another_pc_another_package_and_the_word_again_measure_anew(
    tmp_path: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package, file = make_package(tmp_path / "package", report("int8")), tmp_path / "choices.json"
    choose(package, file)
    second = make_package(tmp_path / "2", report("int8"), report("bf16"))
    for other, again, name in ((package, True, "this"), (package, False, "other"), (second, False, "this")):
        loaded.clear()
        if name == "other":
            monkeypatch.setattr(choice, "hardware_name", lambda: "another processor")
        choose(other, file, again=again)
        assert TORCH in loaded
    assert len(read_choices(file)) == 3


def test_that_a_choice_that_cannot_be_loaded_any_more_is_made_anew(
    tmp_path: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package, file = make_package(tmp_path / "package", report("int8")), tmp_path / "choices.json"
    choose(package, file)

    def fail(package: Package, kind: RuntimeReport) -> Model:
        raise ModelError("OpenVINO cannot be loaded")

    monkeypatch.setattr(choice, "load_exported", fail)
    found, model = choose(package, file)
    assert (found.name, model.device) == (TORCH, TORCH)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'{"schema": "other"}', b'{"schema": "inspector.choices/1"}',
        b'{"schema": "inspector.choices/1", "choices": {"a": 1}}',
    ],
)  # fmt: skip
def test_that_a_damaged_file_of_choices_is_as_none(tmp_path: Path, loaded: list[str], content: bytes) -> None:
    file = tmp_path / "choices.json"
    file.write_bytes(content)
    assert read_choices(file) == {}
    found, _ = choose(make_package(tmp_path / "package", report("int8")), file)
    assert read_choices(file)[f"{hardware_name()} | {make_package(tmp_path / 'package', report('int8')).hash}"] == found


@pytest.mark.parametrize("name", ["openvino-int8", "openvino-fp32", "nonsense"])
def test_that_a_forged_choice_lets_nothing_judge_that_may_not(tmp_path: Path, loaded: list[str], name: str) -> None:
    package, file = make_package(tmp_path / "package", report("int8", passed=False)), tmp_path / "choices.json"
    choose(package, file)
    file.write_text(file.read_text().replace('"name": "torch"', f'"name": "{name}"'))
    assert next(iter(read_choices(file).values())).name == name
    found, model = choose(package, file)
    assert (found.name, model.device) == (TORCH, TORCH)
    assert "openvino-int8" not in loaded


def test_that_a_report_without_its_graph_is_an_error_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="names no runtimes/openvino-int8/model"):
        load_exported(make_package(tmp_path, report("int8")), report("int8"))


def test_that_a_package_without_exports_is_loaded_without_measuring(tmp_path: Path, loaded: list[str]) -> None:
    package = make_package(tmp_path / "package")
    assert load_fastest(package, tmp_path / "choices.json").device == TORCH
    assert not (tmp_path / "choices.json").exists()


def test_that_real_models_are_measured_and_the_least_median_wins(tmp_path: Path) -> None:
    package = make_package(tmp_path / "package", report("int8", passed=False))
    found, model = choose(package, tmp_path / "choices.json")
    assert found.name == min(found.ms, key=lambda name: found.ms[name]) == TORCH
    assert found.ms[TORCH] > 0
    assert model.device in ("cpu", "cuda:0") or model.device.startswith("cuda")
    assert Choice.model_validate(json.loads((tmp_path / "choices.json").read_bytes())["choices"].popitem()[1]) == found


@given(runtime=st.sampled_from(["openvino", "onnxruntime"]), precision=st.sampled_from(["fp32", "bf16", "int8"]))
def test_that_what_a_record_says_names_the_run_time_that_judges_it_again(runtime: str, precision: str) -> None:
    kind = report("fp32").model_copy(update={"runtime": runtime, "precision": precision})
    assert device_argument(kind.device) == kind.name
    assert is_runtime(kind.name)


@pytest.mark.parametrize(
    ("shown", "argument"), [("cpu", "cpu"), ("", "cpu"), ("cuda:0 (NVIDIA H100)", "cuda"), ("double", "cpu")]
)
def test_that_what_torch_judged_is_judged_again_by_torch(shown: str, argument: str) -> None:
    assert device_argument(shown) == argument
    assert not is_runtime(argument)


def test_that_instructions_are_read_from_the_processor(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: First\nflags\t\t: fpu avx2 avx512_vnni\n\nmodel name\t: Second\nflags\t: fpu\n")
    assert instructions(cpuinfo) == ("avx2", "avx512_vnni")
    assert hardware_name(cpuinfo).startswith("First, ")
    assert instructions(tmp_path / "missing")  # the processor's name, whatever it is
