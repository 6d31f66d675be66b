"""Checking what an import offers: every image and mask is decoded whole, in parallel, before it is taken."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from datasets.interchange.shapes import draw
from datasets.masks import binary
from datasets.scan import Candidate, Drawing
from inspector.errors import DatasetError, ImageError
from inspector.imaging import decode_image, decode_mask, encode_png, read_bytes, sha256_of


class MaskProblem(StrEnum):
    """Why an image was not taken on account of its mask; beside `ImageProblem` in the lists."""

    MISSING = "mask-missing"
    DAMAGED = "mask-damaged"
    SIZE = "mask-size"


@dataclass(frozen=True, slots=True)
class Checked:
    """An image that may be taken.

    Attributes:
        candidate: Where it is and what its path says.
        sha256: SHA-256 of the file, hexadecimal.
        width: Pixels.
        height: Pixels.
        label: Class name, from the path or the mask.
        mask_sha256: SHA-256 of the mask file; None without mask.
    """

    candidate: Candidate
    sha256: str
    width: int
    height: int
    label: str
    mask_sha256: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that may not: `problem` in one word, `detail` as a sentence; both are shown."""

    path: str
    problem: str
    detail: str


@dataclass(frozen=True, slots=True)
class LabelNames:
    """Names of the two classes where the class comes from the mask."""

    good: str = "good"
    defect: str = "defect"


def check_all(
    root: Path, candidates: Sequence[Candidate], names: LabelNames, progress: Callable[[], None]
) -> Iterator[Checked | Refused]:
    """Yield the result for every candidate, in their order, using all cores (decoders release the interpreter).

    Args:
        root: The source folder.
        candidates: What to check.
        names: Classes where the mask decides.
        progress: Called after each image.
    """
    workers = max(1, os.cpu_count() or 1)
    window = 16 * workers  # a bounded number in flight: interrupting waits for few
    with ThreadPoolExecutor(workers, thread_name_prefix="check") as pool:
        for start in range(0, len(candidates), window):
            for result in pool.map(lambda item: check_one(root, item, names), candidates[start : start + window]):
                progress()
                yield result


def check_one(root: Path, candidate: Candidate, names: LabelNames) -> Checked | Refused:
    """Read and decode one image and its mask."""
    path = root / candidate.path
    try:
        data = read_bytes(path)
        height, width = decode_image(data, str(path)).shape[:2]
    except ImageError as error:
        return Refused(candidate.path, error.problem.value, error.message)
    mask_sha256, defective = None, False
    if candidate.mask is not None:
        mask_path = root / candidate.mask
        try:
            mask_data = read_bytes(mask_path)
            mask = binary(decode_mask(mask_data, str(mask_path)), mask_data)
        except ImageError as error:
            return Refused(candidate.path, MaskProblem.DAMAGED.value, f"Its mask is no good: {error.message}")
        if mask.shape != (height, width):
            return Refused(
                candidate.path,
                MaskProblem.SIZE.value,
                f"{path}: is {width}x{height}, but its mask {mask_path} is {mask.shape[1]}x{mask.shape[0]}.",
            )
        mask_sha256, defective = sha256_of(mask_data), bool(mask.any())
    elif candidate.drawing is not None:
        stated, where = candidate.drawing.size or (width, height), candidate.drawing.where
        if stated != (width, height):
            detail = f"{path}: is {width}x{height}, but {where} says {stated[0]}x{stated[1]}."
            return Refused(candidate.path, MaskProblem.SIZE.value, detail)
        try:
            drawn = draw_mask(candidate.drawing, width, height)
        except (DatasetError, ImageError) as error:
            return Refused(candidate.path, MaskProblem.DAMAGED.value, f"{path}: {where}: {error.message}")
        mask_sha256 = None if drawn is None else sha256_of(drawn)
    elif candidate.label is None:
        return Refused(
            candidate.path, MaskProblem.MISSING.value, f"{path}: has no mask, and its class comes from the mask."
        )
    label = candidate.label or (names.defect if defective else names.good)
    return Checked(candidate, sha256_of(data), width, height, label, mask_sha256)


def draw_mask(drawing: Drawing, width: int, height: int) -> bytes | None:
    """Return the mask as PNG; the same bytes for the same drawing. None where no pixel is marked. Raises as `draw`."""
    mask = draw(drawing.shapes, width, height)
    return encode_png(mask) if mask.any() else None
