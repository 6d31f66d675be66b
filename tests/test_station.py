"""The straight line of one part: exactly one record per trigger, and no PASS without a fresh inspected frame."""

from __future__ import annotations

import itertools
import os
import queue
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
from inspector.imaging import decode_image, encode_png
from inspector.log import Log, open_log
from inspector.recipe import Recipe, parse_recipe
from inspector.slots import LatestSlot
from inspector.station import Station
from inspector.types import Image, Record, RecordKind, Trigger, Verdict
from inspector.worker import StationThread
from tests.support import (
    AlwaysGoodModel,
    ScriptedCamera,
    noise_picture,
    picture_folder,
    recipe_text,
    tiny_package,
)

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


def test_that_a_part_whose_picture_cannot_be_stored_is_an_error_where_the_recipe_wants_every_picture(
    benches: Callable[..., Bench],
) -> None:
    wants = '[retention]\nwithout_picture = "reject"'
    bench = benches(lambda: ScriptedCamera(fresh()), reserve_bytes=1 << 60, extra=wants)
    record = bench.part()
    assert record.decision.verdict is Verdict.ERROR
    assert "disk is full" in record.decision.reason
    assert bench.gate.released == []


def test_that_a_full_disk_costs_a_part_its_picture_and_the_record_says_so(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), reserve_bytes=1 << 60)
    record = bench.part()
    assert record.decision.verdict is Verdict.PASS
    assert record.images == ()
    assert "disk is full" in record.details["without_picture"]
    assert bench.log.get(record.record_id).details == record.details


def test_that_a_disk_that_fails_otherwise_makes_the_part_an_error(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def broken(_path: Path, _data: bytes) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(bench.log.images, "_write", broken)
    assert bench.part().decision.verdict is Verdict.ERROR
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
    assert bench.log.counts()[Verdict.PASS] == 0
    assert bench.log.counts()[Verdict.ERROR] == 1
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


def two_folders(tmp_path: Path, counts: tuple[int, int], *, damaged: str = "") -> str:
    tables = []
    for view, count in zip(("left", "right"), counts, strict=True):
        folder = picture_folder(tmp_path / view, count)
        if damaged:
            (tmp_path / "left" / damaged).write_bytes(b"no picture")
        tables.append(f'kind = "folder"\npath = "{folder.as_posix()}"\nname = "{view}"\nview = "{view}"')
    return "\n[[cameras]]\n".join(tables)


def verdicts_of(tmp_path: Path, cameras: str) -> list[tuple[str, Verdict, list[str]]]:
    """Run to the end of the sources; return part, verdict and the files that were judged together."""
    package = tiny_package(tmp_path / "package", pass_below=1.0, fail_from=1.0)
    recipe = parse_recipe(recipe_text(package.folder, camera=cameras), tmp_path / "r.toml")
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, queue.SimpleQueue(), LatestSlot())
        station.start()
        station.join(60)
        assert not station.is_alive()
        records = log.find(limit=None, newest_first=False)
    return [
        (r.part_id, r.decision.verdict, [Path(frame["source"]).stem for frame in r.details["frames"]]) for r in records
    ]


def test_that_a_damaged_item_of_one_camera_does_not_shift_the_views_of_later_parts(tmp_path: Path) -> None:
    found = verdicts_of(tmp_path, two_folders(tmp_path, (4, 4), damaged="part00001.png"))
    assert [verdict for _, verdict, _ in found][1] is Verdict.ERROR
    assert len(found) == 4
    for part, verdict, files in found:
        if verdict is not Verdict.ERROR:
            assert set(files) == {part}


def test_that_parts_of_a_source_that_outlasts_the_other_are_errors_not_lost(tmp_path: Path) -> None:
    found = verdicts_of(tmp_path, two_folders(tmp_path, (4, 2)))
    assert len(found) == 4
    assert [verdict for _, verdict, _ in found][2:] == [Verdict.ERROR, Verdict.ERROR]


def test_that_a_folder_with_one_picture_of_another_size_is_judged_once_to_its_end(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "parts", 4)
    (folder / "part00001.png").write_bytes(encode_png(noise_picture(9, 20, 20)))
    camera = f'kind = "folder"\npath = "{folder.as_posix()}"\nframe_width = 64'
    found = verdicts_of(tmp_path, camera)
    assert [part for part, _, _ in found] == [f"part{n:05d}" for n in range(4)]
    assert [verdict is Verdict.ERROR for _, verdict, _ in found] == [False, True, False, False]


