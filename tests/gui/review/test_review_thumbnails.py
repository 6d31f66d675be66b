"""Thumbnails: made once, kept by content, bounded, forgotten when scrolled away; a damaged file is begun anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from gui.review.thumbnail_file import LONGEST_PX, ThumbnailFile, shrunk
from gui.review.thumbnails import Thumbnails, Wish
from inspector.errors import ImageError, ImageProblem
from inspector.types import Image
from tests.gui.conftest import WAIT_MS
from tests.support import noise_picture


def flat(value: int, width: int = 600, height: int = 400) -> Image:
    """Return a picture of one grey."""
    return np.full((height, width, 3), value, np.uint8)


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 300))
def test_that_a_shrunk_picture_keeps_its_shape_and_never_grows(width: int, height: int, longest: int) -> None:
    made = shrunk(flat(7, width, height), longest)
    assert max(made.shape[:2]) <= max(1, min(longest, max(width, height)))
    assert made.min() == made.max() == 7
    expected = height * min(1.0, longest / max(width, height))
    assert abs(made.shape[0] - expected) <= 1


def test_that_a_thumbnail_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    file = ThumbnailFile(tmp_path / "review" / "thumbnails.sqlite")
    assert file.get("a") is None
    file.put("a", flat(90))
    file.close()
    again = ThumbnailFile(tmp_path / "review" / "thumbnails.sqlite")
    kept = again.get("a")
    again.close()
    assert kept is not None
    assert max(kept.shape) == LONGEST_PX
    assert abs(int(kept.mean()) - 90) <= 2


def test_that_the_file_stays_bounded_and_drops_the_oldest(tmp_path: Path) -> None:
    file = ThumbnailFile(tmp_path / "thumbnails.sqlite", most_bytes=400_000)
    for number in range(640):
        file.put(str(number), noise_picture(number, 40, 40))
    assert file.size_bytes < 400_000 + 64 * 4_096
    assert file.get("0") is None
    assert file.get("639") is not None
    file.close()


def test_that_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "thumbnails.sqlite"
    path.write_bytes(b"no database at all" * 1000)
    file = ThumbnailFile(path)
    file.put("a", flat(1))
    assert file.get("a") is not None
    file.close()


class Source:
    """Pictures that a test hands out when it likes."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.free = threading.Event()
        self.free.set()

    def __call__(self, path: Path) -> Image:
        self.free.wait(10.0)
        self.read.append(path.name)
        if path.name == "broken":
            raise ImageError("broken", ImageProblem.TRUNCATED)
        return flat(100)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def thumbnails(tmp_path: Path, source: Source, qtbot: QtBot) -> Iterator[Thumbnails]:
    made = Thumbnails(ThumbnailFile(tmp_path / "thumbnails.sqlite"), source)
    yield made
    source.free.set()
    made.close()
    made.deleteLater()


def wishes(*names: str) -> list[Wish]:
    """Return a wish per name; its position is its number."""
    return [Wish(int(name) if name.isdigit() else 99, Path(name), f"sha{name}") for name in names]


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Let Qt work until the condition holds."""
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def test_that_wishes_come_true_in_their_order_and_once(thumbnails: Thumbnails, source: Source, qtbot: QtBot) -> None:
    thumbnails.wish(128, wishes("1", "2", "3"))
    until(qtbot, lambda: thumbnails.get(3) is not None)
    assert sorted(source.read) == ["1", "2", "3"]
    assert source.read[0] == "1"
    thumbnails.wish(128, wishes("1", "2", "3"))
    assert thumbnails.waiting == 0
    image = thumbnails.get(1)
    assert image is not None
    assert image.width() == 128
    assert image.height() in (85, 86)


def test_that_what_was_scrolled_away_is_not_made(thumbnails: Thumbnails, source: Source, qtbot: QtBot) -> None:
    source.free.clear()
    thumbnails.wish(128, wishes(*(str(number) for number in range(1, 60))))
    thumbnails.wish(128, wishes("80", "81"))
    source.free.set()
    until(qtbot, lambda: thumbnails.get(80) is not None and thumbnails.get(81) is not None)
    until(qtbot, lambda: thumbnails.waiting == 0)
    begun = [name for name in source.read if int(name) < 60]
    assert len(begun) <= 4, "only what a thread had in its hands already"


def test_that_another_size_is_made_from_the_disk(thumbnails: Thumbnails, source: Source, qtbot: QtBot) -> None:
    thumbnails.wish(128, wishes("1"))
    until(qtbot, lambda: thumbnails.get(1) is not None)
    thumbnails.wish(64, wishes("1"))
    assert thumbnails.get(1) is None
    until(qtbot, lambda: thumbnails.get(1) is not None)
    assert source.read == ["1"], "the picture itself was read once"
    image = thumbnails.get(1)
    assert image is not None
    assert image.width() == 64


def test_that_a_picture_that_cannot_be_read_is_said_and_not_tried_for_ever(
    thumbnails: Thumbnails, source: Source, qtbot: QtBot
) -> None:
    thumbnails.wish(128, wishes("broken", "1"))
    until(qtbot, lambda: thumbnails.failed(99))
    thumbnails.wish(128, wishes("broken"))
    assert thumbnails.waiting == 0
    assert source.read.count("broken") == 1
