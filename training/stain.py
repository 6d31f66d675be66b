"""Spoils pictures on purpose, so that an auto-encoder learns to draw what should be there instead.

Collin and De Vleeschouwer, "Improved Anomaly Detection by Training an Autoencoder with Skip Connections on Images
Corrupted with Stain-shaped Noise", ICPR 2020; the shapes are thresholded smooth noise and the filling comes half of
the time from another picture (Li et al., CutPaste, CVPR 2021), which is harder to notice than a flat colour.
"""

from __future__ import annotations

import torch
from torch.nn import functional

_SHARE = 0.75  # of the pictures are spoiled
_AREA = (0.01, 0.2)  # of a spoiled picture
_OPACITY = (0.3, 1.0)
_GRAIN = (3, 13)  # cells of noise along a side: large spots to small ones


def stain(pictures: torch.Tensor) -> torch.Tensor:
    """Return the pictures (N, 3, H, W) in 0..1 with stains on most of them; chance is torch's default generator."""
    count, _, height, width = pictures.shape
    areas = _uniform(count, *_AREA) * (torch.rand(count) < _SHARE)
    opacity = _uniform(count, *_OPACITY)[:, None, None, None]
    strength = (_shapes(count, height, width, areas) * opacity).to(pictures.device)
    return pictures * (1.0 - strength) + _filling(pictures) * strength


def _shapes(count: int, height: int, width: int, areas: torch.Tensor) -> torch.Tensor:
    """Return masks (N, 1, H, W) of 0 and 1 that cover the given share of each picture."""
    cells = int(torch.randint(*_GRAIN, ()))
    noise = functional.interpolate(torch.rand(count, 1, cells, cells), (height, width), mode="bicubic")
    ranked = noise.flatten(1).sort(dim=1, descending=True).values
    place = (areas * (ranked.shape[1] - 1)).long()[:, None]
    limit = ranked.gather(1, place)[:, :, None, None]
    return (noise > limit).float()  # an area of 0 leaves nothing above the largest value


def _filling(pictures: torch.Tensor) -> torch.Tensor:
    """Return what the stains show: the neighbour in the batch, moved, or one colour with grain."""
    count, channels, height, width = pictures.shape
    moves = (int(torch.randint(0, height, ())), int(torch.randint(0, width, ())))
    other = pictures.roll(1, dims=0).roll(moves, dims=(2, 3))
    grain = 0.05 * torch.randn(count, 1, height, width)
    flat = (torch.rand(count, channels, 1, 1) + grain).clamp(0.0, 1.0).to(pictures.device)
    from_other = (torch.rand(count, 1, 1, 1) < 0.5).to(pictures.device)
    return torch.where(from_other, other, flat)


def _uniform(count: int, low: float, high: float) -> torch.Tensor:
    return low + (high - low) * torch.rand(count)
