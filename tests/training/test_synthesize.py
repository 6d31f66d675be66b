from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.importer import resplit
from datasets.manifest import Dataset, open_dataset
from datasets.split_rule import SplitRule
from datasets.synthesis import gather_sources
from inspector.cli import main
from inspector.errors import DatasetError
from inspector.inference.load import load_model
from inspector.inference.package import Package
from tests.datasets.parts import everything, write_parts
from training import gan
from training.baseline import BaselineRequest
from training.baseline import measure as measure_baseline
from training.evaluate import judge_split
from training.gan import GanConfig, train_gan
from training.gan_maker import measure
from training.gan_networks import Generator
from training.gan_patches import SIDE, collect_patches
from training.synthesize import SynthesizeRequest, synthesize

SMALL = GanConfig(steps=30, batch=8, width=8, learning_rate=1e-3)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("plates"), {"good": 10, "dent": 8, "scratch": 8, "rare": 2})


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "data"))


def quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def test_that_the_generator_learns_the_contrast_of_the_defects_at_hand(plain: Path) -> None:
    """Dents are 70 levels darker than the plate: after a short training most of that is there."""
    with open_dataset(plain) as dataset:
        sources = gather_sources(dataset, "dent")
    patches = collect_patches(sources.defects)
    found = measure(train_gan(sources, patches, SMALL, quiet), sources, patches, SMALL)
    assert found["contrast_distance_before"] > 50
    assert found["contrast_distance"] < 0.25 * found["contrast_distance_before"]


def test_that_an_untrained_generator_changes_nothing_and_a_trained_one_nothing_outside_the_shape() -> None:
    import torch

    torch.manual_seed(0)
    network = Generator(2, 8)
    patch, classes = torch.rand(3, 3, SIDE, SIDE) * 1.8 - 0.9, torch.eye(2)[[0, 1, 1]]
    alpha = torch.zeros(3, 1, SIDE, SIDE)
    alpha[:, :, 20:40, 10:30] = 1.0
    noise = torch.randn(3, 8 + SIDE * SIDE)
    assert torch.equal(network(patch, alpha, classes, noise), patch)
    torch.nn.init.normal_(network.leave.weight)
    changed = network(patch, alpha, classes, noise) != patch
    assert changed[:, :, 20:40, 10:30].float().mean() > 0.9
    assert not changed.logical_and(alpha == 0).any()


def test_that_the_seed_gives_the_generator(plain: Path) -> None:
    with open_dataset(plain) as dataset:
        sources = gather_sources(dataset, "scratch")
    patches = collect_patches(sources.defects)
    weights = []
    for seed in (3, 3, 4):
        config = GanConfig(steps=3, batch=4, width=8, seed=seed)
        made = train_gan(sources, patches, config, quiet)
        weights.append([tensor.clone() for tensor in made.generator.state_dict().values()])
    assert all((a == b).all() for a, b in zip(weights[0], weights[1], strict=True))
    assert not all((a == b).all() for a, b in zip(weights[0], weights[2], strict=True))


