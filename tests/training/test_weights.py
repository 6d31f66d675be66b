"""Starting weights from files, as people have them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from inspector.errors import TrainingError
from inspector.inference.networks import build_network
from training.weights import load_weights

NAME = "mobilenet_v3_small"


@pytest.fixture(scope="module")
def imagenet_like() -> dict[str, torch.Tensor]:
    """The state of a network with 1000 classes, as torchvision publishes it."""
    torch.manual_seed(1)
    return dict(build_network(NAME, 1000).state_dict())


def save_pth(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save(state, path.with_suffix(".pth"))
    return path.with_suffix(".pth")


def save_safetensors(state: dict[str, torch.Tensor], path: Path) -> Path:
    safetensors.torch.save_file(
        {name: value.contiguous() for name, value in state.items()}, path.with_suffix(".safetensors")
    )
    return path.with_suffix(".safetensors")


@pytest.mark.parametrize("save", [save_pth, save_safetensors])
def test_that_a_state_dict_of_1000_classes_loads_without_its_head(
    imagenet_like: dict[str, torch.Tensor], tmp_path: Path, save: Callable[[dict[str, torch.Tensor], Path], Path]
) -> None:
    network = build_network(NAME, 4)
    head = network.state_dict()["classifier.3.weight"].clone()
    loaded = load_weights(network, NAME, str(save(imagenet_like, tmp_path / "weights")))
    assert loaded.missing == loaded.unexpected == ()
    state = network.state_dict()
    assert (state["features.0.0.weight"] == imagenet_like["features.0.0.weight"]).all()
    assert (state["classifier.3.weight"] == head).all()


def test_that_missing_and_unexpected_tensors_are_named(imagenet_like: dict[str, torch.Tensor], tmp_path: Path) -> None:
    state = {f"module.{name}": value for name, value in imagenet_like.items() if not name.startswith("features.12")}
    path = save_pth({"state_dict": {**state, "extra": torch.zeros(1)}}, tmp_path / "part")  # type: ignore[dict-item]
    loaded = load_weights(build_network(NAME, 4), NAME, str(path))
    assert loaded.missing
    assert all(name.startswith("features.12") for name in loaded.missing)
    assert loaded.unexpected == ("extra",)


def test_that_weights_of_another_network_are_refused(imagenet_like: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = save_pth(imagenet_like, tmp_path / "other")
    with pytest.raises(TrainingError, match="another network") as caught:
        load_weights(build_network("resnet18", 4), "resnet18", str(path))
    assert "--backbone" in caught.value.cure


class Malicious:
    """Would write a file when unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.target,)


def test_that_code_in_a_weights_file_is_not_run(tmp_path: Path) -> None:
    target = tmp_path / "executed"
    torch.save({"weight": Malicious(target)}, tmp_path / "evil.pth")
    with pytest.raises(TrainingError, match="read safely"):
        load_weights(build_network(NAME, 4), NAME, str(tmp_path / "evil.pth"))
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x04."])
@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_that_a_file_that_is_no_state_dict_is_refused(content: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match=name):
        load_weights(build_network(NAME, 4), NAME, str(tmp_path / name))


def test_that_a_missing_file_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read") as caught:
        load_weights(build_network(NAME, 4), NAME, str(tmp_path / "none.pth"))
    assert "--weights none" in caught.value.cure
