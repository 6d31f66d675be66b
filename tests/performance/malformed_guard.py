"""Sees what a reader of hostile files does to the world: what it executes, writes and reads where it has no business.

Python's audit hooks (PEP 578) tell of every file that is opened, renamed or removed, every class that a pickle asks
for, every process and library that is started. What C code does behind them is seen by its traces: the canary's folder,
and the folders beside the case.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EXECUTE = frozenset(
    {
        "pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
        "os.startfile", "subprocess.Popen", "pty.spawn", "ctypes.dlopen", "socket.connect", "socket.bind",
        "webbrowser.open",
    }
)  # fmt: skip
_CHANGE = {
    "os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,), "os.mkdir": (0,), "os.rmdir": (0,), "os.remove": (0,),
    "os.chmod": (0,), "os.truncate": (0,), "os.utime": (0,), "os.chown": (0,), "os.mkfifo": (0,), "os.mknod": (0,),
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(slots=True)
class Sightings:
    """What was seen during one case."""

    executed: list[str] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)


class Guard:
    """Watches from the first `watching` on; an audit hook cannot be taken away again, so it belongs in a worker.

    Args:
        world: Folder of everything. Written may be below `world/case` and `world/temporary` alone; nothing may be read
            in a folder named `outside`.
    """

    def __init__(self, world: Path) -> None:
        self._allowed = (f"{world / 'case'}{os.sep}", f"{world / 'temporary'}{os.sep}", os.devnull)
        self._world, self._case = world, str(world / "case")  # made where absent: it never is
        self._seen: Sightings | None = None
        sys.addaudithook(self._on_event)

    @contextmanager
    def watching(self) -> Iterator[Sightings]:
        """Watch what is done inside."""
        seen, before = Sightings(), self._traces()
        self._seen = seen
        try:
            yield seen
        finally:
            self._seen = None
            after = self._traces()
            seen.wrote += sorted(str(path) for path in after.symmetric_difference(before))
            if any(path.name == "executed" for path, *_ in after):
                seen.executed.append("canary")

    def _traces(self) -> set[Any]:
        """Return what lies beside the case, with sizes and times."""
        watched = [folder for folder in self._world.rglob("outside") if folder.is_dir()]
        paths = [*self._world.iterdir(), *(path for folder in watched for path in folder.rglob("*"))]
        paths += list((self._world / "home").rglob("*")) + list((self._world / "here").rglob("*"))
        kept = [path for path in paths if path.name not in ("case", "temporary")]
        return {(path, found.st_size, found.st_mtime_ns) for path in kept if (found := path.lstat())}

    def _on_event(self, event: str, args: tuple[Any, ...]) -> None:
        seen = self._seen
        if seen is None:
            return
        if event in _EXECUTE:
            seen.executed.append(event)
        elif event == "open" and not isinstance(args[0], int):
            path = _real(args[0])
            if args[2] & _WRITING and not self._may_write(path):
                seen.wrote.append(path)
            elif f"{os.sep}outside{os.sep}" in path:
                seen.read.append(path)
        elif event in _CHANGE:
            for at in _CHANGE[event]:
                path = _real(args[at], args[-1])
                if not self._may_write(path) and (event, path) != ("os.mkdir", self._case):
                    seen.wrote.append(f"{event} {path}")

    def _may_write(self, path: str) -> bool:
        return path.startswith(self._allowed) and f"{os.sep}outside{os.sep}" not in path


def _real(path: Any, folder_handle: Any = -1) -> str:
    """Return where a path leads; relative to an open folder where its handle is given."""
    text = os.fsdecode(path) if not isinstance(path, int) else f"/proc/self/fd/{path}"
    if isinstance(folder_handle, int) and folder_handle > 0 and not text.startswith(os.sep):
        text = os.path.join(os.readlink(f"/proc/self/fd/{folder_handle}"), text)  # noqa: PTH115, PTH118
    head, tail = os.path.split(text)
    return os.path.join(os.path.realpath(head), tail)  # noqa: PTH118 - the last part itself, link or not
