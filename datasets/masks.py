"""What a mask means: which pixels are defect."""

from __future__ import annotations

import numpy as np

from inspector.types import Image


def binary(mask: Image, data: bytes) -> Image:
    """Return a decoded mask (H, W) as 255 for defect and 0 for good.

    Any non-zero pixel is defect. JPEG is the exception: its compression leaves grey specks around every edge, so there
    only pixels from 128 up count.

    Args:
        mask: As decoded, (H, W) uint8.
        data: The file's bytes, for their type.
    """
    limit = 128 if data[:2] == b"\xff\xd8" else 1
    return np.where(mask >= limit, np.uint8(255), np.uint8(0))
