"""The one preprocessing: the pixels that a model was trained on are the pixels that it sees at the station.

Two steps. `fit` brings a region to the network's input size in uint8 (this is what training caches and augments);
`normalise` turns a batch of fitted pictures into the float tensor layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from inspector.types import HeatMap, Image


class Preprocessing(BaseModel):
    """How a region becomes a network input. Part of every model package.

    Attributes:
        width: Input width in pixels.
        height: Input height in pixels.
        mode: `letterbox` shrinks the whole region into the input and pads; `crop` fills the input and cuts the
            overhang equally on both sides; both keep the aspect ratio. `stretch` fills the input with the whole region
            whatever its format: for parts of several formats that must be compared place by place.
        pad: Grey value 0..255 of the letterbox border.
        mean: Per channel RGB, for pixels in 0..1.
        std: Per channel RGB, for pixels in 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(ge=16, le=8192)
    height: int = Field(ge=16, le=8192)
    mode: Literal["letterbox", "crop", "stretch"] = "letterbox"
    pad: int = Field(default=0, ge=0, le=255)
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def fit(self, pixels: Image) -> Image:
        """Bring (H, W, 3) or (H, W) uint8 to (height, width, …) uint8."""
        return self._fit(pixels, pad=self.pad, nearest=False)

    def fit_mask(self, mask: Image) -> Image:
        """Bring a mask (H, W) to the same geometry: values stay exact, padding is 0."""
        return self._fit(mask, pad=0, nearest=True)

    def _fit(self, pixels: Image, *, pad: int, nearest: bool) -> Image:
        import cv2

        place = self.geometry(pixels.shape[1], pixels.shape[0])
        if (place.width, place.height) != (pixels.shape[1], pixels.shape[0]):
            smaller = place.width * place.height < pixels.shape[1] * pixels.shape[0]
            method = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
            pixels = cv2.resize(pixels, (place.width, place.height), interpolation=method).astype(np.uint8, copy=False)
        left, top = max(place.x, 0), max(place.y, 0)
        cut = pixels[max(-place.y, 0) :, max(-place.x, 0) :][: self.height, : self.width]
        if cut.shape[:2] == (self.height, self.width):
            return np.ascontiguousarray(cut)
        canvas = np.full((self.height, self.width, *pixels.shape[2:]), pad, np.uint8)
        canvas[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
        return canvas

    def geometry(self, width: int, height: int) -> Placement:
        """Return where a `width` x `height` picture lands in the input: its scaled size and offset in pixels."""
        if self.mode == "stretch":
            return Placement(0, 0, self.width, self.height)
        ratios = (self.width / width, self.height / height)
        scale = min(ratios) if self.mode == "letterbox" else max(ratios)
        scaled_width, scaled_height = max(1, round(width * scale)), max(1, round(height * scale))
        return Placement(
            (self.width - scaled_width) // 2, (self.height - scaled_height) // 2, scaled_width, scaled_height
        )

    def normalise(self, fitted: Sequence[Image]) -> NDArray[np.float32]:
        """Stack fitted pictures into (N, 3, height, width) float32, centred and scaled per channel."""
        batch = np.stack(fitted).astype(np.float32)
        std = np.asarray(self.std, np.float32)
        np.multiply(batch, 1.0 / (std * 255.0), out=batch, casting="same_kind")
        np.subtract(batch, np.asarray(self.mean, np.float32) / std, out=batch)
        return np.ascontiguousarray(batch.transpose(0, 3, 1, 2))

    def unfit(self, heat_map: HeatMap, width: int, height: int) -> HeatMap:
        """Bring a map over the network's input, any resolution, back to a `width` x `height` picture."""
        import cv2

        full = cv2.resize(heat_map, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        place = self.geometry(width, height)
        x, y = max(place.x, 0), max(place.y, 0)
        inside = full[y : min(place.y + place.height, self.height), x : min(place.x + place.width, self.width)]
        if self.mode != "crop":
            return cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
        canvas = np.zeros((place.height, place.width), np.float32)
        canvas[-place.y : -place.y + inside.shape[0], -place.x : -place.x + inside.shape[1]] = inside
        return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True)
class Placement:
    """Offset and size, in input pixels, of the scaled picture; offsets are negative where `crop` cuts."""

    x: int
    y: int
    width: int
    height: int
