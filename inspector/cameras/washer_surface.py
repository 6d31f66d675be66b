"""The washer's shape and how light falls on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, floor, pi, sin
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from inspector.cameras.washer_marks import Marks

# Lengths are in outer radii.
BORE = 0.40
BEVEL = 0.035
GROOVE, GROOVE_WIDTH = 0.535, 0.030
HOLE_CIRCLE, HOLE_RADIUS, HOLE_COUNT = 0.765, 0.062, 6
CHAMFER = 0.022

_TEXTURE_REACH = 1.06
_PROFILE_STEPS = 2048
BELT_RGB = (0.110, 0.142, 0.160)
STEEL_RGB = (0.955, 0.98, 1.0)

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the part lies: centre and outer radius in pixels, turned by `angle` radians."""

    x: float
    y: float
    radius: float
    angle: float

    def shifted(self, offset: int) -> Pose:
        """Return the same pose `offset` pixels further along x."""
        return Pose(self.x + offset, self.y, self.radius, self.angle)

    def hole(self, number: int) -> tuple[float, float]:
        """Return the centre of a hole, in pixels."""
        return self.at(HOLE_CIRCLE, self.angle + 2 * pi * number / HOLE_COUNT)

    def at(self, r: float, theta: float) -> tuple[float, float]:
        """Return the pixel at `r` outer radii from the centre, in the direction `theta` (radians, x to y)."""
        return self.x + self.radius * r * cos(theta), self.y + self.radius * r * sin(theta)


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp: azimuth (radians, x to y), elevation above the belt (radians), intensity (1 = usual)."""

    azimuth: float
    elevation: float
    intensity: float


class SurfaceShader:
    """Shades washers in pictures of `size` x `size` pixels."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._axis = np.arange(size, dtype=np.float32)
        self._profile = _slope_profile()
        self._rows = max(24, round(_TEXTURE_REACH * size * 0.40 * 1.1))
        self._columns = 360

    def shade(
        self, rng: np.random.Generator, belt: Plane, pose: Pose, light: Light, marks: Marks
    ) -> tuple[Plane, Plane]:
        """Return the scene (H, W, 3), linear light about 0..1, and the part's coverage before any chip (H, W).

        Args:
            rng: Gives the surface's texture.
            belt: The lit belt (H, W).
            pose: Where the part lies.
            light: The lamp.
            marks: What is on the part.
        """
        texture = self._turned_texture(rng)
        fan_width, soft = 20.0 + 16.0 * rng.random(), 0.10 + 0.04 * rng.random()
        x = ((self._axis - pose.x) / pose.radius)[None, :].astype(np.float32)
        y = ((self._axis - pose.y) / pose.radius)[:, None].astype(np.float32)
        r = np.asarray(np.sqrt(x * x + y * y), np.float32)
        edge = np.float32(pose.radius)
        body = np.asarray(np.clip((1.0 - r) * edge + 0.5, 0, 1) * np.clip((r - BORE) * edge + 0.5, 0, 1), np.float32)
        if not body.any():
            return compose(belt * self._shadow(x, y, light, soft), None, body, marks), body
        inverse = np.asarray(1.0 / np.maximum(r, 1e-3), np.float32)
        along, across = x * inverse, y * inverse
        grain = self._grain(texture, x, y, r, pose)
        steps = np.minimum(r * np.float32(_PROFILE_STEPS / 1.2), _PROFILE_STEPS - 1).astype(np.int32)
        slope = self._profile[steps] + np.float32(0.055) * grain
        nx = -slope * along - marks.slope_x
        ny = -slope * across - marks.slope_y
        metal = _reflect(nx, ny, along, across, light, marks.gloss, fan_width)
        metal *= marks.albedo * (1.0 + np.float32(0.025) * grain)
        return compose(belt * self._shadow(x, y, light, soft), metal, body * marks.keep, marks), body

    def _grain(self, texture: Plane, x: Plane, y: Plane, r: Plane, pose: Pose) -> Plane:
        """Return the tool's marks as they lie in the picture (H, W)."""
        import cv2

        columns, lines = np.ascontiguousarray(np.broadcast_to(x, r.shape)), np.repeat(y, r.shape[1], axis=1)
        theta = np.asarray(cv2.phase(columns, lines), np.float32)
        theta -= np.float32(pose.angle)
        theta[theta < 0] += np.float32(2 * pi)
        theta *= np.float32(self._columns / (2 * pi))
        rows = r * np.float32(self._rows / _TEXTURE_REACH)
        found = cv2.remap(texture, theta, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)

    def _turned_texture(self, rng: np.random.Generator) -> Plane:
        """Return the tool's marks in polar coordinates (radius, angle), about unit variance, without a seam."""
        import cv2

        rows = self._rows
        rings = rng.standard_normal((rows, 1), np.float32)
        bands = cv2.GaussianBlur(rng.standard_normal((rows, 1), np.float32), (1, 0), 0.01, sigmaY=3.0).reshape(rows, 1)
        arcs = rng.standard_normal((rows, 40), np.float32)
        arcs = np.concatenate([arcs, arcs[:, :1]], axis=1)
        fine = cv2.resize(arcs, (self._columns + 1, rows), interpolation=cv2.INTER_LINEAR)
        return np.asarray(0.5 * rings + 1.4 * bands + 0.65 * fine, np.float32)

    @staticmethod
    def _shadow(x: Plane, y: Plane, light: Light, soft: float) -> Plane:
        """Return how much light reaches the belt (H, W): a soft shadow away from the lamp, dark close to the edge."""
        reach = 0.075
        r = np.sqrt((x + reach * cos(light.azimuth)) ** 2 + (y + reach * sin(light.azimuth)) ** 2)
        outer = np.clip((1.0 + soft * 0.6 - r) / soft, 0, 1)
        inner = np.clip((r - BORE + soft * 0.6) / soft, 0, 1)
        cast = outer * inner
        return np.asarray(1.0 - 0.72 * cast * cast * (3.0 - 2.0 * cast), np.float32)


