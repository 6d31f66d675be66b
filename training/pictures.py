"""Pictures for training: decoded and fitted once, kept in bounded memory, varied in a background thread.

Everything random follows from (seed, epoch, position), never from a generator that lives on between epochs,
so a resumed run sees exactly the pictures that an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.manifest import Item
from inspector.errors import DatasetError, ImageError
from inspector.imaging import decode_image, read_bytes, sha256_of
from inspector.inference.preprocess import Preprocessing
from inspector.types import Image, Region
from training.augment import Augment
from training.spill import Spill
from training.tiles import Tiles

CACHE_BYTES = 2 << 30
"""Memory for fitted pictures; pictures past it are kept on the disk where a scratch folder is given."""

UNKNOWN = -100
"""Class index of a cell of which nothing is known."""

_LEAST_COVER = 0.02  # share of a cell that a defect covers before the cell counts as defective
_AHEAD = 4  # batches made ready while the network works on one


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step learns from.

    Attributes:
        pictures: Input (N, 3, height, width) float32, channels last in memory.
        labels: Class indices (N,) int64.
        cells: Class index of each cell of a coarse grid (N, rows, columns) int64, `UNKNOWN` where the masks do not
            say; None where there are no masks.
    """

    pictures: torch.Tensor
    labels: torch.Tensor
    cells: torch.Tensor | None = None


