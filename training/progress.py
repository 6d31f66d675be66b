"""What a run says while it works: a bar for people, JSON lines for programs, TensorBoard for both afterwards."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

SCHEMA = "inspector.training/1"
_STEP_EVERY_S = 0.5
_SHOWN = {"loss": "loss", "macro_f1": "macro-F1", "accuracy": "accuracy"}  # of the validation figures, for people


class Reporter(Protocol):
    """Hears of a run: `started` once, `step` often, `epoch` after each, `note` at any time, `finished` at the end."""

    def started(self, facts: Mapping[str, Any]) -> None:
        """The run begins, or goes on: epochs, steps_per_epoch, first_epoch, counts, device."""
        ...

    def step(self, facts: Mapping[str, Any]) -> None:
        """A step is done: epoch, step, loss, learning_rate, images_per_s, seconds_left, progress 0..1."""
        ...

    def epoch(self, facts: Mapping[str, Any]) -> None:
        """An epoch is done and safe on disk: epoch, loss, validation figures, best."""
        ...

    def note(self, text: str) -> None:
        """Something that a person should know."""
        ...

    def finished(self, facts: Mapping[str, Any]) -> None:
        """The package is written: package, hash, metrics, seconds."""
        ...


class SilentReporter:
    """Says nothing: for a run that is a step of something else."""

    def started(self, facts: Mapping[str, Any]) -> None:
        """Say nothing."""

    step = epoch = finished = started

    def note(self, text: str) -> None:
        """Say nothing."""


class JsonLinesReporter:
    """One JSON object per line on standard output, each with `schema` and `event`; steps at most twice a second."""

    def __init__(self) -> None:
        self._last_step = 0.0

    def started(self, facts: Mapping[str, Any]) -> None:
        """Write a `start` line."""
        self._write("start", facts)

    def step(self, facts: Mapping[str, Any]) -> None:
        """Write a `step` line, unless one was written just now."""
        now = time.monotonic()
        if now - self._last_step >= _STEP_EVERY_S:
            self._last_step = now
            self._write("step", facts)

    def epoch(self, facts: Mapping[str, Any]) -> None:
        """Write an `epoch` line."""
        self._write("epoch", facts)

    def note(self, text: str) -> None:
        """Write a `note` line."""
        self._write("note", {"text": text})

    def finished(self, facts: Mapping[str, Any]) -> None:
        """Write a `done` line."""
        self._write("done", facts)

    def _write(self, event: str, facts: Mapping[str, Any]) -> None:
        line = {"schema": SCHEMA, "event": event, **facts}
        sys.stdout.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()


class TerminalReporter:
    """A bar with the time left where standard error is a terminal; a line per epoch everywhere."""

    def __init__(self) -> None:
        self._bar: Any = None

    def started(self, facts: Mapping[str, Any]) -> None:
        """Say what is trained, and draw the bar."""
        from tqdm import tqdm

        self._say(
            f"Training {facts['backbone']} on {facts['device']}: {facts['train_images']} pictures, "
            f"{facts['validation_images']} to validate, {len(facts['classes'])} classes, {facts['epochs']} epochs."
        )
        if self._bar is not None:  # a hybrid's second half
            self._bar.close()
        total, per_epoch = facts["epochs"] * facts["steps_per_epoch"], facts["steps_per_epoch"]
        self._bar = tqdm(
            total=total,
            initial=facts["first_epoch"] * per_epoch,
            unit="step",
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
        )

    def step(self, facts: Mapping[str, Any]) -> None:
        """Move the bar."""
        self._bar.set_description(f"epoch {facts['epoch']}", refresh=False)
        if "loss" in facts:
            self._bar.set_postfix(loss=f"{facts['loss']:.3f}", refresh=False)
        self._bar.update(facts.get("advance", 1))

    def epoch(self, facts: Mapping[str, Any]) -> None:
        """Write the epoch's figures above the bar."""
        found = facts["validation"]
        shown = [f"{text} {found[name]:.3f}" for name, text in _SHOWN.items() if name in found]
        mark = "  best so far" if facts["best"] else ""
        self._say(
            f"epoch {facts['epoch']:>3}  loss {facts['loss']:.3f}  validation: {', '.join(shown)}"
            f"  ({facts['seconds']:.0f} s){mark}"
        )

    def note(self, text: str) -> None:
        """Write the text above the bar."""
        self._say(text)

    def finished(self, facts: Mapping[str, Any]) -> None:
        """Close the bar and say where the package lies."""
        if self._bar is not None:
            self._bar.close()
        self._say(f"Model package: {facts['package']}  ({facts['seconds']:.0f} s in this run)")

    def _say(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)


class TensorBoardLog:
    """Scalars per epoch in `folder`; a context manager. Resumed runs write on in the same folder."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._writer = SummaryWriter(str(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def scalars(self, epoch: int, values: Mapping[str, float]) -> None:
        """Write figures of one epoch and make them durable."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()


def make_reporter(*, json_lines: bool) -> Reporter:
    """Return the reporter for programs or for people."""
    return JsonLinesReporter() if json_lines else TerminalReporter()
