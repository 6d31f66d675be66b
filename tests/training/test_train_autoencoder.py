"""Auto-encoder runs on small real data: what they leave, how they repeat, and that they find what was planted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import TrainingError, UsageError
from inspector.inference.load import load_model
from inspector.inference.package import WEIGHTS_FILE, Package, open_package
from training.autoencoder import AutoencoderConfig, train_autoencoder
from training.checkpoint import CHECKPOINT_FILE
from training.config import make_config
from training.progress import JsonLinesReporter, Reporter, TerminalReporter
from training.scales import FAIL_SHARE, REVIEW_SHARE, first_thresholds, fit_scale, fit_tail
from training.stain import stain

SMALL = AutoencoderConfig(
    width=48, height=48, epochs=3, batch_size=8, channels=8, latent=4, smoothing=5, top_share=0.02, learning_rate=5e-3
)


class StopAfter(TerminalReporter):
    """Interrupts the run in the step after an epoch is safe on disk."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self._epoch = epoch
        self._reached = False

    def epoch(self, facts: Any) -> None:
        self._reached = facts["epoch"] == self._epoch

    def step(self, facts: Any) -> None:
        if self._reached:
            raise KeyboardInterrupt


def train(data: Path, out: Path, config: AutoencoderConfig, reporter: Reporter, *, resume: bool = False) -> Package:
    with open_dataset(data) as dataset:
        return train_autoencoder(dataset, out, config, reporter, device="cpu", resume=resume)


def same_weights(one: Path, other: Path) -> bool:
    return (one / WEIGHTS_FILE).read_bytes() == (other / WEIGHTS_FILE).read_bytes()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, plates: Path) -> Package:
    config = SMALL.model_copy(update={"epochs": 16})
    return train(plates, tmp_path_factory.mktemp("learned") / "package", config, TerminalReporter())


def test_that_defects_it_never_saw_score_above_good_parts_and_the_map_shows_where(
    learned: Package, plates: Path
) -> None:
    model = load_model(open_package(learned.folder), "cpu")
    with open_dataset(plates) as dataset:
        items = [item for split in ("validation", "test") for item in dataset.items(split)]
    found = model.predict([item.read_pixels() for item in items])
    good = [p.score for p, item in zip(found, items, strict=True) if item.label == "good"]
    bad = [p.score for p, item in zip(found, items, strict=True) if item.label != "good"]
    assert np.mean([g < b for g in good for b in bad]) > 0.9
    for item in items:
        if item.label == "good":
            continue
        mask = item.read_mask()
        assert mask is not None
        heat = model.explain(item.read_pixels())
        assert heat.shape == mask.shape
        assert heat[mask > 0].mean() > 2 * heat[mask == 0].mean()


def test_that_the_card_tells_what_was_learned_and_how_the_limits_came_about(learned: Package, plates: Path) -> None:
    card = learned.card
    with open_dataset(plates) as dataset:
        assert card.data["fingerprint"] == dataset.fingerprint
        good_to_train = sum(item.label == "good" for item in dataset.items("train"))
    assert card.method == "autoencoder"
    assert card.classes == ("good", "anomaly")
    assert card.data["counts"]["train"] == {"good": good_to_train}
    assert "held-out good" in card.training["thresholds_rule"]
    assert card.training["epochs_done"] == 16
    assert 0.0 <= card.metrics["auroc"] <= 1.0
    assert card.metrics["n_defective"] > 0
    assert card.anomaly is not None
    assert card.anomaly.scale.middle > 0


