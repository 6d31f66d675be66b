"""The augmentation recipe on torchvision's v2 kernels, for installations without albumentations."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.transforms.v2 import functional as kernels

from inspector.inference.preprocess import Preprocessing
from inspector.types import Image
from training.augment import AugmentRecipe


class TorchvisionAugment:
    """Draws the random numbers itself, from a generator of its own: torch's global one stays untouched."""

    def __init__(self, recipe: AugmentRecipe, preprocessing: Preprocessing) -> None:
        self.name = "torchvision"
        self._recipe = recipe
        self._pad = preprocessing.pad
        self._square = preprocessing.width == preprocessing.height

    def __call__(self, picture: Image, mask: Image, seed: int) -> tuple[Image, Image]:
        """Return the variation that belongs to `seed`."""
        rng = np.random.default_rng(seed)
        tensor = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
        marks = torch.from_numpy(np.ascontiguousarray(mask[None]))
        tensor, marks = self._turn(tensor, marks, rng)
        tensor, marks = self._move(tensor, marks, rng)
        tensor = self._light(tensor, rng)
        tensor = self._spoil(tensor, rng)
        return np.ascontiguousarray(tensor.numpy().transpose(1, 2, 0)), np.ascontiguousarray(marks.numpy()[0])

    def _turn(
        self, tensor: torch.Tensor, marks: torch.Tensor, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        r = self._recipe
        if rng.random() < r.flip:
            tensor, marks = kernels.horizontal_flip(tensor), kernels.horizontal_flip(marks)
        if rng.random() < r.flip:
            tensor, marks = kernels.vertical_flip(tensor), kernels.vertical_flip(marks)
        if self._square and rng.random() < r.quarter_turn:
            turns = int(rng.integers(0, 4))
            tensor, marks = torch.rot90(tensor, turns, (1, 2)), torch.rot90(marks, turns, (1, 2))
        return tensor, marks

    def _move(
        self, tensor: torch.Tensor, marks: torch.Tensor, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        r = self._recipe
        if rng.random() >= r.geometry:
            return tensor, marks
        height, width = tensor.shape[1:]
        how = {
            "angle": float(rng.uniform(-r.rotate_degrees, r.rotate_degrees)),
            "translate": [float(rng.uniform(-r.shift, r.shift) * side) for side in (width, height)],
            "scale": float(rng.uniform(1 - r.scale, 1 + r.scale)),
            "shear": [0.0, 0.0],
        }
        mode = kernels.InterpolationMode
        return (
            kernels.affine(tensor, **how, interpolation=mode.BILINEAR, fill=float(self._pad)),
            kernels.affine(marks, **how, interpolation=mode.NEAREST, fill=0.0),
        )

    def _light(self, tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        r = self._recipe
        if rng.random() < r.light:
            shifted = tensor.float() + float(rng.uniform(-r.brightness, r.brightness)) * 255
            tensor = (shifted * float(rng.uniform(1 - r.contrast, 1 + r.contrast))).clamp(0, 255).to(torch.uint8)
        if rng.random() < r.light:
            tensor = kernels.adjust_gamma(tensor, float(rng.uniform(1 / (1 + r.gamma), 1 + r.gamma)))
        return tensor

    def _spoil(self, tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        r = self._recipe
        if rng.random() < r.blur:
            sigma = float(rng.uniform(0.3, max(0.3, r.blur_sigma)))
            tensor = kernels.gaussian_blur(tensor, [2 * round(3 * sigma) + 1] * 2, [sigma] * 2)
        if rng.random() < r.noise:
            grain = rng.normal(0, rng.uniform(0, r.noise_std) * 255, tensor.shape[1:]).astype(np.float32)
            tensor = (tensor.float() + torch.from_numpy(grain)).clamp(0, 255).to(torch.uint8)
        if rng.random() < r.dropout:
            tensor = self._blank(tensor, rng)
        return tensor

    def _blank(self, tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
        r = self._recipe
        height, width = tensor.shape[1:]
        for _ in range(int(rng.integers(1, r.dropout_holes + 1))):
            size = rng.uniform(r.dropout_size / 3, r.dropout_size, 2)
            h, w = max(1, int(size[0] * height)), max(1, int(size[1] * width))
            top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
            tensor = kernels.erase(tensor, top, left, h, w, torch.full((3, 1, 1), self._pad, dtype=torch.uint8))
        return tensor
