"""The one decoder: whole pictures come through exactly, everything else is refused with its reason."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from inspector.errors import ImageError, ImageProblem
from inspector.imaging import decode_image, decode_mask, encode_jpeg, encode_png, image_size, read_image
from tests.support import noise_picture

PICTURE = noise_picture(1, 61, 43)
ENCODED = {
    suffix: bytes(cv2.imencode(suffix, PICTURE[:, :, ::-1])[1]) for suffix in (".png", ".jpg", ".bmp", ".tif", ".webp")
}


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_that_lossless_types_come_through_exactly(suffix: str) -> None:
    np.testing.assert_array_equal(decode_image(ENCODED[suffix], "x"), PICTURE)


@pytest.mark.parametrize("suffix", ENCODED)
def test_that_the_size_is_read_from_the_header(suffix: str) -> None:
    assert image_size(ENCODED[suffix], "x") == (61, 43)
    assert decode_image(ENCODED[suffix], "x").shape == (43, 61, 3)


def test_that_red_stays_red() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[:, :, 0] = 255
    assert decode_image(encode_png(red), "x")[0, 0].tolist() == [255, 0, 0]
    assert decode_image(encode_jpeg(red), "x")[0, 0, 0] > 200


@given(st.sampled_from(sorted(ENCODED)), st.floats(0.0, 0.97))
@settings(max_examples=150, deadline=None)
def test_that_no_beginning_of_a_file_passes_for_the_whole(suffix: str, share: float) -> None:
    data = ENCODED[suffix]
    with pytest.raises(ImageError):
        decode_image(data[: int(len(data) * share)], "cut file")


@given(st.sampled_from(sorted(ENCODED)), st.integers(0, 10**9), st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_that_a_flipped_bit_never_crashes_and_never_changes_the_shape(suffix: str, place: int, bit: int) -> None:
    data = bytearray(ENCODED[suffix])
    data[place % len(data)] ^= 1 << bit
    try:
        pixels = decode_image(bytes(data), "flipped file")
    except ImageError as error:
        assert "flipped file" in error.message  # noqa: PT017 - a refusal must name the file; no refusal is fine, too
    else:
        assert pixels.ndim == 3
        assert pixels.dtype == np.uint8


def test_that_every_flipped_bit_of_a_png_is_noticed() -> None:
    data = ENCODED[".png"]
    for place in range(8, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        with pytest.raises(ImageError):
            decode_image(bytes(damaged), "x")


def test_that_damaged_jpeg_data_is_refused_where_libjpeg_only_warns() -> None:
    data = bytearray(ENCODED[".jpg"])
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff\x00" * 20
    with pytest.raises(ImageError, match="damaged"):
        decode_image(bytes(data), "x")


def _png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def _png_bomb(side: int) -> bytes:
    packed = zlib.compress(b"\0" * (side * (side * 3 + 1)), 9)
    parts = _png_header(side, side)
    for name, content in ((b"IDAT", packed), (b"IEND", b"")):
        parts += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return parts


def test_that_a_bomb_is_refused_before_its_pixels_are_allocated() -> None:
    bomb = _png_bomb(8100)
    assert len(bomb) < 400_000
    tracemalloc.start()
    with pytest.raises(ImageError) as caught:
        decode_image(bomb, "bomb.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.problem is ImageProblem.TOO_LARGE
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ImageProblem.EMPTY),
        (b"<html></html>", ImageProblem.WRONG_TYPE),
        (b"%PDF-1.7 something", ImageProblem.WRONG_TYPE),
        (b"GIF89a" + bytes(30), ImageProblem.WRONG_TYPE),
        (_png_header(100_000, 100_000), ImageProblem.TOO_LARGE),
        (_png_header(0, 10), ImageProblem.UNREADABLE),
        (_png_header(10, 10), ImageProblem.TRUNCATED),
        (b"\xff\xd8\xff", ImageProblem.TRUNCATED),
    ],
)
def test_that_each_kind_of_bad_file_is_named(data: bytes, problem: ImageProblem) -> None:
    with pytest.raises(ImageError) as caught:
        decode_image(data, "folder/name.png")
    assert caught.value.problem is problem
    assert "folder/name.png" in caught.value.message


def test_that_16_bit_and_transparent_pictures_become_8_bit_colour() -> None:
    deep = (PICTURE.astype(np.uint16) << 8)[:, :, ::-1]
    pixels = decode_image(bytes(cv2.imencode(".png", deep)[1]), "x")
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels, PICTURE, atol=1)
    transparent = np.dstack([PICTURE[:, :, ::-1], np.full(PICTURE.shape[:2], 128, np.uint8)])
    assert decode_image(bytes(cv2.imencode(".png", transparent)[1]), "x").shape == PICTURE.shape


def test_that_an_exif_orientation_does_not_turn_the_picture_away_from_its_mask() -> None:
    buffer = io.BytesIO()
    exif = PillowImage.Exif()
    exif[274] = 6  # turn by 90 degrees
    PillowImage.fromarray(PICTURE).save(buffer, "JPEG", exif=exif)
    assert decode_image(buffer.getvalue(), "x").shape == PICTURE.shape


def test_that_a_jpeg_of_a_camera_with_trailing_bytes_is_read() -> None:
    assert decode_image(ENCODED[".jpg"] + bytes(512), "x").shape == PICTURE.shape


def test_that_a_mask_keeps_its_values() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 3:8] = 255
    np.testing.assert_array_equal(decode_mask(encode_png(mask), "m"), mask)


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png")


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", None])
def test_that_compressed_tiff_comes_through_and_its_damage_is_noticed(compression: str | None) -> None:
    buffer = io.BytesIO()
    smooth = np.repeat(np.arange(200, dtype=np.uint8)[:, None, None], 90, axis=1).repeat(3, axis=2)
    PillowImage.fromarray(smooth).save(buffer, "TIFF", compression=compression)
    data = buffer.getvalue()
    np.testing.assert_array_equal(decode_image(data, "x"), smooth)
    if compression is None:
        return
    damaged = data[: len(data) // 3] + b"\0" * (len(data) - len(data) // 3)
    header_end = data.find(bytes(8)) if data[:4] == b"MM\0*" else 8
    damaged = data[:header_end] + b"\0" * 300 + data[header_end + 300 :]
    with pytest.raises(ImageError):
        decode_image(damaged, "x")


def test_that_tiff_that_cannot_be_checked_is_refused_with_its_cure() -> None:
    buffer = io.BytesIO()
    PillowImage.fromarray(PICTURE).save(buffer, "TIFF", compression="jpeg")
    with pytest.raises(ImageError, match="compression") as caught:
        decode_image(buffer.getvalue(), "x")
    assert "PNG" in caught.value.cure


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_that_a_tiff_orientation_does_not_turn_the_picture(orientation: int) -> None:
    square = noise_picture(4, 40, 40)
    buffer = io.BytesIO()
    PillowImage.fromarray(square).save(buffer, "TIFF", tiffinfo={274: orientation})
    np.testing.assert_array_equal(decode_image(buffer.getvalue(), "x"), square)


@given(
    width=st.integers(1, 40), height=st.integers(1, 40), colour=st.booleans(), compression=st.sampled_from((0, 1, 9)),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_that_a_png_gives_back_every_pixel_whatever_its_compression(
    width: int, height: int, colour: bool, compression: int, seed: int
) -> None:
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    data = encode_png(pixels, compression=compression)
    found = decode_image(data, "x") if colour else decode_mask(data, "x")
    assert np.array_equal(found, pixels)


def test_that_another_decoder_reads_a_png_that_is_stored_as_is() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (300, 200, 3)).astype(np.uint8)  # more than one stored block
    with PillowImage.open(io.BytesIO(encode_png(pixels, compression=0))) as picture:
        assert np.array_equal(np.asarray(picture), pixels)
