"""OpenVINO on the CPU."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import ModelError, PackageError
from inspector.inference.runtimes import Precision
from inspector.types import Image

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""Number type of whatever the graph does not fix itself. Always stated: left out, OpenVINO takes bf16 by itself where
the processor has it. Beside int8 layers float32 costs nothing that could be measured and is the same everywhere."""


def import_openvino() -> Any:
    """Import OpenVINO with its telemetry switched off: a station sends nothing to anybody.

    Raises:
        ModelError: It is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # its importers have a stub for this
    try:
        import openvino
    except ImportError as error:
        raise ModelError(
            f"OpenVINO cannot be loaded: {error}.", cure="Install it (`pip install openvino`), or use device = cpu."
        ) from error
    return openvino


class OpenVinoGraph:
    """A graph compiled for the shortest time of one picture; implements `inspector.inference.graph.Graph`.

    Args:
        xml: The graph in OpenVINO's format.
        weights: Its weights.
        precision: Of the export.
        source: The folder, for messages.

    Raises:
        PackageError: The bytes are no graph.
        ModelError: It cannot be compiled on this PC.
    """

    def __init__(self, xml: bytes, weights: bytes, precision: Precision, source: str) -> None:
        openvino = import_openvino()
        self._source = source
        core = openvino.Core()
        try:
            model = core.read_model(model=xml, weights=weights)
        except RuntimeError as error:
            raise PackageError(f"{source}: is no OpenVINO graph: {_first_line(error)}", cure="Export again.") from error
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": HINTS[precision]}
        try:
            self._request = core.compile_model(model, "CPU", options).create_infer_request()
        except RuntimeError as error:
            raise ModelError(
                f"{source}: OpenVINO cannot run the graph on this PC: {_first_line(error)}",
                cure="Export on this PC, or use device = cpu.",
            ) from error

    def run(self, fitted: Image) -> tuple[NDArray[np.float32], ...]:
        """Return the outputs for one fitted picture (height, width, 3) uint8. Raises ModelError."""
        try:
            found = self._request.infer({0: fitted[None]}, share_inputs=True)
        except RuntimeError as error:
            raise ModelError(
                f"{self._source}: OpenVINO could not run: {_first_line(error)}",
                cure="Restart the station; if it comes again, use device = cpu.",
            ) from error
        return tuple(each[0] for each in found.values())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
