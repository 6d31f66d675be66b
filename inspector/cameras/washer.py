"""Draws machined steel thrust washers on a conveyor belt: the simulated line's parts and the synthetic data set.

A part is a turned ring with bevelled edges, an oil groove and six chamfered holes, seen from above by a camera under a
moving light. The picture is shaded from surface slopes (diffuse light, the fan-shaped highlight of a turned surface,
bevel glints), so a defect is a change of slope, of reflectance or of outline, not a painted mark. Light, pose, surface,
belt, defocus and camera noise differ in every picture; everything comes from the generator that the caller passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from inspector.cameras.washer_defects import DEFECTS, add_harmless_marks
from inspector.cameras.washer_marks import Marks
from inspector.cameras.washer_surface import Light, Pose, SurfaceShader, compose
from inspector.types import Image

GOOD = "good"
"""Class of a part without defect."""

DEFECT_KINDS: tuple[str, ...] = tuple(DEFECTS)
"""Classes of defective parts: scratch, dent, crack, stain, missing_feature, chip."""

MINIMUM_SIZE_PX = 48


@dataclass(frozen=True, slots=True)
class WasherSpec:
    """What the pictures are like.

    Attributes:
        size_px: Width and height of a picture, 48 to 4096 px; the part's diameter is about 0.8 of it.
        difficulty: 0 (large, strong defects, steady scene) to 1 (faint, small defects; oil, dust, changing light).

    Raises:
        ValueError: A value outside its range.
    """

    size_px: int = 320
    difficulty: float = 0.3

    def __post_init__(self) -> None:
        if not MINIMUM_SIZE_PX <= self.size_px <= 4096:
            raise ValueError(f"size_px must be {MINIMUM_SIZE_PX} to 4096, not {self.size_px}")
        if not 0.0 <= self.difficulty <= 1.0:
            raise ValueError(f"difficulty must be 0 to 1, not {self.difficulty}")


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPart:
    """One picture and its truth.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8, 255 where the defect is; all 0 for a good part, or where the defect is out of view.
        kind: `GOOD`, one of `DEFECT_KINDS`, or "" for the empty belt.
    """

    pixels: Image
    mask: Image
    kind: str


class WasherRenderer:
    """Renders pictures of one `WasherSpec`; what does not change between pictures is computed once.

    Not shared between threads. The same generator state gives the same picture.
    """

    def __init__(self, spec: WasherSpec | None = None) -> None:
        self.spec = spec or WasherSpec()
        size = self.spec.size_px
        self._shader = SurfaceShader(size)
        self._belt = _belt_texture(size)
        axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (size / 2)
        self._axis = axis
        self._vignette = np.repeat((axis[:, None] ** 2 + axis[None, :] ** 2)[:, :, None], 3, axis=2)

    def render_part(self, rng: np.random.Generator, kind: str = GOOD) -> RenderedPart:
        """Draw a whole part of class `kind` near the middle of the picture.

        Raises:
            ValueError: Unknown kind.
        """
        return self.render_at(rng, kind, 0.0)

    def render_at(self, rng: np.random.Generator, kind: str, offset_px: float) -> RenderedPart:
        """Draw a part shifted by `offset_px` (whole pixels) along x, with the belt; it may be partly out of view.

        The same generator state gives the same part, light and belt at every offset and for every kind: vary the
        offset to move a part, or the kind to see it with and without its defect.

        Raises:
            ValueError: Unknown kind.
        """
        if kind != GOOD and kind not in DEFECTS:
            raise ValueError(f"unknown kind {kind!r}; known are {GOOD}, {', '.join(DEFECT_KINDS)}")
        difficulty, size = self.spec.difficulty, self.spec.size_px
        pose = _random_pose(rng, size, difficulty)
        light = _random_light(rng, difficulty)
        marks = Marks(size)
        add_harmless_marks(marks, rng, pose, difficulty)
        of_defect = np.random.default_rng(int(rng.integers(0, 2**63)))  # its own: all else stays the same for any kind
        if kind != GOOD:
            DEFECTS[kind](marks, of_defect, pose, difficulty)
        marks.add_holes(pose)
        offset = round(offset_px)
        belt = self._lit_belt(rng, light, offset)
        shifted = marks.shifted(offset)
        scene, body = self._shader.shade(rng, belt, pose.shifted(offset), light, shifted)
        mask = np.where((shifted.mask >= 128) & (body > 0.02), np.uint8(255), np.uint8(0))
        return RenderedPart(self._photograph(rng, scene), mask, kind)

    def render_empty(self, rng: np.random.Generator) -> RenderedPart:
        """Draw the belt without a part."""
        light = _random_light(rng, self.spec.difficulty)
        belt = self._lit_belt(rng, light, 0)
        pixels = self._photograph(rng, compose(belt, None, belt, Marks(self.spec.size_px)))
        return RenderedPart(pixels, np.zeros(pixels.shape[:2], np.uint8), "")

    def _lit_belt(self, rng: np.random.Generator, light: Light, offset: int) -> NDArray[np.float32]:
        """Return a piece of the belt (H, W), brighter toward the light."""
        size = self.spec.size_px
        y, x = (int(value) for value in rng.integers(0, size, 2))
        columns = (x - offset + np.arange(size)) % self._belt.shape[1]
        piece = np.take(self._belt[y : y + size], columns, axis=1)
        slope = 0.16
        shade = light.intensity * (
            1.0 + slope * (self._axis[None, :] * cos(light.azimuth) + self._axis[:, None] * sin(light.azimuth))
        )
        return np.asarray(piece * shade, np.float32)

    def _photograph(self, rng: np.random.Generator, scene: NDArray[np.float32]) -> Image:
        """Turn scene light (H, W, 3) into what a camera gives: vignetting, defocus, shot and read noise, gamma."""
        import cv2

        difficulty, size = self.spec.difficulty, self.spec.size_px
        scene = scene * (1.0 - np.float32(0.05 + 0.06 * rng.random()) * self._vignette)
        sigma = size / 320 * (0.45 + (0.25 + 0.55 * difficulty) * rng.random())
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), sigma), np.float32)
        shot = np.float32(0.0004 * (0.5 + 1.5 * difficulty))
        read = np.float32((0.0015 + 0.0025 * difficulty) ** 2)
        # One plane of noise, cut at three places: the colours' noise is independent where it could be seen.
        noise = rng.standard_normal((size + 22, size + 22), np.float32)
        cuts = [noise[step : step + size, 2 * step : 2 * step + size] for step in (0, 4, 11)]
        noise = np.asarray(cv2.merge(cuts), np.float32)
        np.maximum(scene, 0.0, out=scene)
        noise *= cv2.sqrt(scene * shot + read)
        scene += noise
        np.maximum(scene, 0.0, out=scene)
        counts = cv2.convertScaleAbs(scene, alpha=255.0)
        return np.asarray(cv2.LUT(counts, self._response(rng)), np.uint8)

    def _response(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the camera's curve (256, 1, 3): gamma, and a white balance that is never quite right."""
        gain = 1.0 + (0.01 + 0.03 * self.spec.difficulty) * (rng.random(3) - 0.5)
        light = np.clip(np.arange(256)[:, None] / 255.0 * gain, 0.0, 1.0)
        return (255.0 * light ** (1 / 1.5) + 0.5).astype(np.uint8).reshape(256, 1, 3)


