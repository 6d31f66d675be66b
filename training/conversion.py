"""From a package to the files of an export, whatever the run-time and the precision."""

from __future__ import annotations

from typing import cast

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from datasets.manifest import Dataset
from inspector.errors import UsageError
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.runtimes import ONNX_FILE, REFERENCES_FILE, RuntimeKind
from training import openvino_export as ov
from training.config import make_config
from training.gooddata import prepare_good
from training.graphs import FromPixels, PlacesAndDistances, PlacesNetwork, SearchNetwork, classifier_network
from training.onnx_export import onnx_bytes
from training.patch_memory import PatchMemoryConfig, refit
from training.progress import SilentReporter


def converted(package: Package, dataset: Dataset, kind: RuntimeKind) -> dict[str, bytes]:
    """Return the files of an export by name, before anybody knows whether it may judge.

    Raises:
        UsageError: int8 of a patch memory needs the very data that it was fitted on.
        ModelError: A library is missing.
    """
    shape = package.card.preprocessing
    memory = package.card.method == "patch-memory"
    network = PlacesNetwork(package) if memory else classifier_network(package)
    if kind.runtime == "onnxruntime":
        whole = PlacesAndDistances(network, SearchNetwork(cast("PlacesNetwork", network).rows)) if memory else network
        return {ONNX_FILE: onnx_bytes(FromPixels(whole, shape), (1, shape.height, shape.width, 3))}
    size = (1, 3, shape.height, shape.width)
    kept: dict[str, bytes] = {}
    if kind.precision == "int8":
        seen = _calibration(package, dataset)
        if memory:
            graph = ov.int8_memory_graph(network, size, seen, lambda found: _refit(package, dataset, found, kept))
        else:
            graph = ov.quantise(ov.convert(network, size), seen)
    elif memory:
        rows = cast("PlacesNetwork", network).rows
        graph = ov.memory_graph(network, rows, size, keep_search_precise=kind.precision == "bf16")
    else:
        graph = ov.convert(network, size)
    return {**ov.encoded(ov.from_pixels(graph, shape)), **kept}


def _calibration(package: Package, dataset: Dataset) -> list[NDArray[np.float32]]:
    """Return normalised good train pictures, (1, 3, height, width) each."""
    shape = package.card.preprocessing
    pictures = prepare_good(dataset, shape, validate=False, cache_bytes=0).data.train
    indices = np.unique(np.linspace(0, len(pictures) - 1, min(len(pictures), ov.CALIBRATION_PICTURES)).round())
    return [shape.normalise([pictures.fitted(int(index))[0]]) for index in indices]


def _refit(package: Package, dataset: Dataset, features: ov.GraphFeatures, kept: dict[str, bytes]) -> torch.Tensor:
    """Learn the memory again; the references are put into `kept`, the rows returned."""
    card = package.card
    if dataset.fingerprint != card.data.get("fingerprint"):
        raise UsageError(
            f"{dataset.folder}: is not the data set that {package.folder} was fitted on; int8 learns its memory again.",
            cure="Give that data set with --data, or choose --precision bf16 or fp32.",
        )
    known = PatchMemoryConfig.model_fields.keys() & card.training.keys()
    config = make_config(PatchMemoryConfig, **{name: card.training[name] for name in known})
    tensors = safetensors.torch.load(package.read_file(WEIGHTS_FILE))
    projection = (tensors["mean"].float(), tensors["directions"].float())
    rows, references = refit(dataset, config, features, projection, SilentReporter())
    kept[REFERENCES_FILE] = safetensors.torch.save(references.tensors())
    return rows
