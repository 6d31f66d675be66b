"""Pictures that a package judges by tiles, as training sees them: which tile shows what, and whose tile it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Item
from inspector.errors import DatasetError
from inspector.inference.tiling import Tiling
from inspector.types import Region

_SHOWS_DEFECT = 0.0005  # share of a tile that a defect covers before the tile counts as defective
_SHOWS_MOST = 0.5  # or this share of all that is marked in the picture: small defects cover less of a tile


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles of some pictures, picture by picture.

    Attributes:
        items: One per tile: the picture's, with the class and the size of the tile.
        regions: Where it lies in the picture.
        owners: Which picture it is of, counted over the pictures given, (N,).
    """

    items: tuple[Item, ...]
    regions: tuple[Region, ...]
    owners: NDArray[np.int64]


def whole_tiles(items: Sequence[Item], tiling: Tiling) -> Tiles:
    """Return every tile of every picture, each with its picture's class: to judge pictures by their worst tile."""
    return _joined(
        (number, replace(item, width=tile.width, height=tile.height), tile)
        for number, item in enumerate(items)
        for tile in tiling.cut(item.width, item.height)
    )


def labelled_tiles(items: Sequence[Item], tiling: Tiling, good: Collection[str], most: int, seed: int) -> Tiles:
    """Return tiles that are known to be good or defective: all defective ones, and up to `most` good ones a picture.

    The mask says which tile of a defective picture shows the defect; tiles that it barely touches are left out, and
    so is every tile of a defective picture without a mark. The good ones are drawn by the seed.

    Args:
        items: The pictures.
        tiling: How they are cut.
        good: The good classes; a good tile of a defective picture is of the first.
        most: Good tiles per picture.
        seed: Of the draw.

    Raises:
        DatasetError: A mask is gone or damaged, or not of its picture's size.
    """
    name = next(iter(good), "")

    def chosen() -> Iterator[tuple[int, Item, Region]]:
        for number, item in enumerate(items):
            known = _known(item, tiling, item.label if item.label in good else name, good)
            calm = [index for index, (label, _) in enumerate(known) if label in good]
            rng = np.random.default_rng([seed, number])
            drawn = {calm[index] for index in rng.permutation(len(calm))[:most]}
            for index, (label, tile) in enumerate(known):
                if label not in good or index in drawn:
                    yield number, replace(item, label=label, width=tile.width, height=tile.height), tile

    return _joined(chosen())


def by_picture(values: NDArray[np.float64], owners: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the largest value of each picture's tiles, in the order of the pictures.

    Args:
        values: One per tile, (N,).
        owners: Whose tile each is, (N,).
    """
    _, places = np.unique(owners, return_inverse=True)
    largest = np.full(int(places.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(largest, places, values)
    return largest


def _joined(rows: Iterator[tuple[int, Item, Region]]) -> Tiles:
    found = list(rows)
    owners = np.array([number for number, _, _ in found], np.int64)
    return Tiles(tuple(item for _, item, _ in found), tuple(tile for _, _, tile in found), owners)


def _known(item: Item, tiling: Tiling, good: str, good_names: Collection[str]) -> list[tuple[str, Region]]:
    """Return the class and the place of every tile of which anything is known."""
    tiles = tiling.cut(item.width, item.height)
    if item.label in good_names:
        return [(item.label, tile) for tile in tiles]
    mask = item.read_mask()
    if mask is None or not mask.any():
        return []
    if mask.shape != (item.height, item.width):
        raise DatasetError(
            f"{item.mask}: the mask is {mask.shape[1]}x{mask.shape[0]}, its picture {item.width}x{item.height}.",
            cure="Correct the mask, or import the data set without masks.",
        )
    marked = mask > 0
    whole = int(marked.sum())
    found = []
    for tile in tiles:
        seen = int(marked[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width].sum())
        enough = min(_SHOWS_DEFECT * tile.width * tile.height, _SHOWS_MOST * whole)
        if seen == 0:
            found.append((good, tile))
        elif seen >= enough:
            found.append((item.label, tile))
    return found
