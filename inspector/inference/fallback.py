"""When the processor that judges fails: another one judges the same part, and the first comes back when it can.

A driver update, a full memory or a cable ends a GPU in the middle of a shift. The part at hand is then judged on the
CPU by PyTorch, which the limits were found with: in time, or it is rejected by the station's deadline like any late
part. No torch here.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from inspector.errors import ModelError
from inspector.inference.base import Model
from inspector.inference.load import load_model, load_reference
from inspector.inference.package import Package
from inspector.types import HeatMap, Image, Prediction

_LOG = logging.getLogger(__name__)
_FIRST_RETRY_S, _LAST_RETRY_S = 5.0, 300.0
_STEADY_S = 60.0  # a device that fails sooner after it came back is given longer pauses
_START_LIMIT_S = 60.0  # the first picture of all finds nothing loaded
CPU = "cpu"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why another processor judges than the one that should.

    Attributes:
        device: The one that failed.
        what: What it said.
        cure: What to do.
    """

    device: str
    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where models come from.

    Attributes:
        fast: Loads the model that should judge, and raises ModelError while it cannot.
        spare: Loads the model that can judge on any PC.
        limit_s: A driver that has not answered by then hangs: it is abandoned. None: it is waited for.
    """

    fast: Callable[[], Model]
    spare: Callable[[], Model]
    limit_s: float | None = None


class FallbackModel:
    """Judges on the fast model while it works, else on the spare; implements `inspector.inference.base.Model`.

    Used from one thread; attempts to bring the fast model back run in another, with growing pauses, while the spare
    judges.

    Args:
        package: Of both.
        sources: Of the models.
        fast: Loaded; None where it could not be: then `trouble` says why.
        spare: Loaded; None: only when it is needed, for it costs time and memory.
        trouble: Of a fast model that could not be loaded.

    Attributes:
        package: The verified package.
        trouble: Why the spare judges; None while the fast model does.
    """

    def __init__(
        self,
        package: Package,
        sources: Sources,
        fast: Model | None,
        spare: Model | None = None,
        trouble: Trouble | None = None,
    ) -> None:
        self.package = package
        self.trouble = trouble
        self._sources = sources
        self._fast = fast
        self._spare = spare
        self._caller = _Caller() if sources.limit_s is not None else None
        self._warm = False
        self._pause_s, self._back_at_s = _FIRST_RETRY_S, -math.inf
        self._retry_at_s = time.monotonic() + self._pause_s
        self._brought: queue.SimpleQueue[Model | None] = queue.SimpleQueue()
        self._trying = False

    @property
    def device(self) -> str:
        """Which processor judges: that of the fast model, or `cpu, for … failed`."""
        if self._fast is not None:
            return self._fast.device
        failed = self.trouble.device if self.trouble else "the fast one"
        return f"{self._spare.device if self._spare else CPU}, for {failed.replace('(', '').replace(')', '')} failed"

    def warm_up(self) -> None:
        """Judge a blank picture with whatever judges, and with the spare where it is loaded: it must answer in time.

        Raises:
            ModelError: The spare failed.
        """
        limit_s = self._sources.limit_s
        if limit_s is not None and not self._warm:
            limit_s = max(limit_s, _START_LIMIT_S)
        self._ask(lambda model: model.warm_up(), limit_s)
        self._warm = True
        if self._fast is not None and self._spare is not None:
            self._spare.warm_up()

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB.

        Raises:
            ModelError: The spare failed as well.
        """
        return self._ask(lambda model: model.predict(regions), self._sources.limit_s)

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for a defect over a region (H, W, 3).

        Raises:
            ModelError: The spare failed as well.
        """
        return self._ask(lambda model: model.explain(region), None)

    def _ask(self, question: Callable[[Model], T], limit_s: float | None) -> T:
        self._take_back()
        fast = self._fast
        if fast is not None:
            try:
                if self._caller is None:
                    return question(fast)
                return self._caller.call(lambda: question(fast), limit_s)
            except (ModelError, RuntimeError) as error:  # torch's own, where nobody translated it, is a RuntimeError
                self._give_up(fast, error)
        return question(self._spare_model())

    def _spare_model(self) -> Model:
        if self._spare is None:
            self._spare = self._sources.spare()
        return self._spare

    def _give_up(self, fast: Model, error: ModelError | RuntimeError) -> None:
        self.trouble = _trouble(_name_of(fast), error)
        _LOG.warning("%s failed, the CPU judges: %s", self.trouble.device, self.trouble.what)
        steady = time.monotonic() - self._back_at_s > _STEADY_S
        self._fast, self._pause_s = None, _FIRST_RETRY_S if steady else self._longer_pause_s()
        self._retry_at_s = time.monotonic() + self._pause_s
        if self._sources.limit_s is not None:
            self._caller = _Caller()  # the old one may hang in the driver for ever

    def _take_back(self) -> None:
        """Where the fast model fails: see whether an attempt has brought it back, and begin the next when it is due."""
        if self._fast is not None:
            return
        if self._trying and not self._brought.empty():
            self._trying = False
            self._fast = self._brought.get()
            self._pause_s = self._longer_pause_s()
            self._retry_at_s = time.monotonic() + self._pause_s
        if self._fast is not None:
            _LOG.warning("%s judges again", self._fast.device)
            self.trouble, self._back_at_s = None, time.monotonic()
        elif not self._trying and time.monotonic() >= self._retry_at_s:
            self._trying = True
            threading.Thread(target=self._try, name="device-retry", daemon=True).start()

    def _longer_pause_s(self) -> float:
        return min(2 * self._pause_s, _LAST_RETRY_S)

    def _try(self) -> None:
        """Thread: load the fast model anew and let it judge a blank picture."""
        try:
            model = self._sources.fast()
            model.warm_up()
        except (ModelError, RuntimeError) as error:
            _LOG.info("the device does not work yet: %s", error)
            self._brought.put(None)
        else:
            self._brought.put(model)


class _Caller:
    """Asks in a thread that can be left behind."""

    def __init__(self) -> None:
        self._questions: queue.SimpleQueue[tuple[Callable[[], object], queue.SimpleQueue[object]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="device", daemon=True).start()

    def call(self, question: Callable[[], T], limit_s: float | None) -> T:
        """Return the answer, or raise what the question raised. Raises ModelError where none comes in time."""
        answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._questions.put((question, answers))
        try:
            answer = answers.get(timeout=limit_s)
        except queue.Empty:
            raise ModelError(
                f"The device gave no answer within {limit_s:g} s.", cure="Restart the PC; check the GPU's driver."
            ) from None
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]  # what `question` gave

    def _run(self) -> None:
        while True:
            question, answers = self._questions.get()
            try:
                answers.put(question())
            except Exception as error:  # noqa: BLE001 - handed to whoever asked
                answers.put(error)


def load_guarded(package: Package, device: str = "auto", limit_s: float | None = None) -> Model:
    """Load a package for a station: with another processor at hand, where there is another one.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: As for `inspector.inference.load.load_model`.
        limit_s: A GPU that has not answered by then is taken to hang.

    Raises:
        PackageError: Altered weights, or weights that do not fit what the card names.
        ModelError: Not even the CPU can run it.
    """
    if device == CPU:
        return load_reference(package, CPU)
    fast, trouble = None, None
    try:
        fast = load_model(package, device)
    except ModelError as error:
        trouble = _trouble(device, error)
    if fast is not None and fast.device == CPU:
        return fast
    gpu = fast is None or fast.device.startswith("cuda")
    sources = Sources(
        fast=lambda: load_model(package, device),
        spare=lambda: load_reference(package, CPU),
        limit_s=limit_s if gpu else None,
    )
    return FallbackModel(package, sources, fast, sources.spare() if gpu else None, trouble)


def _name_of(model: Model) -> str:
    """Return the device's name; asking a dead driver for it may fail as well."""
    try:
        return model.device
    except RuntimeError:
        return "the GPU"


def _trouble(device: str, error: ModelError | RuntimeError) -> Trouble:
    if isinstance(error, ModelError):
        return Trouble(device, error.message, error.cure)
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Trouble(device, first, "Restart the PC; check the driver with `inspector doctor`.")
