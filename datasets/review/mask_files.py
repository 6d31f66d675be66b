"""Masks that people drew: files by content, durable before the manifest names them, never overwritten."""

from __future__ import annotations

from typing import Any

import numpy as np

from datasets.manifest import Dataset
from datasets.review.events import Deed
from inspector.errors import DatasetError
from inspector.imaging import encode_png, sha256_of
from inspector.jsonfile import replace_file
from inspector.types import Image

FOLDER = "masks/reviewed"
"""Folder below the data set."""


def write_mask(dataset: Dataset, item_id: int, mask: Image) -> tuple[str, str]:
    """Write a mask (H, W), not 0 = defect, as a file and return its name and SHA-256.

    The name holds the content's hash: a file that is there already is the same mask, whoever drew it.

    Raises:
        DatasetError: The file cannot be written.
    """
    data = encode_png(np.where(mask > 0, np.uint8(255), np.uint8(0)))
    sha256 = sha256_of(data)
    path = dataset.folder / FOLDER / f"{item_id:08d}-{sha256[:16]}.png"
    try:
        if not path.is_file() or sha256_of(path.read_bytes()) != sha256:
            replace_file(path, data)
    except OSError as error:
        raise DatasetError(
            f"{path}: the mask cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    return path.name, sha256


def mask_root(dataset: Dataset) -> int:
    """Return the root number of the drawn masks, making it where it is not there yet."""
    dataset.connection.execute("INSERT OR IGNORE INTO root (path) VALUES (?)", (FOLDER,))
    return int(dataset.connection.execute("SELECT root_id FROM root WHERE path = ?", (FOLDER,)).fetchone()[0])


def current_mask(connection: Any, item_id: int) -> list[Any] | None:
    """Return [root, path, sha256] of the mask that counts, None where there is none."""
    row = connection.execute(
        "SELECT mask_root_id, mask_path, mask_sha256 FROM current_item WHERE item_id = ?", (item_id,)
    ).fetchone()
    return None if row is None or row[1] is None else list(row)


def append_mask(connection: Any, deed: Deed, item_id: int, mask: list[Any] | None) -> None:
    """Append a version to the mask history within the caller's transaction; None: no mask from here on."""
    root, path, sha256 = mask or (None, None, None)
    connection.execute(
        "INSERT INTO mask_version (item_id, root_id, path, sha256, who, when_utc) VALUES (?, ?, ?, ?, ?, ?)",
        (item_id, root, path, sha256, deed.who, deed.when_utc),
    )
