"""Pictures for training: decoded and fitted once, kept in bounded memory, varied in a background thread.

Everything random follows from (seed, epoch, position), never from a generator that lives on between epochs,
so a resumed run sees exactly the pictures that an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.manifest import Item
from inspector.errors import DatasetError, ImageError
from inspector.imaging import decode_image, read_bytes, sha256_of
from inspector.inference.preprocess import Preprocessing
from inspector.types import Image
from training.augment import Augment

CACHE_BYTES = 2 << 30
"""Memory for fitted pictures; pictures past it are read and fitted again in every epoch."""

_AHEAD = 4  # batches made ready while the network works on one


@dataclass(frozen=True, slots=True)
class Batch:
    """Input (N, 3, height, width) float32, channels last in memory, and class indices (N,) int64."""

    pictures: torch.Tensor
    labels: torch.Tensor


class Pictures:
    """The fitted pictures of one split.

    Attributes:
        items: What they are, in order.
        labels: Class index of each, (N,) int64.
    """

    def __init__(
        self,
        items: Sequence[Item],
        classes: Sequence[str],
        preprocessing: Preprocessing,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.items = tuple(items)
        self.labels: NDArray[np.int64] = np.array([classes.index(item.label) for item in items], np.int64)
        self._preprocessing = preprocessing
        picture_bytes = preprocessing.width * preprocessing.height * 3
        self._cacheable = min(len(items), cache_bytes // picture_bytes)
        self._cache: dict[int, Image] = {}

    def __len__(self) -> int:
        return len(self.items)

    @property
    def uncached(self) -> int:
        """How many pictures do not fit into the cache and are read anew in every epoch."""
        return len(self.items) - self._cacheable

    def fitted(self, index: int) -> Image:
        """Return a picture brought to the input size, (height, width, 3) uint8.

        Raises:
            DatasetError: The file is gone, damaged, or not the one that was imported.
        """
        picture = self._cache.get(index)
        if picture is None:
            picture = self._preprocessing.fit(read_checked(self.items[index]))
            if index < self._cacheable:
                self._cache[index] = picture
        return picture

    def batch(self, indices: Sequence[int], augment: Augment | None = None, seeds: Sequence[int] = ()) -> Batch:
        """Return some pictures as network input, each varied by its own seed where `augment` is given."""
        fitted = [self.fitted(int(index)) for index in indices]
        if augment is not None:
            fitted = [augment(picture, int(seed)) for picture, seed in zip(fitted, seeds, strict=True)]
        tensor = torch.from_numpy(self._preprocessing.normalise(fitted))
        labels = torch.from_numpy(self.labels[np.asarray(indices, np.int64)])
        return Batch(tensor.contiguous(memory_format=torch.channels_last), labels)


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
    pictures: Pictures, augment: Augment, *, size: int, balance: float, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the varied batches of one epoch: as many pictures as the split has, rounded to batches.

    Args:
        pictures: The training split.
        augment: Variation of each picture.
        size: Pictures per batch.
        balance: See `TrainingConfig.balance`: rare classes are drawn more often by this power.
        seed: Of the run.
        epoch: Number of the epoch, from 0.
    """
    rng = np.random.default_rng([seed, epoch])
    steps = steps_per_epoch(len(pictures), size)
    order = draw(pictures.labels, steps * size, balance, rng)
    seeds = rng.integers(0, 2**31, order.size)
    plan = [(order[i : i + size].tolist(), seeds[i : i + size].tolist()) for i in range(0, order.size, size)]
    with ThreadPoolExecutor(1, thread_name_prefix="augment") as pool:
        waiting: deque[Future[Batch]] = deque()
        for indices, batch_seeds in plan:
            waiting.append(pool.submit(pictures.batch, indices, augment, batch_seeds))
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