def compose(belt: Plane, metal: Plane | None, coverage: Plane, marks: Marks) -> Plane:
    """Lay the part over the belt, colour by colour: (H, W, 3)."""
    import cv2

    planes = []
    for colour, (of_belt, of_steel) in enumerate(zip(BELT_RGB, STEEL_RGB, strict=True)):
        plane = belt * np.float32(of_belt)
        if metal is not None:
            tinted = metal * np.float32(of_steel)
            if marks.tint is not None:
                tinted *= marks.tint[colour]
            plane += (tinted - plane) * coverage
        planes.append(plane)
    return np.asarray(cv2.merge(planes), np.float32)


def _reflect(
    nx: Plane, ny: Plane, along: Plane, across: Plane, light: Light, gloss: Plane | float, fan_width: float
) -> Plane:
    """Return brightness (H, W) of steel with slopes (nx, ny), turned around the centre.

    Diffuse light, the fan of a turned surface (Kajiya and Kay's highlight along fibres, SIGGRAPH 1989), and a glint
    (Blinn's half vector, SIGGRAPH 1977).
    """
    lx, ly, lz = _direction(light.azimuth, light.elevation)
    half = np.array([lx, ly, lz + 1.0]) / np.sqrt(2.0 + 2.0 * lz)
    hx, hy, hz = (np.float32(value) for value in half)
    norm = 1.0 / np.sqrt(1.0 + nx * nx + ny * ny)
    toward_light = np.maximum((np.float32(lz) + nx * np.float32(lx) + ny * np.float32(ly)) * norm, 0.0)
    toward_half = np.maximum((hz + nx * hx + ny * hy) * norm, 0.0)
    sideways = hy * along - hx * across
    fan = np.exp(np.float32(-fan_width) * sideways * sideways)
    power4 = toward_half**2
    power4 *= power4
    power8 = power4 * power4
    power64 = (power8 * power8) ** 2
    sky = np.float32(0.07) + np.float32(0.11) * norm
    shine = gloss * (np.float32(0.56) * fan * power8 + np.float32(0.50) * power64)
    return np.asarray(light.intensity * (sky + np.float32(0.17) * toward_light + shine), np.float32)


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    return cos(azimuth) * cos(elevation), sin(azimuth) * cos(elevation), sin(elevation)


def _slope_profile() -> Plane:
    """Return dh/dr over r = 0..1.2: bevels at both edges and the oil groove, a little rounded."""
    import cv2

    r = np.linspace(0.0, 1.2, _PROFILE_STEPS, endpoint=False)
    slope = np.zeros_like(r)
    slope[r > 1.0 - BEVEL] = -0.75
    slope[r < BORE + BEVEL] = 0.75
    groove = np.abs(r - GROOVE) < GROOVE_WIDTH / 2
    slope[groove] = 1.1 * (r[groove] - GROOVE) / (GROOVE_WIDTH / 2)
    rounded = cv2.GaussianBlur(slope.astype(np.float32).reshape(1, -1), (0, 1), 6.0, sigmaY=0.01)
    return np.asarray(rounded, np.float32).reshape(-1)


def window(size: int, x: float, y: float, reach: float) -> tuple[slice, slice] | None:
    """Return the (rows, columns) within `reach` pixels of a point, cut to the picture; None where nothing is left."""
    top, bottom = max(0, floor(y - reach)), min(size, ceil(y + reach) + 1)
    left, right = max(0, floor(x - reach)), min(size, ceil(x + reach) + 1)
    return None if top >= bottom or left >= right else (slice(top, bottom), slice(left, right))
