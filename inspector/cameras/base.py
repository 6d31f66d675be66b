"""The Camera protocol: what the feed asks of any imaging device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from inspector.errors import CameraError, InspectorError
from inspector.types import Image


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One exposure as a device gives it, before the feed has checked, numbered and dated it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        view: Which side of the part, where the source knows it; else "".
        part_id: The part's id, where the source knows it; else "".
        source: File it was read from; "" for a live camera.
        truth: Class known to the source; "" where unknown.
    """

    pixels: Image
    view: str = ""
    part_id: str = ""
    source: str = ""
    truth: str = ""


class EndOfSource(Exception):  # noqa: N818 - no error: a folder or video has come to its end
    """The source has no further part. Not an error: the run ends."""


class PartError(InspectorError):
    """The source's next part is there but cannot be used, for instance a damaged file. The part is ERROR.

    Args:
        message: What is wrong with which file.
        part_id: The part.
    """

    def __init__(self, message: str, *, part_id: str, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.part_id = part_id


class Camera(Protocol):
    """One imaging device. All calls come from one thread of the feed; any of them may hang without harm.

    Order of calls: `open` once, then `read` again and again, then `close`. After an error the object is closed and a
    new one is made.
    """

    live: bool
    """True: exposures come by themselves and `read` waits for the next. False: `read` takes the next item of a source,
    once per trigger."""

    repeats_mean_frozen: bool
    """True for real sensors, whose noise makes two bit-identical frames in a row practically impossible."""

    def open(self) -> tuple[str, ...]:
        """Open the device and apply its settings.

        Returns:
            One sentence per setting that the device did not take.

        Raises:
            CameraError: The device cannot be opened.
        """
        ...

    def read(self) -> tuple[Shot, ...]:
        """Return the exposures for one moment: one, or all views of a part where the source gives them together.

        Raises:
            CameraError: The device gave nothing.
            PartError: The source's next part is damaged.
            EndOfSource: A folder or video has come to its end.
        """
        ...

    def close(self) -> None:
        """Let the device go. Must not raise."""
        ...


def rgb_from_bgr(name: str, picture: Any) -> Image:
    """Convert what OpenCV gave to (H, W, 3) uint8 RGB: the one place where colour order changes.

    Raises:
        CameraError: Nothing, an empty array, or another type than 8-bit grey or colour.
    """
    if not isinstance(picture, np.ndarray) or picture.size == 0:
        raise CameraError(f"Camera {name} gave an empty frame.", cure="Check the cable and the power of the camera.")
    if picture.dtype != np.uint8:
        raise CameraError(f"Camera {name} gave {picture.dtype} pixels; 8-bit pixels are needed.")
    if picture.ndim == 2 or picture.shape[2] == 1:
        return np.repeat(picture.reshape(*picture.shape[:2], 1), 3, axis=2)
    if picture.shape[2] not in (3, 4):
        raise CameraError(f"Camera {name} gave frames of shape {picture.shape}; (height, width, 3) is needed.")
    return np.ascontiguousarray(picture[:, :, 2::-1])
