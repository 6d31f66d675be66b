"""Fit a patch memory on good pictures alone: data set in, model package out. Streams; nothing grows with the data.

1. From up to 64 pictures, evenly spread: the directions in which good features vary (PCA).
2. All good train pictures, one batch at a time: each gives an even share of a bounded pool of rows, from which the
   memory is picked (`coreset`). The features of up to 256 of them are kept for step 3.
3. Those pictures are measured against the memory without their own rows, so that each stands for one never seen: they
   become the references (`inspector.inference.references`). With the good validation pictures they set the scales.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from inspector.inference.device import choose_device
from inspector.inference.features import PatchFeatures, cut_trunk, native_precision
from inspector.inference.memory_model import PatchMemorySettings, distance_map, inside_cells, picture_score
from inspector.inference.networks import build_network
from inspector.inference.package import AnomalyCard, Package
from inspector.inference.patch_memory import PatchMemory, Projecting, memory_tensors
from inspector.inference.preprocess import Preprocessing
from inspector.inference.references import References, look_of, make_references
from inspector.inference.tiling import Tiling
from training.coreset import POOL, Pool, farthest_first
from training.gooddata import Cutting, GoodData, prepare_good
from training.packaging import pack, tell_finished
from training.pictures import Pictures
from training.progress import Reporter
from training.run import reproducible
from training.scales import RULE, first_thresholds, fit_scale
from training.tiles import by_picture
from training.weights import LoadedWeights, load_weights

Floats = NDArray[np.float64]

_SAMPLE = 64
"""Pictures from which the directions are found."""

MOST_REFERENCES = 256
"""Good pictures that later ones are compared with: their features are held during the fit, which bounds its memory."""

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
    tiling: Tiling | None = None
    """How high-resolution pictures are cut into tiles; None: judged as a whole."""
    tiles_per_picture: int = Field(default=16, ge=1, le=10_000)
    """Tiles of a picture that are learned from."""
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
    def cutting(self) -> Cutting | None:
        """How pictures are cut; None: not at all."""
        return Cutting(self.tiling, self.tiles_per_picture, self.seed) if self.tiling else None

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
    with reproducible(config.seed), torch.inference_mode():
        package = _fit(dataset, out, config, reporter, choose_device(device))
    tell_finished(reporter, out, package, began)
    return package


def _fit(dataset: Dataset, out: Path, config: PatchMemoryConfig, reporter: Reporter, device: torch.device) -> Package:
    cutting = config.cutting
    good = prepare_good(dataset, config.preprocessing, validate=cutting is not None, cache_bytes=0, cutting=cutting)
    trunk, weights = _trunk(config)
    precision = native_precision() if config.precision == "auto" else config.precision
    features = PatchFeatures(trunk, config.chosen_layers, device, precision)
    progress = Progress(reporter, config, good, features)
    mean, directions = _directions(features, good.data.train, config, progress)
    shown = _cover(features, good.data.train, (mean, directions), config, progress)
    memory = PatchMemory(features, mean, directions, shown.rows)
    references, held = refer(memory, shown, good.data.train, config)
    fresh = _measure(memory, good.data.validation, config, references)
    held = held.joined(fresh) if cutting is None else fresh  # of train pictures only some tiles were measured
    progress.advance(len(good.data.validation))
    metrics: dict[str, Any] = {"split": "held-out good pictures", "n": int(held.scores.size)}
    if good.defective is not None:
        metrics |= good.separation(held.scores, _measure(memory, good.defective, config, references).scores)
    settings = PatchMemorySettings(precision=precision, smoothing=config.smoothing, top_share=config.top_share)
    anomaly = AnomalyCard(
        layers=config.chosen_layers,
        memory=len(shown.rows),
        dimensions=directions.shape[1],
        scale=fit_scale(held.scores),
        pixel_scale=fit_scale(held.peaks),
        settings=settings.model_dump(mode="json"),
    )
    facts = {
        "weights_source": weights.source,
        "rows_shown": shown.count,
        "references": len(references.looks),
        "device": device.type,
    }
    tensors = memory_tensors(trunk, mean, directions, shown.rows, references)
    return pack(out, _card(config, good, anomaly, facts, metrics), good.data, tensors)


def _card(
    config: PatchMemoryConfig, good: GoodData, anomaly: AnomalyCard, facts: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    thresholds = first_thresholds()
    return {
        "method": "patch-memory",
        "backbone": config.backbone,
        "classes": good.data.classes,
        "good": good.data.good,
        "preprocessing": config.preprocessing,
        "tiling": config.tiling,
        "thresholds": {"pass_below": thresholds.pass_below, "fail_from": thresholds.fail_from},
        "training": {**config.model_dump(mode="json"), **facts, "thresholds_rule": RULE},
        "anomaly": anomaly,
        "metrics": metrics,
    }


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


class Progress:
    """Counts pictures over all passes of the fit."""

    def __init__(self, reporter: Reporter, config: PatchMemoryConfig, good: GoodData, features: Projecting) -> None:
        train, validation = len(good.data.train), len(good.data.validation)
        self._reporter, self._done, self._began = reporter, 0, time.monotonic()
        self._total = min(_SAMPLE, train) + train + validation
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


def even(count: int, most: int) -> list[int]:
    """Return up to `most` of `count` indices, evenly spread."""
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, most)).round()})


def batches(pictures: Pictures, indices: Sequence[int], size: int) -> Iterator[tuple[list[int], torch.Tensor]]:
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


def inside_of(pictures: Pictures, index: int, config: PatchMemoryConfig, grid: tuple[int, int]) -> torch.Tensor:
    """Return which cells (rows, columns) show the picture `index`; see `inside_cells`."""
    item = pictures.items[index]
    return torch.from_numpy(inside_cells(config.preprocessing, item.width, item.height, grid))


def _directions(
    features: PatchFeatures, pictures: Pictures, config: PatchMemoryConfig, progress: Progress
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean (D,) and principal directions (D, d) of a sample's features, from sums alone."""
    count, total, products = 0, torch.zeros(1), torch.zeros(1)
    for indices, batch in batches(pictures, even(len(pictures), _SAMPLE), config.batch_size):
        grid = features.joined(batch)
        for index, own in zip(indices, grid, strict=True):
            rows = own[inside_of(pictures, index, config, own.shape[:2]).to(own.device)].double()
            count, total, products = count + len(rows), total + rows.sum(0).cpu(), products + (rows.T @ rows).cpu()
        progress.advance(len(indices))
    mean = total / count
    values, vectors = torch.linalg.eigh(products / count - torch.outer(mean, mean))
    kept = min(config.dimensions, len(mean))
    order = values.argsort(descending=True)[:kept]
    return mean.float(), vectors[:, order].float().contiguous()


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What is left of the train pictures once all were shown.

    Attributes:
        rows: The memory, (m, d).
        sources: The picture that each row came from, (m,).
        places: Features of the pictures that become references, (h, w, d) half precision, by index.
        count: Rows shown in all.
    """

    rows: torch.Tensor
    sources: torch.Tensor
    places: dict[int, torch.Tensor]
    count: int


def _cover(
    features: Projecting,
    pictures: Pictures,
    projection: tuple[torch.Tensor, torch.Tensor],
    config: PatchMemoryConfig,
    progress: Progress,
) -> Shown:
    """Show every place of every picture once."""
    pool = Pool(len(pictures), max(POOL, 4 * config.memory), config.seed)
    mean, directions = (each.to(features.device) for each in projection)
    wanted = set(even(len(pictures), MOST_REFERENCES))
    places: dict[int, torch.Tensor] = {}
    for indices, batch in batches(pictures, range(len(pictures)), config.batch_size):
        grid = features.projected(batch, mean, directions)
        for index, own in zip(indices, grid, strict=True):
            pool.add(own[inside_of(pictures, index, config, own.shape[:2]).to(own.device)], index)
            if index in wanted:
                places[index] = own.half()
        progress.advance(len(indices))
    rows, sources = pool.contents()
    kept = farthest_first(rows, config.memory)
    return Shown(rows[kept.to(rows.device)], sources[kept], places, pool.shown)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Anomaly score of each picture, (N,), and the highest value of its heat map before it is scaled, (N,)."""

    scores: Floats
    peaks: Floats

    def joined(self, other: _Measured) -> _Measured:
        """Return both together."""
        return _Measured(np.r_[self.scores, other.scores], np.r_[self.peaks, other.peaks])


