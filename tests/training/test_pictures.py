"""The drawing of pictures, their cache and their cells."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.manifest import open_dataset
from inspector.errors import DatasetError
from inspector.inference.networks import build_network, network_stages
from inspector.inference.preprocess import Preprocessing
from training.augment import make_augment, make_recipe
from training.average import AveragedNetwork
from training.config import make_config
from training.guide import Guide
from training.pictures import UNKNOWN, Pictures, draw, training_batches
from training.schedule import Unfreezing, learning_rate

FIT = Preprocessing(width=48, height=48)


def pictures(dataset: Path, cache_bytes: int = 1 << 30) -> Pictures:
    with open_dataset(dataset) as opened:
        return Pictures(opened.items("train"), opened.classes, FIT, opened.good, cache_bytes)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=5), balance=st.floats(0, 1), seed=st.integers(0, 99),
    extra=st.integers(0, 50),
)  # fmt: skip
def test_that_classes_are_drawn_in_their_shares_and_pictures_evenly(
    counts: list[int], balance: float, seed: int, extra: int
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    total = labels.size + extra
    drawn = draw(labels, total, balance, np.random.default_rng(seed))
    shares = np.array(counts, float) ** (1 - balance)
    expected = shares / shares.sum() * total
    assert drawn.size == total
    assert (np.abs(np.bincount(labels[drawn], minlength=len(counts)) - expected) <= 1).all()
    shown = np.bincount(drawn, minlength=labels.size)
    for label in range(len(counts)):
        assert np.ptp(shown[labels == label]) <= 1


def test_that_batches_depend_on_seed_and_epoch_alone(plates: Path) -> None:
    def batches(seed: int, epoch: int, cache_bytes: int = 1 << 30) -> list[torch.Tensor]:
        augment = make_augment(make_recipe("medium"), FIT)
        found = training_batches(
            pictures(plates, cache_bytes), augment, size=8, balance=0.5, seed=seed, epoch=epoch, grid=(3, 3)
        )
        return [batch.pictures for batch in found]

    one, uncached = batches(1, 2), batches(1, 2, cache_bytes=0)
    assert all(torch.equal(a, b) for a, b in zip(one, uncached, strict=True))
    assert not torch.equal(one[0], batches(1, 3)[0])
    assert not torch.equal(one[0], batches(2, 2)[0])


def test_that_the_cache_is_bounded_and_what_is_past_it_is_counted(plates: Path) -> None:
    room_for_five = pictures(plates, cache_bytes=5 * 48 * 48 * 4)
    for index in range(len(room_for_five)):
        room_for_five.fitted(index)
    assert len(room_for_five._cache) == 5
    assert room_for_five.uncached == len(room_for_five) - 5


def test_that_cells_show_the_defect_where_the_mask_is_and_the_good_class_elsewhere(plates: Path) -> None:
    train = pictures(plates)
    vary = make_augment(make_recipe("none"), FIT)
    indices = [int(np.flatnonzero(train.labels == label)[0]) for label in range(3)]
    batch = train.varied_batch(indices, vary, [0] * 3, (12, 12))
    assert batch.cells is not None
    for index, cells in zip(indices, batch.cells.numpy(), strict=True):
        label = train.labels[index]
        assert set(np.unique(cells)) <= {0, int(label), UNKNOWN}
        if label == 0:
            assert (cells == 0).all()
            continue
        marked = train.fitted(index)[1].reshape(12, 4, 12, 4).max(axis=(1, 3)) > 0
        assert ((cells != 0) == marked).all()
        assert (cells == label).any()


def test_that_nothing_is_claimed_of_a_defect_without_a_mask(tmp_path: Path, plates_factory: Any) -> None:
    train = pictures(plates_factory(tmp_path, {"good": 8, "spot": 8}, masks=False))
    assert not train.have_masks
    batch = train.varied_batch([int(np.argmax(train.labels))], make_augment(make_recipe("none"), FIT), [0], (4, 4))
    assert batch.cells is not None
    assert (batch.cells == UNKNOWN).all()


def test_that_a_file_changed_since_the_import_is_refused(tmp_path: Path, plates_factory: Any) -> None:
    train = pictures(plates_factory(tmp_path, {"good": 8, "spot": 8}))
    train.items[0].path.write_bytes(train.items[1].path.read_bytes())
    with pytest.raises(DatasetError, match="not the one that was imported"):
        train.fitted(0)


def test_that_the_guide_teaches_the_network_and_stays_out_of_it() -> None:
    torch.manual_seed(0)
    network = build_network("resnet10", 3)
    names = set(network.state_dict())
    guide = Guide(network, 3, 64, 64)
    assert guide.grid == (4, 4)
    network(torch.rand(2, 3, 64, 64))
    cells = torch.zeros(2, 4, 4, dtype=torch.int64)
    cells[1, 2, 2] = 1
    torch.autograd.backward(guide.loss(cells, 0))
    assert set(network.state_dict()) == names
    first = network.get_parameter("conv1.weight").grad
    assert first is not None
    assert first.abs().sum() > 0
    with pytest.raises(RuntimeError, match="not run"):
        guide.loss(cells, 0)


def test_that_cells_of_which_nothing_is_known_teach_nothing() -> None:
    network = build_network("resnet10", 3)
    guide = Guide(network, 3, 64, 64)
    network(torch.rand(1, 3, 64, 64))
    loss = guide.loss(torch.full((1, 4, 4), UNKNOWN), 0)
    assert float(loss.detach()) == 0.0


def test_that_layers_thaw_from_the_output_and_the_stem_stays_frozen() -> None:
    network = build_network("mobilenet_v2", 3)
    stages = network_stages(network)
    unfreezing = Unfreezing(network, make_config(head_epochs=1))

    def learning(stage: int) -> bool:
        block = network.get_submodule(stages[stage].blocks[-1])
        return block.training and all(parameter.requires_grad for parameter in block.parameters())

    seen = []
    for epoch in range(4):
        unfreezing.apply(epoch)
        assert network.get_parameter("classifier.1.weight").requires_grad
        seen.append([learning(stage) for stage in range(len(stages))])
    assert seen[0] == [False] * 5
    assert seen[1] == [False, False, False, True, True]
    assert seen[2] == seen[3] == [False, False, True, True, True]
    Unfreezing(network, make_config(head_epochs=1, train_stem=True)).apply(3)
    assert all(learning(stage) for stage in range(len(stages)))
    Unfreezing(network, make_config(weights="none")).apply(0)
    assert all(learning(stage) for stage in range(len(stages)))


@given(st.integers(1, 50), st.integers(2, 40), st.sampled_from(["none", "imagenet"]))
def test_that_the_learning_rate_rises_once_and_falls_to_the_end(steps: int, epochs: int, weights: str) -> None:
    config = make_config(weights=weights)
    rates = [learning_rate(step, steps, epochs, config) for step in range(steps * epochs)]
    assert all(0 < rate <= config.peak_learning_rate for rate in rates)
    alone = min(config.head_epochs, epochs - 1) if config.pretrained else 0
    tail = rates[(alone + 1) * steps :]
    assert tail == sorted(tail, reverse=True)


def test_that_the_average_follows_the_network_and_counts_little_of_the_beginning() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(100.0)
    averaged = AveragedNetwork(network, horizon=10)
    with torch.no_grad():
        network.weight.fill_(1.0)
    for _ in range(60):
        averaged.update(network)
    assert float(averaged.network.get_parameter("weight")) == pytest.approx(1.0, abs=0.5)
    assert not averaged.network.training
