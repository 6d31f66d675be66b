"""What frozen layers say of pictures that do not change: computed once per run, not once per epoch.

With pretrained weights the stem, up to a stride of four, never learns (`training.schedule`), so what it gives for a
validation picture is the same in every epoch. It is kept, and the judgement of an epoch begins behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.inference.networks import Stage, network_stages
from training.config import TrainingConfig
from training.pictures import Pictures
from training.schedule import STEM_STRIDE

FEATURE_BYTES = 1 << 30
"""Memory for kept features; batches past it go through the whole network."""

_JUDGE_BATCH = 32


class FrozenJudge:
    """Judges one split after every epoch; keeps what the frozen stem gives. Used by one thread.

    Args:
        pictures: Of the split, unvaried.
        config: Of the run: says whether anything is frozen for good.
        device: Where the network lies.
        most_bytes: Memory for the features.
    """

    def __init__(
        self, pictures: Pictures, config: TrainingConfig, device: torch.device, most_bytes: int = FEATURE_BYTES
    ) -> None:
        self._pictures = pictures
        self._device = device
        self._frozen = config.pretrained and not config.train_stem
        self._left = most_bytes
        self._kept: dict[int, torch.Tensor] = {}
        self._stem: tuple[str, ...] | None = None

    def probabilities(self, network: nn.Module) -> NDArray[np.float64]:
        """Return the class probabilities of every picture, (N, classes); full precision, evaluation mode."""
        network.eval()
        if self._stem is None:
            self._stem = stem_of(network_stages(network)) if self._frozen else ()
        with torch.inference_mode():
            return np.concatenate(list(self._batches(network)))

    def _batches(self, network: nn.Module) -> Iterator[NDArray[np.float64]]:
        for start in range(0, len(self._pictures), _JUDGE_BATCH):
            kept = self._kept.get(start)
            logits = self._behind(network, kept) if kept is not None else self._whole(network, start)
            yield logits.double().softmax(1).cpu().numpy()

    def _whole(self, network: nn.Module, start: int) -> torch.Tensor:
        """Send pictures through the whole network and keep what the stem gave, where there is room."""
        indices = range(start, min(start + _JUDGE_BATCH, len(self._pictures)))
        given = self._pictures.batch(indices).pictures.to(self._device)
        if not self._stem:
            return network(given)  # type: ignore[no-any-return]
        seen: list[torch.Tensor] = []
        hook = network.get_submodule(self._stem[-1]).register_forward_hook(lambda _m, _i, out: seen.append(out.clone()))
        try:
            logits: torch.Tensor = network(given)
        finally:
            hook.remove()
        if not self._kept and not torch.equal(self._behind(network, seen[0]), logits):
            self._stem = ()  # its blocks are no chain: there is no behind
        size = seen[0].numel() * seen[0].element_size()
        if self._stem and size <= self._left:
            self._left -= size
            self._kept[start] = seen[0]
        return logits

    def _behind(self, network: nn.Module, features: torch.Tensor) -> torch.Tensor:
        """Begin behind the stem: its blocks let the features through."""
        with _let_through(network, self._stem or ()):
            logits: torch.Tensor = network(features)
        return logits


def stem_of(stages: tuple[Stage, ...]) -> tuple[str, ...]:
    """Return the blocks that never learn, in the order of the data; empty where the features would lie otherwise."""
    stem = [stage for stage in stages if stage.stride <= STEM_STRIDE]
    return tuple(block for stage in stem for block in stage.blocks) if len(stem) < len(stages) else ()


@contextmanager
def _let_through(network: nn.Module, blocks: tuple[str, ...]) -> Iterator[None]:
    modules = [network.get_submodule(name) for name in blocks]
    for module in modules:
        module.forward = _same
    try:
        yield
    finally:
        for module in modules:
            del module.forward


def _same(given: torch.Tensor) -> torch.Tensor:
    return given
