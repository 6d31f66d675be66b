"""The simulated line: a camera that ships with the product and shows machined washers, some of them defective."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from inspector.cameras.base import Shot
from inspector.cameras.washer import DEFECT_KINDS, GOOD, WasherRenderer, WasherSpec
from inspector.recipe import SimulatedCamera
from inspector.types import Image

FRAMES_PER_S = 30.0
MOVE_SHARE = 0.25
"""Share of the part period in which a part travels in, and again in which it travels out; between, it stands still."""
EMPTY_START_S = 0.75
"""The moving belt starts empty for so long, so that a presence trigger can learn the empty picture."""
_SEAM_PX = 24


class SimulatedLine:
    """The parts of one line, by number; the same seed gives the same parts. Outlives reconnections of its camera."""

    def __init__(self, config: SimulatedCamera) -> None:
        self.config = config
        self.next_index = 1
        self.started_s: float | None = None
        self._prefix = f"{datetime.now(UTC):%y%m%d%H%M%S%f}"[:-3]
        self._renderer = WasherRenderer(WasherSpec(config.size_px, config.difficulty))
        self._recent: dict[int, Shot] = {}
        self.empty = self._renderer.render_empty(np.random.default_rng((config.seed, 0))).pixels

    def part(self, index: int) -> Shot:
        """Return the picture of part `index` (from 1), at rest in the middle."""
        if index not in self._recent:
            rng = np.random.default_rng((self.config.seed, index))
            defective = rng.random() < self.config.defect_share
            kind = str(rng.choice(self.config.kinds or DEFECT_KINDS)) if defective else GOOD
            pixels = self._renderer.render_part(rng, kind).pixels
            self._recent = {key: shot for key, shot in self._recent.items() if key > index - 3}
            self._recent[index] = Shot(pixels, part_id=f"{self._prefix}-{index:05d}", truth=kind)
        return self._recent[index]


class SteppingCamera:
    """Each read finds the next part in place."""

    live = False
    repeats_mean_frozen = True

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        return ()

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        shot = self._line.part(self._line.next_index)
        self._line.next_index += 1
        return (shot,)

    def close(self) -> None:
        """See Camera.close."""


class MovingCamera:
    """Parts travel through the picture on a belt: in from the right, a rest in the middle, out to the left."""

    live = True
    repeats_mean_frozen = True

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line
        self._noise = _noise_tiles(line.config.size_px)
        self._rng = np.random.default_rng(line.config.seed + 1)
        self._next_frame_s = 0.0

    def open(self) -> tuple[str, ...]:
        """See Camera.open."""
        self._next_frame_s = time.monotonic()
        if self._line.started_s is None:
            self._line.started_s = self._next_frame_s
        return ()

    def read(self) -> tuple[Shot, ...]:
        """See Camera.read."""
        self._next_frame_s = max(self._next_frame_s + 1.0 / FRAMES_PER_S, time.monotonic() - 1.0)
        time.sleep(max(0.0, self._next_frame_s - time.monotonic()))
        return (self.at(time.monotonic() - (self._line.started_s or 0.0) - EMPTY_START_S),)

    def at(self, elapsed_s: float) -> Shot:
        """Return what the camera sees so many seconds after the first part began to come in; before: the empty belt."""
        size, empty = self._line.config.size_px, self._line.empty
        periods, phase = divmod(max(0.0, elapsed_s) * 1000.0 / self._line.config.part_period_ms, 1.0)
        part = self._line.part(int(periods) + 1)
        if phase < MOVE_SHARE:
            strip, offset = (empty, part.pixels), _eased(phase / MOVE_SHARE) * size
        else:
            strip, offset = (part.pixels, empty), _eased((phase - 1.0 + MOVE_SHARE) / MOVE_SHARE) * size
        start = int(offset)
        pixels = self._with_noise(np.ascontiguousarray(_joined(*strip)[:, start : start + size]))
        return Shot(pixels, part_id=part.part_id, truth=part.truth)

    def _with_noise(self, pixels: Image) -> Image:
        """Add a fresh shift of the noise: no two frames of a real sensor are the same."""
        import cv2

        size = self._line.config.size_px
        y, x = self._rng.integers(0, size, 2)
        return cv2.add(pixels, self._noise[y : y + size, x : x + size], dtype=cv2.CV_8U).astype(np.uint8, copy=False)

    def close(self) -> None:
        """See Camera.close."""


def _eased(share: float) -> float:
    """Return how far a belt that starts and stops gently has come, 0 to 1."""
    inside = min(max(share, 0.0), 1.0)
    return inside * inside * (3.0 - 2.0 * inside)


def _noise_tiles(size: int) -> NDArray[np.int16]:
    noise = np.random.default_rng(7).normal(0.0, 1.2, (2 * size, 2 * size, 1))
    return np.repeat(noise.round().astype(np.int16), 3, axis=2)


def _joined(left: Image, right: Image) -> Image:
    """Lay two pictures side by side, with the belt blended over the seam."""
    width = left.shape[1]
    strip = np.concatenate([left, right], axis=1)
    ramp = np.linspace(0.0, 1.0, 2 * _SEAM_PX, dtype=np.float32)[None, :, None]
    edge_left = left[:, -_SEAM_PX:].astype(np.float32)
    edge_right = right[:, :_SEAM_PX].astype(np.float32)
    mirrored_left = np.concatenate([edge_left, edge_left[:, ::-1]], axis=1)
    mirrored_right = np.concatenate([edge_right[:, ::-1], edge_right], axis=1)
    seam = mirrored_left * (1.0 - ramp) + mirrored_right * ramp
    strip[:, width - _SEAM_PX : width + _SEAM_PX] = seam.round().astype(np.uint8)
    return strip
