import json
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import TrainingError, UsageError
from inspector.inference.features import PatchFeatures, cut_trunk
from inspector.inference.load import load_model
from inspector.inference.networks import build_network
from inspector.inference.package import WEIGHTS_FILE, Package, open_package
from inspector.types import Verdict
from tests.training.conftest import MakePlates
from training.config import make_config
from training.patch_memory import DEFAULT_LAYERS, PatchMemoryConfig, fit_patch_memory
from training.pictures import read_checked
from training.progress import make_reporter


def settings(**changes: object) -> PatchMemoryConfig:
    given: dict[str, object] = {
        "backbone": "resnet10", "weights": "none", "layers": ("layer1", "layer2"), "width": 48, "height": 48,
        "memory": 200, "dimensions": 16, "precision": "float32", **changes,
    }  # fmt: skip
    return make_config(PatchMemoryConfig, **given)


@pytest.fixture(scope="module")
def fitted(plates: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    with open_dataset(plates) as dataset:
        return fit_patch_memory(
            dataset, tmp_path_factory.mktemp("memory") / "package", settings(), make_reporter(json_lines=False)
        )


def test_that_defects_never_seen_score_above_good_parts(fitted: Package, plates: Path) -> None:
    model = load_model(fitted, "cpu")
    with open_dataset(plates) as dataset:
        items = dataset.items("test")
        scores = [model.predict([read_checked(item)])[0].score for item in items]
        bad = np.array([item.label not in dataset.good for item in items])
    found = np.array(scores)
    assert np.mean(found[bad][:, None] > found[~bad]) > 0.95
    assert fitted.card.classes == ("good", "anomaly")


def test_that_the_defects_place_is_shown(fitted: Package, plates: Path) -> None:
    model = load_model(fitted, "cpu")
    with open_dataset(plates) as dataset:
        item = next(item for item in dataset.items("test") if item.label == "spot")
        mask = item.read_mask()
    assert mask is not None
    heat = model.explain(read_checked(item))
    assert heat[mask > 0].mean() > heat[mask == 0].mean() + 0.3


def test_that_the_fit_follows_from_settings_and_data(plates: Path, tmp_path: Path, fitted: Package) -> None:
    with open_dataset(plates) as dataset:
        again = fit_patch_memory(dataset, tmp_path / "again", settings(), make_reporter(json_lines=False))
        other = fit_patch_memory(dataset, tmp_path / "other", settings(seed=9), make_reporter(json_lines=False))
    assert again.read_file(WEIGHTS_FILE) == fitted.read_file(WEIGHTS_FILE)
    assert other.read_file(WEIGHTS_FILE) != fitted.read_file(WEIGHTS_FILE)


def test_that_twenty_good_pictures_suffice(plates_factory: MakePlates, tmp_path: Path) -> None:
    few = plates_factory(tmp_path / "few", {"good": 20})
    with open_dataset(few) as dataset:
        package = fit_patch_memory(dataset, tmp_path / "package", settings(), make_reporter(json_lines=False))
    assert package.card.training["references"] == 14


def test_that_the_command_trains_and_evaluates(
    plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "package", tmp_path / "figures.json"
    words = ["train", str(plates), "--method", "patch-memory", "--out", str(out), "--backbone", "resnet10"]
    words += ["--weights", "none", "--layers", "layer1,layer2", "--image-size", "48", "--memory", "200"]
    assert main([*words, "--dimensions", "16", "--json-lines"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines if line["event"] != "step"] == ["start", "done"]
    assert all(0 < line["progress"] <= 1 for line in lines if line["event"] == "step")
    assert main(["evaluate", str(out), str(plates), "--json", str(figures), "--resamples", "20"]) == 0
    document = json.loads(figures.read_text())
    assert document["auroc"] > 0.95
    assert document["pixels"]["auroc"] > 0.8
    assert set(document["per_label"]) == {"bar", "good", "spot"}
    assert document["per_label"]["spot"]["auroc"] > 0.9


def test_that_a_file_without_the_layers_is_refused(plates: Path, tmp_path: Path) -> None:
    state = {name: value for name, value in build_network("resnet10", 1).state_dict().items() if "layer3" not in name}
    torch.save(state, tmp_path / "part.pth")
    with open_dataset(plates) as dataset:
        reporter = make_reporter(json_lines=False)
        config = settings(weights=str(tmp_path / "part.pth"))
        fit_patch_memory(dataset, tmp_path / "fine", config, reporter)
        with pytest.raises(TrainingError, match=r"lacks \d+ tensors"):
            fit_patch_memory(
                dataset, tmp_path / "no", config.model_copy(update={"layers": ("layer2", "layer3")}), reporter
            )
    assert not (tmp_path / "no").exists()


def test_that_a_setting_of_another_method_is_refused(plates: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="epochs"):
        make_config(PatchMemoryConfig, epochs=3)
    assert main(["train", str(plates), "--method", "patch-memory", "--out", str(tmp_path / "p"), "--epochs", "3"]) == 2


def test_that_a_stop_leaves_no_package(plates: Path, tmp_path: Path) -> None:
    class Stopper:
        def started(self, facts: object) -> None: ...

        epoch = finished = note = started

        def step(self, facts: object) -> None:
            raise KeyboardInterrupt

    with open_dataset(plates) as dataset, pytest.raises(KeyboardInterrupt):
        fit_patch_memory(dataset, tmp_path / "package", settings(), Stopper())
    assert not (tmp_path / "package").exists()


def test_that_the_station_judges_with_it(fitted: Package, plates: Path, tmp_path: Path) -> None:
    from inspector.headless import run_headless
    from inspector.recipe import load_recipe
    from tests.support import picture_folder, recipe_text

    recipe = tmp_path / "recipe.toml"
    source = picture_folder(tmp_path / "pictures", 3)
    recipe.write_text(recipe_text(fitted.folder, camera=f'kind = "folder"\npath = "{source.as_posix()}"'))
    summary = run_headless(load_recipe(recipe), tmp_path / "log", quiet=True)
    assert summary.parts == summary.records == 3
    assert summary.counts[Verdict.ERROR] == 0
    assert summary.counts[Verdict.FAIL] == 3  # noise is nothing that a plate showed
    assert open_package(fitted.folder).hash == fitted.hash


@pytest.mark.parametrize("backbone", ["resnet18", "wide_resnet50_2", *DEFAULT_LAYERS])
def test_that_the_usual_layers_have_strides_eight_and_sixteen(backbone: str) -> None:
    layers = make_config(PatchMemoryConfig, backbone=backbone).chosen_layers
    features = PatchFeatures(cut_trunk(build_network(backbone, 1), layers), layers, torch.device("cpu"), "float32")
    with torch.inference_mode():
        found = features.layer_outputs(torch.zeros(1, 3, 64, 64))
    assert [tuple(each.shape[-2:]) for each in found] == [(8, 8), (4, 4)]
