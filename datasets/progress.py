"""Progress: a bar with the time left on a terminal, JSON lines for programs, silence elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inspector.progress import show_bar


@contextmanager
def show_progress(what: str, *, json_lines: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be called with (done, total); it may be called from any thread, one at a time.

    Args:
        what: Named beside the bar.
        json_lines: Print `{"event": "progress", …}` on standard output, at most twice a second, instead of a bar.
    """
    if json_lines:
        yield _json_lines(what)
        return
    with show_bar(what, "img") as advance:
        yield advance


def _json_lines(what: str) -> Callable[[int, int], None]:
    last = 0.0

    def advance(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last >= 0.5:
            last = now
            print(json.dumps({"event": "progress", "task": what, "done": done, "total": total}), flush=True)

    return advance
