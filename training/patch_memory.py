"""Fit a patch memory on good pictures alone: data set in, model package out. Streams; nothing grows with the data.

1. From up to 64 pictures, evenly spread: the directions in which good features vary (PCA).
2. All good train pictures, one batch at a time: rows that nothing kept is near to are kept (`StreamingCoreset`).
3. The pictures of step 1 and the good validation pictures are measured: a train picture against the memory without
   its own rows, so that it stands for one never seen. That gives what is usual at each place and at each scale.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from datasets.manifest import Dataset
from inspector.errors import TrainingError
from inspector.inference.features import PatchFeatures, cut_trunk, native_precision
from inspector.inference.networks import build_network
from inspector.inference.package import AnomalyCard, Package
from inspector.inference.patch_memory import (
    PatchMemory,
    PatchMemorySettings,
    Usual,
    inside_cells,
    memory_tensors,
    picture_score,
    place_map,
)
from inspector.inference.preprocess import Preprocessing
from inspector.inference.torch_classifier import choose_device
from training.coreset import StreamingCoreset
from training.gooddata import GoodData, prepare_good
from training.packaging import pack
from training.pictures import Pictures
from training.progress import Reporter
from training.run import reproducible
from training.scales import RULE, first_thresholds, fit_scale
from training.weights import LoadedWeights, load_weights

Floats = NDArray[np.float64]

_SAMPLE = 64
"""Pictures from which directions and usual distances are found: bounds the memory that the fit needs."""

DEFAULT_LAYERS = {
    "mobilenet_v2": ("features.6", "features.13"),
    "mobilenet_v3_large": ("features.6", "features.12"),
    "efficientnet_b0": ("features.3", "features.5"),
    "convnext_tiny": ("features.3", "features.5"),
    "densenet121": ("features.denseblock2", "features.denseblock3"),
}
"""Layers of stride 8 and 16; the ResNet family and those like it have layer2 and layer3."""


class PatchMemoryConfig(BaseModel):
    """What a fit was asked to do. Equal settings, data and kind of processor give an equal package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str = "resnet18"
    """torchvision's name of the network."""
    weights: str = "imagenet"
    """`imagenet`, `none` (random: a control), or a state-dict file that has at least the layers used."""
    layers: tuple[str, ...] = ()
    """Modules whose outputs are the features, the finest first; empty: stride 8 and 16."""
    width: int = Field(default=256, ge=32, le=4096)
    """Input width in pixels."""
    height: int = Field(default=256, ge=32, le=4096)
    """Input height in pixels."""
    fit: Literal["letterbox", "crop", "stretch"] = "letterbox"
    """How a picture of another aspect ratio becomes an input."""
    memory: int = Field(default=2000, ge=16, le=200_000)
    """Most rows kept."""
    dimensions: int = Field(default=128, ge=4, le=4096)
    """Numbers per row after the projection."""
    top_share: float = Field(default=0.01, gt=0, le=1)
    """Share of the most unusual places whose mean is the picture's anomaly score."""
    smoothing: float = Field(default=4.0, ge=0, le=100)
    """Standard deviation of the heat map's Gaussian, in input pixels."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number type of the network on a CPU; auto: bfloat16 where the processor computes with it by itself."""
    batch_size: int = Field(default=8, ge=1, le=256)
    """Pictures per step."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of random weights; all else is deterministic."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How pictures become inputs, in training and at the station."""
        return Preprocessing(width=self.width, height=self.height, mode=self.fit)

    @property
    def chosen_layers(self) -> tuple[str, ...]:
        """The layers asked for, or the usual ones of the backbone."""
        return self.layers or DEFAULT_LAYERS.get(self.backbone, ("layer2", "layer3"))


