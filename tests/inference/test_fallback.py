"""A processor that fails in the middle of a shift: the part is judged all the same, or rejected, and it comes back."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inspector.errors import ModelError
from inspector.events import CautionCleared, CautionCode, CautionRaised, Event, PartDecided
from inspector.inference import fallback
from inspector.inference.base import Model
from inspector.inference.fallback import FallbackModel, Sources, load_guarded
from inspector.inference.graph_classifier import GraphClassifier
from inspector.inference.load import load_reference
from inspector.inference.package import Package
from inspector.inference.runtimes import device_argument
from inspector.log import open_log
from inspector.recipe import load_recipe
from inspector.slots import LatestSlot
from inspector.types import Frame, HeatMap, Image, Prediction, Verdict
from inspector.worker import StationThread
from tests.support import AlwaysGoodModel, drained, noise_picture, picture_folder, recipe_text, tiny_package

FAILURES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nCompile with TORCH_USE_CUDA_DSA"),
    RuntimeError("CUDA error: unspecified launch failure"),
    ModelError("cuda:0: the network could not run: the driver is gone", cure="Restart."),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return tiny_package(tmp_path_factory.mktemp("package"), pass_below=1.0, fail_from=1.0)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let attempts to bring the device back begin at once."""
    monkeypatch.setattr(fallback, "_FIRST_RETRY_S", 0.02)
    monkeypatch.setattr(fallback, "_STEADY_S", 0.0)


