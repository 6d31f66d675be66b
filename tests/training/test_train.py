"""Training as a whole: real runs on small real data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import TrainingError
from inspector.imaging import read_image
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package, open_package
from inspector.inference.torch_classifier import load_classifier
from training.checkpoint import CHECKPOINT_FILE
from training.classify import train_classifier
from training.config import TrainingConfig, make_config
from training.progress import JsonLinesReporter, Reporter, TerminalReporter

FAST = ["--backbone", "resnet10", "--weights", "none", "--image-size", "48", "--batch-size", "8", "--device", "cpu"]


class StopAfter(TerminalReporter):
    """Interrupts the run when an epoch is safe on disk, as Ctrl-C would in the next one's first step."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._epoch = epoch
        self._reached = False

    def epoch(self, facts: Any) -> None:
        self._reached = facts["epoch"] == self._epoch

    def step(self, facts: Any) -> None:
        if self._reached:
            raise KeyboardInterrupt


def train(dataset: Path, out: Path, config: TrainingConfig, reporter: Reporter, *, resume: bool = False) -> Package:
    with open_dataset(dataset) as opened:
        return train_classifier(opened, out, config, reporter, device="cpu", resume=resume)


def same_weights(one: Path, other: Path) -> bool:
    return (one / WEIGHTS_FILE).read_bytes() == (other / WEIGHTS_FILE).read_bytes()


def test_that_a_trained_package_knows_pictures_that_it_never_saw(trained: Package, plates: Path) -> None:
    model = load_classifier(trained, "cpu")
    with open_dataset(plates) as dataset:
        items = dataset.items("test")
    found = model.predict([item.read_pixels() for item in items])
    hits = sum(item.label == prediction.predicted_class for item, prediction in zip(items, found, strict=True))
    assert hits / len(items) > 0.8


def test_that_the_card_says_where_the_package_comes_from(trained: Package, plates: Path) -> None:
    card = trained.card
    with open_dataset(plates) as dataset:
        assert card.data["fingerprint"] == dataset.fingerprint
    assert card.classes == ("good", "bar", "spot")
    assert card.good == ("good",)
    assert card.training["guided_by_masks"] is True
    assert card.training["augmentation"]["backend"] == "albumentations"
    assert "pass_below" in card.training["thresholds_rule"]
    assert card.data["counts"]["train"]["good"] > 0
    assert {"loss", "macro_f1", "auroc", "accuracy"} <= set(card.metrics)
    assert card.libraries["torch"]


def test_that_a_run_leaves_checkpoint_log_and_sample_pictures_without_any_pickle(trained: Package) -> None:
    run = trained.folder.with_name("package.run")
    assert (run / CHECKPOINT_FILE).is_file()
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    samples = read_image(run / "augmented-samples.png")
    assert samples.shape[1] > samples.shape[0]
    assert samples.std() > 1
    assert not [p for p in trained.folder.parent.rglob("*") if p.suffix in {".pt", ".pth", ".pkl", ".pickle"}]


def test_that_two_runs_give_identical_weights_and_another_seed_others(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"epochs": 2})
    for name in ("one", "two"):
        train(plates, tmp_path / name, config, TerminalReporter())
    train(plates, tmp_path / "three", config.model_copy(update={"seed": 5}), TerminalReporter())
    assert same_weights(tmp_path / "one", tmp_path / "two")
    assert not same_weights(tmp_path / "one", tmp_path / "three")


@pytest.mark.parametrize("backbone", ["resnet10", "mobilenet_v3_small"])
def test_that_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    backbone: str, plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"epochs": 3})
    if backbone == "mobilenet_v3_small":  # has dropout, and starts from weights: unfreezing
        torch.save(build_network(backbone, 1000).state_dict(), tmp_path / "weights.pth")
        update = {
            "backbone": backbone,
            "weights": str(tmp_path / "weights.pth"),
            "learning_rate": 1e-3,
            "head_epochs": 1,
        }
        config = config.model_copy(update=update)
    train(plates, tmp_path / "whole", config, TerminalReporter())
    with pytest.raises(KeyboardInterrupt):
        train(plates, tmp_path / "broken", config, StopAfter(1))
    assert not (tmp_path / "broken" / WEIGHTS_FILE).exists()
    train(plates, tmp_path / "broken", config, TerminalReporter(), resume=True)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    one, other = (load_file(tmp_path / f"{name}.run" / CHECKPOINT_FILE) for name in ("whole", "broken"))
    assert one.keys() == other.keys()
    assert all(bool((one[key] == other[key]).all()) for key in one)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_that_a_killed_run_goes_on_after_its_last_epoch(plates: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inspector.cli", "train", str(plates), *FAST, "--epochs", "4", "--json-lines"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    first = subprocess.Popen([*command, "--out", str(killed)], stdout=subprocess.PIPE, text=True, env=environment)
    assert first.stdout is not None
    for line in first.stdout:
        if json.loads(line)["event"] == "epoch":
            os.kill(first.pid, signal.SIGKILL)
            break
    assert first.wait() == -signal.SIGKILL
    first.stdout.close()
    assert not killed.exists()
    assert main([*command[3:], "--out", str(killed), "--resume"]) == 0
    assert main([*command[3:], "--out", str(whole)]) == 0
    assert same_weights(whole, killed)


def test_that_resuming_a_finished_run_writes_the_same_package_again(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"epochs": 1})
    first = train(plates, tmp_path / "package", config, TerminalReporter())
    weights = first.read_file(WEIGHTS_FILE)
    again = train(plates, tmp_path / "package", config, TerminalReporter(), resume=True)
    assert again.read_file(WEIGHTS_FILE) == weights


