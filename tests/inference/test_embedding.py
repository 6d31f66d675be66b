"""Rows of a frozen network: the same picture, the same row; weights of another network are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from inspector.errors import ModelError
from inspector.inference.embedding import cached_imagenet, load_embedding
from inspector.inference.networks import build_network

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(build_network("resnet18", 10).state_dict(), path)
    return path


def test_that_a_row_depends_on_its_own_picture_alone(weights: Path) -> None:
    embedding = load_embedding("resnet18", str(weights), "cpu")
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 40, 60, 3), np.uint8))
    rows = embedding.embed(pictures)
    assert rows.shape == (3, 2 * (256 + 512))
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(embedding.embed(pictures[1:2])[0], rows[1], rtol=0.05, atol=0.05)
    assert np.abs(rows[0] - rows[1]).max() > 0.1


def test_that_a_file_without_the_last_stage_gives_the_stages_before(weights: Path, tmp_path: Path) -> None:
    state = torch.load(weights, weights_only=True)
    short = tmp_path / "short.pth"
    torch.save({name: value for name, value in state.items() if not name.startswith(("layer4", "fc"))}, short)
    embedding = load_embedding("resnet18", str(short), "cpu")
    assert embedding.embed([np.zeros((32, 32, 3), np.uint8)]).shape == (1, 2 * (128 + 256))
    assert embedding.key != load_embedding("resnet18", str(weights), "cpu").key


def test_that_other_files_are_refused_with_a_cure(weights: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pth"
    junk.write_bytes(b"no weights")
    for backbone, file in (("mobilenet_v2", weights), ("resnet18", junk), ("resnet18", tmp_path / "none.pth")):
        with pytest.raises(ModelError) as caught:
            load_embedding(backbone, str(file), "cpu")
        assert caught.value.cure


def test_that_nothing_is_fetched_to_look_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert cached_imagenet("mobilenet_v2") is None
    assert cached_imagenet("resnet10") is None