def fit_patch_memory(
    dataset: Dataset, out: Path, config: PatchMemoryConfig, reporter: Reporter, *, device: str = "auto"
) -> Package:
    """Fit on the good pictures of the train split and write the package. Ctrl-C leaves nothing behind.

    Args:
        dataset: Opened. Defective pictures are not learned from; those of the validation split give a figure.
        out: Folder of the package.
        config: The settings.
        reporter: Hears of the progress.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        TrainingError: No good picture, or weights that lack a layer.
        DatasetError: A picture is gone or damaged.
        ModelError: The device, the network or a layer is not there.
    """
    began = time.monotonic()
    target = choose_device(device)
    with reproducible(config.seed), torch.inference_mode():
        good = prepare_good(dataset, config.preprocessing, validate=False, cache_bytes=0)
        trunk, weights = _trunk(config)
        precision = native_precision() if config.precision == "auto" else config.precision
        features = PatchFeatures(trunk, config.chosen_layers, target, precision)
        progress = _Progress(reporter, config, good, features)
        mean, directions = _directions(features, good.data.train, config, progress)
        coreset = _cover(features, good.data.train, mean, directions, config, progress)
        memory = PatchMemory(features, mean, directions, coreset.rows)
        held = _held_out(memory, coreset, good.data, config, progress)
        usual = usual_of(held.grids)
        settings = PatchMemorySettings(precision=precision, smoothing=config.smoothing, top_share=config.top_share)
        tensors = memory_tensors(trunk, mean, directions, coreset.rows, usual)
        scores = held.scores(usual, config.top_share)
        metrics: dict[str, Any] = {"split": "held-out good pictures", "n": int(scores.size)}
        if good.defective is not None:
            metrics |= good.separation(scores, _measure(memory, good.defective, config).scores(usual, config.top_share))
        thresholds = first_thresholds()
        package = pack(
            out,
            {
                "method": "patch-memory",
                "backbone": config.backbone,
                "classes": good.data.classes,
                "good": good.data.good,
                "preprocessing": config.preprocessing,
                "thresholds": {"pass_below": thresholds.pass_below, "fail_from": thresholds.fail_from},
                "training": {
                    **config.model_dump(mode="json"),
                    "weights_source": weights.source,
                    "rows_shown": coreset.shown,
                    "device": target.type,
                    "thresholds_rule": RULE,
                },
                "anomaly": AnomalyCard(
                    layers=config.chosen_layers,
                    memory=len(coreset.rows),
                    dimensions=directions.shape[1],
                    scale=fit_scale(scores),
                    pixel_scale=fit_scale(held.peaks(usual, config)),
                    settings=settings.model_dump(mode="json"),
                ),
                "metrics": metrics,
            },
            good.data,
            tensors,
        )
    reporter.finished(
        {
            "package": str(out),
            "hash": package.hash,
            "metrics": package.card.metrics,
            "seconds": round(time.monotonic() - began, 1),
        }
    )
    return package


def _trunk(config: PatchMemoryConfig) -> tuple[torch.fx.GraphModule, LoadedWeights]:
    """Return the trunk with its weights; layers whose weights the file lacks are refused."""
    torch.manual_seed(config.seed)
    network = build_network(config.backbone, 1)
    weights = load_weights(network, config.backbone, config.weights)
    trunk = cut_trunk(network, config.chosen_layers)
    lacking = [name for name in weights.missing if name in trunk.state_dict()]
    if lacking:
        raise TrainingError(
            f"{weights.source}: lacks {len(lacking)} tensors that the layers {', '.join(config.chosen_layers)} need, "
            f"for instance {lacking[0]}.",
            cure="Choose earlier layers with `--layers`, or give a complete file.",
        )
    return trunk, weights


