"""From a PyTorch module to an OpenVINO graph that takes pixels; int8 by post-training quantisation (nncf).

Quantised values shift the features of a patch memory by much more than good parts differ (docs/runtimes.md), so after
the trunk is quantised the memory and its references are learned again from what it gives, and searched in int8 too.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
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

Refit = Callable[["GraphFeatures"], torch.Tensor]
"""Learns the memory again from a quantised trunk and returns its rows."""

CALIBRATION_PICTURES = 100
"""Most good pictures that the ranges of int8 are taken from."""
_SEARCH_PICTURES = 16


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
    with warnings.catch_warnings():
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


def memory_graph(places: nn.Module, rows: torch.Tensor, shape: Sequence[int], *, keep_search_precise: bool) -> Any:
    """Return trunk and search as one graph, unquantised.

    Args:
        places: `PlacesNetwork`.
        rows: (m, d).
        shape: Of the input, (1, 3, H, W).
        keep_search_precise: Compute the search in float32 where the rest is bfloat16: a distance is the small
            difference of large products, which bfloat16 rounds away.
    """
    trunk = convert(places, shape)
    search = convert(SearchNetwork(rows), tuple(trunk.outputs[0].get_shape()))
    if keep_search_precise:
        for node in search.get_ordered_ops():
            node.get_rt_info()["precise_0"] = ""
    return joined(trunk, search)


def int8_memory_graph(
    places: nn.Module, shape: Sequence[int], calibration: Sequence[NDArray[np.float32]], refit: Refit
) -> Any:
    """Return trunk and search as one int8 graph, with the memory that was learned again from the trunk.

    Args:
        places: `PlacesNetwork`.
        shape: Of the input, (1, 3, H, W).
        calibration: Normalised good pictures, each of that shape.
        refit: Learns the memory again.
    """
    trunk = quantise(convert(places, shape), calibration)
    features = GraphFeatures(trunk)
    rows = refit(features)
    reach = _reach(features, calibration)
    search = convert(SearchNetwork(rows, reach), tuple(trunk.outputs[0].get_shape()))
    return joined(trunk, search)


def _reach(features: GraphFeatures, calibration: Sequence[NDArray[np.float32]]) -> float:
    """Return the largest value of a place in a few good pictures: where int8 ends."""
    nothing = torch.zeros(0)
    seen = [features.projected(torch.from_numpy(each), nothing, nothing) for each in calibration[:_SEARCH_PICTURES]]
    return float(max(each.abs().max() for each in seen))


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
