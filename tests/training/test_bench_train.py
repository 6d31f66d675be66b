import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from datasets.manifest import open_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.cli import main
from training.bench.plain import Files, PlainLoop, PlainSettings, predicted, torchvision_network, torchvision_transform
from training.bench.to_f1 import outcome, target_lines

QUICK = (
    "--backbone",
    "squeezenet1_1",
    "--size",
    "32",
    "--batch",
    "4",
    "--images",
    "8",
    "--rounds",
    "2",
    "--workers",
    "0",
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("train") / "drawn"
    synthesize(SyntheticRequest(folder, images=24, size_px=64, defect_share=0.5, kinds=("crack",)))
    return folder


def test_that_loops_are_timed_and_a_missing_peer_is_said(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_timm(_size: int) -> None:
        raise ImportError("No module named 'timm'")

    monkeypatch.setattr("training.bench.plain.timm_network", lambda _name, _classes: no_timm(0))
    assert main(["bench", "train", str(drawn), *QUICK, "--json", str(tmp_path / "t.json")]) == 0
    document: dict[str, Any] = json.loads((tmp_path / "t.json").read_text())
    assert document["schema"] == "inspector.bench-train/1"
    rows = {row["runtime"]: row for row in document["rows"]}
    assert set(rows) == {"inspector", "torchvision", "timm"}
    for name in ("inspector", "torchvision"):
        assert rows[name]["images_per_s"] == pytest.approx(4 * 1000 / rows[name]["ms_p50"], rel=0.01)
        assert document["first_epoch_s"][name] > 0
        assert rows[name]["calls"] == 2
    assert "timm is not installed" in rows["timm"]["reason"]
    assert "timm is not installed" in capsys.readouterr().out


def test_that_the_time_to_a_macro_f1_is_of_both(drawn: Path, tmp_path: Path) -> None:
    # any answer reaches 0, none reaches 1.1
    assert main(["bench", "train", str(drawn), *QUICK, "--to-f1", "0", "--json", str(tmp_path / "t.json")]) == 0
    found = json.loads((tmp_path / "t.json").read_text())["to_f1"]
    assert found["inspector"]["epochs"] == found["plain"]["epochs"] == 1
    assert found["times_plain"] == pytest.approx(found["plain"]["seconds"] / found["inspector"]["seconds"], rel=0.05)
    arguments = ["--to-f1", "1.1", "--most-epochs", "2", "--json", str(tmp_path / "u.json")]
    assert main(["bench", "train", str(drawn), *QUICK, *arguments]) == 1
    found = json.loads((tmp_path / "u.json").read_text())["to_f1"]
    assert found["times_plain"] is None
    assert found["plain"]["reason"].startswith("not reached in 2 epochs")


def test_that_the_plain_loop_learns(drawn: Path) -> None:
    torch.manual_seed(0)
    with open_dataset(drawn) as dataset:
        items, classes = dataset.items("train"), dataset.classes
        network = torchvision_network("squeezenet1_1", len(classes))
        before = {name: value.clone() for name, value in network.state_dict().items()}
        loop = PlainLoop(network, items, classes, torchvision_transform(32), PlainSettings(32, 4, 0))
        loop.epoch()
        assert loop.steps == len(items) // 4
        assert any(not torch.equal(value, before[name]) for name, value in network.state_dict().items())
        said = predicted(network, items, classes, PlainSettings(32, 4, 0))
        assert said.shape == (len(items),)
        assert set(np.unique(said)) <= set(range(len(classes)))
        picture, label = Files(items, classes, torchvision_transform(32))[0]
        assert picture.shape == (3, 32, 32)
        assert classes[label] == items[0].label


def test_that_the_first_epoch_that_is_good_enough_counts() -> None:
    found = outcome([(1.0, 0.2), (2.0, 0.8), (3.0, 0.7)], 0.75)
    assert (found["seconds"], found["best"], found["reason"]) == (2.0, 0.8, "")
    assert outcome([], 0.5)["reason"] == "not reached in 0 epochs; the best was 0.000"
    assert target_lines(None) == []
