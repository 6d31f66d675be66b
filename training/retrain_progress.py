"""What a retraining says while it works: lines for people, or JSON lines for the window that started it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from inspector.progress import show_bar

SCHEMA = "inspector.retrain/1"
_EVERY_S = 0.5


class Teller:
    """Tells the plan, each step, and the end.

    Args:
        json_lines: One JSON object per line on standard output, each with `schema` and `event`.
    """

    def __init__(self, *, json_lines: bool) -> None:
        self.json_lines = json_lines
        self._steps: tuple[str, ...] = ()
        self._last_s = 0.0

    def plan(self, steps: Sequence[str]) -> None:
        """Say which steps there are."""
        self._steps = tuple(steps)
        if self.json_lines:
            self._write("plan", steps=list(steps))

    def step(self, name: str, state: str) -> None:
        """Say that a step has `started`, is `done`, or was done by an earlier run: `skipped`."""
        if self.json_lines:
            self._write("step", step=name, state=state)
        elif state != "started":
            said = "done before" if state == "skipped" else "done"
            print(f"{self._steps.index(name) + 1}/{len(self._steps)} {name:<11} {said}", flush=True)

    def text(self, text: str) -> None:
        """Say something that a person should know."""
        if self.json_lines:
            self._write("note", text=text)
        else:
            print(text, flush=True)

    def finished(self, **facts: Any) -> None:
        """Say how it ended; for people the text is printed by the caller."""
        if self.json_lines:
            self._write("done", **facts)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Yield a function to be called with (pictures done, pictures in all)."""
        if not self.json_lines:
            with show_bar(what, "img") as advance:
                yield advance
            return
        yield lambda done, total: self._advance(what, done, total)

    def _advance(self, what: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if done == total or now_s - self._last_s >= _EVERY_S:
            self._last_s = now_s
            self._write("progress", text=what, progress=done / max(total, 1))

    def _write(self, event: str, **facts: Any) -> None:
        print(json.dumps({"schema": SCHEMA, "event": event, **facts}, ensure_ascii=False), flush=True)