def test_that_a_checkpoint_of_other_settings_or_data_is_refused(
    plates: Path, small_config: TrainingConfig, tmp_path: Path, plates_factory: Any
) -> None:
    config = small_config.model_copy(update={"epochs": 1})
    train(plates, tmp_path / "package", config, TerminalReporter())
    other = config.model_copy(update={"learning_rate": 0.1})
    with pytest.raises(TrainingError, match="learning_rate"):
        train(plates, tmp_path / "package", other, TerminalReporter(), resume=True)
    data = plates_factory(tmp_path, {"good": 8, "spot": 8, "bar": 8}, seed=3)
    with pytest.raises(TrainingError, match="the data set"):
        train(data, tmp_path / "package", config, TerminalReporter(), resume=True)


def test_that_a_damaged_checkpoint_is_named_with_the_cure(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    (tmp_path / "package.run").mkdir()
    (tmp_path / "package.run" / CHECKPOINT_FILE).write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match=CHECKPOINT_FILE) as caught:
        train(plates, tmp_path / "package", small_config, TerminalReporter(), resume=True)
    assert "--resume" in caught.value.cure


def test_that_training_stops_early_when_validation_no_longer_improves(
    plates: Path, small_config: TrainingConfig, tmp_path: Path
) -> None:
    config = small_config.model_copy(update={"epochs": 50, "patience": 1, "learning_rate": 1e-9})
    package = train(plates, tmp_path / "package", config, TerminalReporter())
    assert package.card.training["epochs_done"] < 50


def test_that_a_data_set_without_masks_trains_unguided(
    small_config: TrainingConfig, tmp_path: Path, plates_factory: Any
) -> None:
    data = plates_factory(tmp_path, {"good": 10, "spot": 10}, masks=False)
    package = train(data, tmp_path / "package", small_config.model_copy(update={"epochs": 1}), TerminalReporter())
    assert package.card.training["guided_by_masks"] is False


def test_that_a_data_set_without_defects_is_refused_with_the_cure(
    small_config: TrainingConfig, tmp_path: Path, plates_factory: Any
) -> None:
    data = plates_factory(tmp_path, {"good": 12}, masks=False)
    with pytest.raises(TrainingError, match="defective class") as caught:
        train(data, tmp_path / "package", small_config, TerminalReporter())
    assert "--good" in caught.value.cure


def test_that_json_lines_tell_the_whole_run(
    plates: Path, small_config: TrainingConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(plates, tmp_path / "package", small_config.model_copy(update={"epochs": 2}), JsonLinesReporter())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["schema"] for line in lines} == {"inspector.training/1"}
    events = [line["event"] for line in lines]
    assert events[0] == "start"
    assert events.count("epoch") == 2
    assert events[-1] == "done"
    shares = [line["progress"] for line in lines if line["event"] == "step"]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    assert open_package(tmp_path / "package").hash == lines[-1]["hash"]


def test_that_the_command_without_network_and_file_names_the_cure(
    plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    began = time.monotonic()
    assert main(["train", str(plates), "--out", str(tmp_path / "package"), "--image-size", "48"]) == 2
    told = capsys.readouterr().err
    assert "--weights FILE" in told
    assert "--weights none" in told
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("image_size", "10"), ("batch_size", 1), ("balance", 2), ("learning_rate", -1)]
)
def test_that_a_setting_out_of_range_is_wrong_use(
    plates: Path, tmp_path: Path, name: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    option = f"--{name.replace('_', '-')}"
    assert main(["train", str(plates), "--out", str(tmp_path / "p"), "--weights", "none", option, str(value)]) == 2
    assert "given:" in capsys.readouterr().err


def test_that_the_number_of_epochs_follows_the_number_of_pictures() -> None:
    config = make_config(weights="none")
    assert config.epochs_for(50) == 60
    assert config.epochs_for(100_000) == 12
    assert config.epochs_for(600) == 20
    assert make_config(weights="none", epochs=3).epochs_for(600) == 3
