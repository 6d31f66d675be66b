"""From a PyTorch module to an OpenVINO graph that takes pixels; int8 by post-training quantisation (nncf).

Quantised values shift the features of a patch memory by much more than good parts differ (docs/runtimes.md), so after
the trunk is quantised the memory is brought over to what it gives (`training.refit`), and searched in int8 too.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.errors import ModelError
from inspector.inference.openvino_graph import import_openvino
from inspector.inference.preprocess import Preprocessing
from inspector.inference.runtimes import BIN_FILE, XML_FILE
from training.graphs import SearchNetwork

CALIBRATION_PICTURES = 100
"""Most good pictures that the ranges of int8 are taken from."""
_REACH_PICTURES = 16
_ROOM = 1.25  # defects lie farther out than good places


def convert(module: nn.Module, shape: Sequence[int]) -> Any:
    """Return a module's graph for one float32 input of exactly this shape."""
    openvino = import_openvino()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of the tracer: shapes become constants, which is meant
        return openvino.convert_model(
            module.eval(), example_input=torch.zeros(*shape), input=[openvino.PartialShape(list(shape))]
        )


def quantise(graph: Any, inputs: Iterable[NDArray[np.float32]]) -> Any:
    """Return the graph with int8 layers, their ranges taken from `inputs`, each with the batch's axis.

    Raises:
        ModelError: nncf is not installed.
    """
    os.environ.setdefault("NNCF_CI", "1")  # its own switch against telemetry
    import_openvino()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nncf
    except ImportError as error:
        raise ModelError(
            f"int8 needs nncf, which cannot be loaded: {error}.",
            cure="Install it: pip install 'inspector-station[export]'.",
        ) from error
    given = list(inputs)
    nncf.set_log_level("ERROR")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # its bars; `--json -` writes there
        warnings.simplefilter("ignore")
        return nncf.quantize(graph, nncf.Dataset(given), preset=nncf.QuantizationPreset.MIXED, subset_size=len(given))


class GraphFeatures:
    """An OpenVINO trunk that computes features; implements `inspector.inference.patch_memory.Projecting`."""

    device = torch.device("cpu")

    def __init__(self, graph: Any) -> None:
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = import_openvino().Core().compile_model(graph, "CPU", options)

    def projected(self, pictures: torch.Tensor, mean: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
        """Return the places (N, h, w, d) of (N, 3, H, W) normalised; the projection is inside the graph."""
        del mean, directions
        given = pictures.contiguous().numpy()
        return torch.from_numpy(np.concatenate([self._compiled(each[None])[0].copy() for each in given]))

    def reach(self, pictures: Sequence[NDArray[np.float32]]) -> float:
        """Return the largest value that a place may have, from some good pictures (1, 3, H, W), with room to spare."""
        highest = [float(np.abs(self._compiled(each)[0]).max()) for each in pictures[:_REACH_PICTURES]]
        return max(highest) * _ROOM


def with_search(trunk: Any, search: SearchNetwork, *, precise: bool = False) -> Any:
    """Return one graph that gives the trunk's places and, for them, the distances.

    Args:
        trunk: Gives the places (1, h, w, d).
        search: With the memory.
        precise: Compute the search in float32 where the rest is bfloat16: a distance is the small difference of large
            products, which bfloat16 rounds away.
    """
    graph = convert(search, tuple(trunk.outputs[0].get_shape()))
    if precise:
        for node in graph.get_ordered_ops():
            node.get_rt_info()["precise_0"] = ""
    return joined(trunk, graph)


def joined(first: Any, second: Any) -> Any:
    """Return one graph that gives the first one's output, and the second one's for it."""
    openvino = import_openvino()
    between = first.outputs[0].get_node().input_value(0)
    second.get_parameters()[0].output(0).replace(between)
    last = second.outputs[0].get_node().input_value(0)
    return openvino.Model([between, last], first.get_parameters())


def from_pixels(graph: Any, preprocessing: Preprocessing) -> Any:
    """Return the graph with the normalisation before it: it takes (1, H, W, 3) uint8."""
    openvino = import_openvino()
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(graph)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).mean(
        [255.0 * value for value in preprocessing.mean]
    ).scale([255.0 * value for value in preprocessing.std])
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    return steps.build()


def encoded(graph: Any) -> dict[str, bytes]:
    """Return the graph's two files by name."""
    openvino = import_openvino()
    with tempfile.TemporaryDirectory() as folder:
        openvino.save_model(graph, Path(folder) / XML_FILE, compress_to_fp16=False)
        return {name: (Path(folder) / name).read_bytes() for name in (XML_FILE, BIN_FILE)}
