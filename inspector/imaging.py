"""The product's one image decoder and encoder. Training, station and review all read pixels through it.

`cv2.imread` accepts truncated files and allocates before anyone can object, so bytes are checked first: type by
signature, size from the header, completeness by the format's own end mark. JPEG goes through libjpeg-turbo in strict
mode (simplejpeg), which refuses damaged entropy-coded data that OpenCV decodes to garbage with a warning; the other
types go through OpenCV. An EXIF orientation is ignored everywhere, so that masks and pictures stay aligned.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from inspector.errors import ImageError, ImageProblem
from inspector.image_bytes import MAX_PIXELS, PNG_SIGNATURE, broken, check_complete, read_header, upright_tiff
from inspector.types import Image

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
"""File endings of the image types that are read."""

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "decode_image",
    "decode_mask",
    "encode_jpeg",
    "encode_png",
    "image_size",
    "printable",
    "read_bytes",
    "read_image",
    "sha256_of",
]


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def printable(path: Path | str) -> str:
    """Return a path as text that can be stored and shown; bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_image(path: Path) -> Image:
    """Read an image file as (H, W, 3) uint8 RGB.

    Raises:
        ImageError: The file cannot be read or is no complete, acceptable image; the message names it.
    """
    return decode_image(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Read a whole file; raises ImageError naming it when that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"{path}: cannot be read ({error.strerror}).",
            ImageProblem.UNREADABLE,
            cure="Check that the file exists and may be read.",
        ) from error


def decode_image(data: bytes, source: str) -> Image:
    """Decode image bytes to (H, W, 3) uint8 RGB; 16-bit pictures are scaled to 8 bits, alpha is dropped.

    Args:
        data: JPEG, PNG, BMP, TIFF or WebP bytes.
        source: Name for error messages: the path or the device.

    Raises:
        ImageError: Not an image, incomplete, larger than `MAX_PIXELS`, or broken inside.
    """
    pixels = _decode(data, source, gray=False)
    return np.ascontiguousarray(pixels[:, :, ::-1])


def decode_mask(data: bytes, source: str) -> Image:
    """Decode a mask to (H, W) uint8; the same checks as for pictures. Raises ImageError.

    A pixel is 0 = good only where every colour is 0; otherwise it is the largest of them, at most 255.
    """
    return _decode(data, source, gray=True)


def image_size(data: bytes, source: str) -> tuple[int, int]:
    """Return (width, height) from the header alone. Raises ImageError."""
    return read_header(data, source)[1:]


def encode_png(pixels: Image, *, compression: int = 1) -> bytes:
    """Encode (H, W, 3) RGB or (H, W) uint8 losslessly as PNG; compression 0 (stored as is) to 9 (small)."""
    return _encode(".png", pixels, "IMWRITE_PNG_COMPRESSION", compression) if compression else _png_as_is(pixels)


def encode_jpeg(pixels: Image, *, quality: int = 95) -> bytes:
    """Encode (H, W, 3) RGB or (H, W) uint8 as JPEG; quality 1 to 100."""
    return _encode(".jpg", pixels, "IMWRITE_JPEG_QUALITY", quality)


def _png_as_is(pixels: Image) -> bytes:
    """Return a PNG whose pixels are stored, not compressed; OpenCV's level 0 still tries filters row by row."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 0)), (b"IEND", b"")]
    return b"".join((PNG_SIGNATURE, *(part for kind, data in chunks for part in _png_chunk(kind, data))))


def _png_chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _encode(suffix: str, pixels: Image, option: str, value: int) -> bytes:
    import cv2

    bgr = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    done, buffer = cv2.imencode(suffix, np.ascontiguousarray(bgr), [getattr(cv2, option), value])
    if not done:
        raise ImageError(f"A {pixels.shape} picture could not be encoded as {suffix}.", ImageProblem.UNREADABLE)
    return bytes(buffer)


def _decode(data: bytes, source: str, *, gray: bool) -> Image:
    import cv2

    kind, width, height = read_header(data, source)
    check_complete(kind, data, source)
    if kind == "JPEG":
        pixels = _decode_jpeg(data, source, gray=gray)
    else:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION | (cv2.IMREAD_ANYDEPTH if gray else 0)
        readable = upright_tiff(data) if kind == "TIFF" else data
        try:
            decoded = cv2.imdecode(np.frombuffer(readable, np.uint8), flags)
        except cv2.error as error:
            raise broken(source, kind) from error
        if decoded is None:
            raise broken(source, kind)
        if gray:  # by scaling to 8 bits or to luminance, a mask's small values would become 0 = good
            decoded = np.minimum(np.ceil(decoded.max(axis=2)), 255)
        pixels = decoded.astype(np.uint8, copy=False)
    if pixels.shape[:2] != (height, width):
        raise ImageError(
            f"{source}: the header says {width}x{height} but {pixels.shape[1]}x{pixels.shape[0]} pixels were decoded.",
            ImageProblem.UNREADABLE,
        )
    return pixels


def _decode_jpeg(data: bytes, source: str, *, gray: bool) -> Image:
    """Decode strictly to (H, W, 3) BGR, or (H, W) for `gray`."""
    import simplejpeg

    try:
        pixels: Image = simplejpeg.decode_jpeg(data, colorspace="GRAY" if gray else "BGR", strict=True)
    except ValueError as error:
        raise broken(source, "JPEG") from error
    return pixels[:, :, 0] if gray else pixels
