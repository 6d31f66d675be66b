"""PyTorch on an NVIDIA GPU: eager, half precision, CUDA graphs, compiled. Without a GPU the rows say so."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from inspector.errors import ModelError
from training.bench.candidates import Candidate
from training.bench.subjects import Subject
from training.bench.timing import Call

_CAPTURE_WARM = 3


def cuda_candidates(device: str = "cuda") -> list[Candidate]:
    """Return the candidates on the GPU; pictures lie in its memory, and a call ends when the GPU is done.

    Args:
        device: `cuda`; `cpu` runs the ways that need no GPU, for tests.
    """
    half, wide = torch.float16, torch.float32
    return [
        Candidate("torch-cuda", "fp32", "PyTorch eager on the GPU", _eager(device, wide)),
        Candidate("torch-cuda", "fp16", "PyTorch eager on the GPU, channels last", _eager(device, half)),
        Candidate("torch-cuda", "bf16", "the same in bf16", _eager(device, torch.bfloat16)),
        Candidate("torch-cuda-graph", "fp16", "the same as one CUDA graph", _graph(device)),
        Candidate("torch-cuda-compile", "fp16", "torch.compile, max-autotune, channels last", _compiled(device)),
    ]


def _eager(device: str, dtype: torch.dtype) -> Callable[[Subject, int], Call]:
    def prepare(subject: Subject, batch: int) -> Call:
        network, pictures = placed(subject, batch, device, dtype)
        return _synchronised(network, pictures)

    return prepare


def _graph(device: str) -> Callable[[Subject, int], Call]:
    def prepare(subject: Subject, batch: int) -> Call:
        network, pictures = placed(subject, batch, device, torch.float16)
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side), torch.inference_mode():  # kernels are chosen before the capture
            for _ in range(_CAPTURE_WARM):
                network(pictures)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph), torch.inference_mode():
            network(pictures)

        def call() -> None:
            graph.replay()
            torch.cuda.synchronize()

        return call

    return prepare


def _compiled(device: str) -> Callable[[Subject, int], Call]:
    def prepare(subject: Subject, batch: int) -> Call:
        network, pictures = placed(subject, batch, device, torch.float16)
        return _synchronised(torch.compile(network, mode="max-autotune", dynamic=False), pictures)

    return prepare


def placed(subject: Subject, batch: int, device: str, dtype: torch.dtype) -> tuple[nn.Module, torch.Tensor]:
    """Return network and pictures on a device, in a precision, channels last.

    Raises:
        ModelError: There is no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError("PyTorch finds no NVIDIA GPU on this machine")
    last = torch.channels_last
    network = copy.deepcopy(subject.network).to(device, dtype, memory_format=last)  # type: ignore[call-overload]
    return network, subject.pictures(batch).to(device, dtype).contiguous(memory_format=last)


def _synchronised(network: Callable[[torch.Tensor], torch.Tensor], pictures: torch.Tensor) -> Call:
    def call() -> None:
        with torch.inference_mode():
            network(pictures)
        if pictures.is_cuda:
            torch.cuda.synchronize()

    return call
