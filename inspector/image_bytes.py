"""What an image file's bytes say before anything is decoded: type, size, and whether they reach the format's end."""

from __future__ import annotations

import io
import struct
import zlib

from inspector.errors import ImageError, ImageProblem

MAX_PIXELS = 64_000_000
"""Largest picture that is decoded: 64 megapixels."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""How every PNG file begins."""


def broken(source: str, kind: str) -> ImageError:
    """Return the error for data that cannot be decoded."""
    return ImageError(
        f"{source}: the {kind} data is damaged and cannot be decoded.",
        ImageProblem.UNREADABLE,
        cure="Take the picture again or restore the file.",
    )


def read_header(data: bytes, source: str) -> tuple[str, int, int]:
    """Return (type, width, height) from the first bytes; refuse empty, foreign and oversized data."""
    if not data:
        raise ImageError(f"{source}: the file is empty.", ImageProblem.EMPTY)
    kind = _kind(data)
    if kind is None:
        raise ImageError(
            f"{source}: this is no JPEG, PNG, BMP, TIFF or WebP image, whatever its name says.",
            ImageProblem.WRONG_TYPE,
        )
    try:
        width, height = _SIZE_READERS[kind](data)
    except (struct.error, IndexError, ValueError) as error:
        raise ImageError(f"{source}: the {kind} header is cut off or damaged.", ImageProblem.TRUNCATED) from error
    if width <= 0 or height <= 0:
        raise ImageError(f"{source}: the header gives a size of {width}x{height}.", ImageProblem.UNREADABLE)
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{source}: {width}x{height} is {width * height / 1e6:.0f} megapixels; "
            f"the limit is {MAX_PIXELS // 1_000_000}.",
            ImageProblem.TOO_LARGE,
            cure="Crop the picture or cut it into tiles.",
        )
    return kind, width, height


def _kind(data: bytes) -> str | None:
    if data[:2] == b"\xff\xd8":
        return "JPEG"
    if data[:8] == PNG_SIGNATURE:
        return "PNG"
    if data[:2] == b"BM":
        return "BMP"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("marker expected")
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # no payload
            position += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]