def make(dataset: Dataset, method: str, **more: object) -> dict[str, object]:
    return synthesize(dataset, SynthesizeRequest(method, 6, **more), quiet)  # type: ignore[arg-type]


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is trained for two steps only, and yet paints: its changes are seen."""
    from training.gan import train_gan as real

    def painted(*arguments: object) -> gan.DefectGan:
        made = real(*arguments)  # type: ignore[arg-type]
        made.generator.leave.weight.data.fill_(0.3)
        return made

    monkeypatch.setattr(gan, "train_gan", painted)


@pytest.mark.usefixtures("forced")
def test_that_generated_defects_are_bound_to_train_with_all_that_they_were_learned_from(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        document = make(dataset, "gan", steps=2)
        assert document["classes"] == {"dent": 3, "scratch": 3}
        assert any("rare" in note for note in document["notes"])  # type: ignore[attr-defined]
        made = [item for item in dataset.items() if item.derived]
        learned = {
            item.item_id for item in dataset.items("train") if item.label in ("dent", "scratch") and not item.derived
        }
        for item in made:
            rows = dataset.connection.execute(
                "SELECT from_item_id FROM derived_from WHERE item_id = ? AND role = 'material'", (item.item_id,)
            ).fetchall()
            assert {row[0] for row in rows} == learned
        resplit(dataset, SplitRule(seed=5, anew=True))
        assert {item.split for item in dataset.items() if item.derived or item.item_id in learned} == {"train"}
        good = {item.item_id: item for item in dataset.items() if item.label == "good"}
        for item in made:
            carrier = good[dataset.connection.execute(
                "SELECT from_item_id FROM derived_from WHERE item_id = ? AND role = 'carrier'", (item.item_id,)
            ).fetchone()[0]]  # fmt: skip
            mask, pixels = item.read_mask(), item.read_pixels()
            assert mask is not None
            assert (pixels[mask == 0] == carrier.read_pixels()[mask == 0]).all()
            assert (pixels[mask > 0] != carrier.read_pixels()[mask > 0]).any(axis=1).mean() > 0.3


@pytest.mark.usefixtures("forced")
def test_that_a_generator_learns_without_reading_anything_of_the_other_splits(plain: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(plain.parent, tmp_path / "all"))
    with open_dataset(source / "data") as dataset:
        dataset.move_root(plain.parent, source)
        for item in dataset.items():
            if item.split != "train":
                item.path.unlink()
        make(dataset, "gan", steps=2)


def test_that_nothing_is_judged_by_synthetic_defects(plates: Path, trained: Package, tmp_path: Path) -> None:
    with open_dataset(Path(shutil.copytree(plates, tmp_path / "data"))) as dataset:
        real = {item.item_id for item in dataset.items()}
        make(dataset, "perlin")
        assert len(dataset.items()) == len(real) + 6
        judged = judge_split(dataset, load_model(trained, "cpu"), None)
        assert {item.item_id for item in judged.items} == real
        rows = measure_baseline(dataset, BaselineRequest("resnet10", "none", 48, 1, "cpu"))
    assert 0 <= rows[0]["auroc"] <= 1


@pytest.mark.parametrize("when", ["learning", "making"])
def test_that_a_cancelled_run_leaves_nothing(folder: Path, when: str) -> None:
    def stop(done: int, total: int) -> None:
        if (when, done, total) in (("learning", 2, 3), ("making", 4, 6)):
            raise KeyboardInterrupt

    method, steps = ("gan", 3) if when == "learning" else ("cut-paste", None)
    with open_dataset(folder) as dataset:
        before = everything(folder), dataset.fingerprint
        with pytest.raises(KeyboardInterrupt):
            synthesize(dataset, SynthesizeRequest(method, 6, steps=steps), stop)
        assert (everything(folder), dataset.fingerprint) == before
        assert not any(path.is_dir() for path in folder.iterdir())
        assert make(dataset, "cut-paste")["pictures"] == 6


def test_that_a_killed_program_leaves_the_data_set_as_it_was(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        before = dataset.fingerprint
    command = [sys.executable, "-c", "from inspector.cli import main; raise SystemExit(main())", "synthesize"]
    options = [str(folder), "--method", "cut-paste", "--count", "5000", "--json-lines"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["done"] >= 1  # at work: some pictures are on disk
        process.kill()
    assert process.returncode == -signal.SIGKILL
    with open_dataset(folder) as dataset:
        assert dataset.fingerprint == before
        assert not (folder / "synthetic").exists()
        assert make(dataset, "cut-paste")["pictures"] == 6
    assert not list(folder.glob(".synthetic*"))


def test_that_too_few_defects_are_refused_with_the_number_needed(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        have = sum(item.label == "rare" for item in dataset.items("train"))
        assert have < gan.LEAST_DEFECTS
        with pytest.raises(DatasetError, match=rf"rare {have}\); a class needs {gan.LEAST_DEFECTS}"):
            make(dataset, "gan", label="rare")


@pytest.mark.usefixtures("forced")
def test_that_weights_are_kept_only_where_asked(folder: Path, tmp_path: Path) -> None:
    from safetensors import safe_open

    with open_dataset(folder) as dataset:
        make(dataset, "gan", steps=2)
        assert not list(tmp_path.rglob("*.safetensors"))
        make(dataset, "gan", steps=2, seed=1, keep_weights=tmp_path / "kept.safetensors")
    with safe_open(tmp_path / "kept.safetensors", "pt") as file:
        assert json.loads(file.metadata()["classes"]) == ["dent", "scratch"]


def test_that_the_command_adds_pictures_and_tells_what_it_did(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synthesize", str(folder), "--count", "4", "--seed", "3", "--who", "Ada"]
    assert main([*arguments, "--method", "cut-paste", "--class", "scratch", "--json", str(tmp_path / "f.json")]) == 0
    document = json.loads((tmp_path / "f.json").read_text())
    assert document["schema"] == "inspector.synthesize/1"
    assert (document["classes"], document["split"]) == ({"scratch": 4}, "train")
    assert document["fingerprint"] != document["fingerprint_before"]
    assert "4 pictures by cut-paste-scratch-seed3, in train: scratch 4" in capsys.readouterr().out
    assert main([*arguments, "--method", "perlin", "--json-lines"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {"event": "progress", "task": "synthesize", "done": 4, "total": 4}
    assert main(["dataset", "show", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "8 pictures with synthetic defects, in train only: cut-paste-scratch-seed3 4, perlin-seed3 4" in out
    with open_dataset(folder) as dataset:
        assert dataset.fingerprint in out
        assert {item.label for item in dataset.items() if item.derived} == {"scratch", "synthetic"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--method", "cut-paste", "--count", "0"], "at least one picture"),
        (["--method", "cut-paste", "--count", "3", "--class", "good"], "good class"),
        (["--method", "perlin", "--count", "3", "--class", "good"], "good class"),
        (["--method", "cut-paste", "--count", "3", "--class", "burr"], "no defect of class 'burr'"),
        (["--method", "perlin", "--count", "3", "--steps", "5"], "do not go with perlin"),
        (["--method", "gan", "--count", "3", "--steps", "0"], "nothing would be learned"),
        (["--method", "perlin", "--count", "3", "--who", " "], "name of who"),
    ],
)
def test_that_wrong_use_is_said_and_changes_nothing(
    folder: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_dataset(folder) as dataset:
        before = dataset.fingerprint
    assert main(["synthesize", str(folder), *more]) == 2
    assert says in capsys.readouterr().err
    with open_dataset(folder) as dataset:
        assert dataset.fingerprint == before
    assert not (folder / "synthetic").exists()


def test_that_the_same_run_twice_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["synthesize", str(folder), "--method", "perlin", "--count", "3"]
    assert main(arguments) == 0
    files = everything(folder)
    assert main(arguments) == 2
    assert "already" in capsys.readouterr().err
    assert everything(folder) == files
