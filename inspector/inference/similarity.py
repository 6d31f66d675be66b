"""How unlike two pictures are, place by place: what an auto-encoder learns to make small, and what it judges by.

Three residuals that see different things: colour (absolute difference), local structure (SSIM, Wang et al., IEEE TIP
2004), and edges at several scales (gradient magnitude similarity, Xue et al., IEEE TIP 2014). Bergmann et al. (VISAPP
2019) showed that SSIM finds defects of structure that a difference of pixels does not; Zavrtanik et al. (RIAD, Pattern
Recognition 2021) added the edges.
"""

from __future__ import annotations

import torch
from torch.nn import functional

_WINDOW = 7  # pixels; box windows: a Gaussian costs three times as much and changes little
_C1, _C2 = 0.01**2, 0.03**2  # SSIM's constants for values in 0..1
_EDGE_CONSTANT = 0.0026  # T of Xue et al. for values in 0..1
_SCALES = 3


def residual(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return how unlike two batches (N, 3, H, W) in 0..1 are at every pixel, (N, 1, H, W), 0 where they are equal.

    The sum of the absolute difference (mean over the channels), 1 - SSIM, and 1 - gradient similarity.
    """
    grey, other_grey = one.mean(1, keepdim=True), other.mean(1, keepdim=True)
    colour = (one - other).abs().mean(1, keepdim=True)
    return colour + structure_residual(grey, other_grey) + edge_residual(grey, other_grey)


def structure_residual(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return 1 - SSIM per pixel for grey pictures (N, 1, H, W) in 0..1; same shape, 0..2."""
    mean, other_mean = _blur(one), _blur(other)
    variance, other_variance = _blur(one * one) - mean * mean, _blur(other * other) - other_mean * other_mean
    covariance = _blur(one * other) - mean * other_mean
    ssim = ((2 * mean * other_mean + _C1) * (2 * covariance + _C2)) / (
        (mean * mean + other_mean * other_mean + _C1) * (variance + other_variance + _C2)
    )
    return 1.0 - ssim


def edge_residual(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return 1 - gradient magnitude similarity per pixel, mean over scales 1, 1/2 and 1/4; shape as given, 0..1."""
    size = one.shape[-2:]
    found = torch.zeros_like(one)
    for scale in range(_SCALES):
        if scale:
            one, other = functional.avg_pool2d(one, 2), functional.avg_pool2d(other, 2)
        edge, other_edge = _edges(one), _edges(other)
        similarity = (2 * edge * other_edge + _EDGE_CONSTANT) / (edge**2 + other_edge**2 + _EDGE_CONSTANT)
        unlike = 1.0 - similarity
        if scale:
            unlike = functional.interpolate(unlike, size, mode="bilinear", align_corners=False)
        found = found + unlike
    return found / _SCALES


def _edges(grey: torch.Tensor) -> torch.Tensor:
    """Return the gradient's magnitude by Prewitt's kernels, (N, 1, H, W)."""
    kernel = torch.tensor([[1.0, 0.0, -1.0]] * 3, device=grey.device, dtype=grey.dtype) / 3.0
    both = torch.stack([kernel, kernel.T])[:, None]
    found = functional.conv2d(functional.pad(grey, (1, 1, 1, 1), mode="replicate"), both)
    return torch.sqrt((found * found).sum(1, keepdim=True) + 1e-12)  # the gradient of a root has a pole at 0


def _blur(grey: torch.Tensor) -> torch.Tensor:
    edge = _WINDOW // 2
    return functional.avg_pool2d(functional.pad(grey, (edge,) * 4, mode="replicate"), _WINDOW, stride=1)