def refer(
    memory: PatchMemory, shown: Shown, pictures: Pictures, config: PatchMemoryConfig
) -> tuple[References, _Measured]:
    """Return the references, and how each of them is judged as if it were new."""
    indices = sorted(shown.places)
    looks, grids, insides = [], [], []
    for index in indices:
        own = shown.places[index].float()
        inside = inside_of(pictures, index, config, (own.shape[0], own.shape[1]))
        excluded = (shown.sources == index).to(own.device)
        distances = memory.distances_without(own, excluded).cpu().numpy()
        looks.append(look_of(own, inside.numpy()))
        grids.append(np.where(inside.numpy(), distances, np.float32("nan")))
        insides.append(inside.numpy())
    references = make_references(looks, grids)
    scores, peaks = [], []
    for number, index in enumerate(indices):
        filled = np.where(insides[number], grids[number], references.distances[number])
        standard = references.standardise(filled, looks[number], insides[number], own=number)
        scores.append(picture_score(standard[insides[number]], config.top_share))
        peaks.append(_peak(filled, pictures.items[index], config))
    return references, _Measured(np.array(scores), np.array(peaks))


def _measure(memory: PatchMemory, pictures: Pictures, config: PatchMemoryConfig, references: References) -> _Measured:
    """Judge pictures that the memory was not made from."""
    scores, peaks = [], []
    for indices, batch in batches(pictures, range(len(pictures)), config.batch_size):
        grid = memory.places(batch)
        for index, own, distances in zip(indices, grid, memory.distances(grid).cpu().numpy(), strict=True):
            inside = inside_of(pictures, index, config, own.shape[:2]).numpy()
            standard = references.standardise(distances, look_of(own, inside), inside)
            scores.append(picture_score(standard[inside], config.top_share))
            peaks.append(_peak(distances, pictures.items[index], config))
    return _Measured(by_picture(np.array(scores), pictures.owners), by_picture(np.array(peaks), pictures.owners))


def _peak(distances: NDArray[np.float32], item: Item, config: PatchMemoryConfig) -> float:
    found = distance_map(distances, config.preprocessing, config.smoothing, item.width, item.height)
    return float(found.max())
