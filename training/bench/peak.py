"""The machine's measured matrix peak: the most operations per second that any library at hand reaches.

A share of a figure from a data sheet would tell of the processor that was sold; this one tells of the cores that are
there, at the clock that they hold, beside whatever else runs. Square products of matrices, the best call of all sizes,
libraries and moments counts, because a peak is what the machine can do, not what it does on average.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from training.bench.timing import Call

SIZES = (1024, 2048)
GPU_SIZES = (4096, 8192)
_CALLS = 4
Key = tuple[str, str]
"""Processor (`cpu`, `cuda`) and precision."""


@dataclass(slots=True)
class Peaks:
    """Best rates so far; `measure` may be called again and again, so that a busy moment does not decide.

    Attributes:
        per_s: Operations per second, by processor and precision; a multiplication with its addition counts as two.
        library: Which one reached it.
        without: Why a library was not tried, by its name.
    """

    per_s: dict[Key, float] = field(default_factory=dict)
    library: dict[Key, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)
    _products: list[tuple[Key, str, int, Call]] = field(default_factory=list)

    def prepare(self, sizes: Sequence[int] = SIZES, gpu_sizes: Sequence[int] = GPU_SIZES) -> None:
        """Make the products ready."""
        on_gpu = _GPU_PRODUCTS if torch.cuda.is_available() else {}
        for products, wanted in ((_CPU_PRODUCTS, sizes), (on_gpu, gpu_sizes)):
            for (key, library), make in products.items():
                for size in wanted:
                    try:
                        self._products.append((key, library, size, make(size)))
                    except Exception as error:  # noqa: BLE001 - a library that is not there or refuses is told of
                        self.without[f"{library} {key[1]}"] = str(error).strip().split("\n")[0]

    def measure(self) -> None:
        """Run every product a few times."""
        for key, library, size, call in self._products:
            call()
            for _ in range(_CALLS):
                began = time.perf_counter()
                call()
                rate = 2.0 * size**3 / (time.perf_counter() - began)
                if rate > self.per_s.get(key, 0.0):
                    self.per_s[key], self.library[key] = rate, f"{library}, {size} x {size}"

    def share(self, key: Key, operations: float, ms: float) -> float | None:
        """Return so many operations in so many milliseconds as a share of the peak; None where there is none."""
        peak = self.per_s.get(key)
        return None if peak is None else round(operations / (ms / 1000) / peak, 4)

    def document(self) -> list[dict[str, object]]:
        """Return the JSON form."""
        return [
            {"device": key[0], "precision": key[1], "operations_per_s": rate, "library": self.library[key]}
            for key, rate in self.per_s.items()
        ]

    def lines(self) -> Iterator[str]:
        """Yield the peaks for people."""
        for key, rate in self.per_s.items():
            yield f"Matrix peak {key[0]} {key[1]}: {rate / 1e9:.0f} billion operations/s ({self.library[key]})."


def _torch_product(dtype: torch.dtype, device: str = "cpu") -> Callable[[int], Call]:
    def make(size: int) -> Call:
        left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        out = torch.empty(size, size, device=device, dtype=dtype)
        if device == "cpu":
            return lambda: torch.mm(left, right, out=out)

        def on_gpu() -> None:
            torch.mm(left, right, out=out)
            torch.cuda.synchronize()

        return on_gpu

    return make


def _openvino_product(precision: str) -> Callable[[int], Call]:
    def make(size: int) -> Call:
        from training.bench.graph_candidates import compiled
        from training.openvino_export import convert, quantise

        given = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
        graph = convert(nn.Linear(size, size, bias=False), (size, size))
        run = compiled(quantise(graph, [given]) if precision == "int8" else graph, precision)
        return lambda: run(given)

    return make


_CPU_PRODUCTS: dict[tuple[Key, str], Callable[[int], Call]] = {
    (("cpu", "fp32"), "PyTorch"): _torch_product(torch.float32),
    (("cpu", "bf16"), "PyTorch"): _torch_product(torch.bfloat16),
    **{(("cpu", name), "OpenVINO"): _openvino_product(name) for name in ("fp32", "bf16", "int8")},
}
_GPU_PRODUCTS: dict[tuple[Key, str], Callable[[int], Call]] = {
    (("cuda", name), "PyTorch"): _torch_product(dtype, "cuda")
    for name, dtype in (("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16))
}
