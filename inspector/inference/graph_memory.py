"""Run-time for exported `patch-memory` packages: network and search in one graph. No torch here."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from inspector.errors import PackageError
from inspector.inference.graph import Graph, load_graph
from inspector.inference.memory_model import Look, PatchMemoryModel
from inspector.inference.package import WEIGHTS_FILE, Package
from inspector.inference.references import References, look_of_rows, references_of
from inspector.inference.runtimes import REFERENCES_FILE, RuntimeKind, folder_of
from inspector.types import Image


class GraphMeter:
    """A patch memory as a graph; implements `inspector.inference.memory_model.Meter`.

    Args:
        graph: Gives the projected features (h, w, d) and the distances (h, w) of a picture.
        device: What records say.
    """

    def __init__(self, graph: Graph, device: str) -> None:
        self._graph = graph
        self._device = device

    @property
    def device(self) -> str:
        """Processor and run-time: `cpu (OpenVINO int8)`."""
        return self._device

    def measure(self, fitted: Sequence[Image]) -> Iterator[tuple[NDArray[np.float32], Look]]:
        """Yield the distances (h, w) and the look of each fitted picture. Raises ModelError."""
        for picture in fitted:
            places, distances = self._graph.run(picture)
            yield distances, functools.partial(_look, places)


def _look(places: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    flat = places.reshape(-1, places.shape[-1])
    return look_of_rows(flat if inside.all() else flat[inside.reshape(-1)])


def load_graph_memory(package: Package, kind: RuntimeKind) -> PatchMemoryModel:
    """Load an export of a patch-memory package.

    Raises:
        PackageError: Altered files, or references that do not fit.
        ModelError: The run-time cannot be used on this PC.
    """
    anomaly = package.card.anomaly
    if anomaly is None:
        raise PackageError(f"{package.folder}: the card has no table 'anomaly'.", cure="Train it again.")
    meter = GraphMeter(load_graph(package, kind), kind.device)
    return PatchMemoryModel(package, meter, _references(package, kind), anomaly)


def _references(package: Package, kind: RuntimeKind) -> References:
    name = f"{folder_of(kind.name)}/{REFERENCES_FILE}" if kind.fitted_anew else WEIGHTS_FILE
    try:
        return references_of(load(package.read_file(name)))
    except (KeyError, SafetensorError) as error:
        raise PackageError(
            f"{package.folder / name}: holds no references of a patch memory: {error}", cure="Export or train again."
        ) from error
