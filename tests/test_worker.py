"""The station's thread with real cameras, model, log: counts, end of source, faults, heat maps, replay."""

from __future__ import annotations

import json
import queue
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.events import (
    Event,
    FaultCode,
    FaultRaised,
    HeatMapReady,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.headless import run_headless
from inspector.imaging import encode_png
from inspector.inference.package import Package
from inspector.log import open_log, read_log
from inspector.recipe import Recipe, load_recipe
from inspector.replay import replay
from inspector.slots import LatestSlot
from inspector.types import Frame, Verdict
from inspector.worker import StationThread
from tests.support import drained, noise_picture, picture_folder, recipe_text, tiny_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return tiny_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def write_recipe(tmp_path: Path, package: Package) -> Callable[..., Recipe]:
    def write(**parts: str) -> Recipe:
        path = tmp_path / "recipe.toml"
        path.write_text(recipe_text(package.folder, **parts), encoding="utf-8")
        return load_recipe(path)

    return write


def test_that_every_part_of_a_folder_is_recorded_once_and_replays(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    folder = picture_folder(tmp_path / "parts", 40)
    recipe = write_recipe(camera=f'kind = "folder"\npath = "{folder.as_posix()}"')
    summary = run_headless(recipe, tmp_path / "log", quiet=True)
    assert (summary.parts, summary.records, summary.failure) == (40, 40, None)
    with read_log(tmp_path / "log") as log:
        records = log.find(limit=None, newest_first=False)
        assert [record.part_id for record in records] == [f"part{n:05d}" for n in range(40)]
        replayed = list(replay(log, records))
    assert all(item.same and item.verdict is not None for item in replayed)
    assert max(item.largest_difference for item in replayed) == 0.0


def test_that_malformed_files_are_errors_with_their_reason(tmp_path: Path, write_recipe: Callable[..., Recipe]) -> None:
    folder = picture_folder(tmp_path / "parts", 2)
    whole = (folder / "part00000.png").read_bytes()
    bad = {
        "a_truncated.png": whole[:2000],
        "b_flipped.png": whole[:900] + bytes([whole[900] ^ 4]) + whole[901:],
        "c_text.jpg": b"not an image",
        "d_empty.png": b"",
        "e_bomb.png": whole[:16] + (90_000).to_bytes(4, "big") * 2 + whole[24:],
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    recipe = write_recipe(
        camera=f'kind = "folder"\npath = "{folder.as_posix()}"', extra="[policy]\npass_below = 1.0\nfail_from = 1.0"
    )
    run_headless(recipe, tmp_path / "log", quiet=True)
    with read_log(tmp_path / "log") as log:
        by_part = {record.part_id: record for record in log.find(limit=None)}
    assert len(by_part) == 7
    for name in bad:
        decision = by_part[Path(name).stem].decision
        assert decision.verdict is Verdict.ERROR
        assert name in decision.reason


def test_that_a_part_of_several_views_gets_one_record_of_its_worst_view(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    for part in range(3):
        for view in range(4):
            path = tmp_path / "items" / f"kos{part}" / f"Part{view}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(noise_picture(part * 10 + view)))
    pattern = f'kind = "folder"\npath = "{(tmp_path / "items").as_posix()}"\npattern = "{{part}}/{{view}}.png"'
    run_headless(write_recipe(camera=pattern), tmp_path / "log", quiet=True)
    with read_log(tmp_path / "log") as log:
        records = log.find(newest_first=False)
        assert [record.part_id for record in records] == ["kos0", "kos1", "kos2"]
        for record in records:
            assert set(record.predictions) == {f"Part{view}" for view in range(4)}
            assert len(record.images) == 4
            assert record.decision.score == max(item.score for item in record.predictions.values())
        assert all(item.same for item in replay(log, records))


def collect_until_stopped(events: queue.SimpleQueue[Event], timeout_s: float = 30) -> list[Event]:
    found = []
    while True:
        event = events.get(timeout=timeout_s)
        found.append(event)
        if isinstance(event, StationStateChanged) and event.state is StationState.STOPPED:
            return found


def test_that_rejected_parts_get_a_heat_map_after_their_decision(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    recipe = write_recipe(extra="[policy]\npass_below = 0.0\nfail_from = 0.0", trigger='kind = "manual"')
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, LatestSlot())
        station.start()
        station.trigger()
        seen: list[Event] = []
        while not any(isinstance(event, HeatMapReady) for event in seen):
            seen.append(events.get(timeout=30))
        station.stop()
        seen += collect_until_stopped(events)
        station.join(10)
    kinds = [type(event) for event in seen if isinstance(event, (PartDecided, HeatMapReady))]
    assert kinds == [PartDecided, HeatMapReady]
    decided = next(event for event in seen if isinstance(event, PartDecided))
    heat = next(event for event in seen if isinstance(event, HeatMapReady))
    assert heat.record_id == decided.record.record_id
    assert heat.heat_map.shape == decided.frames[0].pixels.shape[:2]
    assert 0.0 <= float(heat.heat_map.min()) <= float(heat.heat_map.max()) <= 1.0


def test_that_a_moving_belt_with_presence_trigger_gives_each_part_once(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    recipe = write_recipe(
        camera='kind = "simulated"\nsize_px = 96\nmoving = true\npart_period_ms = 600\nframe_width = 96',
        trigger='kind = "presence"\nthreshold = 6.0\nsettle_ms = 60',
    )
    preview: LatestSlot[Frame] = LatestSlot()
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, preview, max_parts=6)
        station.start()
        seen = collect_until_stopped(events, 60)
        station.join(10)
    parts = [event.record.part_id[-5:] for event in seen if isinstance(event, PartDecided)]
    assert parts == ["00001", "00002", "00003", "00004", "00005", "00006"]
    assert preview.get()[0] > 30


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda folder: shutil.rmtree(folder), FaultCode.MODEL),
        (lambda folder: (folder / "weights.safetensors").write_bytes(b"other"), FaultCode.MODEL),
        (lambda folder: (folder / "card.json").write_text("{}"), FaultCode.MODEL),
    ],
    ids=["package gone", "weights altered", "card damaged"],
)
def test_that_a_station_without_a_trustworthy_model_does_not_start(
    tmp_path: Path, damage: Callable[[Path], object], code: FaultCode
) -> None:
    broken = tiny_package(tmp_path / "package")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(broken.folder), encoding="utf-8")
    recipe = load_recipe(path)
    damage(broken.folder)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, LatestSlot(), max_parts=3)
        station.start()
        seen = collect_until_stopped(events)
        station.join(10)
        assert log.find() == []
    faults = [event.fault for event in seen if isinstance(event, FaultRaised)]
    assert [fault.code for fault in faults] == [code]
    assert not any(isinstance(event, PartDecided) for event in seen)
    assert not any(isinstance(event, StationStateChanged) and event.state is StationState.RUNNING for event in seen)


