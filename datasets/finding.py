"""Finding images of a data set by the names that people type."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datasets.manifest import Dataset, Item
from inspector.errors import DatasetError


def find_items(dataset: Dataset, names: Sequence[str]) -> list[Item]:
    """Return the one image that each name means: a path, or the end of one. Images without a label are found as well.

    Raises:
        DatasetError: A name means no image, or several.
    """
    items = dataset.items(unlabelled=True)
    found = []
    for name in names:
        whole = Path(name).absolute()
        fitting = [item for item in items if item.path == whole] or [
            item for item in items if f"/{item.path.as_posix()}".endswith("/" + name.lstrip("./"))
        ]
        if len(fitting) != 1:
            says = "no image has" if not fitting else f"{len(fitting)} images have"
            raise DatasetError(f"{dataset.folder}: {says} a path that ends in {name!r}.", cure="Give the whole path.")
        found += fitting
    return found
