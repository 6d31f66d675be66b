"""A data set as large as the review window promises to be fluid at: small pictures, drawn, and their manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg

from datasets.audit.files import save_predictions
from datasets.audit.items import Predictions
from datasets.manifest import Dataset
from datasets.schema import MANIFEST_FILE, connect
from inspector.types import Image

CLASSES = ("good", "crack", "dent", "scratch", "stain")
WHEN = "2026-03-02T08:00:00+00:00"
WIDTH, HEIGHT = 320, 240


def make_dataset(folder: Path, pictures: Path, images: int) -> None:
    """Draw `images` JPEG pictures of 320 x 240 into `pictures` and write their manifest into `folder`.

    Two views per part; every twentieth suggestion differs from the label. The importer would read each picture again;
    the rows are written as it would write them.
    """
    folder.mkdir(parents=True)
    with Dataset(folder, connect(folder / MANIFEST_FILE, create=True)) as dataset, dataset.transaction():
        run, many = dataset.connection.execute, dataset.connection.executemany
        run("INSERT INTO import (source, settings, ignored, imported_utc) VALUES ('s', '{}', 0, ?)", (WHEN,))
        run("INSERT INTO root VALUES (1, ?)", (str(pictures),))
        run("INSERT INTO good_class VALUES ('good')")
        many(
            "INSERT INTO item VALUES (?, 1, 1, ?, ?, ?, ?, NULL, NULL, NULL, ?, '', ?, ?, '', ?, 0)",
            _items(pictures, images),
        )
        many(
            "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, NULL, ?, 'import', ?)",
            ((number, _class(number), WHEN) for number in range(1, images + 1)),
        )
    save_predictions(folder, _predictions(images))


def _class(number: int) -> str:
    return CLASSES[0] if number % 4 else CLASSES[1 + number // 4 % 4]


def _items(pictures: Path, images: int) -> Iterator[tuple[Any, ...]]:
    grounds = _grounds()
    for number in range(1, images + 1):
        data = simplejpeg.encode_jpeg(_picture(grounds, number), quality=85, colorspace="RGB")
        day, part = f"day-{number // 1000:03d}", f"part-{(number + 1) // 2:06d}"
        view = ("top", "side")[number % 2]
        path = f"{day}/{part}-{view}.jpg"
        (pictures / day).mkdir(parents=True, exist_ok=True)
        (pictures / path).write_bytes(data)
        split = ("train", "train", "validation", "test")[number // 2 % 4]
        digest = hashlib.sha256(data).hexdigest()
        yield number, path, digest, WIDTH, HEIGHT, part, view, split, str(pictures)


def _grounds() -> list[Image]:
    """Return brushed metal in some variants, twice as wide as a picture."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(8):
        lines = rng.normal(128, 14, (HEIGHT, 1)) + rng.normal(0, 5, (HEIGHT, 2 * WIDTH))
        made.append(np.repeat(np.clip(lines, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2))
    return made


def _picture(grounds: list[Image], number: int) -> Image:
    """Return a picture that no other number gives: a place of a ground, and the number as a row of dots."""
    left = number * 37 % WIDTH
    picture = np.ascontiguousarray(grounds[number % len(grounds)][:, left : left + WIDTH])
    for bit in range(18):
        picture[10:20, 10 + 16 * bit : 20 + 16 * bit] = 255 * (number >> bit & 1)
    if number % 4 == 0:
        picture[100:140, 150:156] = 20
    return picture


def _predictions(images: int) -> Predictions:
    rng = np.random.default_rng(1)
    suggested = [_class(number if number % 20 else number + 1) for number in range(1, images + 1)]
    probabilities = np.full((images, len(CLASSES)), 0.02, np.float32)
    probabilities[np.arange(images), [CLASSES.index(name) for name in suggested]] = 0.92
    return Predictions(
        item_ids=np.arange(1, images + 1),
        classes=CLASSES,
        probabilities=probabilities,
        scores=rng.random(images).astype(np.float32),
        package_hash="",
        near=np.zeros(images, np.bool_),
    )
