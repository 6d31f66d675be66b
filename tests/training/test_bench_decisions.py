import json
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets.manifest import open_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.cli import main
from inspector.inference.package import open_package
from inspector.types import Prediction
from tests.support import CLASSES, tiny_package
from training.bench.decisions import REFERENCE, chosen, compared_row, decisions_table
from training.parity import FrozenSet

FROZEN = FrozenSet((), "d", "f", "all")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("decisions") / "drawn"
    synthesize(SyntheticRequest(folder, images=16, size_px=64, defect_share=0.2))
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_package(tmp_path_factory.mktemp("decisions") / "package").folder


def test_that_all_run_times_stand_in_one_table(
    drawn: Path, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(
        ["bench", "decisions", str(package), str(drawn), "--pictures", "12", "--json", str(tmp_path / "d.json")]
    )
    document: dict[str, Any] = json.loads((tmp_path / "d.json").read_text())
    assert document["schema"] == "inspector.bench-decisions/1"
    assert document["pictures"] == 12
    found = {(each["runtime"], each["precision"]): each for each in document["decisions"]}
    assert {("openvino", "fp32"), ("openvino", "bf16"), ("openvino", "int8"), ("onnxruntime", "fp32")} == set(found)
    assert found["openvino", "fp32"]["largest_difference"] < 0.01
    assert found["openvino", "fp32"]["gate"] == "passed"
    assert all(each["pictures"] == 12 for each in found.values())
    assert code == int(any(each["beyond_review"] for each in found.values()))
    assert "| onnxruntime | fp32 |" in capsys.readouterr().out


def prediction(score: float) -> Prediction:
    return Prediction("good" if score < 0.5 else "crack", {**dict.fromkeys(CLASSES, 0.0), "good": 1 - score}, score)


def test_that_flips_and_differences_are_counted_at_the_package_limits(package: Path) -> None:
    card = open_package(package).card  # PASS below 0.3, FAIL from 0.7
    found = {
        REFERENCE: [prediction(each) for each in (0.1, 0.2, 0.5, 0.9)],
        ("openvino", "int8"): [prediction(each) for each in (0.1, 0.35, 0.5, 0.1)],
    }
    row = compared_row(card, ("openvino", "int8"), found, FROZEN)
    assert (row["flips"], row["beyond_review"]) == (2, 1)
    assert row["largest_difference"] == pytest.approx(0.8)
    assert row["mean_difference"] == pytest.approx((0.15 + 0.8) / 4)
    assert row["gate"].startswith("refused")


def test_that_pictures_are_spread_over_the_whole_data_set(drawn: Path) -> None:
    with open_dataset(drawn) as dataset:
        assert len(chosen(dataset, 5)) == 5
        assert len({item.path for item in chosen(dataset, 1000)}) == 16


def test_that_a_run_time_that_cannot_be_had_is_said() -> None:
    shown = decisions_table([{"runtime": "onnxruntime", "precision": "fp32", "reason": "not installed"}], 3, 2000)
    assert "not judged: not installed" in shown
    assert "2000 were asked for; there are no more" in shown
