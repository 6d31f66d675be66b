"""Open and read a file that came from outside: a regular one, of a size that is bearable."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegularError(OSError):
    """A folder, a pipe, a device or a socket stands where a file is expected, or a file is too large."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file (a link to one counts as one) for reading.

    A pipe would make the reader wait for ever and a device has no end, so neither is opened.

    Raises:
        OSError: Not there, may not be read, or no regular file; `strerror` says which.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a NUL in the path
        raise NotRegularError(22, str(error), str(path)) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotRegularError(22, "it is no regular file", str(path))
    return os.fdopen(handle, "rb")


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: The file.
        most_bytes: A larger file is refused before it is read.

    Raises:
        OSError: As `open_regular`, or too large.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(most_bytes + 1) if size <= most_bytes else b""
    if max(size, len(data)) > most_bytes:
        raise NotRegularError(27, f"it is larger than {most_bytes:,} bytes", str(path))
    return data
