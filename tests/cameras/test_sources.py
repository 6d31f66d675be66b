"""Real sources: video files, an HTTP camera on loopback, folders, the simulated line; and camera settings."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.cameras.base import Camera, EndOfSource, PartError
from inspector.cameras.factory import camera_maker
from inspector.cameras.feed import CameraFeed
from inspector.cameras.opencv import apply_settings
from inspector.cameras.simulated import MovingCamera, SimulatedLine
from inspector.errors import CameraError
from inspector.imaging import encode_jpeg, encode_png
from inspector.recipe import (
    CameraSettings,
    DeviceCamera,
    FolderCamera,
    SimulatedCamera,
    StreamCamera,
    VideoCamera,
)
from tests.support import noise_picture, picture_folder


def read_all(camera: Camera) -> list[str]:
    """Return the part ids until the end; damaged parts with an exclamation mark."""
    found = []
    while True:
        try:
            found.append(camera.read()[0].part_id)
        except PartError as error:
            found.append(error.part_id + "!")
        except EndOfSource:
            return found


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "line.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for number in range(5):
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, :, 2] = 40 * number  # red, in OpenCV's order
        writer.write(picture)
    writer.release()
    return path


def test_that_a_video_gives_its_frames_in_rgb_and_then_ends(video: Path) -> None:
    camera = camera_maker(VideoCamera(kind="video", path=video))()
    camera.open()
    reds = []
    for _ in range(5):
        reds.append(int(camera.read()[0].pixels[:, :, 0].mean()))  # noqa: PERF401 - one exposure after the other
    with pytest.raises(EndOfSource):
        camera.read()
    camera.close()
    assert reds == pytest.approx([0, 40, 80, 120, 160], abs=8)


def test_that_a_looping_video_starts_again(video: Path) -> None:
    camera = camera_maker(VideoCamera(kind="video", path=video, loop=True))()
    camera.open()
    assert len({camera.read()[0].part_id for _ in range(12)}) == 12
    camera.close()


def test_that_a_missing_or_foreign_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"gone\.avi"):
        camera_maker(VideoCamera(kind="video", path=tmp_path / "gone.avi"))().open()
    text = tmp_path / "text.avi"
    text.write_text("no video")
    with pytest.raises(CameraError, match="cannot be opened"):
        camera_maker(VideoCamera(kind="video", path=text))().open()


class MotionJpeg(http.server.BaseHTTPRequestHandler):
    """An HTTP camera: multipart JPEG, each picture different."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for number in range(400):
                picture = np.full((48, 64, 3), number % 200, np.uint8)
                picture[:, number % 64] = 255
                data = encode_jpeg(picture)
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(f"Content-Length: {len(data)}\r\n\r\n".encode() + data + b"\r\n")
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Be quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), MotionJpeg)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/video.mjpg"
    server.shutdown()
    server.server_close()
    thread.join()


def test_that_a_network_camera_gives_fresh_frames(address: str) -> None:
    config = StreamCamera(kind="stream", url=address, name="net", timeout_ms=5000)
    feed = CameraFeed(config, camera_maker(config))
    feed.start()
    try:
        assert feed.wait_until_open(10)
        sequences = [feed.grab(time.monotonic_ns(), 5.0)[0].sequence for _ in range(5)]
        assert sequences == sorted(set(sequences))
    finally:
        feed.stop()


def test_that_an_unreachable_network_camera_is_a_clear_error() -> None:
    camera = camera_maker(StreamCamera(kind="stream", url="http://127.0.0.1:9/none.mjpg", name="net"))()
    with pytest.raises(CameraError, match="Camera net cannot be opened"):
        camera.open()


def test_that_an_absent_device_is_a_clear_error() -> None:
    camera = camera_maker(DeviceCamera(kind="device", device=97, name="usb"))()
    with pytest.raises(CameraError, match="Camera usb cannot be opened") as caught:
        camera.open()
    assert "inspector doctor" in caught.value.cure