class Pictures:
    """The fitted pictures of one split, or tiles of pictures.

    Attributes:
        items: What they are, in order.
        labels: Class index of each, (N,) int64.
        owners: Which picture each is a tile of, (N,) int64; itself where pictures are not cut.
    """

    def __init__(
        self,
        items: Sequence[Item],
        classes: Sequence[str],
        preprocessing: Preprocessing,
        good: Collection[str] = (),
        cache_bytes: int = CACHE_BYTES,
        tiles: Tiles | None = None,
        scratch: Path | None = None,
    ) -> None:
        self.items = tuple(items)
        self.owners = np.arange(len(items)) if tiles is None else tiles.owners
        self._regions = None if tiles is None else tiles.regions
        self._decoded: tuple[Path, Image, Image | None] | None = None
        self._is_good = np.array([item.label in good for item in items], np.bool_)
        self._background = next((number for number, name in enumerate(classes) if name in good), UNKNOWN)
        self.labels: NDArray[np.int64] = np.array([classes.index(item.label) for item in items], np.int64)
        self._preprocessing = preprocessing
        picture_bytes = preprocessing.width * preprocessing.height * 4  # with its mask
        self._cacheable = min(len(items), cache_bytes // picture_bytes)
        self._cache: dict[int, tuple[Image, Image]] = {}
        shape = (preprocessing.height, preprocessing.width)
        self._spill = Spill(scratch, shape, len(items) - self._cacheable) if scratch is not None else None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def uncached(self) -> int:
        """How many pictures fit neither into memory nor onto the disk and are read anew in every epoch."""
        return len(self.items) - self._cacheable - (self._spill.slots if self._spill else 0)

    @property
    def have_masks(self) -> bool:
        """Whether any defective picture has a mask."""
        return any(item.mask is not None and not good for item, good in zip(self.items, self._is_good, strict=True))

    def fitted(self, index: int) -> tuple[Image, Image]:
        """Return a picture and its mask brought to the input size, (height, width, 3) and (height, width) uint8.

        The mask is empty where the data set has none, and of a good picture.

        Raises:
            DatasetError: The file is gone, damaged, or not the one that was imported.
        """
        pair = self._kept(index)
        if pair is None:
            pair = self._read(index)
            self._keep(index, pair)
            self._keep_siblings(index)
        return pair

    def _kept(self, index: int) -> tuple[Image, Image] | None:
        slot = index - self._cacheable
        if slot < 0:
            return self._cache.get(index)
        return self._spill.get(slot) if self._spill else None

    def _keep(self, index: int, pair: tuple[Image, Image]) -> None:
        slot = index - self._cacheable
        if slot < 0:
            self._cache[index] = pair
        elif self._spill is not None:
            self._spill.put(slot, pair)

    def _keep_siblings(self, index: int) -> None:
        """Fit the other tiles of a picture that is decoded anyway, where they can be kept: decoding takes longest."""
        if self._regions is None:
            return
        first, end = np.searchsorted(self.owners, [self.owners[index], self.owners[index] + 1])
        room = self._cacheable + (self._spill.slots if self._spill else 0)
        for other in range(int(first), min(int(end), room)):
            if self._kept(other) is None:
                self._keep(other, self._read(other))

    def _read(self, index: int) -> tuple[Image, Image]:
        fit = self._preprocessing
        picture, mask = self._pixels(index)
        if mask is None:
            return fit.fit(picture), np.zeros((fit.height, fit.width), np.uint8)
        return fit.fit(picture), fit.fit_mask(mask)

    def _pixels(self, index: int) -> tuple[Image, Image | None]:
        """Return a picture, or its tile, and the mask of a defective one."""
        if self._regions is None:
            return _decode(self.items[index], good=bool(self._is_good[index]))
        item, tile = self.items[index], self._regions[index]
        if self._decoded is None or self._decoded[0] != item.path:  # the next tile is mostly of the same picture
            self._decoded = (item.path, *_decode(item, good=False))
        _, picture, mask = self._decoded
        return tile.crop(picture), None if mask is None or self._is_good[index] else _crop(mask, tile)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Return some pictures as network input, unvaried and without cells."""
        return self._stack([self.fitted(int(index))[0] for index in indices], indices)

    def varied_batch(
        self, indices: Sequence[int], augment: Augment, seeds: Sequence[int], grid: tuple[int, int] | None
    ) -> Batch:
        """Return some pictures, each varied by its own seed, with cells where `grid` (rows, columns) is given."""
        pairs = [augment(*self.fitted(i), seed) for i, seed in zip(indices, seeds, strict=True)]
        batch = self._stack([picture for picture, _ in pairs], indices)
        if grid is None:
            return batch
        cells = [self._cells(i, mask, grid) for i, (_, mask) in zip(indices, pairs, strict=True)]
        return replace(batch, cells=torch.from_numpy(np.stack(cells)))

    def _stack(self, pictures: list[Image], indices: Sequence[int]) -> Batch:
        tensor = torch.from_numpy(self._preprocessing.normalise(pictures))
        labels = torch.from_numpy(self.labels[np.asarray(indices, np.int64)])
        return Batch(tensor.contiguous(memory_format=torch.channels_last), labels)

    def _cells(self, index: int, mask: Image, grid: tuple[int, int]) -> NDArray[np.int64]:
        """Return which class each cell shows: the good one outside of the mask, the picture's own inside.

        Nothing is known of a defective picture without a mark, nor of cells that a defect barely touches.
        """
        import cv2

        if self._is_good[index]:
            return np.full(grid, self.labels[index], np.int64)
        if not mask.any():
            return np.full(grid, UNKNOWN, np.int64)
        cover = cv2.resize((mask > 0).astype(np.float32), grid[::-1], interpolation=cv2.INTER_AREA)
        inside = np.where(cover >= _LEAST_COVER, self.labels[index], UNKNOWN)
        return np.where(cover > 0, inside, self._background).astype(np.int64)


def _crop(mask: Image, tile: Region) -> Image:
    return mask[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]


def _decode(item: Item, *, good: bool) -> tuple[Image, Image | None]:
    """Return the pixels and, of a defective picture, the mask; None where there is none. Raises DatasetError."""
    picture = read_checked(item)
    mask = None if good else item.read_mask()
    if mask is not None and mask.shape != picture.shape[:2]:
        raise DatasetError(
            f"{item.mask}: the mask is {mask.shape[1]}x{mask.shape[0]}, "
            f"its picture {picture.shape[1]}x{picture.shape[0]}.",
            cure="Correct the mask, or import the data set without masks.",
        )
    return picture, mask


def read_checked(item: Item) -> Image:
    """Return an item's pixels, (H, W, 3) uint8 RGB, after comparing the file with the manifest.

    Raises:
        DatasetError: The file is gone, damaged, or not the one that was imported.
    """
    try:
        data = read_bytes(item.path)
        if sha256_of(data) != item.sha256:
            raise DatasetError(
                f"{item.path}: the file is not the one that was imported (SHA-256 differs).",
                cure="Restore the file, or import the data set again.",
            )
        return decode_image(data, str(item.path))
    except ImageError as error:
        raise DatasetError(f"A picture of the data set cannot be read: {error.message}", cure=error.cure) from error


def training_batches(
    pictures: Pictures,
    augment: Augment,
    *,
    size: int,
    balance: float,
    seed: int,
    epoch: int,
    grid: tuple[int, int] | None = None,
) -> Iterator[Batch]:
    """Yield the varied batches of one epoch: as many pictures as the split has, rounded to batches.

    Args:
        pictures: The training split.
        augment: Variation of each picture.
        size: Pictures per batch.
        balance: See `TrainingConfig.balance`: rare classes are drawn more often by this power.
        seed: Of the run.
        epoch: Number of the epoch, from 0.
        grid: (rows, columns) of the cells; None for none.
    """
    rng = np.random.default_rng([seed, epoch])
    steps = steps_per_epoch(len(pictures), size)
    order = draw(pictures.labels, steps * size, balance, rng)
    seeds = rng.integers(0, 2**31, order.size)
    plan = [(order[i : i + size].tolist(), seeds[i : i + size].tolist()) for i in range(0, order.size, size)]
    with ThreadPoolExecutor(1, thread_name_prefix="augment") as pool:
        waiting: deque[Future[Batch]] = deque()
        for indices, batch_seeds in plan:
            waiting.append(pool.submit(pictures.varied_batch, indices, augment, batch_seeds, grid))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def plain_batches(pictures: Pictures, size: int) -> Iterator[Batch]:
    """Yield all pictures once, in order and unvaried."""
    for start in range(0, len(pictures), size):
        yield pictures.batch(range(start, min(start + size, len(pictures))))


def steps_per_epoch(pictures: int, size: int) -> int:
    """Return the number of batches of one epoch; at least one."""
    return max(1, round(pictures / size))


def draw(labels: NDArray[np.int64], count: int, balance: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw picture indices so that each class appears in proportion to its count to the power 1 - balance.

    Within a class every picture is shown once before any is shown again. The class shares are met exactly up
    to rounding, so a class of a handful of pictures cannot be missed by bad luck.
    """
    present, counts = np.unique(labels, return_counts=True)
    shares = counts.astype(np.float64) ** (1.0 - balance)
    quotas = shares / shares.sum() * count
    drawn = np.floor(quotas).astype(np.int64)
    missing = count - int(drawn.sum())
    drawn[np.argsort(drawn - quotas, kind="stable")[:missing]] += 1
    chosen: list[NDArray[np.int64]] = []
    for label, number in zip(present, drawn, strict=True):
        own = np.flatnonzero(labels == label)
        rounds = -(-int(number) // own.size)
        shuffled = [rng.permutation(own) for _ in range(rounds)]
        chosen.append(np.concatenate(shuffled)[:number] if shuffled else own[:0])
    return rng.permutation(np.concatenate(chosen))
