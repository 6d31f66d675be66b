from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.check import Checked, LabelNames, Refused, check_one
from datasets.scan import Candidate
from inspector.errors import ImageProblem
from inspector.imaging import read_image

WriteImage = Callable[..., Path]

_PIXELS = np.random.default_rng(1).integers(0, 256, (24, 20, 3), np.uint8)
_FILES = {ending: bytes(cv2.imencode(ending, _PIXELS)[1]) for ending in (".jpg", ".png", ".bmp", ".tif", ".webp")}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from(sorted(_FILES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=6),
    kept=st.floats(0, 1),
)
def test_that_damaged_bytes_are_refused_with_a_reason_or_decode_whole(
    source: Path, ending: str, flips: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(_FILES[ending])
    for where, value in flips:
        data[int(where * len(data))] ^= value
    path = source / f"x{ending}"
    path.write_bytes(bytes(data[: max(1, int(kept * len(data)))]) if kept < 0.9 else bytes(data))
    result = check_one(source, Candidate(path.name, None, "ok", "p"), LabelNames())
    if isinstance(result, Refused):
        assert result.problem in set(ImageProblem)
        assert path.name in result.detail
    else:
        assert read_image(path).shape == (result.height, result.width, 3)
    if not flips and kept >= 0.9:
        assert isinstance(result, Checked)


@pytest.mark.parametrize("kind", ["16 bit", "blue", "transparent", "one bit"])
def test_that_any_value_but_zero_is_a_defect_whatever_the_mask_s_type(
    source: Path, write_image: WriteImage, kind: str
) -> None:
    write_image("1.png")
    mask = np.zeros((24, 32), np.uint16 if kind == "16 bit" else np.uint8)
    mask[3, 4] = 1
    if kind == "blue":
        mask = np.dstack([mask, np.zeros_like(mask), np.zeros_like(mask)])
    if kind == "transparent":
        mask = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
    options = [cv2.IMWRITE_PNG_BILEVEL, 1] if kind == "one bit" else []
    (source / "m.png").write_bytes(bytes(cv2.imencode(".png", mask, options)[1]))
    result = check_one(source, Candidate("1.png", "m.png", None, "p"), LabelNames())
    assert isinstance(result, Checked)
    assert result.label == "defect"
    (source / "m.png").write_bytes(bytes(cv2.imencode(".png", np.zeros_like(mask))[1]))
    result = check_one(source, Candidate("1.png", "m.png", None, "p"), LabelNames())
    assert isinstance(result, Checked)
    assert result.label == "good"
