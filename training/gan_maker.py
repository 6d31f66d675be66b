"""A trained generator as a maker of pictures, and a figure for how like its defects are to real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.blending import Mask, blend, soft_edge
from datasets.derived import DerivedPicture
from datasets.synthesis import Sources
from inspector.types import Image
from training.gan import DefectGan, GanConfig
from training.gan_networks import Generator
from training.gan_patches import DefectPatch, Spot, draw_spot

_SPOTS = 96
_VALUES = 64  # pixels that speak for a patch


class GanMaker:
    """Makes pictures of the classes that the generator knows."""

    def __init__(self, gan: DefectGan, sources: Sources, patches: Sequence[DefectPatch]) -> None:
        self._gan = gan
        self._sources = sources
        self._patches = tuple(patches)
        self.labels = gan.labels

    def make(self, rng: np.random.Generator, label: str) -> DerivedPicture | None:
        """Return a good picture with a generated defect; None where it does not fit or hardly shows."""
        import cv2

        spot = draw_spot(rng, self._sources, self._patches, label)
        if spot is None:
            return None
        change = self._gan.changes([spot], int(rng.integers(2**31)))[0]
        side = spot.shape.shape[0]
        defect = spot.pixels.astype(np.float32)
        defect[spot.window] += cv2.resize(change, (side, side), interpolation=cv2.INTER_LINEAR)
        shape = np.zeros(spot.pixels.shape[:2], np.bool_)
        shape[spot.window] = spot.shape
        found = blend(spot.pixels, defect, soft_edge(shape))
        # The network has seen every defect, so each picture is made from all of them.
        return None if found is None else DerivedPicture(*found, label, spot.carrier, self._sources.defects)


def measure(gan: DefectGan, sources: Sources, patches: Sequence[DefectPatch], config: GanConfig) -> dict[str, float]:
    """Return `contrast_distance` of a trained generator, and of one that changes nothing, on the same spots."""
    rng = np.random.default_rng([config.seed, 2])
    drawn = [draw_spot(rng, sources, patches, gan.labels[n % len(gan.labels)]) for n in range(_SPOTS)]
    spots = [spot for spot in drawn if spot is not None]
    untrained = DefectGan(Generator(len(gan.labels), config.width), gan.labels)
    return {
        "contrast_distance_before": contrast_distance(untrained, patches, spots, config.seed),
        "contrast_distance": contrast_distance(gan, patches, spots, config.seed),
    }


def contrast_distance(gan: DefectGan, patches: Sequence[DefectPatch], spots: Sequence[Spot], seed: int) -> float:
    """Return how far generated defects are from real ones in contrast, in grey levels (0 = alike).

    Per class: the 1-Wasserstein distance between the grey levels inside real and generated defects, both relative to
    the median around them, every patch weighing the same; then the mean over the classes.
    """
    from scipy.stats import wasserstein_distance

    changed = [
        np.rint(spot.patch()[0] + change).clip(0, 255).astype(np.uint8)
        for spot, change in zip(spots, gan.changes(spots, seed), strict=True)
    ]
    distances = []
    for label in gan.labels:
        real = [_contrasts(patch.pixels, patch.shape) for patch in patches if patch.label == label]
        made = [_contrasts(p, spot.patch()[1]) for p, spot in zip(changed, spots, strict=True) if spot.label == label]
        if real and made:
            distances.append(float(wasserstein_distance(np.concatenate(real), np.concatenate(made))))
    return float(np.mean(distances))


def _contrasts(pixels: Image, shape: Mask) -> np.ndarray:
    """Return quantiles of the grey levels inside the shape, relative to the median outside."""
    grey = pixels.astype(np.float64).mean(axis=2)
    around = np.median(grey[~shape]) if not shape.all() else np.median(grey)
    inside = grey[shape] if shape.any() else grey.ravel()
    return np.asarray(np.quantile(inside, (np.arange(_VALUES) + 0.5) / _VALUES) - around)
