"""Handing a data set to other programs: CSV here, folders by `datasets.interchange`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from datasets.csvfile import COLUMNS
from datasets.formats import WRITERS
from datasets.interchange.writing import Export, open_export
from datasets.manifest import Dataset
from inspector.jsonfile import replace_file

_MORE_COLUMNS = ("sha256", "width", "height", "source", "synthetic")


def export_csv(dataset: Dataset, path: Path, split: str | None = None) -> int:
    """Write one line per image with absolute paths and return their number; `import --csv` reads the file back.

    Pictures with synthetic defects and regression cases are left out: a list cannot hold them where they must stay.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *_MORE_COLUMNS))
    lots = dict(dataset.connection.execute("SELECT item_id, lot FROM item").fetchall())
    items = [item for item in dataset.items(split) if item.judges]
    for item in items:
        mask = "" if item.mask is None else item.mask
        listed = (item.path, item.label, item.part, item.view, item.split, mask, lots[item.item_id])
        writer.writerow((*listed, item.sha256, item.width, item.height, item.source, int(item.synthetic)))
    replace_file(path, text.getvalue().encode())
    return len(items)


def export_folder(
    dataset: Dataset, kind: str, target: Path, split: str | None, progress: Callable[[int, int], None]
) -> int:
    """Write a data set as a folder of another program, images included, and return the number of images.

    Args:
        dataset: What to write; pictures with synthetic defects and regression cases are left out.
        kind: One of `EXPORTS` that stands for a folder.
        target: The folder; it must not be there yet, and appears when it is whole.
        split: One split only; None for all.
        progress: Called with (images written, images in all).

    Raises:
        DatasetError: The target is there already, cannot be written, or an image or mask has gone or was altered.
    """
    module, function = WRITERS[kind]
    writer: Callable[[Export], None] = getattr(import_module(f"datasets.interchange.{module}"), function)
    with open_export(dataset, target, split, progress) as export:
        writer(export)
        return len(export.images)
