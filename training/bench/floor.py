"""What a part costs at the least: the model, and the disk making the same bytes durable. No station, no log.

The station's overhead is what it takes beyond this. Both run in the same turns, the same model judges the same frames,
and pictures are written beside it by as many threads as the log has.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from inspector.cameras.base import Shot
from inspector.inference.base import Model
from inspector.jsonfile import sync_folder

_WRITERS = 2  # as the log's
_PICTURE_OVERHEAD = 1.0003  # a stored PNG against its pixels


class Floor:
    """Judges frames and makes as many bytes durable as a part's pictures and record have. A context manager.

    Args:
        model: The station's own.
        folder: On the same disk; gets files that are deleted by `forget`.
        commit_bytes: What a record's commit writes.
    """

    def __init__(self, model: Model, folder: Path, commit_bytes: int) -> None:
        self._model = model
        self._folder = folder
        self._data = os.urandom(1 << 24)
        self._commit = os.urandom(commit_bytes)
        self._journal = os.open(folder / "journal.bin", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._workers = ThreadPoolExecutor(_WRITERS)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._workers.shutdown()
        os.close(self._journal)

    def part(self, shots: Sequence[Shot]) -> dict[str, float]:
        """Return the milliseconds of one part by stage."""
        clock = [time.perf_counter()]
        writing = [self._workers.submit(self._write, each.pixels.nbytes) for each in shots]
        self._model.predict([each.pixels for each in shots])
        clock.append(time.perf_counter())
        picture_ms = max(each.result() for each in writing)
        clock.append(time.perf_counter())
        os.write(self._journal, self._commit)
        os.fsync(self._journal)
        clock.append(time.perf_counter())
        predict, images, commit = ((after - before) * 1000 for before, after in pairwise(clock))
        total = (clock[-1] - clock[0]) * 1000
        return {"predict": predict, "images": images, "commit": commit, "total": total, "picture_fsync": picture_ms}

    def _write(self, size: int) -> float:
        """Make a new file durable as the log does: its bytes, its name, the folder. Return the milliseconds."""
        began = time.perf_counter()
        self._number += 1
        path = self._folder / f"{self._number:08d}-{time.monotonic_ns()}.bin"
        with path.with_suffix(".tmp").open("wb") as file:
            file.write(memoryview(self._data)[: min(len(self._data), int(size * _PICTURE_OVERHEAD))])
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".tmp").replace(path)
        sync_folder(self._folder)
        return (time.perf_counter() - began) * 1000

    def forget(self) -> None:
        """Delete what was written."""
        for path in self._folder.glob("*-*.bin"):
            path.unlink()
