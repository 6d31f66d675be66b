"""Reads a network's weights from a file, without running any code that the file may carry."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import safetensors.torch
import torch
from safetensors import SafetensorError

from inspector.errors import ModelError

_DAMAGED = (RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, struct.error)
"""What torch's restricted reader raises for damaged files, besides its own error."""


def read_state_dict(path: Path) -> Mapping[str, torch.Tensor]:
    """Return the tensors of a state dict (.pth, .pt or .safetensors) by name.

    Raises:
        ModelError: The file cannot be read, or holds something else.
    """
    cure = "Give another file; save it with `torch.save(network.state_dict(), FILE)` or as safetensors."
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(path.read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols; what cannot be read raises
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}).", cure=cure) from error
    except (SafetensorError, UnpicklingError, *_DAMAGED) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: is no state dict that can be read safely: {reason}", cure=cure) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):  # a common wrapping
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path}: holds no state dict (names and tensors).", cure=cure)
    return state
