"""Evaluation of a really trained package, its report, and the baseline."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.inference.package import Package, open_package
from inspector.inference.torch_classifier import load_classifier
from inspector.types import Thresholds
from training import baseline
from training.evaluate import Judged, evaluate, judge_split
from training.report import worst_mistakes


@pytest.fixture(scope="module")
def document(trained: Package, plates: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON of `inspector evaluate` on all pictures, with a report beside it."""
    folder = tmp_path_factory.mktemp("evaluation")
    command = ["evaluate", str(trained.folder), str(plates), "--split", "all", "--resamples", "200"]
    assert main([*command, "--json", str(folder / "found.json"), "--report", str(folder / "report")]) == 0
    return {**json.loads((folder / "found.json").read_text()), "report": folder / "report" / "report.html"}


def test_that_the_document_has_what_programs_rely_on(document: dict[str, Any]) -> None:
    assert document["schema"] == "inspector.evaluate/1"
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "average_precision"):
        low, high = document[f"{name}_interval"]
        assert 0 <= low <= document[name] <= high <= 1
    assert document["n"] == 90
    assert np.sum(document["confusion"]) == 90
    for name, row in document["per_class"].items():
        assert name in document["classes"]
        assert row["precision_interval"][0] <= row["precision"] <= row["precision_interval"][1]
        assert row["n"] > 0


def test_that_the_figures_agree_with_the_predictions(document: dict[str, Any], trained: Package, plates: Path) -> None:
    model = load_classifier(trained, "cpu")
    with open_dataset(plates) as dataset:
        items = dataset.items()
    found = model.predict([item.read_pixels() for item in items])
    truth, scores = [item.label for item in items], [prediction.score for prediction in found]
    expected = f1_score(truth, [prediction.predicted_class for prediction in found], average="macro")
    assert document["macro_f1"] == pytest.approx(expected)
    assert document["auroc"] == pytest.approx(roc_auc_score([label != "good" for label in truth], scores))
    limits = trained.card.thresholds
    escapes = np.mean([s < limits.pass_below for s, label in zip(scores, truth, strict=True) if label != "good"])
    assert document["thresholds"]["escape"] == pytest.approx(escapes)


def test_that_a_part_is_judged_by_its_worst_view(trained: Package, plates: Path) -> None:
    with open_dataset(plates) as dataset:
        judged = judge_split(dataset, load_classifier(trained, "cpu"), None)
    parts = evaluate(judged, trained, resamples=50)["parts"]
    assert (parts["n"], parts["views"], parts["n_defective"]) == (45, 90, 24)
    worst: dict[str, float] = {}
    for item, score in zip(judged.items, judged.scores, strict=True):
        worst[item.part] = max(worst.get(item.part, 0.0), float(score))
    bad = {item.part for item, defective in zip(judged.items, judged.defective, strict=True) if defective}
    expected = np.mean([worst[part] < trained.card.thresholds.pass_below for part in bad])
    assert parts["thresholds"]["escape"] == pytest.approx(expected)


def test_that_parts_of_one_picture_have_no_block_of_their_own(
    trained: Package, tmp_path: Path, plates_factory: Any
) -> None:
    with open_dataset(plates_factory(tmp_path, {"good": 8, "spot": 8, "bar": 8})) as dataset:
        judged = judge_split(dataset, load_classifier(trained, "cpu"), None)
    assert evaluate(judged, trained, resamples=20)["parts"] is None


def test_that_the_report_needs_nothing_but_itself(document: dict[str, Any]) -> None:
    page = document["report"].read_text("utf-8")
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page)
    assert all(link.startswith(("data:", "#")) for link in links)
    assert "<script" not in page
    assert page.count("<svg") == 5  # one more than for single pictures: the parts
    assert "Macro-F1" in page


def test_that_mistakes_stand_in_the_report_with_their_evidence(
    trained: Package, plates: Path, tmp_path: Path, plates_factory: Any
) -> None:
    swapped = plates_factory(tmp_path, {"good": 8, "spot": 8, "bar": 8})
    with open_dataset(swapped) as dataset:
        for item in dataset.items("test"):
            dataset.relabel(item.item_id, {"good": "spot", "spot": "good", "bar": "good"}[item.label], "test")
    assert main(["evaluate", str(trained.folder), str(swapped), "--report", str(tmp_path), "--resamples", "20"]) == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") >= 4
    assert "Escape" in page
    assert "Overkill" in page


def test_that_the_worst_mistakes_are_escapes_then_overkill(trained: Package, plates: Path) -> None:
    with open_dataset(plates) as dataset:
        judged = judge_split(dataset, load_classifier(trained, "cpu"), None)
    turned = Judged(
        items=judged.items, predictions=judged.predictions, classes=judged.classes, labels=judged.labels,
        predicted=judged.predicted, scores=1.0 - judged.scores, defective=judged.defective,
    )  # fmt: skip
    kinds = [kind for kind, _ in worst_mistakes(turned, Thresholds(0.3, 0.7))]
    assert {"Escape", "Overkill"} <= set(kinds)
    assert kinds == sorted(kinds, key=["Escape", "Overkill", "Wrong class"].index)


def test_that_a_missed_requirement_is_a_finding(
    trained: Package, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(trained.folder), str(plates), "--resamples", "20"]
    assert main([*command, "--require", "macro_f1=0.1"]) == 0
    assert main([*command, "--require", "accuracy=1.01"]) == 1
    assert "MISSED: accuracy" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["macro_f1", "nothing=0.5", "auroc=high"])
def test_that_a_requirement_that_makes_no_sense_is_wrong_use(trained: Package, plates: Path, text: str) -> None:
    assert main(["evaluate", str(trained.folder), str(plates), "--require", text]) == 2


def test_that_unknown_classes_are_named(trained: Package, tmp_path: Path, plates_factory: Any, capsys: Any) -> None:
    data = plates_factory(tmp_path, {"good": 8, "spot": 8})
    with open_dataset(data) as dataset:
        dataset.relabel(dataset.items("test")[0].item_id, "rust", "test")
    assert main(["evaluate", str(trained.folder), str(data)]) == 2
    assert "rust" in capsys.readouterr().err


def test_that_a_folder_that_is_no_package_is_wrong_use(plates: Path, tmp_path: Path) -> None:
    assert main(["evaluate", str(tmp_path), str(plates)]) == 2


def test_that_the_baseline_learns_and_splits_whole_parts(plates: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert baseline.main([str(plates), "--backbone", "resnet18", "--weights", "none", "--image-size", "64",
                          "--seeds", "2", "--json", "-"]) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert len(found["seeds"]) == 2
    assert found["mean"]["auroc"] > 0.6  # even random features see bright bars and dark spots
    parts, labels = [f"p{index // 3}" for index in range(60)], np.repeat([0, 1], 30)
    test = baseline.split_by_part(parts, labels, 0)
    assert 12 <= test.sum() <= 24
    assert all(len(set(test[start : start + 3])) == 1 for start in range(0, 60, 3))


def test_that_the_package_opens_after_evaluation_unchanged(trained: Package, document: dict[str, Any]) -> None:
    assert open_package(trained.folder).hash == document["package_hash"]
