"""Cut-paste: the pixels of a real defect, turned, scaled and matched in brightness, on a good picture.

After CutPaste (Li, Sohn, Yoon, Pfister: "CutPaste: Self-Supervised Learning for Anomaly Detection and Localization",
CVPR 2021); other than there the pieces are real defects, cut by their masks, and their edges are blended: feathered, or
by Poisson's equation (Perez, Gangnet, Blake: "Poisson Image Editing", SIGGRAPH 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.blending import Mask, blend, find_place, foreground, soft_edge
from datasets.derived import DerivedPicture
from datasets.synthesis import Sources
from inspector.types import Image

_MARGIN_PX = 12  # of surroundings cut out with a defect; their brightness is compared with the new place
_SCALES = (0.75, 1.33)
_GAINS = (0.75, 1.25)
_POISSON_SHARE = 0.5
_LEAST_PX = 4


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A defect with its surroundings: pixels (h, w, 3) float32 in 0..255 and shape (h, w)."""

    pixels: NDArray[np.float32]
    shape: Mask


class CutPaste:
    """Makes pictures of the classes of its material."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.labels = sources.labels

    def make(self, rng: np.random.Generator, label: str) -> DerivedPicture | None:
        """Return a good picture with a defect of class `label`; None where this draw does not fit or hardly shows."""
        material = self._sources.draw_defect(rng, label)
        carrier = self._sources.draw_carrier(rng, material.view)
        mask = material.read_mask()
        piece = None if mask is None else cut(rng, material.read_pixels(), mask > 0)
        if piece is None:
            return None
        pixels = carrier.read_pixels()
        piece = vary(rng, piece)
        place = find_place(rng, piece.shape, foreground(pixels))
        found = None if place is None else paste(rng, pixels, piece, place)
        return None if found is None else DerivedPicture(*found, label, carrier, (material,))


def cut(rng: np.random.Generator, pixels: Image, mask: Mask) -> Piece | None:
    """Return one piece of a picture's defect, larger ones more often; None where the mask is as good as empty."""
    import cv2

    near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))  # specks of one defect stay together
    count, numbers, _, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    areas = np.bincount(numbers[mask], minlength=count).astype(np.float64)
    areas[areas < _LEAST_PX] = 0.0
    if areas.sum() == 0:
        return None
    shape = mask & (numbers == rng.choice(count, p=areas / areas.sum()))
    rows, columns = np.flatnonzero(shape.any(1)), np.flatnonzero(shape.any(0))
    window = (
        slice(max(0, rows[0] - _MARGIN_PX), rows[-1] + _MARGIN_PX + 1),
        slice(max(0, columns[0] - _MARGIN_PX), columns[-1] + _MARGIN_PX + 1),
    )
    return Piece(pixels[window].astype(np.float32), shape[window])


def vary(rng: np.random.Generator, piece: Piece) -> Piece:
    """Return the piece mirrored or not, turned by any angle and scaled."""
    import cv2

    pixels, shape = (piece.pixels, piece.shape) if rng.random() < 0.5 else (piece.pixels[:, ::-1], piece.shape[:, ::-1])
    height, width = shape.shape
    angle, scale = rng.uniform(0, 360), float(np.exp(rng.uniform(*np.log(_SCALES))))
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    size = int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine))
    turn[0, 2] += (size[0] - width) / 2
    turn[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(np.ascontiguousarray(pixels), turn, size, flags=cv2.INTER_LINEAR,
                            borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    mask = cv2.warpAffine(np.ascontiguousarray(shape, np.float32), turn, size, flags=cv2.INTER_LINEAR)
    return _trim(Piece(turned.astype(np.float32, copy=False), mask > 0.3))  # thin lines survive


def _trim(piece: Piece) -> Piece:
    """Cut off what the turn added, so that the piece fits closer to the edge of the part."""
    rows, columns = np.flatnonzero(piece.shape.any(1)), np.flatnonzero(piece.shape.any(0))
    if rows.size == 0:
        return piece
    margin = _MARGIN_PX // 2
    window = (
        slice(max(0, rows[0] - margin), rows[-1] + margin + 1),
        slice(max(0, columns[0] - margin), columns[-1] + margin + 1),
    )
    return Piece(piece.pixels[window], piece.shape[window])


def paste(rng: np.random.Generator, carrier: Image, piece: Piece, place: tuple[int, int]) -> tuple[Image, Image] | None:
    """Return the carrier with the piece blended in at (top, left), and the mask; None where it hardly shows."""
    shape = np.zeros(carrier.shape[:2], np.bool_)
    window = tuple(slice(start, start + length) for start, length in zip(place, piece.shape.shape, strict=True))
    shape[window] = piece.shape
    defect = carrier.astype(np.float32)
    defect[window] = _matched(piece, defect[window], float(rng.uniform(*_GAINS)))
    alpha = soft_edge(shape)
    if rng.random() < _POISSON_SHARE:
        defect = _poisson(carrier, defect.clip(0, 255).astype(np.uint8), shape)
    return blend(carrier, defect, alpha)


def _matched(piece: Piece, around: NDArray[np.float32], gain: float) -> NDArray[np.float32]:
    """Return the piece with the brightness of its new place, its difference to its surroundings times `gain`."""
    ring = ~piece.shape
    if not ring.any():
        return piece.pixels
    before, now = (np.median(pixels[ring], axis=0) for pixels in (piece.pixels, around))
    return np.asarray(now + gain * (piece.pixels - before), np.float32)


def _poisson(carrier: Image, defect: Image, shape: Mask) -> NDArray[np.float32]:
    """Return the carrier with the defect's gradients in and close around the shape."""
    import cv2

    # seamlessClone erodes the mask by three pixels and refuses one that touches the picture's edge
    mask = cv2.dilate(shape.astype(np.uint8) * 255, np.ones((11, 11), np.uint8))
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    if not mask.any():
        return defect.astype(np.float32)
    left, top, width, height = cv2.boundingRect(mask)
    middle = (left + width // 2, top + height // 2)
    return np.asarray(cv2.seamlessClone(defect, carrier, mask, middle, cv2.NORMAL_CLONE), np.float32)
