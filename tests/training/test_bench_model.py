import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inspector.cli import main
from inspector.imaging import encode_png
from training.bench.candidates import Candidate, compare
from training.bench.cuda_candidates import cuda_candidates
from training.bench.model import calibration_pictures
from training.bench.peak import Peaks
from training.bench.rows import Row, table
from training.bench.subjects import Subject, counted, make_subject
from training.bench.timing import Call, Rounds, take_turns, times_faster

ALONE = ("--networks", "squeezenet1_1", "--size", "32", "--batches", "2", "--rounds", "2", "--round-s", "0.01")
KEYS = {"subject", "runtime", "precision", "batch", "ms_p50", "ms_p99", "images_per_s", "share_of_peak"}


@pytest.fixture(autouse=True)
def small_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(Peaks.prepare, "__defaults__", ((256,), (256,)))


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Peaks.prepare, "__defaults__", ((256,), (256,)))
        path = tmp_path_factory.mktemp("bench") / "model.json"
        assert main(["bench", "model", *ALONE, "--without-compile", "--json", str(path)]) == 0
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_that_every_candidate_has_a_row_with_figures_or_a_reason(document: dict[str, Any]) -> None:
    assert document["schema"] == "inspector.bench-model/1"
    rows = {(row["runtime"], row["precision"]): row for row in document["rows"]}
    assert len(rows) == len(document["rows"])
    for name in [("torch", "fp32"), ("torch", "bf16"), ("torchvision", "fp32"), ("onnxruntime", "fp32")]:
        assert rows[name]["ms_p50"] > 0, rows[name]["reason"]
    for precision in ("fp32", "bf16", "int8"):
        assert rows["openvino", precision]["ms_p50"] > 0, rows["openvino", precision]["reason"]
    for row in document["rows"]:
        assert row.keys() >= KEYS
        assert (row["ms_p50"] is None) == bool(row["reason"])
    assert rows["torch-compile", "fp32"]["reason"] == "left out by --without-compile"
    if not torch.cuda.is_available():
        assert "no NVIDIA GPU" in rows["torch-cuda", "fp16"]["reason"]


def test_that_figures_of_a_row_belong_together(document: dict[str, Any]) -> None:
    for row in (each for each in document["rows"] if not each["reason"]):
        assert row["images_per_s"] == pytest.approx(2 * 1000 / row["ms_p50"], rel=0.01)
        assert row["ms_p99"] >= row["ms_p50"]
        assert 0 < row["share_of_peak"] < 1.2
        assert row["calls"] >= 2
    assert next(row["times_baseline"] for row in document["rows"] if row["runtime"] == "torch") == 1.0


def test_that_the_machine_is_named(document: dict[str, Any]) -> None:
    assert {"hardware", "cores", "torch_threads", "libraries", "load_average"} <= document["machine"].keys()
    assert document["machine"]["libraries"]["torch"] == torch.__version__.split("+")[0]
    assert {peak["precision"] for peak in document["peaks"]} == {"fp32", "bf16", "int8"}


def test_that_operations_are_two_for_each_multiplication() -> None:
    network = torch.nn.Conv2d(3, 4, kernel_size=3, padding=1)
    assert counted(network, 8) == 2 * 8 * 8 * 4 * 3 * 9
    assert make_subject("resnet18", 224).operations == pytest.approx(2 * 1.814e9, rel=0.01)  # as published


def test_that_a_candidate_that_fails_gives_its_reason_and_stops_no_other() -> None:
    def broken(_subject: Subject, _batch: int) -> Call:
        raise RuntimeError("no such | thing\nand more")

    subject = Subject("s", torch.nn.Identity(), 8, 1)
    ways = [Candidate("a", "fp32", "", broken), Candidate("b", "fp32", "", lambda _s, _b: lambda: None)]
    first, second = compare(subject, 1, ways, Rounds(2, 0.0))
    assert first.reason == "no such / thing"
    assert second.calls == 2
    assert "not measured: no such / thing" in table([first, second], "torch")


def test_that_candidates_take_turns() -> None:
    heard: list[str] = []
    calls: dict[str, Call] = {"a": lambda: heard.append("a"), "b": lambda: heard.append("b")}
    spent = take_turns(calls, Rounds(3, 0.0, warm=1))
    assert heard == ["a", "a", "b", "b"] * 3
    assert [len(turn) for turn in spent["a"]] == [1, 1, 1]


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=9), st.floats(0.1, 10))
def test_that_a_ratio_is_not_moved_by_what_hits_a_whole_round(busy: list[float], factor: float) -> None:
    slow, fast = [[factor * 2.0 * each] for each in busy], [[2.0 * each] for each in busy]
    assert times_faster(slow, fast) == pytest.approx(factor, abs=2e-3)


def test_that_a_share_is_of_the_best_product_so_far() -> None:
    peaks = Peaks(per_s={("cpu", "fp32"): 1e9})
    assert peaks.share(("cpu", "fp32"), 5e6, 10.0) == 0.5
    assert peaks.share(("cpu", "int4"), 5e6, 10.0) is None


def test_that_ways_of_the_gpu_that_need_none_run_on_the_cpu() -> None:
    subject = make_subject("squeezenet1_1", 32)
    for each in cuda_candidates("cpu")[:3]:
        each.prepare(subject, 2)()


def test_that_pictures_for_calibration_come_from_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.png").write_bytes(encode_png(np.full((40, 30, 3), 128, np.uint8)))
    (picture,) = calibration_pictures(tmp_path, 32)
    assert picture.shape == (1, 3, 32, 32)
    assert np.allclose(picture[0, :, 5, 5], (128 / 255 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225])
    (tmp_path / "empty").mkdir()
    assert main(["bench", "model", *ALONE, "--images", str(tmp_path / "empty")]) == 2
    assert "no picture" in capsys.readouterr().err


def test_that_an_unknown_network_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "model", "--networks", "resnet19"]) == 2
    assert "resnet19" in capsys.readouterr().err


def test_that_an_unmeasured_row_is_shown_with_its_reason() -> None:
    assert "not installed" in table([Row("r", "timm", "fp32", 1, reason="not installed")], "torch")
