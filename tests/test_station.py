"""The straight line of one part: exactly one record per trigger, and no PASS without a fresh inspected frame."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.cameras.feed import CameraFeed
from inspector.cameras.trigger import TriggerSignal, TriggerSource
from inspector.decisions.outputs import OutputError, SimulatedGate
from inspector.errors import CameraError, ModelError, StoreError
from inspector.events import Event, PartDecided, RecordAmended
from inspector.imaging import decode_image
from inspector.log import Log, open_log
from inspector.recipe import Recipe, parse_recipe
from inspector.station import Station
from inspector.types import Image, Record, RecordKind, Trigger, Verdict
from tests.support import AlwaysGoodModel, ScriptedCamera, noise_picture, recipe_text, tiny_package

CAMERA = 'kind = "device"\ndevice = 0\nname = "cam"\ntimeout_ms = 300\nskip_frames = 0'


class Bench:
    """A station with a scripted camera, the most dangerous model, and everything it does in view."""

    def __init__(
        self, folder: Path, make_camera: Callable[[], ScriptedCamera], *, extra: str = "", **options: Any
    ) -> None:
        self.package = tiny_package(folder / "package")
        self.recipe: Recipe = parse_recipe(
            recipe_text(self.package.folder, camera=CAMERA + options.pop("camera", ""), extra=extra), folder / "r.toml"
        )
        self.log: Log = open_log(folder / "log", **options)
        self.model = AlwaysGoodModel(self.package)
        self.gate = SimulatedGate()
        self.events: list[Event] = []
        self.errors: list[Exception] = []
        self.feed = CameraFeed(self.recipe.content.cameras[0], make_camera, hang_s=0.2)
        self.triggers = TriggerSource()
        self.station = Station(
            self.recipe,
            [self.feed],
            self.model,
            self.gate,
            self.log,
            name="bench",
            emit=self.events.append,
            on_error=self.errors.append,
        )
        self.feed.start()

    def part(self) -> Record:
        self.feed.check()
        self.triggers.fire()
        signal = self.triggers.wait(1.0)
        assert signal is not None
        return self.station.inspect(signal)

    def close(self) -> None:
        self.feed.stop()
        self.log.close()


@pytest.fixture
def benches(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(make_camera: Callable[[], ScriptedCamera], **options: Any) -> Bench:
        made.append(Bench(tmp_path / str(len(made)), make_camera, **options))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


def fresh() -> Iterator[Image]:
    return (noise_picture(number) for number in itertools.count())


def test_that_a_good_part_is_recorded_with_its_picture_and_then_released(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))
    record = bench.part()
    assert record.decision.verdict is Verdict.PASS
    assert bench.gate.released == [record.record_id]
    stored = bench.log.get(record.record_id)
    np.testing.assert_array_equal(bench.log.read_image(stored.images[0]), bench.model.seen[0])
    assert set(record.stage_ms) == {"grab", "crop", "predict", "images", "commit", "release", "total"}
    assert stored.recipe_hash == bench.recipe.hash
    assert stored.package_hash == bench.package.hash
    event = bench.events[0]
    assert isinstance(event, PartDecided)
    np.testing.assert_array_equal(event.frames[0].pixels, bench.model.seen[0])


def test_that_the_region_of_the_recipe_is_what_the_model_sees(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), camera="\nregion = { x = 10, y = 5, width = 20, height = 16 }")
    record = bench.part()
    whole = bench.log.read_image(record.images[0])
    np.testing.assert_array_equal(bench.model.seen[0], whole[5:21, 10:30])


# Every way in which a camera can betray, at every moment: while opening, with the first frame, after good frames.
HANG = "hang"


def betrayals(let_go: threading.Event) -> dict[str, Callable[[], Iterator[Any]]]:
    old = noise_picture(0)

    def hang() -> Image:
        let_go.wait(20)
        return old

    return {
        "hangs": lambda: itertools.repeat(hang),
        "says True with the old frame": lambda: itertools.repeat(old),
        "gives an empty frame": lambda: itertools.repeat(np.zeros((0, 0, 3), np.uint8)),
        "gives the wrong size": lambda: (noise_picture(n, 32, 32) for n in itertools.count(50)),
        "is unplugged": lambda: itertools.repeat(CameraError("unplugged")),
        "breaks inside the driver": lambda: itertools.repeat(RuntimeError("driver")),
    }


@pytest.mark.parametrize("good_frames", [0, 1, 6], ids=["from the start", "after one frame", "in the middle"])
@pytest.mark.parametrize("betrayal", list(betrayals(threading.Event())))
def test_that_no_betrayal_of_the_camera_leads_to_a_pass(
    benches: Callable[..., Bench], betrayal: str, good_frames: int
) -> None:
    let_go = threading.Event()
    broken = threading.Event()
    begins = iter([good_frames])  # a reconnected camera is no better than before

    def script() -> Iterator[Any]:
        for number in range(next(begins, 0)):
            yield noise_picture(number)
        broken.set()
        yield from betrayals(let_go)[betrayal]()

    camera = "\nframe_width = 64\nframe_height = 48"
    bench = benches(lambda: ScriptedCamera(script()), camera=camera)
    try:
        assert broken.wait(5)
        first_old = betrayal == "says True with the old frame" and good_frames == 0
        if first_old:  # the very first frame is as fresh as any; all that follow it are old
            time.sleep(0.1)
        records = [bench.part() for _ in range(3)]
    finally:
        let_go.set()
    assert [record.decision.verdict for record in records] == [Verdict.ERROR] * 3
    assert bench.gate.released == []
    assert bench.gate.resting
    assert len(bench.log.find()) == 3
    assert bench.model.seen == []
    assert all(record.decision.reason for record in records)


def test_that_parts_pass_again_after_the_camera_has_come_back(benches: Callable[..., Bench]) -> None:
    scripts = iter([iter([noise_picture(0), CameraError("unplugged")]), fresh()])
    bench = benches(lambda: ScriptedCamera(next(scripts)))
    verdicts: list[Verdict] = []
    deadline = time.monotonic() + 10
    while Verdict.PASS not in verdicts[1:] and time.monotonic() < deadline:
        verdicts.append(bench.part().decision.verdict)
        time.sleep(0.05)
    assert verdicts[-1] is Verdict.PASS
    assert len(bench.log.find(limit=None)) == len(verdicts)


@pytest.mark.parametrize(
    "error", [ModelError("out of memory", cure="smaller batch"), RuntimeError("bug"), MemoryError()]
)
def test_that_any_failure_of_the_model_is_an_error_with_its_picture(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def fail(_regions: object) -> None:
        raise error

    monkeypatch.setattr(bench.model, "predict", fail)
    record = bench.part()
    assert record.decision.verdict is Verdict.ERROR
    assert bench.gate.released == []
    assert len(record.images) == 1
    assert bench.errors == [error]


def test_that_nothing_is_released_when_the_record_cannot_be_made_durable(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def fail(_record: Record) -> Record:
        raise StoreError("disk I/O error")

    monkeypatch.setattr(bench.log.records, "append", fail)
    with pytest.raises(StoreError):
        bench.part()
    assert bench.gate.released == []
    assert bench.gate.resting
    assert bench.events == []


def test_that_a_part_whose_picture_cannot_be_stored_is_an_error(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), reserve_bytes=1 << 60)
    record = bench.part()
    assert record.decision.verdict is Verdict.ERROR
    assert "disk is full" in record.decision.reason
    assert bench.gate.released == []


def test_that_a_late_verdict_is_no_pass(benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), extra="[policy]\ndeadline_ms = 80")
    judge = bench.model.predict

    def slow(regions: Any) -> Any:
        time.sleep(0.12)
        return judge(regions)

    monkeypatch.setattr(bench.model, "predict", slow)
    record = bench.part()
    assert record.decision.verdict is Verdict.ERROR
    assert "too late" in record.decision.reason
    assert bench.gate.released == []


def test_that_a_trigger_older_than_the_deadline_is_recorded_as_error(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))
    old = TriggerSignal(Trigger(1, time.monotonic_ns() - 10_000_000_000, time.time_ns(), "timer"))
    record = bench.station.inspect(old)
    assert record.decision.verdict is Verdict.ERROR
    assert "parts come too fast" in record.decision.reason


def test_that_a_pass_that_came_too_late_to_release_is_corrected_by_a_new_record(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), extra="[policy]\ndeadline_ms = 150")
    append = bench.log.records.append

    def slow(record: Record) -> Record:
        time.sleep(0.2)
        return append(record)

    monkeypatch.setattr(bench.log.records, "append", slow)
    record = bench.part()
    assert bench.gate.released == []
    (correction,) = bench.log.amendments(record.record_id)
    assert (correction.kind, correction.decision.verdict) == (RecordKind.CORRECTION, Verdict.ERROR)
    assert any(isinstance(event, RecordAmended) for event in bench.events)


def test_that_a_gate_that_does_not_answer_is_corrected_by_a_new_record(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def broken(_record: Record) -> None:
        raise OutputError("no answer from the gate")

    monkeypatch.setattr(bench.gate, "release", broken)
    record = bench.part()
    (correction,) = bench.log.amendments(record.record_id)
    assert "no answer" in correction.decision.reason
    assert [str(error) for error in bench.errors] == ["no answer from the gate"]


def test_that_a_region_outside_the_frame_is_an_error(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), camera="\nregion = { x = 60, y = 0, width = 20, height = 16 }")
    record = bench.part()
    assert record.decision.verdict is Verdict.ERROR
    assert "reaches outside the 64x48 frame" in record.decision.reason


def test_that_stored_pictures_are_whole_images(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))
    record = bench.part()
    assert decode_image(bench.log.images.read_bytes(record.images[0]), "stored").shape == (48, 64, 3)
