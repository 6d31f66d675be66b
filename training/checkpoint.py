"""The state of a run after an epoch: one safetensors file, its header carrying the JSON part. No pickle.

One file, replaced as a whole, so a crash leaves the state of the last epoch or the one before, never a
mixture.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from inspector.errors import TrainingError
from inspector.jsonfile import replace_file

CHECKPOINT_FILE = "checkpoint.safetensors"
_SCHEMA = "inspector.checkpoint/1"


@dataclass(slots=True)
class RunState:
    """The part of a run's state that is no tensor.

    There is no random generator to keep: chance follows from seed and epoch.

    Attributes:
        config: The settings, as written into the card.
        fingerprint: Of the data set.
        epochs_done: Finished epochs.
        finished: The run has ended, by its number of epochs or early.
        averaged_updates: Updates of the averaged weights.
        best_loss: Smallest validation loss so far.
        best_epoch: Its epoch, from 0.
        history: One entry per epoch.
        scaler: State of the gradient scaler (half precision on CUDA); empty elsewhere.
    """

    config: dict[str, Any]
    fingerprint: str
    epochs_done: int = 0
    finished: bool = False
    averaged_updates: int = 0
    best_loss: float = float("inf")
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)
    scaler: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    state: RunState,
    networks: Mapping[str, Mapping[str, torch.Tensor]],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write the state of a run.

    Args:
        folder: The run folder.
        state: What is no tensor.
        networks: State dicts by role (`network`, `averaged`, `best`).
        optimizer: Its moments are written; its rates follow from the schedule.
    """
    tensors = {f"{role}/{name}": value for role, own in networks.items() for name, value in own.items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{name}": torch.as_tensor(value) for name, value in moments.items()}
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    header = {"schema": _SCHEMA, "state": json.dumps(asdict(state))}
    replace_file(folder / CHECKPOINT_FILE, safetensors.torch.save(plain, header))


def load_checkpoint(folder: Path) -> tuple[RunState, dict[str, dict[str, torch.Tensor]]] | None:
    """Return the state and the tensors by role, `optimizer` among them; None where there is no checkpoint.

    Raises:
        TrainingError: The file is damaged or of another format.
    """
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            state = _parse_state(file.metadata() or {})
            tensors: dict[str, dict[str, torch.Tensor]] = {}
            for key in file.keys():  # noqa: SIM118 - not a mapping
                role, name = key.split("/", 1)
                tensors.setdefault(role, {})[name] = file.get_tensor(key)
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"{path}: the checkpoint cannot be read: {error}", cure="Train from the beginning: leave `--resume` out."
        ) from error
    return state, tensors


def _parse_state(header: Mapping[str, str]) -> RunState:
    if header.get("schema") != _SCHEMA:
        raise ValueError(f"the format is {header.get('schema')!r}, this program reads {_SCHEMA!r}")
    return RunState(**json.loads(header["state"]))


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put the moments back that `save_checkpoint` wrote."""
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split("/", 1)
        moments.setdefault(int(number), {})[name] = value
    document = optimizer.state_dict()
    optimizer.load_state_dict({"state": moments, "param_groups": document["param_groups"]})


def tensors_of(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return a copy of a network's state on the CPU, in the plain memory layout that safetensors wants."""
    return {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}
