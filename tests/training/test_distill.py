"""A small network that learns from a large one, and what both say afterwards."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import UsageError
from inspector.inference.device import choose_device
from inspector.inference.package import Package, open_package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.torch_classifier import load_classifier
from tests.training.conftest import SIDE
from training.config import make_config
from training.distill import Distillation, Lesson, Teacher, distil, student_config
from training.learner import make_learner
from training.pictures import Batch, read_checked
from training.progress import SilentReporter
from training.rundata import prepare_data

FIT = Preprocessing(width=SIDE, height=SIDE)


def test_that_a_teacher_says_what_its_package_says_in_the_students_order(trained: Package, plates: Path) -> None:
    with open_dataset(plates) as dataset:
        pictures = [read_checked(item) for item in dataset.items("test")[:5]]
    order = ("spot", "good", "bar")
    teacher = Teacher(trained, order, FIT)
    found = teacher(torch.from_numpy(FIT.normalise([FIT.fit(each) for each in pictures]))).softmax(1)
    for row, expected in zip(found, load_classifier(trained, "cpu").predict(pictures), strict=True):
        assert row.tolist() == pytest.approx([expected.probabilities[name] for name in order], abs=1e-5)


def test_that_a_student_with_another_input_size_shows_its_teacher_pictures_of_its_own(trained: Package) -> None:
    larger = Preprocessing(width=2 * SIDE, height=2 * SIDE)
    found = Teacher(trained, trained.card.classes, larger)(torch.zeros(2, 3, 2 * SIDE, 2 * SIDE))
    same = Teacher(trained, trained.card.classes, FIT)(torch.zeros(2, 3, SIDE, SIDE))
    assert torch.allclose(found, same, atol=1e-5)


def test_that_the_loss_is_the_labels_at_weight_0_and_nothing_where_the_student_is_the_teacher_at_weight_1(
    trained: Package, plates: Path
) -> None:
    config = make_config(**student_config(trained, {"label_smoothing": 0.0, "guide": 0.0, "epochs": 1}))
    with open_dataset(plates) as dataset:
        data = prepare_data(dataset, config)
    learner, _ = make_learner(config, data, choose_device("cpu"))
    teacher = Teacher(trained, data.classes, config.preprocessing)
    batch = data.train.batch(range(8))
    learner.network.eval()
    logits = learner.network(batch.pictures)
    labels_alone = Distillation(config, teacher, Lesson(4.0, 0.0)).loss(learner, batch).total
    assert labels_alone.item() == pytest.approx(
        torch.nn.functional.cross_entropy(logits, batch.labels).item(), abs=1e-5
    )
    taught = Distillation(config, teacher, Lesson(4.0, 1.0))
    assert taught.loss(learner, batch).total.item() > 0.01
    learner.network.load_state_dict(teacher.network.state_dict())
    learner.network.eval()
    assert taught.loss(learner, batch).total.item() == pytest.approx(0.0, abs=1e-5)
    gradient_free = [parameter.grad for parameter in teacher.parameters()]
    assert gradient_free == [None] * len(gradient_free)
    assert isinstance(batch, Batch)


def test_that_a_student_comes_to_its_teachers_opinion(trained: Package, plates: Path, tmp_path: Path) -> None:
    settings = {"epochs": 8, "batch_size": 8, "augment": "light", "learning_rate": 4e-3, "seed": 3}
    config = make_config(**student_config(trained, settings))
    with open_dataset(plates) as dataset:
        student = distil(trained, dataset, tmp_path / "s", config, Lesson(), SilentReporter(), device="cpu")
        pictures = [read_checked(item) for item in dataset.items("test")]
    said = [[each.score for each in load_classifier(one, "cpu").predict(pictures)] for one in (trained, student)]
    assert np.corrcoef(np.array(said))[0, 1] > 0.7
    assert student.card.training["teacher"]["package_hash"] == trained.hash
    assert student.card.training["teacher_weight"] == 0.7


def test_that_the_command_prints_both_side_by_side_at_the_same_risk(
    trained: Package, plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "distill", str(trained.folder), str(plates), "--out", str(tmp_path / "student"), "--epochs", "3",
        "--batch-size", "8", "--learning-rate", "0.004", "--augment", "light", "--precision", "fp32",
        "--max-escape", "40%", "--confidence", "70%", "--device", "cpu",
    ]  # fmt: skip
    code = main([*arguments, "--json", str(tmp_path / "d.json"), "--report", str(tmp_path)])
    shown = capsys.readouterr().out
    document = json.loads((tmp_path / "d.json").read_text())
    assert document["schema"] == "inspector.distill/1"
    assert code == (1 if document["refused"] else 0)
    names = [row["name"] for row in document["rows"]]
    assert names[:2] == ["teacher, PyTorch fp32", "student, PyTorch fp32"]
    assert ("student, cpu (OpenVINO fp32)" in names) == (not document["refused"])
    for row in document["rows"]:
        assert row["name"] in shown
        assert 0 < row["bytes"] < 5e6
        assert row["ms_p50"] > 0
        assert "escape at most 0.4" in row["guarantees"][0]
    student = open_package(tmp_path / "student")
    assert student.card.guarantees[0].limit == 0.4
    assert student.hash == document["student"]["package_hash"]
    assert trained.card.calibration is None  # the teacher itself is left as it was
    assert open_package(trained.folder).hash == trained.hash
    assert "Teacher and student" in (tmp_path / "distillation.html").read_text(encoding="utf-8")


def test_that_a_risk_that_the_split_cannot_support_is_refused_before_the_training(
    trained: Package, plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["distill", str(trained.folder), str(plates), "--out", str(tmp_path / "s"), "--max-escape", "0.1%"]
    assert main(arguments) == 2
    assert "defective parts" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_that_teachers_that_cannot_teach_are_refused(trained: Package, plates: Path) -> None:
    with pytest.raises(UsageError, match="knows the classes"):
        Teacher(trained, ("good", "bar"), FIT)
    with pytest.raises(UsageError, match="sees pictures otherwise"):
        Teacher(trained, trained.card.classes, Preprocessing(width=SIDE, height=SIDE, mode="crop"))
    with pytest.raises(UsageError, match="teach nothing"):
        Lesson(temperature=0.0)
    with pytest.raises(UsageError, match="teach nothing"):
        Lesson(weight=1.5)
