"""Cameras that OpenCV opens: USB and other devices, network streams, video files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.cameras.base import EndOfSource, Shot, rgb_from_bgr
from inspector.errors import CameraError
from inspector.recipe import CameraSettings, DeviceCamera, StreamCamera, VideoCamera

OPEN_TIMEOUT_MS = 5000
READ_TIMEOUT_MS = 3000

CaptureFactory = Callable[[], Any]
"""Makes a `cv2.VideoCapture`, or a test's double of one."""


class OpenCvCamera:
    """A live camera behind `cv2.VideoCapture`.

    Args:
        name: Name in the recipe.
        settings: What the camera is asked for.
        make_capture: Opens the device; called in the feed's thread, where a hang can be abandoned.
    """

    live = True
    repeats_mean_frozen = True

    def __init__(self, name: str, settings: CameraSettings, make_capture: CaptureFactory) -> None:
        self._name = name
        self._settings = settings
        self._make_capture = make_capture
        self._capture: Any = None

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        self._capture = self._make_capture()
        if not self._capture.isOpened():
            self.close()
            raise CameraError(
                f"Camera {self._name} cannot be opened.",
                cure="Check cable, power and address, and that no other program uses it; "
                "`inspector doctor` lists what is there.",
            )
        return apply_settings(self._capture, self._name, self._settings)

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        done, picture = self._capture.read()
        if not done:
            raise CameraError(
                f"Camera {self._name} gave no frame.", cure="Check cable and power; the station keeps trying."
            )
        return (Shot(rgb_from_bgr(self._name, picture)),)

    def close(self) -> None:
        """See Camera.close."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class VideoFileCamera(OpenCvCamera):
    """A video file, frame by frame; the end of the file ends the run, or it starts again."""

    live = False
    repeats_mean_frozen = False

    def __init__(self, name: str, path: Path, *, loop: bool) -> None:
        super().__init__(name, CameraSettings(), lambda: _open_ffmpeg(str(path)))
        self._path = path
        self._loop = loop
        self._number = 0
        self._position = 0

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        if not self._path.is_file():
            raise CameraError(f"Camera {self._name}: there is no video file {self._path}.", cure="Correct the path.")
        warnings = super().open()
        if self._position:
            import cv2

            self._capture.set(cv2.CAP_PROP_POS_FRAMES, self._position)
        return warnings

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        import cv2

        done, picture = self._capture.read()
        if not done and self._loop and self._number > 0:
            self._position = 0
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            done, picture = self._capture.read()
        if not done:
            if self._number == 0:
                raise CameraError(f"Camera {self._name}: {self._path} holds no readable frame.")
            raise EndOfSource
        self._number += 1
        self._position += 1
        pixels = rgb_from_bgr(self._name, picture)
        return (Shot(pixels, part_id=f"{self._path.stem}-{self._number:06d}", source=str(self._path)),)


def device_camera(config: DeviceCamera) -> OpenCvCamera:
    """Return the camera of a `kind = "device"` table."""

    def make_capture() -> Any:
        import cv2

        return cv2.VideoCapture(config.device, cv2.CAP_ANY)

    return OpenCvCamera(config.name, config.settings, make_capture)


def stream_camera(config: StreamCamera) -> OpenCvCamera:
    """Return the camera of a `kind = "stream"` table: RTSP over TCP, with time limits on opening and reading."""
    return OpenCvCamera(config.name, config.settings, lambda: _open_ffmpeg(config.url))


def video_camera(config: VideoCamera) -> VideoFileCamera:
    """Return the camera of a `kind = "video"` table."""
    return VideoFileCamera(config.name, config.path, loop=config.loop)


def _open_ffmpeg(address: str) -> Any:
    import cv2

    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)


def apply_settings(capture: Any, name: str, settings: CameraSettings) -> tuple[str, ...]:
    """Set what the recipe asks for and read it back.

    Returns:
        One sentence per setting that the camera refused or changed.
    """
    import cv2

    wanted: list[tuple[str, int, float | None]] = [
        ("width", cv2.CAP_PROP_FRAME_WIDTH, settings.width),
        ("height", cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
        ("fps", cv2.CAP_PROP_FPS, settings.fps),
        ("gain", cv2.CAP_PROP_GAIN, settings.gain),
    ]
    if settings.exposure is not None:
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 1)  # V4L2: 1 = manual, 3 = aperture priority
        wanted.append(("exposure", cv2.CAP_PROP_EXPOSURE, settings.exposure))
    if settings.white_balance_k is not None:
        capture.set(cv2.CAP_PROP_AUTO_WB, 0)
        wanted.append(("white_balance_k", cv2.CAP_PROP_WB_TEMPERATURE, settings.white_balance_k))
    reports = []
    for key, prop, value in wanted:
        if value is None:
            continue
        accepted = capture.set(prop, value)
        now = capture.get(prop)
        if not accepted or abs(now - value) > max(1e-3, 0.01 * abs(value)):
            reports.append(f"Camera {name} did not take {key} = {value:g} (it is {now:g}).")
    return tuple(reports)
