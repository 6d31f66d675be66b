"""The feed hands out fresh frames only, whatever the camera does."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from inspector.cameras.base import Camera, EndOfSource, PartError, Shot
from inspector.cameras.feed import CameraFeed, CameraStatus
from inspector.errors import CameraError
from inspector.recipe import DeviceCamera
from inspector.types import Frame
from tests.support import ScriptedCamera, noise_picture

CONFIG = DeviceCamera(kind="device", device=0, name="cam", skip_frames=0, timeout_ms=500)


def fresh_pictures(start: int = 0) -> Iterator[Any]:
    return (noise_picture(number) for number in itertools.count(start))


class Opened:
    """A started feed that is stopped at the end of the test."""

    def __init__(self) -> None:
        self.feeds: list[CameraFeed] = []
        self.statuses: queue.SimpleQueue[CameraStatus] = queue.SimpleQueue()

    def __call__(self, make_camera: Callable[[], Camera], config: DeviceCamera = CONFIG, **options: Any) -> CameraFeed:
        feed = CameraFeed(config, make_camera, on_status=self.statuses.put, **options)
        self.feeds.append(feed)
        feed.start()
        return feed


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    for feed in made.feeds:
        feed.stop()


def test_that_a_grabbed_frame_arrived_after_the_trigger(opened: Opened) -> None:
    feed = opened(lambda: ScriptedCamera(fresh_pictures()))
    last = 0
    for _ in range(10):
        trigger_ns = time.monotonic_ns()
        (frame,) = feed.grab(trigger_ns, 1.0)
        assert frame.monotonic_ns >= trigger_ns
        assert frame.sequence > last
        last = frame.sequence


def test_that_frames_that_may_have_been_exposed_before_the_trigger_are_skipped(opened: Opened) -> None:
    seen: list[Frame] = []
    config = CONFIG.model_copy(update={"skip_frames": 2})
    feed = opened(lambda: ScriptedCamera(fresh_pictures()), config, on_frame=seen.append)
    feed.grab(time.monotonic_ns(), 1.0)
    trigger_ns = time.monotonic_ns()
    (frame,) = feed.grab(trigger_ns, 1.0)
    arrived_before = [f for f in seen if trigger_ns <= f.monotonic_ns < frame.monotonic_ns]
    assert len(arrived_before) >= 2


def test_that_true_with_the_old_frame_is_no_frame(opened: Opened) -> None:
    old = noise_picture(1)
    feed = opened(lambda: ScriptedCamera(itertools.chain([noise_picture(0)], itertools.repeat(old))))
    feed.grab(0, 1.0)
    time.sleep(0.1)
    for _ in range(3):
        with pytest.raises(CameraError, match=r"frozen|old frame"):
            feed.grab(time.monotonic_ns(), 0.2)


def test_that_a_driver_that_cycles_through_old_buffers_is_noticed(opened: Opened) -> None:
    buffers = [noise_picture(number) for number in range(4)]
    feed = opened(lambda: ScriptedCamera(itertools.cycle(buffers)))
    time.sleep(0.15)
    with pytest.raises(CameraError, match=r"frozen|old frame"):
        feed.grab(time.monotonic_ns(), 0.2)


def test_that_an_old_frame_after_reconnecting_is_still_known_as_old(opened: Opened) -> None:
    frames = [noise_picture(0), noise_picture(1)]
    scripts = iter([[*frames, CameraError("unplugged")], itertools.repeat(frames[1])])
    feed = opened(lambda: ScriptedCamera(itertools.chain(next(scripts, itertools.repeat(frames[1])))))
    time.sleep(0.5)
    with pytest.raises(CameraError):
        feed.grab(time.monotonic_ns(), 0.3)


def test_that_an_unplugged_camera_fails_at_once_and_comes_back(opened: Opened) -> None:
    scripts = iter(
        [itertools.chain([noise_picture(0)], [CameraError("unplugged", cure="plug in")]), fresh_pictures(10)]
    )
    feed = opened(lambda: ScriptedCamera(next(scripts)))
    assert opened.statuses.get(timeout=2).ok
    lost = opened.statuses.get(timeout=2)
    assert (lost.ok, lost.message, lost.cure) == (False, "unplugged", "plug in")
    with pytest.raises(CameraError, match="unplugged"):
        feed.grab(time.monotonic_ns(), 5.0)
    assert opened.statuses.get(timeout=5).ok
    assert feed.grab(time.monotonic_ns(), 1.0)[0].sequence > 1


def test_that_a_driver_error_of_any_kind_is_reported_and_survived(opened: Opened) -> None:
    scripts = iter([iter([ZeroDivisionError("inside the driver")]), fresh_pictures()])
    feed = opened(lambda: ScriptedCamera(next(scripts)))
    assert "inside the driver" in opened.statuses.get(timeout=2).message
    assert opened.statuses.get(timeout=5).ok
    feed.grab(time.monotonic_ns(), 1.0)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 3), np.float32),
        noise_picture(9, 32, 32),
    ],
    ids=["empty", "grey", "float", "wrong size"],
)
def test_that_a_malformed_frame_is_never_handed_out(opened: Opened, bad: np.ndarray) -> None:
    feed = opened(lambda: ScriptedCamera(itertools.chain([noise_picture(0)], itertools.repeat(bad))))
    feed.grab(0, 1.0)
    time.sleep(0.05)
    with pytest.raises(CameraError):
        feed.grab(time.monotonic_ns(), 0.3)


def test_that_a_size_other_than_the_recipes_is_refused(opened: Opened) -> None:
    config = CONFIG.model_copy(update={"frame_width": 640, "frame_height": 480})
    feed = opened(lambda: ScriptedCamera(fresh_pictures()), config)
    with pytest.raises(CameraError, match="64x48 frame; 640x480"):
        feed.grab(time.monotonic_ns(), 1.0)


def test_that_a_hanging_read_is_abandoned_and_its_late_frame_is_dropped(opened: Opened) -> None:
    let_go = threading.Event()
    late = noise_picture(666)

    def hang() -> np.ndarray:
        let_go.wait(10)
        return late

    scripts = iter([iter([noise_picture(0), hang]), fresh_pictures(100)])
    feed = opened(lambda: ScriptedCamera(next(scripts)), hang_s=0.2)
    feed.grab(0, 1.0)
    with pytest.raises(CameraError, match="no fresh frame"):
        feed.grab(time.monotonic_ns(), 0.3)
    feed.check()
    let_go.set()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            (frame,) = feed.grab(time.monotonic_ns(), 1.0)
        except CameraError:
            time.sleep(0.02)
            continue
        assert not np.array_equal(frame.pixels, late)
        return
    pytest.fail("the camera did not come back")


def test_that_a_camera_that_hangs_while_opening_does_not_block_the_station(opened: Opened) -> None:
    let_go = threading.Event()

    def wait() -> None:
        let_go.wait(10)

    feed = opened(lambda: ScriptedCamera(fresh_pictures(), on_open=wait), hang_s=0.2)
    assert not feed.wait_until_open(0.1)
    with pytest.raises(CameraError):
        feed.grab(time.monotonic_ns(), 0.2)
    let_go.set()


class Items:
    """A source that is read on demand."""

    live = False
    repeats_mean_frozen = False

    def __init__(self, items: list[Any]) -> None:
        self._items = iter(items)

    def open(self) -> tuple[str, ...]:
        return ("setting x was not taken",)

    def read(self) -> tuple[Shot, ...]:
        item = next(self._items, EndOfSource())
        if isinstance(item, Exception):
            raise item
        shots: tuple[Shot, ...] = item
        return shots

    def close(self) -> None:
        pass


def test_that_a_source_gives_every_item_once_in_order_and_then_its_end(opened: Opened) -> None:
    items = [(Shot(noise_picture(n), part_id=f"P{n}"),) for n in range(5)]
    items.insert(2, PartError("damaged", part_id="bad"))  # type: ignore[arg-type]
    feed = opened(lambda: Items(items))
    found = []
    while True:
        try:
            found.append(feed.grab(time.monotonic_ns(), 2.0)[0].part_id)
        except PartError as error:
            found.append(error.part_id)
        except EndOfSource:
            break
    assert found == ["P0", "P1", "bad", "P2", "P3", "P4"]
    assert feed.warnings == ("setting x was not taken",)
    with pytest.raises(EndOfSource):
        feed.grab(time.monotonic_ns(), 2.0)


def test_that_handed_out_pixels_cannot_be_written(opened: Opened) -> None:
    feed = opened(lambda: ScriptedCamera(fresh_pictures()))
    (frame,) = feed.grab(0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 0


def test_that_a_stopped_feed_leaves_no_thread(opened: Opened) -> None:
    feed = opened(lambda: ScriptedCamera(fresh_pictures()))
    feed.grab(0, 1.0)
    feed.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "camera-cam"]


def test_that_a_camera_that_hangs_while_closing_is_abandoned_too(opened: Opened) -> None:
    let_go = threading.Event()

    class Sticky(ScriptedCamera):
        hung = threading.Event()

        def close(self) -> None:
            self.hung.set()
            let_go.wait(20)

    first = Sticky(iter([noise_picture(0), CameraError("unplugged")]))
    cameras: Iterator[Camera] = iter([first, ScriptedCamera(fresh_pictures(10))])
    feed = opened(lambda: next(cameras), hang_s=0.2)
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            feed.check()
            try:
                frames = feed.grab(time.monotonic_ns(), 0.1)
            except CameraError:
                time.sleep(0.02)
                continue
            if first.hung.is_set():
                break
        assert first.hung.is_set()
        assert frames[0].sequence > 1
    finally:
        let_go.set()


def test_that_drivers_that_hang_for_ever_do_not_pile_up_threads(opened: Opened) -> None:
    let_go = threading.Event()

    def hang() -> None:
        let_go.wait(20)

    feed = opened(lambda: ScriptedCamera(fresh_pictures(), on_open=hang), hang_s=0.02)
    try:
        for _ in range(60):
            feed.check()
            time.sleep(0.02)
        assert sum(thread.name == "camera-cam" for thread in threading.enumerate()) <= 4
    finally:
        let_go.set()


def test_that_an_item_that_comes_too_late_is_not_taken_for_the_next_part(opened: Opened) -> None:
    release = threading.Event()

    class Slow(Items):
        def read(self) -> tuple[Shot, ...]:
            shots = super().read()
            if shots[0].part_id == "P1":
                release.wait(10)
            return shots

    items = [(Shot(noise_picture(n), part_id=f"P{n}"),) for n in range(3)]
    feed = opened(lambda: Slow(items))
    assert feed.grab(time.monotonic_ns(), 1.0)[0].part_id == "P0"
    with pytest.raises(CameraError):
        feed.grab(time.monotonic_ns(), 0.1)
    threading.Timer(0.1, release.set).start()
    assert feed.grab(time.monotonic_ns(), 2.0)[0].part_id == "P2"
