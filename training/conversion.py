"""From a package to the files of an export, whatever the run-time and the precision."""

from __future__ import annotations

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from datasets.manifest import Dataset
from inspector.errors import UsageError
from inspector.inference.package import Package
from inspector.inference.patch_memory import Projecting
from inspector.inference.references import References
from inspector.inference.runtimes import ONNX_FILE, REFERENCES_FILE, RuntimeKind
from training import openvino_export as ov
from training.config import make_config
from training.gooddata import Cutting, prepare_good
from training.graphs import FromPixels, PlacesAndDistances, PlacesNetwork, SearchNetwork, classifier_network
from training.onnx_export import onnx_bytes
from training.patch_memory import PatchMemoryConfig
from training.refit import Move, refit


def converted(package: Package, dataset: Dataset, kind: RuntimeKind) -> dict[str, bytes]:
    """Return the files of an export by name, before anybody knows whether it may judge.

    Raises:
        UsageError: int8 of a patch memory needs the very data that it was fitted on.
        ModelError: A library is missing.
    """
    if package.card.method == "patch-memory":
        return _memory_files(package, dataset, kind)
    network, shape = classifier_network(package), package.card.preprocessing
    if kind.runtime == "onnxruntime":
        return {ONNX_FILE: onnx_bytes(FromPixels(network, shape), _pixels(package))}
    graph = ov.convert(network, _input(package))
    if kind.precision == "int8":
        graph = ov.quantise(graph, _calibration(package, dataset))
    return ov.encoded(ov.from_pixels(graph, shape))


def _memory_files(package: Package, dataset: Dataset, kind: RuntimeKind) -> dict[str, bytes]:
    network, shape = PlacesNetwork(package), package.card.preprocessing
    if kind.runtime == "onnxruntime":
        whole = PlacesAndDistances(network, SearchNetwork(network.rows))
        return {ONNX_FILE: onnx_bytes(FromPixels(whole, shape), _pixels(package))}
    trunk = ov.convert(network, _input(package))
    if kind.precision != "int8":
        graph = ov.with_search(trunk, SearchNetwork(network.rows), precise=kind.precision == "bf16")
        return ov.encoded(ov.from_pixels(graph, shape))
    seen = _calibration(package, dataset)
    trunk = ov.quantise(trunk, seen)
    features = ov.GraphFeatures(trunk)
    rows, references = _refit(package, dataset, network, features)
    graph = ov.with_search(trunk, SearchNetwork(rows, features.reach(seen)))
    kept = {REFERENCES_FILE: safetensors.torch.save(references.tensors())}
    return {**ov.encoded(ov.from_pixels(graph, shape)), **kept}


def _pixels(package: Package) -> tuple[int, int, int, int]:
    shape = package.card.preprocessing
    return 1, shape.height, shape.width, 3


def _input(package: Package) -> tuple[int, int, int, int]:
    shape = package.card.preprocessing
    return 1, 3, shape.height, shape.width


def _calibration(package: Package, dataset: Dataset) -> list[NDArray[np.float32]]:
    """Return normalised good train pictures, (1, 3, height, width) each."""
    shape = package.card.preprocessing
    tiling, training = package.card.tiling, package.card.training
    cutting = Cutting(tiling, int(training["tiles_per_picture"]), int(training["seed"])) if tiling else None
    pictures = prepare_good(dataset, shape, validate=False, cache_bytes=0, cutting=cutting).data.train
    indices = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), ov.CALIBRATION_PICTURES)).round())
    return [shape.normalise([pictures.fitted(int(index))[0]]) for index in indices]


def _refit(
    package: Package, dataset: Dataset, network: PlacesNetwork, features: Projecting
) -> tuple[torch.Tensor, References]:
    """Learn the memory again. Raises UsageError where this is not the data set that it was fitted on."""
    card = package.card
    if dataset.fingerprint != card.data.get("fingerprint"):
        raise UsageError(
            f"{dataset.folder}: is not the data set that {package.folder} was fitted on; int8 learns its memory again.",
            cure="Give that data set with --data, or choose --precision bf16 or fp32.",
        )
    known = PatchMemoryConfig.model_fields.keys() & card.training.keys()
    config = make_config(PatchMemoryConfig, **{name: card.training[name] for name in known})
    move = Move(network.features, features, (network.mean, network.directions), network.rows)
    return refit(dataset, config, move)
