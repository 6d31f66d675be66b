"""By default nothing listens on the network: neither the station without a window nor the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.headless import run_headless
from inspector.recipe import load_recipe
from inspector.types import Record
from tests.support import recipe_text, tiny_package

TABLES = ("tcp", "tcp6", "udp", "udp6")
_LISTENS = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}


def listening() -> set[str]:
    """Return this process's sockets that wait for a peer, by the kernel's own tables."""
    own = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            own.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
        except OSError:
            continue
    found = set()
    for table in TABLES:
        for line in Path(f"/proc/self/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == _LISTENS[table] and columns[9] in own:
                found.add(f"{table} {columns[1]}")
    return found


pytestmark = pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="no /proc/net on this system")


def test_that_the_check_sees_a_listener() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)):
        assert listening()


def test_that_a_station_without_a_window_listens_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "product.toml"
    path.write_text(recipe_text(tiny_package(tmp_path / "package").folder), encoding="utf-8")
    seen: list[set[str]] = []

    def look(_record: Record) -> None:
        seen.append(listening())

    before = listening()
    run_headless(load_recipe(path), tmp_path / "log", max_parts=3, quiet=True, on_part=look)
    assert seen == [before] * 3