def test_that_a_pinned_package_is_not_replaced_unseen(tmp_path: Path, write_recipe: Callable[..., Recipe]) -> None:
    recipe = write_recipe(extra=f'package_hash = "{"0" * 64}"')
    summary = run_headless(recipe, tmp_path / "log", quiet=True)
    assert summary.parts == 0
    assert "pins" in str(summary.failure)


def test_that_the_station_stands_still_while_nothing_can_be_recorded_and_goes_on_after(
    tmp_path: Path, write_recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector.errors import StoreError

    recipe = write_recipe(
        trigger='kind = "source"\nperiod_ms = 20', extra="[policy]\npass_below = 1.0\nfail_from = 1.0"
    )
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        append, broken = log.records.append, threading.Event()
        broken.set()

        def sometimes(record):  # type: ignore[no-untyped-def]
            if broken.is_set():
                raise StoreError("disk I/O error", cure="Check the disk.")
            return append(record)

        monkeypatch.setattr(log.records, "append", sometimes)
        station = StationThread(recipe, log, events, LatestSlot(), max_parts=3)
        station.start()
        seen: list[Event] = []
        while not any(isinstance(event, StationStateChanged) and event.state is StationState.FAULT for event in seen):
            seen.append(events.get(timeout=30))
        assert not any(isinstance(event, PartDecided) for event in seen)
        broken.clear()
        station.acknowledge()
        seen = collect_until_stopped(events)
        station.join(10)
        verdicts = [record.decision.verdict for record in log.find(newest_first=False)]
        assert len(verdicts) == 3
        assert verdicts[0] is Verdict.ERROR  # the part whose record failed: nothing was released for it


def test_that_the_thread_ends_within_its_time_and_leaves_none_behind(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    recipe = write_recipe(trigger='kind = "timer"\nperiod_ms = 50')
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, LatestSlot())
        station.start()
        while not any(isinstance(event, PartDecided) for event in drained(events)):
            time.sleep(0.02)
        station.stop()
        station.join(5)
        assert not station.is_alive()
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"station", "explainer", "camera-camera"}


