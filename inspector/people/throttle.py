"""Who fails to log in must wait, longer each time, whichever window or command they try it with."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from inspector.errors import UserError
from inspector.jsonfile import replace_file
from inspector.settings import data_folder

FILE = "logins.json"
FREE_TRIES = 3
LONGEST_WAIT_S = 900
_KEPT = 500
"""Names that failed; the oldest are forgotten, so that made-up names cannot fill the disk."""
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a name failed since its last success, and when last (Unix nanoseconds)."""

    count: int = 0
    last_ns: int = 0


class Throttle:
    """Counts tries in a file, before they are made: who tries many at once has failed as often.

    Args:
        folder: Where the file lies; None: this PC's data folder.
        now_ns: The wall clock: the count outlives the process. A clock that was put back makes nobody wait less.
    """

    def __init__(self, folder: Path | None = None, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._folder = folder
        self._now_ns = now_ns

    @property
    def _path(self) -> Path:
        return (self._folder or data_folder()) / FILE

    def failures(self, name: str) -> Failures:
        """Return how a name fared."""
        return self._read().get(_key(name), Failures())

    def begin(self, name: str, *, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        """Count a try of a name, before it is known how it ends.

        Raises:
            UserError: The name must wait; the try does not count.
        """
        with self._locked():
            known = self._read()
            before = known.get(_key(name), Failures())
            wait_s = min(2.0 ** (before.count - FREE_TRIES), longest_wait_s) if before.count >= FREE_TRIES else 0.0
            left_s = wait_s - max(0.0, (self._now_ns() - before.last_ns) / _NS)
            if left_s > 0:
                raise UserError(f"{before.count} logins have failed.", cure=f"Wait {left_s:.0f} s, then try again.")
            self._write({**known, _key(name): Failures(before.count + 1, self._now_ns())})

    def succeeded(self, name: str) -> None:
        """Forget a name's failures."""
        with self._locked():
            known = self._read()
            if known.pop(_key(name), None) is not None:
                self._write(known)

    def _locked(self) -> FileLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._path.with_name(FILE + ".lock"), timeout=10)

    def _read(self) -> dict[str, Failures]:
        try:
            document = json.loads(self._path.read_bytes())
            return {str(name): Failures(int(each[0]), int(each[1])) for name, each in document.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise UserError(
                f"{self._path}: the failed logins cannot be read.", cure="An administrator of this PC may delete it."
            ) from error

    def _write(self, known: dict[str, Failures]) -> None:
        newest = sorted(known, key=lambda name: known[name].last_ns)[-_KEPT:]
        document = {name: [known[name].count, known[name].last_ns] for name in newest}
        replace_file(self._path, json.dumps(document).encode(), mode=0o600)


def _key(name: str) -> str:
    return name.strip().casefold()[:60]