class StubbornCapture:
    """A device that takes the width, changes the exposure and refuses the gain."""

    def __init__(self) -> None:
        self.values: dict[int, float] = {}

    def set(self, prop: int, value: float) -> bool:
        self.values[prop] = 100.0 if prop == cv2.CAP_PROP_EXPOSURE else value
        return prop != cv2.CAP_PROP_GAIN

    def get(self, prop: int) -> float:
        return self.values.get(prop, 0.0)


def test_that_settings_the_camera_did_not_take_are_reported() -> None:
    reports = apply_settings(StubbornCapture(), "cam", CameraSettings(width=640, exposure=250, gain=3))
    assert reports == (
        "Camera cam did not take gain = 3 (it is 3).",
        "Camera cam did not take exposure = 250 (it is 100).",
    )


def test_that_a_folder_gives_every_file_and_no_bad_one_silently(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "parts", 3)
    (folder / "part00001.png").write_bytes((folder / "part00001.png").read_bytes()[:500])
    (folder / "part00009.jpg").write_text("no image")
    (folder / "notes.txt").write_text("not matched")
    camera = camera_maker(FolderCamera(kind="folder", path=folder))()
    camera.open()
    assert read_all(camera) == ["part00000", "part00001!", "part00002", "part00009!"]


def test_that_a_folder_groups_the_views_of_a_part(tmp_path: Path) -> None:
    for part in ("kos01", "kos02"):
        (tmp_path / part).mkdir()
        for view in range(3):
            (tmp_path / part / f"Part{view}.jpg").write_bytes(encode_jpeg(noise_picture(view)))
            (tmp_path / part / f"Part{view}_label.png").write_bytes(encode_png(noise_picture(view)[:, :, 0]))
    config = FolderCamera(kind="folder", path=tmp_path, pattern="{part}/{view}.jpg")
    camera = camera_maker(config)()
    camera.open()
    shots = camera.read()
    assert [(shot.part_id, shot.view) for shot in shots] == [("kos01", f"Part{n}") for n in range(3)]
    everything = config.model_copy(update={"pattern": "{part}/{view}", "exclude": "*_label.png"})
    camera = camera_maker(everything)()
    camera.open()
    assert [shot.view for shot in camera.read()] == ["Part0", "Part1", "Part2"]


def test_that_a_pattern_that_finds_nothing_is_explained(tmp_path: Path) -> None:
    picture_folder(tmp_path, 1)
    with pytest.raises(CameraError, match="no file below"):
        camera_maker(FolderCamera(kind="folder", path=tmp_path, pattern="{id}.webp"))().open()


def test_that_the_simulated_line_repeats_with_its_seed_and_survives_reconnection() -> None:
    config = SimulatedCamera(kind="simulated", size_px=64, defect_share=0.5, seed=4)
    first, second = camera_maker(config), camera_maker(config)
    one, other = first(), second()
    shots = [one.read()[0] for _ in range(8)]
    for shot in shots:
        np.testing.assert_array_equal(shot.pixels, other.read()[0].pixels)
    assert len({shot.truth for shot in shots}) > 1
    following = first().read()[0]  # a new camera object on the same line goes on counting
    assert following.part_id.endswith("-00009")


def test_that_parts_on_the_moving_belt_come_in_rest_and_leave() -> None:
    config = SimulatedCamera(kind="simulated", size_px=96, moving=True, part_period_ms=1000)
    line = SimulatedLine(config)
    camera = MovingCamera(line)
    rest = line.part(1).pixels.astype(int)
    empty = line.empty.astype(int)
    away_at = {time_s: np.abs(camera.at(time_s).pixels.astype(int) - rest).mean() for time_s in (0.0, 0.1, 0.5, 0.99)}
    assert away_at[0.5] < 3
    assert min(away_at[0.0], away_at[0.1], away_at[0.99]) > 8
    assert np.abs(camera.at(-1.0).pixels.astype(int) - empty).mean() < 3
    assert camera.at(1.5).part_id.endswith("-00002")
    assert not np.array_equal(camera.at(0.5).pixels, camera.at(0.5).pixels)
