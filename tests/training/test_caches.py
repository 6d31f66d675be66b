"""What training keeps: fitted pictures on the disk, features of frozen layers; with the very same result."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from datasets.manifest import Item, open_dataset
from inspector.inference.networks import build_network, network_stages
from inspector.inference.package import WEIGHTS_FILE
from inspector.inference.preprocess import Preprocessing
from inspector.types import Image
from training import pictures as pictures_module
from training.classify import train_classifier
from training.config import TrainingConfig, make_config
from training.frozen import FrozenJudge, stem_of
from training.loop import judge
from training.pictures import Pictures
from training.progress import SilentReporter
from training.spill import Spill

FIT = Preprocessing(width=48, height=48)


def pretrained(**changes: object) -> TrainingConfig:
    return make_config(**{"width": 48, "height": 48, "weights": "some.pth", **changes})


def split(dataset: Path, *, cache_bytes: int = 1 << 30, scratch: Path | None = None) -> Pictures:
    with open_dataset(dataset) as opened:
        return Pictures(opened.items("train"), opened.classes, FIT, opened.good, cache_bytes, scratch=scratch)


@settings(max_examples=30, deadline=None)
@given(order=st.lists(st.integers(0, 4), max_size=12))
def test_that_a_slot_gives_back_what_was_put_and_nothing_else(
    order: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    spill, kept = Spill(tmp_path_factory.mktemp("spill"), (6, 5), 4), {}
    for number, slot in enumerate(order):
        rng = np.random.default_rng(number)
        pair = rng.integers(0, 256, (6, 5, 3), np.uint8), rng.integers(0, 256, (6, 5), np.uint8)
        spill.put(slot, pair)
        kept[slot] = pair
    for slot in range(6):
        found = spill.get(slot)
        if slot not in kept or slot >= 4:
            assert found is None
        else:
            assert found is not None
            assert all(np.array_equal(one, other) for one, other in zip(found, kept[slot], strict=True))


def test_that_pictures_that_memory_does_not_hold_are_decoded_once_and_stay_the_same(
    plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    read = pictures_module.read_checked

    def counted(item: Item) -> Image:
        decoded.append(item.sha256)
        return read(item)

    monkeypatch.setattr(pictures_module, "read_checked", counted)
    memory, disk = split(plates), split(plates, cache_bytes=5 * 48 * 48 * 4, scratch=tmp_path / "run")
    assert disk.uncached == 0
    for _ in range(3):
        for index in range(len(memory)):
            pairs = memory.fitted(index), disk.fitted(index)
            assert all(np.array_equal(one, other) for one, other in zip(*pairs, strict=True))
    assert len(decoded) == 2 * len(memory)
    assert list((tmp_path / "run").iterdir()) == []  # it has no name: a killed run leaves nothing


def test_that_a_full_disk_only_costs_time(plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 4 * 48 * 48 * 4

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage)
    small = split(plates, cache_bytes=0, scratch=tmp_path)
    assert small.uncached == len(small) - 2
    for index in range(len(small)):
        assert np.array_equal(small.fitted(index)[0], split(plates).fitted(index)[0])
        assert np.array_equal(small.fitted(index)[0], small.fitted(index)[0])


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "efficientnet_b0", "resnet10", "densenet121"])
def test_that_a_judgement_behind_the_stem_is_the_judgement_of_the_whole(backbone: str, plates: Path) -> None:
    torch.manual_seed(0)
    network = build_network(backbone, 3)
    own = split(plates)
    judging = FrozenJudge(own, pretrained(backbone=backbone), torch.device("cpu"))
    first, second = judging.probabilities(network), judging.probabilities(network)
    assert np.array_equal(first, judge(network, own, torch.device("cpu")))
    assert np.array_equal(first, second)
    assert judging._kept
    stem = stem_of(network_stages(network))
    with torch.no_grad():
        for name, parameter in network.named_parameters():  # what is behind the stem goes on learning
            if not name.startswith(tuple(f"{block}." for block in stem)):
                parameter.mul_(1.05)
    assert not np.array_equal(judging.probabilities(network), first)
    assert np.array_equal(judging.probabilities(network), judge(network, own, torch.device("cpu")))


def test_that_the_stem_is_not_run_again(plates: Path) -> None:
    network = build_network("resnet18", 3)
    runs: list[int] = []
    network.get_submodule("conv1").register_forward_pre_hook(lambda _m, inputs: runs.append(inputs[0].shape[1]))
    judging = FrozenJudge(split(plates), pretrained(backbone="resnet18"), torch.device("cpu"))
    judging.probabilities(network)
    assert 3 in runs
    runs.clear()
    judging.probabilities(network)
    assert 3 not in runs  # the hook of a block that lets through sees features, not pictures
    assert "forward" not in vars(network.get_submodule("conv1"))


def test_that_nothing_is_kept_where_layers_learn_or_memory_is_short(plates: Path) -> None:
    network, own, cpu = build_network("resnet10", 3), split(plates), torch.device("cpu")
    for config in (pretrained(train_stem=True), make_config(width=48, height=48, weights="none")):
        judging = FrozenJudge(own, config, cpu)
        judging.probabilities(network)
        assert not judging._kept
    judging = FrozenJudge(own, pretrained(), cpu, most_bytes=1)
    assert np.array_equal(judging.probabilities(network), judge(network, own, cpu))
    assert not judging._kept


class Skipping(nn.Module):
    """A network whose stem is no chain: a later block takes the picture itself."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, 2, 1), nn.Conv2d(3, 3, 3, 4, 1)
        self.head = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.second(self.first(x)).mean((2, 3)) + x.mean((2, 3)))  # type: ignore[no-any-return]


def test_that_a_network_that_cannot_be_cut_is_judged_whole(plates: Path) -> None:
    torch.manual_seed(1)
    network, own, cpu = Skipping(), split(plates), torch.device("cpu")
    judging = FrozenJudge(own, pretrained(), cpu)
    for _ in range(2):
        assert np.array_equal(judging.probabilities(network), judge(network, own, cpu))
    assert not judging._kept


def test_that_a_run_ends_with_the_same_weights_whatever_is_kept(
    plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(5)
    torch.save(build_network("mobilenet_v3_small", 1000).state_dict(), tmp_path / "weights.pth")
    config = make_config(
        backbone="mobilenet_v3_small", weights=str(tmp_path / "weights.pth"), width=48, height=48, epochs=3,
        batch_size=8, augment="light", learning_rate=1e-3, head_epochs=1,
    )  # fmt: skip

    def weights(name: str) -> bytes:
        with open_dataset(plates) as dataset:
            package = train_classifier(dataset, tmp_path / name, config, SilentReporter(), device="cpu")
        return package.read_file(WEIGHTS_FILE)

    everything = weights("everything")
    monkeypatch.setattr(
        FrozenJudge, "probabilities", lambda self, network: judge(network, self._pictures, self._device)
    )
    monkeypatch.setattr(pictures_module.Pictures.__init__, "__defaults__", ((), 0, None, None))
    assert weights("nothing") == everything
