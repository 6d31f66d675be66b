"""A bar for people while a command works long; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be called with (done, total); it may be called from any thread, one at a time.

    Args:
        what: Named beside the bar.
        unit: What is counted.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from tqdm import tqdm

    with tqdm(desc=what, unit=unit, total=0, leave=False) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield advance
