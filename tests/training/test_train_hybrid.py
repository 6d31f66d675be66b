"""Hybrid runs on small real data, through the command as a person would give it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import TrainingError
from inspector.inference.hybrid import HybridModel
from inspector.inference.load import load_model
from inspector.inference.package import WEIGHTS_FILE, Package, open_package
from training.classify import train_classifier
from training.config import TrainingConfig
from training.hybrid import fit_fusion, join_packages, train_hybrid
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.progress import Reporter, TerminalReporter

MEMORY = PatchMemoryConfig(
    backbone="resnet10", weights="none", width=48, height=48, memory=200, dimensions=16, top_share=0.05,
    precision="float32",
)  # fmt: skip


class Recorder(TerminalReporter):
    """Keeps what it hears; interrupts the run in the step after an epoch."""

    def __init__(self, stop_after: int = 0) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []
        self._stop_after = stop_after
        self._reached = False

    def started(self, facts: Any) -> None:
        self.heard.append(("start", facts))
        super().started(facts)

    def step(self, facts: Any) -> None:
        self.heard.append(("step", facts))
        if self._reached:
            raise KeyboardInterrupt
        super().step(facts)

    def epoch(self, facts: Any) -> None:
        self._reached = facts["epoch"] == self._stop_after
        super().epoch(facts)

    def finished(self, facts: Any) -> None:
        self.heard.append(("done", facts))
        super().finished(facts)


def train(data: Path, out: Path, config: TrainingConfig, reporter: Reporter, *, resume: bool = False) -> Package:
    with open_dataset(data) as dataset:

        def fit(folder: Path, own: Reporter) -> Package:
            return fit_patch_memory(dataset, folder, MEMORY, own, device="cpu")

        return train_hybrid(dataset, out, config, fit, reporter, device="cpu", resume=resume)


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory: pytest.TempPathFactory, plates: Path, trained: Package) -> Package:
    folder = tmp_path_factory.mktemp("hybrid")
    with open_dataset(plates) as dataset:
        memory = fit_patch_memory(dataset, folder / "memory", MEMORY, TerminalReporter(), device="cpu")
        return join_packages(dataset, folder / "package", trained, memory, device="cpu")


def test_that_known_defects_are_named_and_found(hybrid: Package, plates: Path) -> None:
    model = load_model(open_package(hybrid.folder), "cpu")
    assert isinstance(model, HybridModel)
    with open_dataset(plates) as dataset:
        items = dataset.items("test")
    found = model.predict([item.read_pixels() for item in items])
    bad = [(p, item.label) for p, item in zip(found, items, strict=True) if item.label != "good"]
    good = [p.score for p, item in zip(found, items, strict=True) if item.label == "good"]
    assert np.mean([p.predicted_class == label for p, label in bad]) > 0.7
    assert np.mean([g < p.score for g in good for p, _ in bad]) > 0.9
    for item in items:
        if item.label == "good":
            continue
        mask = item.read_mask()
        assert mask is not None
        heat = model.explain(item.read_pixels())
        assert heat.shape == mask.shape


def test_that_the_card_holds_what_both_halves_say_of_themselves(hybrid: Package, plates: Path) -> None:
    card = hybrid.card
    with open_dataset(plates) as dataset:
        assert card.data["fingerprint"] == dataset.fingerprint
    assert card.classes == ("good", "bar", "spot", "anomaly")
    assert card.training["classifier"]["epochs_done"] > 0
    assert card.training["memory"]["dimensions"] == 16
    assert {"auroc", "auroc_classifier", "auroc_memory"} <= set(card.metrics)
    assert "held-out good" in card.training["thresholds_rule"]


def test_that_a_resumed_run_ends_with_the_package_of_an_uninterrupted_one(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"epochs": 2})
    whole = train(plates, tmp_path / "whole", config, Recorder())
    with pytest.raises(KeyboardInterrupt):
        train(plates, tmp_path / "broken", config, Recorder(stop_after=1))
    assert not (tmp_path / "broken").exists()
    resumed = Recorder()
    again = train(plates, tmp_path / "broken", config, resumed, resume=True)
    assert whole.read_file(WEIGHTS_FILE) == again.read_file(WEIGHTS_FILE)
    assert whole.card.anomaly == again.card.anomaly
    assert resumed.heard[0][1]["first_epoch"] == 1


def test_that_progress_runs_once_from_0_to_1_over_both_halves(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    recorder = Recorder()
    train(plates, tmp_path / "package", small_config.model_copy(update={"epochs": 1}), recorder)
    shares = [facts["progress"] for kind, facts in recorder.heard if kind == "step"]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.9
    assert shares[-1] == pytest.approx(1.0)
    assert [kind for kind, _ in recorder.heard].count("done") == 1
    assert not list((tmp_path / "package.run").glob("*/card.json"))  # one package, no halves beside it


def test_that_halves_of_different_data_are_not_joined(
    plates: Path, small_config: TrainingConfig, tmp_path: Path, plates_factory: Any
) -> None:
    other = plates_factory(tmp_path, {"good": 10, "spot": 6, "bar": 6}, seed=4)
    config = small_config.model_copy(update={"epochs": 1})
    with open_dataset(plates) as dataset, open_dataset(other) as different:
        classifier = train_classifier(dataset, tmp_path / "c", config, TerminalReporter(), device="cpu")
        memory = fit_patch_memory(different, tmp_path / "m", MEMORY, TerminalReporter(), device="cpu")
        with pytest.raises(TrainingError, match="different data"):
            join_packages(dataset, tmp_path / "h", classifier, memory, device="cpu")


def test_that_nothing_is_scaled_without_good_pictures() -> None:
    with pytest.raises(TrainingError, match="no good picture"):
        fit_fusion(np.array([]), np.array([]))


def test_that_one_command_trains_evaluates_and_predicts_a_hybrid(
    plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package"
    half = ["--memory", "100", "--dimensions", "8", "--memory-size", "48", "--precision", "float32"]
    fast = ["--backbone", "resnet10", "--weights", "none", "--image-size", "48", "--batch-size", "8", "--epochs", "1"]
    common = ["--method", "hybrid", "--device", "cpu", "--json-lines"]
    assert main(["train", str(plates), "--out", str(out), *common, *fast, *half]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["event"] == "done"
    assert open_package(out).hash == lines[-1]["hash"]
    assert main(["evaluate", str(out), str(plates), "--resamples", "20", "--json", str(tmp_path / "e.json")]) == 0
    assert json.loads((tmp_path / "e.json").read_text())["classes"] == ["good", "bar", "spot", "anomaly"]
