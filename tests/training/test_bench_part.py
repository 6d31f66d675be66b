import json
from pathlib import Path
from typing import Any

import pytest
import torch

from inspector.cli import main
from tests.support import tiny_package
from training.bench.floor import Floor
from training.bench.line import HEIGHT, WIDTH, PreparedCamera, running_line
from training.bench.part import figures, measure, turn

STAGES = {"grab", "crop", "predict", "images", "commit", "total"}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_package(tmp_path_factory.mktemp("bench") / "package", pass_below=0.99, fail_from=0.999).folder


def test_that_the_command_measures_the_whole_way_and_pauses(package: Path, tmp_path: Path) -> None:
    path = tmp_path / "part.json"
    arguments = ["--parts", "3", "--views", "1,2", "--package", str(package), "--device", "cpu", "--idle", "0.3"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.bench.idle._CONTINUOUS", 3)
        patch.setattr("training.bench.idle._MOST", 3)
        assert main(["bench", "part", *arguments, "--json", str(path)]) == 0
    document: dict[str, Any] = json.loads(path.read_text())
    assert document["schema"] == "inspector.bench-part/1"
    assert [row["batch"] for row in document["rows"]] == [1, 2]
    for found in document["parts"]:
        assert found["station_ms"].keys() >= STAGES
        assert found["floor_ms"].keys() >= {"predict", "images", "commit", "total"}
        for values in [*found["station_ms"].values(), *found["floor_ms"].values()]:
            assert 0 <= values["p50"] <= values["p99"] <= values["p99.9"] <= values["max"]
        total, stages = found["station_ms"]["total"]["max"], found["station_ms"]
        assert total >= stages["predict"]["p50"]
    continuous, paused = document["idle"]
    assert (continuous["pause_s"], paused["pause_s"], paused["parts"]) == (0.0, 0.3, 3)
    assert paused["times_continuous_p99"] > 0


def test_that_every_part_is_a_durable_record_with_its_pictures(package: Path) -> None:
    with running_line(2, package, "cpu", None) as line:
        line.camera.prepare()
        record = line.part()
        assert len(record.images) == 2
        assert line.log.read_image(record.images[0]).shape == (HEIGHT, WIDTH, 3)
        assert line.log.get(record.record_id).part_id == record.part_id
        line.forget_pictures()
        assert not line.log.images.is_there(record.images[0])


def test_that_no_two_frames_are_alike() -> None:
    camera = PreparedCamera(8)
    seen = {shot.pixels.tobytes() for _ in range(3) for shot in camera.prepare()}
    assert len(seen) == 24
    assert camera.read() is camera.read()


def test_that_overhead_is_what_the_station_takes_beyond_the_floor() -> None:
    station = [[{"predict": 5.0, "total": 9.0}], [{"predict": 50.0, "total": 90.0}], [{"predict": 5.0, "total": 9.5}]]
    floor = [[{"predict": 5.0, "total": 8.0}], [{"predict": 50.0, "total": 60.0}], [{"predict": 5.0, "total": 8.0}]]
    found = figures(station, floor, [1.0, 2.0, 30.0])
    assert found["overhead_ms"] == 1.5
    assert found["processor_overhead_ms"] == 2.0
    assert found["station_ms"]["total"]["max"] == 90.0


def test_that_the_floor_makes_as_many_bytes_durable_as_the_frames_have(package: Path, tmp_path: Path) -> None:
    with running_line(2, package, "cpu", None) as line, Floor(line.model, tmp_path, 5000) as floor:
        stages, spent_ms = turn(line.camera, 2, floor.part)
        sizes = [path.stat().st_size for path in tmp_path.glob("*-*.bin")]
        assert len(sizes) == 4
        assert all(WIDTH * HEIGHT * 3 <= size < WIDTH * HEIGHT * 3 * 1.001 for size in sizes)
        assert (tmp_path / "journal.bin").stat().st_size == 10_000
        assert spent_ms > 0
        assert all(each["total"] >= each["predict"] for each in stages)
        floor.forget()
        assert not list(tmp_path.glob("*-*.bin"))


def test_that_the_log_holds_every_part_that_was_measured(package: Path, tmp_path: Path) -> None:
    with running_line(1, package, "cpu", tmp_path) as line:
        measure(line, 1, 4, lambda _done, _total: None)
        assert sum(line.log.counts().values()) == 4 + 21  # those that measure the size of a commit count there as well
    assert not any(tmp_path.iterdir())
