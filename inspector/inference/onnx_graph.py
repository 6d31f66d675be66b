"""ONNX Runtime on the CPU: the portable one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.errors import ModelError, PackageError
from inspector.types import Image


class OnnxGraph:
    """A graph run by ONNX Runtime; implements `inspector.inference.graph.Graph`.

    Args:
        onnx: The graph with its weights.
        source: The folder, for messages.

    Raises:
        PackageError: The bytes are no graph that it can run.
        ModelError: ONNX Runtime is not installed.
    """

    def __init__(self, onnx: bytes, source: str) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                f"ONNX Runtime cannot be loaded: {error}.",
                cure="Install it (`pip install onnxruntime`), or use device = cpu.",
            ) from error
        self._source = source
        onnxruntime.disable_telemetry_events()
        try:  # the list of providers is stated: the default of some builds names one that calls a server
            self._session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common class of their own
            raise PackageError(f"{source}: is no graph for ONNX Runtime: {error}", cure="Export again.") from error
        self._input = self._session.get_inputs()[0].name

    def run(self, fitted: Image) -> tuple[NDArray[np.float32], ...]:
        """Return the outputs for one fitted picture (height, width, 3) uint8. Raises ModelError."""
        try:
            found = self._session.run(None, {self._input: fitted[None]})
        except Exception as error:  # see above
            raise ModelError(
                f"{self._source}: ONNX Runtime could not run: {error}",
                cure="Restart the station; if it comes again, use device = cpu.",
            ) from error
        return tuple(each[0] for each in found)
