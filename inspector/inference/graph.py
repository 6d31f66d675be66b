"""An exported network: one fitted picture in, arrays out, whatever library runs it. No torch here."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inspector.errors import PackageError
from inspector.inference.package import Package
from inspector.inference.runtimes import BIN_FILE, ONNX_FILE, XML_FILE, RuntimeKind, folder_of
from inspector.types import Image


class Graph(Protocol):
    """A compiled network with everything from the pixels on inside. Used from one thread.

    One picture at a time, as it comes from a part: the same numbers however many views the part has.
    """

    def run(self, fitted: Image) -> tuple[NDArray[np.float32], ...]:
        """Return the outputs for one fitted picture (height, width, 3) uint8, each without the batch's axis.

        Raises:
            ModelError: The run-time failed.
        """
        ...


def load_graph(package: Package, kind: RuntimeKind) -> Graph:
    """Compile an export of a package from the very bytes whose hashes the card names.

    Raises:
        PackageError: A file was altered, or is no graph.
        ModelError: The library is not installed, or cannot run it on this PC.
    """
    folder = folder_of(kind.name)
    if kind.runtime == "openvino":
        from inspector.inference.openvino_graph import OpenVinoGraph

        xml, weights = (_file(package, f"{folder}/{name}") for name in (XML_FILE, BIN_FILE))
        return OpenVinoGraph(xml, weights, kind.precision, source=str(package.folder / folder))
    from inspector.inference.onnx_graph import OnnxGraph

    return OnnxGraph(_file(package, f"{folder}/{ONNX_FILE}"), source=str(package.folder / folder))


def _file(package: Package, name: str) -> bytes:
    try:
        return package.read_file(name)
    except KeyError as error:
        raise PackageError(f"{package.folder}: the card names no {name}.", cure="Export again.") from error