def test_that_two_runs_give_identical_weights_and_another_seed_others(plates: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(plates, tmp_path / name, SMALL, TerminalReporter())
    train(plates, tmp_path / "three", SMALL.model_copy(update={"seed": 5}), TerminalReporter())
    assert same_weights(tmp_path / "one", tmp_path / "two")
    assert not same_weights(tmp_path / "one", tmp_path / "three")


def test_that_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(plates: Path, tmp_path: Path) -> None:
    train(plates, tmp_path / "whole", SMALL, TerminalReporter())
    with pytest.raises(KeyboardInterrupt):
        train(plates, tmp_path / "broken", SMALL, StopAfter(1))
    assert not (tmp_path / "broken" / WEIGHTS_FILE).exists()
    train(plates, tmp_path / "broken", SMALL, TerminalReporter(), resume=True)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    one, other = (load_file(tmp_path / f"{name}.run" / CHECKPOINT_FILE) for name in ("whole", "broken"))
    assert one.keys() == other.keys()
    assert all(bool((one[key] == other[key]).all()) for key in one)


def test_that_good_parts_alone_suffice(tmp_path: Path, plates_factory: Any) -> None:
    data = plates_factory(tmp_path, {"good": 12}, masks=False)
    package = train(data, tmp_path / "package", SMALL.model_copy(update={"epochs": 1}), TerminalReporter())
    assert "auroc" not in package.card.metrics
    assert package.card.data["counts"]["validation"] == {"good": package.card.metrics["n"]}


def test_that_a_checkpoint_of_other_settings_is_refused(plates: Path, tmp_path: Path) -> None:
    config = SMALL.model_copy(update={"epochs": 1})
    train(plates, tmp_path / "package", config, TerminalReporter())
    other = config.model_copy(update={"latent": 3})
    with pytest.raises(TrainingError, match="latent"):
        train(plates, tmp_path / "package", other, TerminalReporter(), resume=True)


def test_that_a_data_set_without_good_parts_is_refused_with_the_cure(tmp_path: Path, plates_factory: Any) -> None:
    data = plates_factory(tmp_path, {"good": 1, "spot": 8, "bar": 8}, masks=False)
    with pytest.raises(TrainingError, match="good pictures to train and 0 to validate") as caught:
        train(data, tmp_path / "package", SMALL, TerminalReporter())
    assert "--good" in caught.value.cure


def test_that_progress_for_programs_is_that_of_every_training(
    plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(plates, tmp_path / "package", SMALL.model_copy(update={"epochs": 2}), JsonLinesReporter())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["schema"] for line in lines} == {"inspector.training/1"}
    assert [line["event"] for line in lines if line["event"] != "step"] == ["start", "epoch", "epoch", "done"]
    assert lines[0]["backbone"] == "autoencoder"
    assert math.isfinite(lines[-2]["validation"]["loss"])


@pytest.mark.parametrize(("name", "value"), [("width", 50), ("smoothing", 4), ("weights", "imagenet"), ("guide", 1)])
def test_that_a_setting_that_cannot_work_is_wrong_use(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=r"given|multiple|odd"):
        make_config(AutoencoderConfig, **{name: value})


def test_that_few_pictures_are_shown_more_often() -> None:
    assert AutoencoderConfig().epochs_for(20) == 200
    assert AutoencoderConfig().epochs_for(178) == 40
    assert AutoencoderConfig().epochs_for(5000) == 12
    assert AutoencoderConfig(epochs=7).epochs_for(20) == 7


def test_that_stains_follow_from_the_seed_and_leave_most_of_the_picture() -> None:
    pictures = torch.rand(8, 3, 48, 64)
    torch.manual_seed(3)
    once = stain(pictures)
    torch.manual_seed(3)
    again = stain(pictures)
    assert torch.equal(once, again)
    changed = (once != pictures).any(dim=1).float().mean(dim=(1, 2))
    assert 0.0 < float(changed.max()) <= 0.25
    assert float(once.min()) >= 0.0
    assert float(once.max()) <= 1.0


def test_that_the_scale_keeps_its_word_on_values_with_an_exponential_tail() -> None:
    rng = np.random.default_rng(0)
    scores = np.exp(rng.exponential(0.2, 4000))
    scale = fit_scale(scores[:2000])
    odds = scale.slope * np.log(scores[2000:] / scale.middle)
    limits = first_thresholds()
    assert np.mean(odds > 0) == pytest.approx(FAIL_SHARE, abs=0.006)
    assert np.mean(1 / (1 + np.exp(-odds)) > limits.pass_below) == pytest.approx(REVIEW_SHARE, abs=0.012)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_that_any_good_scores_give_a_scale_that_most_of_them_stay_under(values: list[float]) -> None:
    scale = fit_scale(np.array(values))
    assert np.mean(np.array(values) <= scale.middle * (1 + 1e-9)) >= 0.5
    assert math.isfinite(scale.slope)


def test_that_nothing_is_usual_where_there_is_no_good_picture() -> None:
    with pytest.raises(TrainingError, match="no good picture"):
        fit_tail(np.array([]))


def test_that_one_command_trains_and_evaluates_an_auto_encoder(
    plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "package"
    command = ["train", str(plates), "--method", "autoencoder", "--out", str(out), "--device", "cpu", "--json-lines"]
    assert main([*command, "--image-size", "48", "--epochs", "1", "--smoothing", "5"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert open_package(out).hash == lines[-1]["hash"]
    assert main(["evaluate", str(out), str(plates), "--resamples", "20", "--json", str(tmp_path / "e.json")]) == 0
    document = json.loads((tmp_path / "e.json").read_text())
    assert document["classes"] == ["good", "anomaly"]
    assert document["n_defective"] > 0
    assert main([*command, "--image-size", "50"]) == 2
    assert "multiple of 16" in capsys.readouterr().err
