"""OpenVINO and ONNX Runtime as candidates, set up as the station sets them up."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.errors import ModelError
from inspector.inference.openvino_graph import HINTS, import_openvino
from training.bench.candidates import Candidate
from training.bench.subjects import Subject
from training.bench.timing import Call
from training.openvino_export import convert, quantise

_RANDOM_PICTURES = 8
Floats = NDArray[np.float32]


def graph_candidates(calibration: Sequence[Floats]) -> list[Candidate]:
    """Return the candidates of the other run-times.

    Args:
        calibration: Normalised pictures (1, 3, size, size) that the ranges of int8 are taken from; empty for noise.
    """
    found = [
        Candidate("openvino", name, f"OpenVINO, CPU, latency, {name}", _openvino(name, calibration))
        for name in ("fp32", "bf16", "int8")
    ]
    return [*found, Candidate("onnxruntime", "fp32", "ONNX Runtime, CPU provider", _onnxruntime)]


def compiled(graph: Any, precision: str) -> Callable[[Floats], Any]:
    """Return a graph as a call, compiled with the options that the station gives to OpenVINO."""
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": HINTS[precision]}
    request = import_openvino().Core().compile_model(graph, "CPU", options).create_infer_request()
    return lambda given: request.infer({0: given}, share_inputs=True, share_outputs=True)


def _openvino(precision: str, calibration: Sequence[Floats]) -> Callable[[Subject, int], Call]:
    def prepare(subject: Subject, batch: int) -> Call:
        pictures = subject.pictures(batch).numpy()
        graph = convert(subject.network, pictures.shape)
        if precision == "int8":
            graph = quantise(graph, _batches(subject, batch, calibration))
        run = compiled(graph, precision)
        return lambda: run(pictures)

    return prepare


def _batches(subject: Subject, batch: int, calibration: Sequence[Floats]) -> list[Floats]:
    """Return the calibration pictures in batches of the graph's own size."""
    given = np.concatenate(calibration) if calibration else subject.pictures(_RANDOM_PICTURES).numpy()
    repeated = np.resize(given, (-(-len(given) // batch) * batch, *given.shape[1:]))
    return [repeated[start : start + batch] for start in range(0, len(repeated), batch)]


def _onnxruntime(subject: Subject, batch: int) -> Call:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError("not installed: pip install 'inspector-station[export]'") from error
    onnxruntime.disable_telemetry_events()
    pictures = subject.pictures(batch)
    session = onnxruntime.InferenceSession(_onnx(subject, pictures), providers=["CPUExecutionProvider"])
    name, given = session.get_inputs()[0].name, pictures.numpy()
    return lambda: session.run(None, {name: given})


def _onnx(subject: Subject, pictures: torch.Tensor) -> bytes:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        torch.onnx.export(subject.network, (pictures,), str(path), dynamo=True, external_data=False, verbose=False)
        return path.read_bytes()
