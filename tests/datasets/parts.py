"""A small data set of grey plates with real masks, two views per part, in lots: material for synthetic defects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.importer import import_images
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.imaging import encode_png

SIDE = 64


def write_parts(folder: Path, counts: dict[str, int], *, seed: int = 0, size: int = SIDE) -> Path:
    """Write parts as <class>/<lot>_<part>_<view>.png with masks, import them, and return the data set's folder."""
    rng = np.random.default_rng(seed)
    for kind, count in counts.items():
        for number in range(count):
            for view in ("top", "side"):
                pixels = rng.normal(120, 5, (size, size, 1)).repeat(3, axis=2)
                mask = np.zeros((size, size), np.uint8)
                if kind != "good":
                    y, x = rng.integers(8, size - 20, 2)
                    mask[y : y + 8, x : x + (8 if kind == "dent" else 3)] = 255
                    pixels[mask > 0] += -70 if kind == "dent" else 80
                name = f"{kind}/lot{number // 2}{kind}_{kind}{number:03}_{view}.png"
                for kinds, picture in (("images", pixels.clip(0, 255).astype(np.uint8)), ("masks", mask)):
                    path = folder / kinds / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(encode_png(picture))
    import_images(
        ImportRequest(
            source=folder,
            out=folder / "data",
            pattern="images/{class}/{lot}_{part}_{view}.png",
            mask="masks/{class}/{lot}_{part}_{view}.png",
            good=("good",),
            rule=SplitRule(seed=seed),
        )
    )
    return folder / "data"


def everything(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder but the manifest, by name: what must be unchanged where nothing was added."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith("manifest.sqlite")}  # fmt: skip