def test_that_file_names_that_are_no_text_are_recorded(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "parts", 1)
    (folder / "part00000.png").rename(folder / os.fsdecode(b"part\xff.png"))
    found = verdicts_of(tmp_path, f'kind = "folder"\npath = "{folder.as_posix()}"')
    assert [part for part, _, _ in found] == ["part\\xff"]


def test_that_the_gate_closes_again_after_its_time(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()), extra='[output]\nkind = "simulated"\nrelease_ms = 40')
    bench.part()
    assert not bench.gate.resting
    bench.station.rest_when_due()
    assert not bench.gate.resting
    time.sleep(0.05)
    bench.station.rest_when_due()
    assert bench.gate.resting


def test_that_a_queued_trigger_is_not_judged_on_a_later_parts_frame(benches: Callable[..., Bench]) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))  # timeout_ms = 300
    waited = TriggerSignal(Trigger(1, time.monotonic_ns() - 400_000_000, time.time_ns(), "manual"))
    record = bench.station.inspect(waited)
    assert record.decision.verdict is Verdict.ERROR
    assert bench.model.seen == []


def test_that_a_dead_gate_is_told_before_its_correction_and_stays_a_fault(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def broken(_record: Record) -> None:
        raise OSError("bus error")

    monkeypatch.setattr(bench.gate, "release", broken)
    bench.part()
    decided, amended = bench.events
    assert isinstance(decided, PartDecided)
    assert not decided.released
    assert isinstance(amended, RecordAmended)
    assert "bus error" in amended.record.decision.reason


def test_that_a_record_that_failed_is_written_as_error_when_the_log_works_again(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))
    append = bench.log.records.append
    failing = [True]

    def sometimes(record: Record) -> Record:
        if failing[0]:
            raise StoreError("disk I/O error")
        return append(record)

    monkeypatch.setattr(bench.log.records, "append", sometimes)
    with pytest.raises(StoreError):
        bench.part()
    with pytest.raises(StoreError):
        bench.station.catch_up()
    failing[0] = False
    bench.station.catch_up()
    bench.part()
    records = bench.log.find(newest_first=False)
    assert [record.decision.verdict for record in records] == [Verdict.ERROR, Verdict.PASS]
    assert "could not be made durable" in records[0].decision.reason
    assert bench.gate.released == [records[1].record_id]


def test_that_a_commit_whose_answer_was_lost_is_corrected_and_not_doubled(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))
    append = bench.log.records.append

    def silent(record: Record) -> Record:
        append(record)
        raise StoreError("the connection was cut")

    monkeypatch.setattr(bench.log.records, "append", silent)
    with pytest.raises(StoreError):
        bench.part()
    assert bench.gate.released == []
    monkeypatch.setattr(bench.log.records, "append", append)
    bench.station.catch_up()
    (judged,) = bench.log.find(kind=RecordKind.INSPECTION)
    (later,) = bench.log.amendments(judged.record_id)
    assert (judged.decision.verdict, later.kind, later.decision.verdict) == (
        *(Verdict.PASS, RecordKind.CORRECTION, Verdict.ERROR),
    )
    assert "the connection was cut" in later.decision.reason


@pytest.mark.parametrize("reading", ["last_counter", "last_inspection"])
def test_that_a_log_that_can_neither_be_read_nor_written_costs_no_trigger_its_record(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def fail(*_arguments: object) -> Any:
        raise StoreError("the connection was cut")

    with monkeypatch.context() as cut:
        cut.setattr(bench.log.records, reading, fail)
        cut.setattr(bench.log.records, "append", fail)
        with pytest.raises(StoreError):
            bench.part()
    bench.station.catch_up()
    (record,) = bench.log.find()
    assert record.decision.verdict is Verdict.ERROR
    assert record.part_id
    assert bench.gate.released == []


def test_that_a_correction_that_failed_is_not_forgotten(
    benches: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches(lambda: ScriptedCamera(fresh()))

    def broken(_record: Record) -> None:
        raise OutputError("no answer from the gate")

    append = bench.log.records.append
    failing = [True]

    def not_corrections(record: Record) -> Record:
        if failing[0] and record.kind is RecordKind.CORRECTION:
            raise StoreError("disk I/O error")
        return append(record)

    monkeypatch.setattr(bench.gate, "release", broken)
    monkeypatch.setattr(bench.log.records, "append", not_corrections)
    with pytest.raises(StoreError):
        bench.part()
    failing[0] = False
    bench.station.catch_up()
    (judged,) = bench.log.find(kind=RecordKind.INSPECTION)
    (later,) = bench.log.amendments(judged.record_id)
    assert later.kind is RecordKind.CORRECTION
