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

from inspector.cameras.washer_defects import DEFECTS, Marks, add_harmless_marks
from inspector.cameras.washer_surface import Light, Pose, SurfaceShader
from inspector.types import Image

GOOD = "good"
"""Class of a part without defect."""

DEFECT_KINDS: tuple[str, ...] = tuple(DEFECTS)
"""Classes of defective parts: scratch, dent, crack, stain, missing_feature, chip."""

BELT_RGB = (0.125, 0.150, 0.160)
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
        self._vignette = axis[:, None] ** 2 + axis[None, :] ** 2

    def render_part(self, rng: np.random.Generator, kind: str = GOOD) -> RenderedPart:
        """Draw a whole part of class `kind` near the middle of the picture.

        Raises:
            ValueError: Unknown kind.
        """
        return self.render_at(rng, kind, 0.0)

    def render_at(self, rng: np.random.Generator, kind: str, offset_px: float) -> RenderedPart:
        """Draw a part shifted by `offset_px` along x, in the belt's direction; it may be partly or wholly out of view.

        The same generator state gives the same part, light and belt at every offset: vary the offset to move it.

        Raises:
            ValueError: Unknown kind.
        """
        if kind != GOOD and kind not in DEFECTS:
            raise ValueError(f"unknown kind {kind!r}; known are {GOOD}, {', '.join(DEFECT_KINDS)}")
        difficulty, size = self.spec.difficulty, self.spec.size_px
        pose = _random_pose(rng, size, difficulty, offset_px)
        light = _random_light(rng, difficulty)
        marks = Marks(size)
        add_harmless_marks(marks, rng, pose, difficulty)
        if kind != GOOD:
            DEFECTS[kind](marks, rng, pose, difficulty)
        belt = self._lit_belt(rng, light, offset_px)
        scene, body = self._shader.shade(rng, belt, pose, light, marks)
        mask = np.where((marks.mask >= 128) & (body > 0.02), np.uint8(255), np.uint8(0))
        return RenderedPart(self._photograph(rng, scene), mask, kind)

    def render_empty(self, rng: np.random.Generator) -> RenderedPart:
        """Draw the belt without a part."""
        light = _random_light(rng, self.spec.difficulty)
        pixels = self._photograph(rng, self._lit_belt(rng, light, 0.0))
        return RenderedPart(pixels, np.zeros(pixels.shape[:2], np.uint8), "")

    def _lit_belt(self, rng: np.random.Generator, light: Light, offset_px: float) -> NDArray[np.float32]:
        """Return a piece of the belt (H, W, 3), brighter toward the light."""
        size = self.spec.size_px
        y, x = (int(value) for value in rng.integers(0, size, 2))
        columns = (x - round(offset_px) + np.arange(size)) % self._belt.shape[1]
        piece = np.take(self._belt[y : y + size], columns, axis=1)
        slope = 0.16
        shade = light.intensity * (
            1.0 + slope * (self._axis[None, :] * cos(light.azimuth) + self._axis[:, None] * sin(light.azimuth))
        )
        return np.asarray(piece[:, :, None] * shade[:, :, None] * np.asarray(BELT_RGB, np.float32), np.float32)

    def _photograph(self, rng: np.random.Generator, scene: NDArray[np.float32]) -> Image:
        """Turn scene light (H, W, 3) into what a camera gives: vignetting, defocus, shot and read noise, gamma."""
        import cv2

        difficulty, size = self.spec.difficulty, self.spec.size_px
        strength = 0.05 + 0.06 * rng.random()
        scene = scene * (1.0 - strength * self._vignette)[:, :, None]
        sigma = size / 320 * (0.45 + (0.25 + 0.55 * difficulty) * rng.random())
        scene = cv2.GaussianBlur(scene, (0, 0), sigma).astype(np.float32, copy=False)
        shot = 0.0004 * (0.5 + 1.5 * difficulty)
        read = 0.0015 + 0.0025 * difficulty
        noise = rng.standard_normal(scene.shape, np.float32)
        scene += noise * np.sqrt(np.maximum(scene, 0.0) * shot + read * read)
        balance = 1.0 + (0.01 + 0.02 * difficulty) * (rng.random(3, np.float32) - 0.5)
        scene *= balance
        np.clip(scene, 0.0, 1.0, out=scene)
        return np.asarray(cv2.LUT((scene * 255.0 + 0.5).astype(np.uint8), _GAMMA), np.uint8)


def render_part(rng: np.random.Generator, kind: str, spec: WasherSpec) -> RenderedPart:
    """Draw one part. For more than one picture keep a `WasherRenderer`: it computes the constant things once."""
    return WasherRenderer(spec).render_part(rng, kind)


_GAMMA = (255.0 * (np.arange(256) / 255.0) ** (1 / 1.5) + 0.5).astype(np.uint8)


def _random_pose(rng: np.random.Generator, size: int, difficulty: float, offset_px: float) -> Pose:
    wobble = 0.02 + 0.03 * difficulty
    shift = size * wobble * (2.0 * rng.random(2) - 1.0)
    radius = size * 0.395 * (1.0 + (0.01 + 0.02 * difficulty) * (2.0 * rng.random() - 1.0))
    middle = (size - 1) / 2
    return Pose(middle + float(shift[0]) + offset_px, middle + float(shift[1]), float(radius), 2 * pi * rng.random())


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
    streaks = cv2.resize(rng.standard_normal((extent // 3, 1), np.float32), (extent, extent), interpolation=cv2.INTER_LINEAR)
    grain = rng.standard_normal((extent, extent), np.float32)
    return np.asarray(weave * (1.0 + 0.05 * clouds + 0.03 * streaks + 0.05 * grain), np.float32)