class Gpu:
    """A device that works until it is told to fail, and again once it is told to work."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.hang_s = 0.0
        self.loads = 0

    def load(self, package: Package) -> GpuModel:
        self.loads += 1
        if self.failure is not None:
            raise ModelError("cuda:0: the network could not be loaded", cure="Check the driver.") from self.failure
        return GpuModel(package, self)


class GpuModel(AlwaysGoodModel):
    """A model on it."""

    device = "cuda:0 (NVIDIA Double)"

    def __init__(self, package: Package, gpu: Gpu) -> None:
        super().__init__(package)
        self._gpu = gpu

    def warm_up(self) -> None:
        self.predict([])

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        time.sleep(self._gpu.hang_s)
        if self._gpu.failure is not None:
            raise self._gpu.failure
        return super().predict(regions)

    def explain(self, region: Image) -> HeatMap:
        self.predict([region])
        return np.ones(region.shape[:2], np.float32)


def guarded(package: Package, gpu: Gpu, limit_s: float | None = None) -> FallbackModel:
    sources = Sources(lambda: gpu.load(package), lambda: load_reference(package, "cpu"), limit_s)
    return FallbackModel(package, sources, gpu.load(package), sources.spare())


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    give_up_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.005)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda error: type(error).__name__)
def test_that_the_very_part_at_which_the_device_fails_is_judged_by_the_cpu(
    package: Package, failure: Exception
) -> None:
    gpu = Gpu()
    model, picture = guarded(package, gpu), noise_picture(3)
    model.warm_up()
    assert model.predict([picture])[0].score == 0.0
    assert (model.device, model.trouble) == ("cuda:0 (NVIDIA Double)", None)
    gpu.failure = failure
    assert model.predict([picture]) == load_reference(package, "cpu").predict([picture])
    assert model.device == "cpu, for cuda:0 NVIDIA Double failed"
    assert model.trouble is not None
    assert model.trouble.device == "cuda:0 (NVIDIA Double)"
    assert model.trouble.what.splitlines() == [model.trouble.what]
    assert model.trouble.cure
    assert model.explain(picture).shape == picture.shape[:2]


@pytest.mark.usefixtures("soon")
def test_that_the_device_judges_again_once_it_works_and_no_part_waits_for_the_attempts(package: Package) -> None:
    gpu = Gpu()
    model, picture = guarded(package, gpu), noise_picture(3)
    gpu.failure = RuntimeError("CUDA error: out of memory")
    expected = load_reference(package, "cpu").predict([picture])
    model.predict([picture])
    until(lambda: model.predict([picture]) == expected and gpu.loads >= 3)  # attempts that fail change nothing
    assert model.trouble is not None
    gpu.failure = None
    until(lambda: model.predict([picture])[0].score == 0.0)
    assert model.device == "cuda:0 (NVIDIA Double)"
    assert model.predict([picture])[0].score == 0.0


def test_that_a_driver_that_hangs_is_left_behind_in_time(package: Package) -> None:
    gpu = Gpu()
    model, picture = guarded(package, gpu, limit_s=0.2), noise_picture(3)
    model.warm_up()
    assert model.predict([picture])[0].score == 0.0
    gpu.hang_s = 30.0
    began = time.monotonic()
    assert model.predict([picture]) == load_reference(package, "cpu").predict([picture])
    assert 0.2 <= time.monotonic() - began < 10
    assert model.trouble is not None
    assert "no answer within 0.2 s" in model.trouble.what


def test_that_where_both_fail_the_part_gets_no_prediction(package: Package) -> None:
    def broken() -> Model:
        raise ModelError("cpu: out of memory")

    gpu = Gpu()
    model = FallbackModel(package, Sources(lambda: gpu.load(package), broken), gpu.load(package))
    gpu.failure = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(ModelError, match="cpu: out of memory"):
        model.predict([noise_picture(0)])


def test_that_a_device_that_is_missing_from_the_start_leaves_the_cpu_to_judge(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Gpu()
    gpu.failure = RuntimeError("no driver")
    monkeypatch.setattr(fallback, "load_model", lambda package, _device: gpu.load(package))
    model = load_guarded(package, "cuda", limit_s=1.0)
    model.warm_up()
    assert isinstance(model, FallbackModel)
    assert model.device == "cpu, for cuda failed"
    assert model.trouble is not None
    assert model.trouble.cure == "Check the driver."


def test_that_a_model_on_the_cpu_needs_no_guard(package: Package) -> None:
    assert not isinstance(load_guarded(package, "cpu"), FallbackModel)
    assert not isinstance(load_guarded(package, "auto"), FallbackModel) or torch.cuda.is_available()


class BreakingGraph:
    """An OpenVINO graph that stops working."""

    def __init__(self) -> None:
        self.works = True

    def run(self, fitted: Image) -> tuple[NDArray[np.float32], ...]:
        if not self.works:
            raise ModelError("openvino-int8: OpenVINO could not run: out of memory")
        return (np.array([9.0, 0, 0, 0, 0, 0, 0], np.float32),)


def test_that_pytorch_judges_where_openvino_fails_and_is_loaded_only_then(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, loaded = BreakingGraph(), []
    fast = GraphClassifier(package, graph, "cpu (OpenVINO int8)")
    monkeypatch.setattr(fallback, "load_model", lambda _package, _device: fast)

    def reference(package: Package, device: str) -> Model:
        loaded.append(device)
        return load_reference(package, device)

    monkeypatch.setattr(fallback, "load_reference", reference)
    model, picture = load_guarded(package, "openvino-int8", limit_s=1.0), noise_picture(5)
    assert model.predict([picture])[0].predicted_class == "good"
    assert (model.device, loaded) == ("cpu (OpenVINO int8)", [])
    graph.works = False
    assert model.predict([picture]) == load_reference(package, "cpu").predict([picture])
    assert (model.device, loaded) == ("cpu, for cpu OpenVINO int8 failed", ["cpu"])
    assert device_argument(model.device) == "cpu"  # a replay takes what judged


class SlowModel(AlwaysGoodModel):
    """A spare that takes longer than the part has."""

    device = "cpu"

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        time.sleep(0.4)
        return super().predict(regions)


@pytest.fixture
def station(
    tmp_path: Path, package: Package, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[StationThread, queue.SimpleQueue[Event]]]]:
    folder = picture_folder(tmp_path / "parts", 400)
    with open_log(tmp_path / "log") as log:

        def make(gpu: Gpu, *, policy: str = "") -> tuple[StationThread, queue.SimpleQueue[Event]]:
            monkeypatch.setattr(fallback, "load_model", lambda package, _device: gpu.load(package))
            text = recipe_text(
                package.folder, camera=f'kind = "folder"\npath = "{folder.as_posix()}"',
                trigger='kind = "source"\nperiod_ms = 10', extra=f"heat_map = false\n[policy]\n{policy}",
            )  # fmt: skip
            text = text.replace('device = "cpu"', 'device = "cuda"').replace("heat_map = false\n", "")
            path = tmp_path / "recipe.toml"
            path.write_text("heat_map = false\n" + text, encoding="utf-8")
            events: queue.SimpleQueue[Event] = queue.SimpleQueue()
            preview: LatestSlot[Frame] = LatestSlot()
            return StationThread(load_recipe(path), log, events, preview), events

        yield make


@pytest.mark.usefixtures("soon")
def test_that_a_station_goes_on_tells_people_and_records_who_judged(
    station: Callable[..., tuple[StationThread, queue.SimpleQueue[Event]]],
) -> None:
    gpu = Gpu()
    thread, events = station(gpu)
    seen: list[Event] = []

    def devices() -> list[str]:
        seen.extend(drained(events))
        return [event.record.details["device"] for event in seen if isinstance(event, PartDecided)]

    thread.start()
    until(lambda: len(devices()) >= 3)
    gpu.failure = torch.OutOfMemoryError("CUDA out of memory")
    until(lambda: "cpu, for cuda:0 NVIDIA Double failed" in devices())
    gpu.failure = None
    until(lambda: devices()[-1] == "cuda:0 (NVIDIA Double)" and devices()[0] == devices()[-1])
    thread.stop()
    thread.join(20)
    found = devices()
    assert len(set(found)) == 2
    verdicts = [event.record.decision.verdict for event in seen if isinstance(event, PartDecided)]
    assert Verdict.ERROR not in verdicts
    raised = [event.caution for event in seen if isinstance(event, CautionRaised)]
    assert [caution.code for caution in raised if caution.code is CautionCode.DEVICE] == [CautionCode.DEVICE]
    said = next(caution for caution in raised if caution.code is CautionCode.DEVICE)
    assert said.what.startswith("cuda:0 (NVIDIA Double) failed, cpu judges: CUDA out of memory")
    assert any(isinstance(event, CautionCleared) and event.code is CautionCode.DEVICE for event in seen)


def test_that_a_part_that_the_spare_judges_too_late_is_rejected(
    station: Callable[..., tuple[StationThread, queue.SimpleQueue[Event]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Gpu()
    monkeypatch.setattr(fallback, "load_reference", lambda package, _device: SlowModel(package))
    thread, events = station(gpu, policy="deadline_ms = 300")
    seen: list[PartDecided] = []

    def decided() -> list[PartDecided]:
        seen.extend(event for event in drained(events) if isinstance(event, PartDecided))
        return seen

    thread.start()
    until(lambda: any(event.released for event in decided()))
    gpu.failure = RuntimeError("CUDA error: unspecified launch failure")
    until(lambda: any(event.record.details["device"].startswith("cpu") for event in decided()))
    thread.stop()
    thread.join(20)
    late = [event for event in decided() if event.record.details["device"].startswith("cpu")]
    assert late
    for event in late:
        assert not event.released
        assert event.record.decision.verdict is Verdict.ERROR
