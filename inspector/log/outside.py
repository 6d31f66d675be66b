"""Places off this machine that heads are written to: a file on a mounted path, a syslog daemon.

Who holds the log, even with the station's key, cannot take back what was written there.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from inspector.errors import StoreError, UsageError
from inspector.log.statement import OutsideHead, line_of

TIMEOUT_S = 5.0
_DEFAULT_PORTS = {"udp": 514, "tcp": 601}
_NOTICE_OF_AUDIT = 13 * 8 + 5  # RFC 5424: facility "log audit", severity "notice"


class Destination(Protocol):
    """Takes heads. `name` names it in messages and remembers how far it got, so it must stay the same."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    def send(self, heads: Sequence[OutsideHead]) -> None:
        """Write heads, in order; on return they are there as surely as this place can tell. Raises StoreError."""
        ...


class HeadFile:
    """A file that grows by a line per head, each flushed to its disk.

    Args:
        path: On a mounted path, best one that the station may append to and not rewrite.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"file {path}"

    def send(self, heads: Sequence[OutsideHead]) -> None:
        """Append and flush. Raises StoreError."""
        text = "".join(f"{line_of(head)}\n" for head in heads).encode()
        try:
            with self._path.open("ab") as file:
                if file.tell() and not _ends_a_line(self._path):
                    text = b"\n" + text
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"{self._path}: signed heads cannot be written there ({error.strerror or error}).",
                cure="Check that the path is mounted and may be written to; heads wait until then.",
            ) from error


def _ends_a_line(path: Path) -> bool:
    """Whether the last write was whole: a power cut there can leave half a line."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class Syslog:
    """A syslog daemon (RFC 5424): by UDP (RFC 5426), by TCP with counted octets (RFC 6587), or this machine's socket.

    UDP tells of no loss; prefer TCP, and a file beside it. Marks are left out: a datagram is short.

    Args:
        address: `host:port`, `udp://host:port`, `tcp://host:port`, or the path of a socket such as /dev/log.
        station: The station's name, which the message bears.

    Raises:
        UsageError: No such address.
    """

    def __init__(self, address: str, station: str) -> None:
        self.name = f"syslog {address}"
        self._station = "".join(letter for letter in station if "!" <= letter <= "~")[:255] or "-"
        if address.startswith("/"):
            self._kind, self._where = "unix", address
            return
        parts = urlsplit(address if "://" in address else f"udp://{address}")
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == -1:
            raise UsageError(
                f"{address!r} is no syslog address.",
                cure="Write host:port, udp://host:port, tcp://host:port or /dev/log.",
            )
        self._kind, self._where = parts.scheme, parts.hostname
        self._port = port or _DEFAULT_PORTS[parts.scheme]

    def send(self, heads: Sequence[OutsideHead]) -> None:
        """Send one message per head. Raises StoreError."""
        messages = [self._message(head) for head in heads]
        try:
            with self._connected() as connection:
                for message in messages:
                    counted = f"{len(message)} ".encode() if self._kind == "tcp" else b""
                    connection.sendall(counted + message)
        except OSError as error:
            raise StoreError(
                f"{self.name}: signed heads cannot be sent there ({error.strerror or error}).",
                cure="Check that the syslog daemon runs and can be reached; heads wait until then.",
            ) from error

    def _connected(self) -> socket.socket:
        if self._kind == "tcp":
            return socket.create_connection((self._where, self._port), timeout=TIMEOUT_S)
        if self._kind == "unix":
            connection, address = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), self._where
        else:
            family, kind, protocol, _name, found = socket.getaddrinfo(self._where, self._port, type=socket.SOCK_DGRAM)[
                0
            ]
            connection, address = socket.socket(family, kind, protocol), found  # type: ignore[assignment]
        try:
            connection.settimeout(TIMEOUT_S)
            connection.connect(address)
        except BaseException:
            connection.close()
            raise
        return connection

    def _message(self, outside: OutsideHead) -> bytes:
        moment = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        short = OutsideHead(outside.identity, outside.head, outside.previous)
        return (
            f"<{_NOTICE_OF_AUDIT}>1 {moment} {self._station} inspector {os.getpid()} head - {line_of(short)}".encode()
        )
