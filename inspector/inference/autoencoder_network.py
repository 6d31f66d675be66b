"""The auto-encoder's network: a picture through a narrow place and back. What it never saw does not come back."""

from __future__ import annotations

import torch
from torch import nn

from inspector.errors import ModelError

STRIDE = 16
"""Input pixels per cell of the narrow place; width and height of the input must be multiples of it."""

_SLOPE = 0.1  # of the leaky activations


class Autoencoder(nn.Module):
    """Four halvings to a few channels, and back. Pictures (N, 3, H, W) in 0..1 in and out.

    The narrow place is a map, not a vector, so that one network serves every input size and a defect stays local.

    Args:
        width: Channels after the first halving; doubled by the next two.
        latent: Channels of the narrow place. Fewer forget more: defects, and fine texture of good parts with them.
    """

    def __init__(self, width: int = 32, latent: int = 16) -> None:
        super().__init__()
        wide = (width, width * 2, width * 4, width * 4)
        self.encoder = nn.Sequential(
            *(_down(before, after) for before, after in zip((3, *wide), wide, strict=False)),
            nn.Conv2d(wide[-1], latent, kernel_size=1),
        )
        self.decoder = nn.Sequential(
            _unit(latent, wide[3]),
            *(_up(before, after) for before, after in zip(wide[:0:-1], wide[-2::-1], strict=True)),
        )
        self.draw = nn.Sequential(nn.Conv2d(width, 12, kernel_size=3, padding=1), nn.PixelShuffle(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the pictures as drawn from memory, (N, 3, H, W) in 0..1."""
        return torch.sigmoid(self.draw(self.decoder(self.encoder(x))))


def build_autoencoder(width: int, latent: int) -> Autoencoder:
    """Return the network with random weights.

    Raises:
        ModelError: Numbers that make no network.
    """
    if width < 1 or latent < 1:
        raise ModelError(
            f"An auto-encoder needs at least one channel, not width {width} and latent {latent}.",
            cure="The package was put together wrongly: train it again.",
        )
    return Autoencoder(width, latent)


def _unit(before: int, after: int, stride: int = 1) -> nn.Sequential:
    kernel = 3 if stride == 1 else 4
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(_SLOPE, inplace=True),
    )


def _down(before: int, after: int) -> nn.Sequential:
    return _unit(before, after, stride=2)


def _up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), _unit(before, after))
