"""Putting a synthetic defect onto a good picture: where the part is, where the defect fits, how it is blended in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.types import Image

Mask = NDArray[np.bool_]
Alpha = NDArray[np.float32]

SOFT_PX = 2
"""A blended defect fades out over this many pixels around its shape."""

_BORDER_SHARE = 0.02
_PART_SHARES = (0.05, 0.90)
_UNEVEN_BORDER = 0.15
_INSIDE = 0.98
_LEAST_CHANGE = 6.0


def foreground(pixels: Image) -> Mask:
    """Return where the part is, (H, W): what differs from the picture's border by Otsu's threshold (Otsu, 1979).

    Where the border is no even background, or the rest would be hardly a part, the part is taken to fill the picture.
    """
    import cv2

    height, width = pixels.shape[:2]
    strip = max(1, round(_BORDER_SHARE * min(height, width)))
    border = np.zeros((height, width), np.bool_)
    border[:strip], border[-strip:], border[:, :strip], border[:, -strip:] = True, True, True, True
    smooth = cv2.GaussianBlur(pixels, (0, 0), max(1.0, min(height, width) / 150)).astype(np.float32)
    distance = np.abs(smooth - np.median(smooth[border], axis=0)).max(axis=2)
    _, inside = cv2.threshold(distance.clip(0, 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * strip + 1, 2 * strip + 1))
    found: Mask = cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel) > 0
    low, high = _PART_SHARES
    if (inside[border] > 0).mean() > _UNEVEN_BORDER or not low <= found.mean() <= high:
        return np.ones((height, width), np.bool_)
    return found


def find_place(rng: np.random.Generator, shape: Mask, part: Mask) -> tuple[int, int] | None:
    """Return (top, left) at which a shape (h, w) lies on the part (H, W), any such place alike; None for none."""
    import cv2

    if shape.shape[0] > part.shape[0] or shape.shape[1] > part.shape[1] or not shape.any():
        return None
    overlap = cv2.matchTemplate(part.astype(np.float32), shape.astype(np.float32), cv2.TM_CCORR)
    places = np.flatnonzero(overlap >= _INSIDE * shape.sum() - 0.01)
    if places.size == 0:
        return None
    top, left = np.unravel_index(int(rng.choice(places)), overlap.shape)
    return int(top), int(left)


def soft_edge(shape: Mask) -> Alpha:
    """Return 1 inside a shape (H, W), falling to 0 over `SOFT_PX` pixels around it."""
    import cv2

    outside = cv2.distanceTransform(np.where(shape, np.uint8(0), np.uint8(1)), cv2.DIST_L2, 5)
    return np.clip(1.0 - outside / (SOFT_PX + 1), 0.0, 1.0).astype(np.float32)


def blend(carrier: Image, defect: NDArray[np.float32], alpha: Alpha) -> tuple[Image, Image] | None:
    """Return the carrier (H, W, 3) with a defect of the same shape blended in, and the mask of what was changed.

    Where `alpha` (H, W) is 0 the pixels stay exactly the carrier's, and the mask covers no other. None where the change
    would hardly be seen: a picture that looks good must not be called defective.
    """
    mixed = carrier + alpha[:, :, None] * (defect - carrier)
    pixels = np.where(alpha[:, :, None] > 0, np.rint(mixed).clip(0, 255), carrier).astype(np.uint8)
    if visibility(carrier, pixels, alpha) < _LEAST_CHANGE:
        return None
    return pixels, np.where(alpha > 0, np.uint8(255), np.uint8(0))


def visibility(carrier: Image, pixels: Image, alpha: Alpha) -> float:
    """Return the mean absolute change in grey levels (0..255) where alpha is above one half."""
    core = alpha > 0.5
    return float(np.abs(pixels[core].astype(np.float32) - carrier[core]).mean()) if core.any() else 0.0
