"""From a camera's table in the recipe to the thing that opens it."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from inspector.cameras.base import Camera
from inspector.cameras.folder import FolderSource
from inspector.cameras.opencv import device_camera, stream_camera, video_camera
from inspector.recipe import CameraConfig, DeviceCamera, FolderCamera, SimulatedCamera, StreamCamera, VideoCamera


def camera_maker(config: CameraConfig) -> Callable[[], Camera]:
    """Return a function that makes a closed camera; the feed calls it for every (re)connection."""
    match config:
        case DeviceCamera():
            return lambda: device_camera(config)
        case StreamCamera():
            return lambda: stream_camera(config)
        case VideoCamera():
            video = video_camera(config)
            return lambda: video  # one object: it keeps its place in the file across reconnections
        case FolderCamera():
            folder = FolderSource(config)
            return lambda: folder
        case SimulatedCamera():
            return _simulated(config)
        case _:
            assert_never(config)


def _simulated(config: SimulatedCamera) -> Callable[[], Camera]:
    from inspector.cameras.simulated import MovingCamera, SimulatedLine, SteppingCamera

    line = SimulatedLine(config)
    if config.moving:
        return lambda: MovingCamera(line)
    return lambda: SteppingCamera(line)
