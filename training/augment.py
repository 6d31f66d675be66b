"""Augmentation presets for inspection, each a table of numbers with one meaning in two back-ends.

albumentations does the work where it is installed (this is the only module that imports it); torchvision's v2
kernels do it elsewhere, slower. Every picture's random choices follow from a seed of its own, so neither
threads nor a resumed run change them. All strengths are relative to the input size or the grey range and
stand in the package's card.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, replace
from typing import Any, Protocol

from inspector.inference.preprocess import Preprocessing
from inspector.types import Image
from training.config import Strength


@dataclass(frozen=True, slots=True)
class AugmentRecipe:
    """How pictures are varied. Each group happens with its own probability; 0 switches it off.

    Attributes:
        flip: Probability of a mirror image, for each axis.
        quarter_turn: Probability of a random quarter turn; only where the input is square.
        geometry: Probability of moving the part.
        rotate_degrees: Largest turn to either side.
        scale: Largest relative change of size to either side.
        shift: Largest move, as a share of width and height.
        light: Probability of changing the light.
        brightness: Largest change, as a share of the grey range.
        contrast: Largest relative change.
        gamma: Largest relative change of the exponent.
        noise: Probability of Gaussian sensor noise.
        noise_std: Largest standard deviation, as a share of the grey range.
        blur: Probability of a Gaussian blur (focus).
        blur_sigma: Largest standard deviation in pixels.
        dropout: Probability of blanking small squares.
        dropout_holes: Largest number of squares.
        dropout_size: Largest side, as a share of width and height.
    """

    flip: float = 0.0
    quarter_turn: float = 0.0
    geometry: float = 0.0
    rotate_degrees: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    light: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    noise: float = 0.0
    noise_std: float = 0.0
    blur: float = 0.0
    blur_sigma: float = 0.0
    dropout: float = 0.0
    dropout_holes: int = 0
    dropout_size: float = 0.0


PRESETS: dict[Strength, AugmentRecipe] = {
    "none": AugmentRecipe(),
    "light": AugmentRecipe(
        flip=0.5, quarter_turn=0.75,
        geometry=0.5, rotate_degrees=4, scale=0.05, shift=0.02, light=0.5, brightness=0.06, contrast=0.1,
        gamma=0.1, noise=0.1, noise_std=0.01,
    ),
    "medium": AugmentRecipe(
        flip=0.5, quarter_turn=0.75,
        geometry=0.7, rotate_degrees=8, scale=0.1, shift=0.04, light=0.7, brightness=0.1, contrast=0.2,
        gamma=0.25, noise=0.2, noise_std=0.02, blur=0.1, blur_sigma=0.8, dropout=0.1, dropout_holes=3,
        dropout_size=0.06,
    ),
    "strong": AugmentRecipe(
        flip=0.5, quarter_turn=0.75,
        geometry=0.9, rotate_degrees=15, scale=0.2, shift=0.08, light=0.9, brightness=0.2, contrast=0.35,
        gamma=0.4, noise=0.35, noise_std=0.04, blur=0.25, blur_sigma=1.5, dropout=0.3, dropout_holes=5,
        dropout_size=0.1,
    ),
}  # fmt: skip
"""What each `--augment` strength does."""


class Augment(Protocol):
    """Varies one fitted picture with its mask. Used by one thread at a time."""

    name: str

    def __call__(self, picture: Image, mask: Image, seed: int) -> tuple[Image, Image]:
        """Return a variation of a picture (height, width, 3) and its mask (height, width); both uint8.

        Equal seeds give equal results, and what happens to the picture does not depend on the mask.
        """
        ...


def make_recipe(strength: Strength, *, keep_orientation: bool = False) -> AugmentRecipe:
    """Return the preset, without flips and quarter turns where the orientation must be kept."""
    recipe = PRESETS[strength]
    return replace(recipe, flip=0.0, quarter_turn=0.0) if keep_orientation else recipe


def make_augment(recipe: AugmentRecipe, preprocessing: Preprocessing, backend: str = "auto") -> Augment:
    """Return the recipe as a function.

    Args:
        recipe: What to do.
        preprocessing: Gives the grey value for uncovered borders and whether the input is square.
        backend: `auto`, `albumentations` or `torchvision`.
    """
    if backend == "auto":
        backend = "albumentations" if importlib.util.find_spec("albumentations") else "torchvision"
    if backend == "albumentations":
        return AlbumentationsAugment(recipe, preprocessing)
    from training.augment_torchvision import TorchvisionAugment

    return TorchvisionAugment(recipe, preprocessing)


class AlbumentationsAugment:
    """The recipe on albumentations 2.0."""

    def __init__(self, recipe: AugmentRecipe, preprocessing: Preprocessing) -> None:
        self.name = "albumentations"
        self._compose = _compose(recipe, preprocessing)

    def __call__(self, picture: Image, mask: Image, seed: int) -> tuple[Image, Image]:
        """Return the variation that belongs to `seed`."""
        self._compose.set_random_seed(seed)
        varied = self._compose(image=picture, mask=mask)
        return varied["image"], varied["mask"]


def _compose(r: AugmentRecipe, preprocessing: Preprocessing) -> Any:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network for a newer version on import
    import albumentations as a

    fill = float(preprocessing.pad)
    steps = [a.HorizontalFlip(p=r.flip), a.VerticalFlip(p=r.flip)]
    if preprocessing.width == preprocessing.height:
        steps.append(a.RandomRotate90(p=r.quarter_turn))
    steps.append(
        a.Affine(
            rotate=(-r.rotate_degrees, r.rotate_degrees),
            scale=(1 - r.scale, 1 + r.scale),
            keep_ratio=True,
            translate_percent=(-r.shift, r.shift),
            fill=fill,
            p=r.geometry,
        )
    )
    gamma = (100 / (1 + r.gamma), 100 * (1 + r.gamma))
    steps += [
        a.RandomBrightnessContrast(r.brightness, r.contrast, brightness_by_max=True, p=r.light),
        a.RandomGamma(gamma_limit=gamma, p=r.light),
        a.GaussianBlur(blur_limit=0, sigma_limit=(0.3, max(0.3, r.blur_sigma)), p=r.blur),
        a.GaussNoise(std_range=(0.0, r.noise_std), per_channel=False, p=r.noise),
    ]
    if r.dropout > 0:
        size = (r.dropout_size / 3, r.dropout_size)
        steps.append(
            a.CoarseDropout(
                num_holes_range=(1, r.dropout_holes),
                hole_height_range=size,
                hole_width_range=size,
                fill=fill,
                p=r.dropout,
            )
        )
    return a.Compose(steps)
