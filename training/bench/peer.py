"""Starts Anomalib on the same pictures, in its own process and, where it has one, its own Python."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class PeerRequest:
    """What the peer is asked.

    Attributes:
        model: `patchcore` or `padim`.
        train: Good pictures to learn from.
        test: Pictures to judge.
        weights: torchvision-keyed state dict; None: by chance.
        size: Width and height of its input.
        coreset: Share of the features that it keeps; its own default is 0.1.
    """

    model: str
    train: Sequence[Path]
    test: Sequence[Path]
    weights: Path | None = None
    size: int = 256
    coreset: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class PeerAnswer:
    """What it did.

    Attributes:
        fit_s: Seconds to learn.
        scores: Of each test picture.
        ms: Milliseconds of each test picture by inferencer, `torch` and `openvino`.
        maps: Anomaly map of each.
    """

    fit_s: float
    scores: NDArray[np.float64]
    ms: dict[str, list[float]]
    maps: Sequence[NDArray[np.float32]]


def find_peer(given: str | None) -> str | None:
    """Return a Python that has Anomalib: the given one, or this one where it is installed; None where there is none."""
    if given:
        return given
    return sys.executable if importlib.util.find_spec("anomalib") else None


def ask(python: str, request: PeerRequest) -> PeerAnswer:
    """Let the peer learn and judge.

    Args:
        python: Has `anomalib[openvino]` beside this project's dependencies.
        request: What.

    Raises:
        UsageError: It failed; its last words are in the message.
    """
    script = Path(__file__).resolve().with_name("anomalib_peer.py")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = {
            "model": request.model,
            "weights": str(request.weights.resolve()) if request.weights else None,
            "size": request.size,
            "coreset": request.coreset,
            "train": [str(path.resolve()) for path in request.train],
            "test": [{"path": str(path.resolve())} for path in request.test],
            "maps": name,
        }
        (folder / "request.json").write_text(json.dumps(document))
        command = [python, "-W", "ignore", str(script), str(folder / "request.json"), str(folder / "answer.json")]
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LD_LIBRARY_PATH", "HOME")}
        done = subprocess.run(
            command, cwd=folder, env={**kept, "PYTHONPATH": str(script.parents[2])}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UsageError(f"{python}: anomalib failed: {last}", cure="Install it: inspector-station[bench].")
        answer = json.loads((folder / "answer.json").read_text())
        maps = [np.load(folder / f"{number}.npy") for number in range(len(request.test))]
    return PeerAnswer(answer["fit_s"], np.array(answer["scores"]), answer["ms"], maps)
