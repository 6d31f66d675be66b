"""What a data set gives out: its images, its rejected files, its label history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from datasets.masks import binary
from inspector.errors import DatasetError, ImageError
from inspector.imaging import decode_image, decode_mask, read_bytes
from inspector.types import Image

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a data set.

    Attributes:
        item_id: Its number in this manifest.
        path: Absolute path of the image file.
        sha256: SHA-256 of the file's bytes, hexadecimal.
        width: Pixels.
        height: Pixels.
        label: Name of its class as of now; "" where nobody has said it yet (`Dataset.items(unlabelled=True)`).
        mask: Absolute path of the mask, non-zero = defect; None where there is none.
        part: Id of the physical part; its images never stand in different splits.
        view: Which side of the part; "" where the source names none.
        split: `train`, `validation` or `test`.
        source: Where it was imported from.
        synthetic: Made by a program, not by a camera.
        derived: Carries a synthetic defect made from pictures of the train split (`datasets.derived`); it stands in
            train for ever and is never to be judged by.
        regression: Of a part that came into test as a regression case (`datasets.regression`), for ever.
    """

    item_id: int
    path: Path
    sha256: str
    width: int
    height: int
    label: str
    mask: Path | None
    part: str
    view: str
    split: str
    source: str
    synthetic: bool
    derived: bool = False
    regression: bool = False

    @property
    def judges(self) -> bool:
        """Whether figures may rest on it: not on synthetic defects, nor on regression cases, chosen as errors."""
        return not (self.derived or self.regression)

    def read_pixels(self) -> Image:
        """Return the picture, (H, W, 3) uint8 RGB.

        Raises:
            DatasetError: The file has gone.
            ImageError: It was damaged since the import.
        """
        return decode_image(_read(self.path), str(self.path))

    def read_mask(self) -> Image | None:
        """Return the mask, (H, W) uint8 with 255 = defect and 0 = good; None where there is none. Raises as above."""
        if self.mask is None:
            return None
        data = _read(self.mask)
        return binary(decode_mask(data, str(self.mask)), data)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that was not taken: `problem` in one word (see `ImageProblem`), `detail` as a sentence."""

    path: Path
    problem: str
    detail: str


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One entry of an image's label history; `from_label` is None at the import."""

    who: str
    when_utc: str
    from_label: str | None
    to_label: str


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except ImageError as error:
        raise DatasetError(
            f"{path}: the image cannot be read any more.",
            cure="Bring the folder back, or tell where it is now: `inspector dataset root DATASET OLD NEW`.",
        ) from error
