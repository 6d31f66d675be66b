"""From a PyTorch module to an ONNX graph that takes pixels."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from inspector.errors import ModelError
from inspector.inference.runtimes import ONNX_FILE

_OPSET = 18


def onnx_bytes(module: nn.Module, shape: Sequence[int]) -> bytes:
    """Return the ONNX graph of a module for one uint8 input of exactly this shape.

    Raises:
        ModelError: The exporter is not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch's exporter needs it
    except ImportError as error:
        raise ModelError(
            f"ONNX needs a library that cannot be loaded: {error}.",
            cure="Install it: pip install 'inspector-station[export]'.",
        ) from error
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        path = Path(folder) / ONNX_FILE
        torch.onnx.export(
            module.eval(), (torch.zeros(*shape, dtype=torch.uint8),), str(path), dynamo=True, opset_version=_OPSET,
            external_data=False, verbose=False,
        )  # fmt: skip
        onnx.checker.check_model(str(path))
        return path.read_bytes()