class _Progress:
    """Counts pictures over all passes of the fit."""

    def __init__(self, reporter: Reporter, config: PatchMemoryConfig, good: GoodData, features: PatchFeatures) -> None:
        train, validation = len(good.data.train), len(good.data.validation)
        self._reporter, self._done, self._began = reporter, 0, time.monotonic()
        self._total = 2 * min(_SAMPLE, train) + train + validation
        reporter.started(
            {
                "backbone": config.backbone,
                "device": str(features.device),
                "classes": list(good.data.classes),
                "train_images": train,
                "validation_images": validation,
                "epochs": 1,
                "first_epoch": 0,
                "steps_per_epoch": self._total,
            }
        )

    def advance(self, pictures: int) -> None:
        """Tell that so many pictures more are done."""
        self._done += pictures
        spent_s = time.monotonic() - self._began
        rate = self._done / max(spent_s, 1e-9)
        facts = {"epoch": 1, "epochs": 1, "step": self._done, "steps": self._total, "images_per_s": round(rate, 1)}
        left_s = (self._total - self._done) / max(rate, 1e-9)
        self._reporter.step(
            {**facts, "seconds_left": round(left_s, 1), "progress": self._done / self._total, "advance": pictures}
        )


def _sample(count: int) -> list[int]:
    """Return up to `_SAMPLE` indices, evenly spread."""
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, _SAMPLE)).round()})


def _batches(pictures: Pictures, indices: Sequence[int], size: int) -> Iterator[tuple[list[int], torch.Tensor]]:
    """Yield indices and normalised pictures batch by batch; the next two are read while the network works."""
    plan = [list(indices[start : start + size]) for start in range(0, len(indices), size)]
    with ThreadPoolExecutor(1, thread_name_prefix="read") as pool:
        waiting: deque[tuple[list[int], Future[torch.Tensor]]] = deque()
        for chosen in plan:
            waiting.append((chosen, pool.submit(lambda own: pictures.batch(own).pictures, chosen)))
            if len(waiting) > 2:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()


def _inside(pictures: Pictures, index: int, config: PatchMemoryConfig, grid: tuple[int, int]) -> torch.Tensor:
    item = pictures.items[index]
    return torch.from_numpy(inside_cells(config.preprocessing, item.width, item.height, grid))