def render_part(rng: np.random.Generator, kind: str, spec: WasherSpec) -> RenderedPart:
    """Draw one part. For more than one picture keep a `WasherRenderer`: it computes the constant things once."""
    return WasherRenderer(spec).render_part(rng, kind)


def _random_pose(rng: np.random.Generator, size: int, difficulty: float) -> Pose:
    wobble = 0.02 + 0.03 * difficulty
    shift = size * wobble * (2.0 * rng.random(2) - 1.0)
    radius = size * 0.395 * (1.0 + (0.01 + 0.02 * difficulty) * (2.0 * rng.random() - 1.0))
    middle = (size - 1) / 2
    return Pose(middle + float(shift[0]), middle + float(shift[1]), float(radius), 2 * pi * rng.random())


def _random_light(rng: np.random.Generator, difficulty: float) -> Light:
    """A lamp above the upper left, wandering further with difficulty."""
    azimuth = -0.75 * pi + (0.25 + 0.75 * difficulty) * pi * (2.0 * rng.random() - 1.0)
    elevation = np.deg2rad(52.0 + (4.0 + 8.0 * difficulty) * (2.0 * rng.random() - 1.0))
    intensity = 1.0 + (0.05 + 0.15 * difficulty) * (2.0 * rng.random() - 1.0)
    return Light(float(azimuth), float(elevation), float(intensity))


def _belt_texture(size: int) -> NDArray[np.float32]:
    """Return a woven belt (2·size, 2·size), mean about 1, that repeats along x without a seam."""
    import cv2

    rng = np.random.default_rng(20_240_131)
    extent = 2 * size
    threads = max(8, round(extent / (5.0 * max(1.0, size / 320))))
    axis = np.arange(extent, dtype=np.float32) * np.float32(2 * pi * threads / extent)
    warp, weft = np.sin(axis)[None, :], np.sin(axis)[:, None]
    weave = 1.0 + 0.10 * warp * weft + 0.05 * np.maximum(warp, weft)
    coarse = rng.standard_normal((12, 12), np.float32)
    coarse = np.concatenate([coarse, coarse[:, :1]], axis=1)
    clouds = cv2.resize(coarse, (extent, extent), interpolation=cv2.INTER_CUBIC)
    streaks = cv2.resize(
        rng.standard_normal((extent // 3, 1), np.float32), (extent, extent), interpolation=cv2.INTER_LINEAR
    )
    grain = rng.standard_normal((extent, extent), np.float32)
    return np.asarray(weave * (1.0 + 0.05 * clouds + 0.03 * streaks + 0.05 * grain), np.float32)
