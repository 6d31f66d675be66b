"""Files from outside are read only where they are files, and not too large."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from inspector.regular import NotRegularError, read_regular


def test_that_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(path)
    assert read_regular(path, 5) == read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(NotRegularError, match="larger than 4 bytes"):
        read_regular(path, 4)


def test_that_an_absent_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "absent", 5)
    with pytest.raises(NotRegularError, match="null"):
        read_regular(tmp_path / "a\0b", 5)


@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices")
def test_that_folders_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", "."):
        with pytest.raises(NotRegularError, match="no regular file"):
            read_regular(tmp_path / name, 5)