def test_that_the_run_command_reports_for_programs(
    tmp_path: Path, write_recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_recipe()
    log = str(tmp_path / "log")
    code = main(["run", str(recipe.path), "--headless", "--parts", "5", "--log", log, "--json", "-"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["schema"] == "inspector.run/1"
    assert document["parts"] == document["records"] == 5
    assert sum(document[name] for name in ("pass", "fail", "review", "error")) == 5
    assert set(document["stage_ms"]["predict"]) == {"p50", "p99", "max"}
    assert main(["log", "list", "--log", log, "--json", str(tmp_path / "list.json")]) == 0
    listed = json.loads((tmp_path / "list.json").read_text())["records"]
    assert len(listed) == 5
    assert main(["log", "show", listed[0]["part_id"], "--log", log]) == 0
    assert listed[0]["recipe_hash"] in capsys.readouterr().out
    assert main(["log", "replay", "--log", log]) == 0
    assert "5 parts judged again: 0 other verdicts" in capsys.readouterr().out
    assert main(["log", "export", str(tmp_path / "x.csv"), "--log", log]) == 0
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 6


def test_that_wrong_use_is_a_sentence_with_a_cure_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(tmp_path / "no.toml"), "--headless"]) == 2
    assert main(["log", "list", "--log", str(tmp_path / "nowhere")]) == 2
    assert main(["log", "list", "--since", "yesterday", "--log", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "no.toml" in said
    assert "cure:" in said


@pytest.mark.parametrize(
    "camera", ['kind = "folder"\npath = "/no/such/folder"', 'kind = "video"\npath = "/no/such.avi"']
)
def test_that_a_source_that_is_not_there_ends_the_run_with_its_name(
    tmp_path: Path, write_recipe: Callable[..., Recipe], camera: str
) -> None:
    summary = run_headless(write_recipe(camera=camera), tmp_path / "log", quiet=True)
    assert (summary.parts, summary.records) == (0, 0)
    assert "/no/such" in str(summary.failure)
    assert main(["run", str(tmp_path / "recipe.toml"), "--log", str(tmp_path / "log2")]) == 2


def test_that_triggers_waiting_at_the_stop_get_their_record(
    tmp_path: Path, write_recipe: Callable[..., Recipe]
) -> None:
    recipe = write_recipe(trigger='kind = "manual"')
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, LatestSlot())
        for _ in range(5):
            station.trigger()
        station.stop()
        station.start()
        collect_until_stopped(events)
        station.join(10)
        records = log.find()
    assert len(records) == 5
    assert {record.decision.verdict for record in records} == {Verdict.ERROR}
    assert "stopped before" in records[0].decision.reason


def test_that_replay_finds_a_moved_package_and_names_a_missing_one(tmp_path: Path) -> None:
    moved = tiny_package(tmp_path / "package")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(moved.folder), encoding="utf-8")
    run_headless(load_recipe(path), tmp_path / "log", quiet=True, max_parts=2)
    moved.folder.rename(tmp_path / "elsewhere")
    with read_log(tmp_path / "log") as log:
        gone = list(replay(log, log.find()))
    assert all(not item.same and "is not there" in item.problem for item in gone)
    assert main(["log", "replay", "--log", str(tmp_path / "log")]) == 1
    (tmp_path / "elsewhere").rename(moved.folder)
    with read_log(tmp_path / "log") as log:
        assert all(item.same for item in replay(log, log.find()))
