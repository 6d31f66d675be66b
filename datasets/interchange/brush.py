"""Label Studio's run-length code of brush marks: a stream of bits, most significant first.

32 bits: number of values; 5 bits: their width less one; four times 4 bits: widths of lengths, less one. Then blocks:
one bit that says whether one value repeats, two bits that choose the width of the length, the length less one, and the
value, or as many values. There are four values per pixel, of which the last says whether it is marked. (The format is
that of thi.ng's rle-pack, which Label Studio uses.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.errors import DatasetError
from inspector.imaging import MAX_PIXELS

_VALUES_PER_PIXEL = 4


def decode_brush(code: Sequence[int], width: int, height: int) -> NDArray[np.int64]:
    """Return lengths of alternating runs of pixels along the rows, the first of unmarked ones.

    Raises:
        DatasetError: The code is no such stream, or holds another number of pixels.
    """
    stream = _Stream(code)
    total, value_bits = stream.take(32), stream.take(5) + 1
    length_bits = [stream.take(4) + 1 for _ in range(4)]
    if width * height > MAX_PIXELS:
        raise DatasetError(f"the brush mark is of an image of {width}x{height} pixels; {MAX_PIXELS} are the most")
    if total != _VALUES_PER_PIXEL * width * height:
        raise DatasetError(f"the brush mark holds {total} values, the image {width}x{height} pixels of 4")
    values = np.zeros(total, bool)
    place = 0
    while place < total:
        repeats = stream.take(1)
        end = place + stream.take(length_bits[stream.take(2)]) + 1
        if end > total:
            raise DatasetError("a run of the brush mark goes beyond the image")
        if repeats:
            values[place:end] = stream.take(value_bits) != 0
        else:
            values[place:end] = [stream.take(value_bits) != 0 for _ in range(end - place)]
        place = end
    marked = values[_VALUES_PER_PIXEL - 1 :: _VALUES_PER_PIXEL]
    return np.diff(np.flatnonzero(np.diff(marked, prepend=False)), prepend=0, append=marked.size).astype(np.int64)


class _Stream:
    """Bits from a list of bytes."""

    def __init__(self, code: Sequence[int]) -> None:
        if not all(isinstance(value, int) and 0 <= value < 256 for value in code):
            raise DatasetError("the brush mark is no list of bytes")
        self._data = bytes(code)
        self._at = 0

    def take(self, count: int) -> int:
        """Return the next `count` bits as a number."""
        start, end = self._at, self._at + count
        if end > 8 * len(self._data):
            raise DatasetError("the brush mark is cut off")
        self._at = end
        window = int.from_bytes(self._data[start // 8 : (end + 7) // 8])
        return window >> (-end % 8) & ((1 << count) - 1)
