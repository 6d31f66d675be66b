"""PyTorch as a candidate: as a plain user calls it, as this project does, compiled, and torchvision's own example."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torchvision

from inspector.errors import UsageError
from training.bench.candidates import Candidate
from training.bench.subjects import Subject
from training.bench.timing import Call

Network = Callable[[torch.Tensor], torch.Tensor]
_PHOTO = (606, 517)  # height, width of the photo in torchvision's example


def torch_candidates(*, with_compile: bool = True) -> list[Candidate]:
    """Return the candidates on the CPU; the first is the baseline of all ratios."""
    return [
        Candidate("torch", "fp32", "PyTorch eager, no gradients", _eager),
        Candidate("torch", "bf16", "PyTorch eager, weights and pictures in bf16, channels last", _eager_bf16),
        Candidate("torch-channels-last", "fp32", "PyTorch eager, channels last, as this project", _channels_last),
        Candidate("torch-compile", "fp32", "torch.compile, inductor", _compiled if with_compile else _left_out),
        Candidate("torchvision", "fp32", "torchvision's example: weights.transforms() of a 517x606 photo, then the "
                  "network, with gradients as written there", _example),
    ]  # fmt: skip


def _eager(subject: Subject, batch: int) -> Call:
    return _call(subject.network, subject.pictures(batch))


def _channels_last(subject: Subject, batch: int) -> Call:
    network = copy.deepcopy(subject.network).to(memory_format=torch.channels_last)
    return _call(network, subject.pictures(batch).contiguous(memory_format=torch.channels_last))


def _eager_bf16(subject: Subject, batch: int) -> Call:
    network = copy.deepcopy(subject.network).to(torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]
    pictures = subject.pictures(batch).contiguous(memory_format=torch.channels_last)
    return _call(network, pictures.to(torch.bfloat16))


def _compiled(subject: Subject, batch: int) -> Call:
    torch._dynamo.reset()  # noqa: SLF001 - documented for this: graphs of the subject before count against a limit
    return _call(torch.compile(subject.network, dynamic=False), subject.pictures(batch))


def _left_out(_subject: Subject, _batch: int) -> Call:
    raise UsageError("left out by --without-compile")


def _call(network: Network, pictures: torch.Tensor) -> Call:
    def call() -> torch.Tensor:
        with torch.inference_mode():
            return network(pictures)

    return call


def _example(subject: Subject, batch: int) -> Call:
    """Do as torchvision's documentation shows, for several photos by stacking them."""
    transforms = torchvision.models.get_model_weights(subject.name).DEFAULT.transforms()
    network = copy.deepcopy(subject.network).requires_grad_(requires_grad=True)
    photo = torch.randint(0, 256, (3, *_PHOTO), dtype=torch.uint8)

    def call() -> torch.Tensor:
        pictures = torch.stack([transforms(photo) for _ in range(batch)])
        return network(pictures).softmax(1)  # type: ignore[no-any-return]

    return call