def _directions(
    features: PatchFeatures, pictures: Pictures, config: PatchMemoryConfig, progress: _Progress
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean (D,) and principal directions (D, d) of a sample's features, from sums alone."""
    count, total, products = 0, torch.zeros(1), torch.zeros(1)
    for indices, batch in _batches(pictures, _sample(len(pictures)), config.batch_size):
        grid = features.joined(batch)
        for index, own in zip(indices, grid, strict=True):
            rows = own[_inside(pictures, index, config, own.shape[:2]).to(own.device)].double()
            count, total, products = count + len(rows), total + rows.sum(0).cpu(), products + (rows.T @ rows).cpu()
        progress.advance(len(indices))
    mean = total / count
    values, vectors = torch.linalg.eigh(products / count - torch.outer(mean, mean))
    kept = min(config.dimensions, len(mean))
    order = values.argsort(descending=True)[:kept]
    return mean.float(), vectors[:, order].float().contiguous()


def _cover(
    features: PatchFeatures,
    pictures: Pictures,
    mean: torch.Tensor,
    directions: torch.Tensor,
    config: PatchMemoryConfig,
    progress: _Progress,
) -> StreamingCoreset:
    """Show every place of every picture to the coreset."""
    coreset = StreamingCoreset(config.memory, directions.shape[1], features.device)
    on_device = mean.to(features.device), directions.to(features.device)
    for indices, batch in _batches(pictures, range(len(pictures)), config.batch_size):
        grid = features.projected(batch, *on_device)
        for index, own in zip(indices, grid, strict=True):
            coreset.add(own[_inside(pictures, index, config, own.shape[:2]).to(own.device)], index)
        progress.advance(len(indices))
    return coreset


class _Measured:
    """Distances of some pictures: a grid (h, w) each, nan where the letterbox's border is."""

    def __init__(self, grids: list[NDArray[np.float32]], sizes: list[tuple[int, int]]) -> None:
        self.grids = grids
        self._sizes = sizes

    def joined(self, other: _Measured) -> _Measured:
        """Return both together."""
        return _Measured(self.grids + other.grids, self._sizes + other._sizes)

    def scores(self, usual: Usual, top_share: float) -> Floats:
        """Return the anomaly score of each, (N,)."""
        standard = [usual.standardise(grid)[~np.isnan(grid)] for grid in self.grids]
        return np.array([picture_score(places, top_share) for places in standard])

    def peaks(self, usual: Usual, config: PatchMemoryConfig) -> Floats:
        """Return the highest value of each one's heat map before it is scaled, (N,)."""
        found = []
        for grid, (width, height) in zip(self.grids, self._sizes, strict=True):
            standard = usual.standardise(np.nan_to_num(grid, nan=float(np.nanmin(grid))))
            found.append(place_map(standard, config.preprocessing, config.smoothing, width, height).max())
        return np.exp(np.array(found, np.float64))


def _measure(memory: PatchMemory, pictures: Pictures, config: PatchMemoryConfig) -> _Measured:
    """Return the distances of pictures that the memory was not made from."""
    grids, sizes = [], []
    for indices, batch in _batches(pictures, range(len(pictures)), config.batch_size):
        for index, own in zip(indices, memory.distances(batch).cpu(), strict=True):
            grids.append(_blanked(own, _inside(pictures, index, config, own.shape)))
            sizes.append((pictures.items[index].width, pictures.items[index].height))
    return _Measured(grids, sizes)


def _held_out(
    memory: PatchMemory, coreset: StreamingCoreset, data: Any, config: PatchMemoryConfig, progress: _Progress
) -> _Measured:
    """Measure a sample of the train pictures, each without its own rows, and the good validation pictures."""
    grids, sizes = [], []
    sources = coreset.sources.to(memory.features.device)
    pictures: Pictures = data.train
    for indices, batch in _batches(pictures, _sample(len(pictures)), config.batch_size):
        places = memory.places(batch)
        for index, own in zip(indices, places, strict=True):
            others = sources != index
            distances = memory.distances_to(own, coreset.rows[others] if others.any() else coreset.rows)
            grids.append(_blanked(distances.cpu(), _inside(pictures, index, config, own.shape[:2])))
            sizes.append((pictures.items[index].width, pictures.items[index].height))
        progress.advance(len(indices))
    held = _Measured(grids, sizes).joined(_measure(memory, data.validation, config))
    progress.advance(len(data.validation))
    return held


def _blanked(distances: torch.Tensor, inside: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = torch.where(inside, distances, torch.nan).numpy()
    return found


def usual_of(grids: Sequence[NDArray[np.float32]]) -> Usual:
    """Return what is usual at each place, from the distances (h, w) of good pictures; nan where there is no part.

    The spread is that of the place, drawn toward the spread over all places as if `_PRIOR` pictures had that one: with
    few pictures a place must not seem calm by chance. Both are averaged over the neighbours: parts do not lie exactly.
    """
    logs = np.log(np.maximum(np.stack(grids), 1e-6)).astype(np.float64)
    known = ~np.isnan(logs)
    n = known.sum(0)
    overall = float(np.nanmean(logs))
    mean = (np.where(known, logs, 0.0).sum(0) + _PRIOR_MEAN * overall) / (n + _PRIOR_MEAN)
    squares = np.where(known, (logs - mean) ** 2, 0.0).sum(0)
    typical = float(squares.sum() / max(known.sum(), 1))
    spread = np.sqrt((_blur(squares) + _PRIOR * typical) / (_blur(n.astype(np.float64)) + _PRIOR))
    return Usual(_blur(mean).astype(np.float32), np.maximum(spread, 1e-3).astype(np.float32))


_PRIOR, _PRIOR_MEAN = 10.0, 2.0  # pictures


def _blur(grid: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.blur(grid, (5, 5), borderType=cv2.BORDER_REPLICATE), np.float64)
