"""The two networks that learn defects: one changes a good patch, the other tells real from made.

The generator is a U-Net; the discriminator judges pieces of patches (PatchGAN; Isola, Zhu, Zhou, Efros: "Image-to-Image
Translation with Conditional Adversarial Networks", CVPR 2017) with spectral norm (Miyato et al., ICLR 2018).
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own usage
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from training.gan_patches import SIDE

NOISE = 8
"""Length of the noise vector; a noise picture of SIDE x SIDE comes with it."""


class Generator(nn.Module):
    """U-Net of three levels; starts as the identity. Patches are (N, 3, SIDE, SIDE) in -1..1."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.enter = _block(3 + 1 + 1 + classes, width)
        self.down1 = _block(width, 2 * width, stride=2)
        self.down2 = _block(2 * width, 4 * width, stride=2)
        self.middle = _block(4 * width + NOISE, 4 * width)
        self.up1 = _block(6 * width, 2 * width)
        self.up2 = _block(3 * width, width)
        self.leave = nn.Conv2d(width, 3, 3, padding=1, bias=False)
        nn.init.zeros_(self.leave.weight)

    def forward(self, patch: Tensor, alpha: Tensor, classes: Tensor, noise: Tensor) -> Tensor:
        """Return the patch with a defect where `alpha` (N, 1, SIDE, SIDE) is above 0.

        Args:
            patch: Good patch.
            alpha: The defect's shape with its soft edge, 0..1.
            classes: One-hot (N, classes).
            noise: (N, NOISE + SIDE * SIDE): what makes two defects on the same spot differ.
        """
        texture = noise[:, NOISE:].reshape(-1, 1, SIDE, SIDE)
        first = self.enter(torch.cat([patch, alpha, texture, _planes(classes, SIDE)], 1))
        second = self.down1(first)
        third = self.down2(second)
        found = self.middle(torch.cat([third, _planes(noise[:, :NOISE], SIDE // 4)], 1))
        found = self.up1(torch.cat([_double(found), second], 1))
        found = self.up2(torch.cat([_double(found), first], 1))
        change = 2.0 * torch.tanh(self.leave(found))
        return (patch + alpha * change).clamp(-1.0, 1.0)


class Discriminator(nn.Module):
    """Judges 8 x 8 overlapping pieces of a patch, its shape and class; above 0 = real."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        sizes = [3 + 1 + classes, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(sizes[-1], 1, 3, padding=1)))

    def forward(self, patch: Tensor, alpha: Tensor, classes: Tensor) -> Tensor:
        """Return logits (N, 1, SIDE / 8, SIDE / 8)."""
        logits: Tensor = self.layers(torch.cat([patch, alpha, _planes(classes, SIDE)], 1))
        return logits


def _block(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1), nn.GroupNorm(4, after), nn.LeakyReLU(0.2))


def _planes(vector: Tensor, side: int) -> Tensor:
    return vector[:, :, None, None].expand(-1, -1, side, side)


def _double(tensor: Tensor) -> Tensor:
    return F.interpolate(tensor, scale_factor=2.0, mode="nearest")
