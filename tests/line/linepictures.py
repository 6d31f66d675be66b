"""Pictures of well cameras for the tests of the line's watch, drawn once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from inspector.cameras.washer import WasherRenderer, WasherSpec
from inspector.types import Image

SIZE_PX = 128


@lru_cache(maxsize=4)
def washers(count: int, seed: int = 0, kind: str = "good") -> tuple[Image, ...]:
    """Return pictures (SIZE_PX, SIZE_PX, 3) of washers."""
    renderer, rng = WasherRenderer(WasherSpec(SIZE_PX, 0.2)), np.random.default_rng(seed)
    pictures = tuple(renderer.render_part(rng, kind).pixels for _ in range(count))
    for pixels in pictures:
        pixels.flags.writeable = False
    return pictures
