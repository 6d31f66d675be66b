"""A real PostgreSQL server for tests and campaigns: a temporary cluster on loopback that can be stopped and killed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

_OWNERS = ("postgres", "nobody")
START_S = 60


def server_programs() -> Path | None:
    """Return the folder of the newest server's programs; None where no server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One temporary cluster. The server refuses to run as root, so it runs as `postgres` where root starts it."""

    def __init__(self, *settings: str) -> None:
        programs = server_programs()
        assert programs is not None, "no PostgreSQL server is installed: apt-get install postgresql"
        self._programs = programs
        self._owner = next(name for name in _OWNERS if _known(name)) if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="inspector-postgres-"))
        self.port = free_port()
        if self._owner:
            shutil.chown(self._folder, self._owner)
        self._call("initdb", "-D", self._data, "-U", "inspector", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        lines = ["listen_addresses = '127.0.0.1'", f"unix_socket_directories = '{self._folder}'", *settings]
        with (self._folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join([*lines, "shared_buffers = 32MB", "max_connections = 40", ""]))
        self.start()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _call(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            user=self._owner,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = str(self._folder / "server.log")
        self._call("pg_ctl", "-D", self._data, "-l", log, "-o", f"-p {self.port}", "-t", str(START_S), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` in order, `immediate` as a crash."""
        self._call("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def new_database(self) -> str:
        """Return the URL of an empty database of its own."""
        name = f"log_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def copy_of(self, url: str) -> str:
        """Return the URL of a new database that holds what another one, which nobody is connected to, holds."""
        name, source = f"log_{uuid.uuid4().hex[:12]}", url.rsplit("/", 1)[1]
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'.encode())
        return self.url(name)

    def address(self, database: str) -> str:
        """Return libpq's own address of a database."""
        return f"postgresql://inspector@127.0.0.1:{self.port}/{database}"

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of a database."""
        return self.address(database).replace("postgresql:", "postgresql+psycopg:", 1)

    def remove(self) -> None:
        """Stop the server and delete everything."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        until = time.monotonic() + START_S
        while self._folder.exists() and time.monotonic() < until:
            shutil.rmtree(self._folder, ignore_errors=True)


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