def _png_size(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise ValueError("IHDR expected")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp_size(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:  # OS/2 header with 16-bit sizes
        width, height = struct.unpack_from("<HH", data, 18)
        return width, height
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)


def _tiff_tags(data: bytes) -> dict[int, tuple[int, ...]]:
    """Return the whole-number tags of the first directory; raises struct.error where they lie outside the file."""
    order = "<" if data[:2] == b"II" else ">"
    directory = struct.unpack_from(order + "I", data, 4)[0]
    tags: dict[int, tuple[int, ...]] = {}
    for entry in range(struct.unpack_from(order + "H", data, directory)[0]):
        at = directory + 2 + 12 * entry
        tag, kind, count = struct.unpack_from(order + "HHI", data, at)
        if kind in (3, 4) and count <= len(data):
            letter, width = ("H", 2) if kind == 3 else ("I", 4)
            start = at + 8 if width * count <= 4 else struct.unpack_from(order + "I", data, at + 8)[0]
            tags[tag] = struct.unpack_from(f"{order}{count}{letter}", data, start)
    return tags


def _tiff_size(data: bytes) -> tuple[int, int]:
    tags = _tiff_tags(data)
    if not tags.get(256) or not tags.get(257):
        raise ValueError("no size in the first directory")
    return tags[256][0], tags[257][0]


def _webp_size(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if form == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if form == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        if len(data) < 30:
            raise ValueError("cut off")
        return width, height
    raise ValueError("unknown WebP form")


_TIFF_COMPRESSIONS = (5, 8, 32946, 32773)  # LZW, Deflate (two numbers), PackBits

_SIZE_READERS = {
    "JPEG": _jpeg_size,
    "PNG": _png_size,
    "BMP": _bmp_size,
    "TIFF": _tiff_size,
    "WebP": _webp_size,
}


def check_complete(kind: str, data: bytes, source: str) -> None:
    """Raise ImageError(TRUNCATED) unless the bytes reach the format's own end."""
    complete = True
    if kind == "JPEG":
        complete = _jpeg_complete(data)
    elif kind == "PNG":
        complete = _png_complete(data, source)
    elif kind == "BMP":
        complete = len(data) >= struct.unpack_from("<I", data, 2)[0] > 0 or _bmp_pixels_fit(data)
    elif kind == "TIFF":
        complete = _tiff_complete(data)
        if complete:
            _check_tiff_data(data, source)
    elif kind == "WebP":
        complete = len(data) >= struct.unpack_from("<I", data, 4)[0] + 8
    if not complete:
        raise ImageError(
            f"{source}: the {kind} file is truncated ({len(data)} bytes are there).",
            ImageProblem.TRUNCATED,
            cure="Copy the file again from its source.",
        )


def _jpeg_complete(data: bytes) -> bool:
    """An end-of-image marker must close the last scan; bytes that some cameras append after it are allowed."""
    scan = _jpeg_last_scan(data)
    return scan is not None and data.find(b"\xff\xd9", scan) >= 0


def _jpeg_last_scan(data: bytes) -> int | None:
    """Return where the last start-of-scan marker stands, skipping segments such as embedded thumbnails."""
    position, last = 2, None
    try:
        while position < len(data) - 1:
            if data[position] != 0xFF:
                position = data.index(b"\xff", position)
                continue
            marker = data[position + 1]
            if marker == 0xD9:
                return last
            if marker == 0xDA:
                last = position
            if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
                position += 1 if marker == 0xFF else 2
            else:
                position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    except (ValueError, struct.error):
        return last
    return last


def _png_complete(data: bytes, source: str) -> bool:
    """Every chunk up to IEND must be whole, and its checksum right."""
    position = 8
    while position + 12 <= len(data):
        length = struct.unpack_from(">I", data, position)[0]
        end = position + 12 + length
        if end > len(data):
            return False
        if zlib.crc32(data[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise broken(source, "PNG")
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end
    return False


def _bmp_pixels_fit(data: bytes) -> bool:
    """For writers that leave the size field 0: the pixel array itself must be there."""
    if len(data) < 30:
        return False
    offset, bits = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<H", data, 28)[0]
    width, height = _bmp_size(data)
    needed: int = offset + ((width * bits + 31) // 32) * 4 * height
    return len(data) >= needed


def _tiff_complete(data: bytes) -> bool:
    """All strips or tiles that the first directory names must lie inside the file."""
    try:
        tags = _tiff_tags(data)
    except struct.error:
        return False
    offsets, counts = _tiff_pieces(tags)
    if (
        not offsets
        or len(offsets) != len(counts)
        or any(o + c > len(data) for o, c in zip(offsets, counts, strict=True))
    ):
        return False
    if tags.get(259, (1,))[0] != 1:
        return True
    bits = sum(tags.get(258, (1,))) if len(tags.get(258, (1,))) > 1 else tags.get(258, (1,))[0] * tags.get(277, (1,))[0]
    return sum(counts) * 8 >= tags[256][0] * tags[257][0] * bits


def _tiff_pieces(tags: dict[int, tuple[int, ...]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return offsets and byte counts of the strips or tiles."""
    return tags.get(273, tags.get(324, ())), tags.get(279, tags.get(325, ()))


def _check_tiff_data(data: bytes, source: str) -> None:
    """Refuse damaged compressed data: OpenCV leaves what libtiff could not decode black, and says nothing.

    Pillow decodes strictly; a compression that it does not check is not accepted.
    """
    compression = _tiff_tags(data).get(259, (1,))[0]
    if compression == 1:
        return
    if compression not in _TIFF_COMPRESSIONS:
        raise ImageError(
            f"{source}: this TIFF compression (number {compression}) cannot be checked for damage.",
            ImageProblem.WRONG_TYPE,
            cure="Save the picture without compression, with LZW or with Deflate; or as PNG.",
        )
    from PIL import Image as PillowImage
    from PIL import UnidentifiedImageError

    try:
        with PillowImage.open(io.BytesIO(data), formats=["TIFF"]) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise broken(source, "TIFF") from error


def upright_tiff(data: bytes) -> bytes:
    """Return the bytes with the orientation tag, which OpenCV obeys even when told not to, set to upright."""
    order = "<" if data[:2] == b"II" else ">"
    directory = struct.unpack_from(order + "I", data, 4)[0]
    for entry in range(struct.unpack_from(order + "H", data, directory)[0]):
        at = directory + 2 + 12 * entry
        if struct.unpack_from(order + "H", data, at)[0] == 274:
            return data[: at + 8] + struct.pack(order + "HH", 1, 0) + data[at + 12 :]
    return data
