"""Parts whose grey level is their defect score, and a model that reads it: verdicts are known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datasets.importer import import_images
from datasets.plan import ImportRequest
from inspector.imaging import encode_png
from inspector.inference.package import Package
from inspector.types import HeatMap, Image, Prediction

SIDE = 40


def grey(score: float, seed: int) -> Image:
    """Return a picture that `GreyModel` gives this score; another seed gives other pixels of the same mean."""
    rng = np.random.default_rng(seed)
    level = round(score * 255)
    change = rng.integers(0, min(level, 255 - level, 20) + 1, (SIDE // 2, SIDE, 1))
    return (level + np.concatenate([change, -change]).repeat(3, axis=2)).astype(np.uint8)


class GreyModel:
    """Its defect score is the mean grey level; what it names a defect is of its package's second class."""

    device = "double"

    def __init__(self, package: Package) -> None:
        self.package = package

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Read the score off each region."""
        good, bad = self.package.card.classes[:2]
        scores = [round(float(region.mean()) / 255, 2) for region in regions]
        return [Prediction(bad if s >= 0.5 else good, {good: 1 - s, bad: s}, s) for s in scores]

    def explain(self, region: Image) -> HeatMap:
        """Point at the upper half."""
        heat = np.zeros(region.shape[:2], np.float32)
        heat[: region.shape[0] // 2] = 1.0
        return heat


def write_parts(
    folder: Path,
    parts: Sequence[tuple[str, str, str, float]],
    *,
    pattern: str = "{class}/{part}_{view}_{id}",
    marks: dict[str, int] | None = None,
    synthetic: bool = False,
    good: str = "good",
    append: bool = False,
) -> Path:
    """Write one picture for each (class, part, view and take, score) and import them as the test split.

    Args:
        folder: Pictures and masks go below it, the data set into `folder/data`.
        parts: Their view and take stand as `view_take`.
        pattern: How paths are read.
        marks: Side of the square that is marked, by part.
        synthetic: Whether the pictures are said to be drawn.
        good: The class that may pass.
        append: Whether the data set is there already.
    """
    source = folder / ("drawn" if synthetic else "source")
    for number, (kind, part, rest, score) in enumerate(parts):
        path = source / "images" / "test" / kind / f"{part}_{rest}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(grey(score, 1000 * synthetic + number)))
        if marks and part in marks:
            mask = np.zeros((SIDE, SIDE), np.uint8)
            mask[: marks[part], : marks[part]] = 255
            marked = source / "masks" / "test" / kind / path.name
            marked.parent.mkdir(parents=True, exist_ok=True)
            marked.write_bytes(encode_png(mask))
    import_images(
        ImportRequest(
            source=source,
            out=folder / "data",
            pattern=f"images/{{split}}/{pattern}.png",
            mask=f"masks/{{split}}/{pattern}.png" if marks else "",
            good=(good,),
            synthetic=synthetic,
            append=append,
        )
    )
    return folder / "data"
