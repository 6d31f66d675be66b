"""What is usual at each place of a part, taken from the good pictures that look most like it.

A product comes in variants, from several moulds, lots and suppliers. Where one variant always has an edge another never
has one, and a distance that means nothing here means a defect there. So the distances of a picture are compared, place
by place, with those of its most similar good pictures (the retrieval idea of SPADE: Cohen and Hoshen 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

NEIGHBOURS = 8
"""Good pictures that a picture is compared with."""

_PRIOR = 10.0  # pictures' worth of the spread over all places: with few pictures no place must seem calm by chance

Floats = NDArray[np.float32]


def look_of(places: torch.Tensor, inside: NDArray[np.bool_]) -> Floats:
    """Return what a picture looks like as a whole: mean and spread of its features, (2 d,), for places (h, w, d)."""
    import torch

    rows = places[torch.from_numpy(inside).to(places.device)]
    spread, mean = torch.std_mean(rows, dim=0, correction=0)
    found: Floats = torch.cat([mean, spread]).float().cpu().numpy()
    return found


def look_of_rows(rows: Floats) -> Floats:
    """Return the same look, (2 d,), for the places inside alone, (n, d); without torch."""
    weight = np.full(len(rows), 1.0 / len(rows), np.float32)
    mean = weight @ rows
    centred = rows - mean
    return np.concatenate([mean, np.sqrt(weight @ (centred * centred))])


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """Good pictures to compare with: how each looks as a whole, and its distances as if it were new.

    Attributes:
        looks: (r, k) standardised.
        centre: (k,) mean of the looks before that.
        scale: (k,) their standard deviation.
        distances: (r, h, w).
        spread: (h, w) standard deviation of the distances over all of them.
    """

    looks: Floats
    centre: Floats
    scale: Floats
    distances: Floats
    spread: Floats

    def standardise(self, distances: Floats, look: Floats, inside: NDArray[np.bool_], own: int | None = None) -> Floats:
        """Return by how many spreads each distance (h, w) lies above the usual one, averaged over 3 x 3 places.

        Args:
            distances: Of the picture.
            look: From `look_of`.
            inside: (h, w) places that show the picture; the others are left out of the average.
            own: The reference that the picture itself is, when it must not be compared with itself.
        """
        import cv2

        apart = np.square((look - self.centre) / self.scale - self.looks).sum(1)
        if own is not None and len(apart) > 1:
            apart[own] = np.inf
        count = min(NEIGHBOURS, len(apart) - (own is not None and len(apart) > 1))
        nearest = np.argpartition(apart, count - 1)[:count]
        like = self.distances[nearest]
        standard = (distances - like.mean(0)) / (like.std(0) + self.spread)
        weight = inside.astype(np.float32)
        around = cv2.blur(np.where(inside, standard, 0.0).astype(np.float32), (3, 3), borderType=cv2.BORDER_REFLECT)
        share = np.maximum(cv2.blur(weight, (3, 3), borderType=cv2.BORDER_REFLECT), 1e-6)
        return np.asarray(around / share, np.float32)

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return what a package keeps, by name; distances in half precision."""
        import torch

        named = {field.name: torch.from_numpy(getattr(self, field.name)).contiguous() for field in fields(self)}
        return {f"references.{name}": value.half() if name == "distances" else value for name, value in named.items()}


def references_from(tensors: dict[str, torch.Tensor]) -> References:
    """Take the references out of a package's tensors. Raises KeyError where one is missing."""
    names = [f"references.{field.name}" for field in fields(References)]
    return references_of({name: tensors.pop(name).numpy() for name in names})


def references_of(arrays: Mapping[str, NDArray[np.generic]]) -> References:
    """Make references of a package's arrays. Raises KeyError where one is missing."""
    names = [field.name for field in fields(References)]
    found = References(**{name: np.asarray(arrays[f"references.{name}"], np.float32) for name in names})
    if len(found.looks) != len(found.distances) or found.distances.shape[1:] != found.spread.shape:
        raise KeyError("the references' looks, distances and spread do not go together")
    return found


def make_references(looks: list[Floats], distances: list[Floats]) -> References:
    """Return references from good pictures' looks (k,) and distances (h, w), nan where a picture shows no part."""
    stacked, seen = np.stack(distances).astype(np.float64), np.stack(looks)
    known = ~np.isnan(stacked)
    overall = float(stacked[known].mean())
    usual = np.where(known, stacked, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    filled = np.where(known, stacked, np.where(known.any(0), usual, overall))
    squares = np.where(known, np.square(filled - filled.mean(0)), 0.0)
    typical = squares.sum() / known.sum()
    spread = np.sqrt((squares.sum(0) + _PRIOR * typical) / (known.sum(0) + _PRIOR))
    scale = np.maximum(seen.std(0), 1e-6)
    halved = filled.astype(np.float16).astype(np.float32)  # as the package keeps them
    return References(
        looks=((seen - seen.mean(0)) / scale).astype(np.float32),
        centre=seen.mean(0).astype(np.float32),
        scale=scale.astype(np.float32),
        distances=halved,
        spread=np.maximum(spread, 1e-6).astype(np.float32),
    )
