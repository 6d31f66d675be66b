"""How long a manifest of 200,000 images takes to open, to filter and to relabel, and in how much memory.

    python -m tests.performance.catalogue_benchmark --images 200000

The manifest is generated: five classes, two views per part, masks for every tenth image, a reviewer's word on every
tenth. No image file is made or read.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.columns import Floats, Ints
from datasets.review.filters import Filter, select
from datasets.review.session import ReviewSession
from datasets.schema import MANIFEST_FILE, connect

CLASSES = ("good", "crack", "dent", "scratch", "stain")
WHEN = "2026-03-02T08:00:00+00:00"
FILTERS = {
    "class": Filter(classes=("crack", "dent")),
    "split, not reviewed": Filter(splits=("train",), reviewed=False),
    "score and disagreement": Filter(min_score=0.4, max_score=0.6, disagree=True),
    "a word that is rare": Filter(text="part-00123"),
    "a word that every path has": Filter(text="camera png"),
    "everything at once": Filter(
        text="line7",
        classes=CLASSES[1:],
        splits=("train", "test"),
        reviewed=False,
        min_score=0.1,
        since_s=1,
        mask=False,
    ),
}


def fill_manifest(folder: Path, images: int) -> Path:
    """Write a manifest of `images` images into `folder` and return it; the images themselves are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with Dataset(folder, connect(folder / MANIFEST_FILE, create=True)) as dataset, dataset.transaction():
        run, many = dataset.connection.execute, dataset.connection.executemany
        run(
            "INSERT INTO import (import_id, source, settings, ignored, imported_utc) VALUES (1, 's', '{}', 0, ?)",
            (WHEN,),
        )
        run("INSERT INTO root VALUES (1, '/data/line7')")
        run("INSERT INTO good_class VALUES ('good')")
        many(
            "INSERT INTO item VALUES (?, 1, 1, ?, ?, 1280, 1024, ?, ?, ?, ?, '', ?, ?, '', '/data/line7', 0)",
            (_item(number) for number in range(1, images + 1)),
        )
        many(
            "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, NULL, ?, 'import', ?)",
            ((number, _label(number), WHEN) for number in range(1, images + 1)),
        )
        many(
            "INSERT INTO review (action_id, item_id, kind, who, when_utc, session, queue, detail)"
            " VALUES (?, ?, 'confirm', 'Ada', ?, 'one', 'label_errors', json_object('to', ?))",
            ((k, number, WHEN, _label(number)) for k, number in enumerate(range(10, images + 1, 10), 1)),
        )
    return folder


def _label(number: int) -> str:
    return CLASSES[number % 7 % 5]


def _item(number: int) -> tuple[Any, ...]:
    sha256, part = hashlib.sha256(str(number).encode()).hexdigest(), f"part-{(number + 1) // 2:06d}"
    view, split = ("top", "side")[number % 2], ("train", "train", "validation", "test")[number // 2 % 4]
    path = f"2026-03/camera-{view}/{part}-{view}.png"
    mask = (1, f"masks/{part}-{view}.png", sha256) if number % 10 == 0 else (None, None, None)
    return (number, path, sha256, *mask, part, view, split)


class Guesses:
    """Predictions drawn by chance."""

    def __init__(self, catalogue: Catalogue, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.classes: tuple[str, ...] = CLASSES
        self.item_ids: Ints = catalogue.ids
        self.probabilities: Floats = rng.dirichlet(np.ones(len(CLASSES)), len(catalogue)).astype(np.float32)
        self.scores: Floats = rng.random(len(catalogue)).astype(np.float32)


def _ms(work: Callable[[], object], times: int) -> dict[str, float]:
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return {"median_ms": round(statistics.median(took), 2), "worst_ms": round(max(took), 2)}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)


def _filtered(catalogue: Catalogue, wanted: Filter) -> dict[str, float]:
    return {"found": len(select(catalogue, wanted)), **_ms(lambda: select(catalogue, wanted), 15)}


def measure(folder: Path) -> dict[str, Any]:
    """Measure on the manifest in `folder`; relabels some of its images."""
    before_mib = _peak_mib()
    begun = time.perf_counter()
    with open_dataset(folder) as dataset:
        catalogue = read_catalogue(dataset)
        opened_s = time.perf_counter() - begun
        opened_mib = _peak_mib() - before_mib
        catalogue.set_predictions(Guesses(catalogue))
        first_search = _ms(lambda: select(catalogue, Filter(text="camera")), 1)["worst_ms"]
        session = ReviewSession(dataset, catalogue, "Grace")
        places = iter(np.random.default_rng(1).permutation(len(catalogue)).tolist())
        turn = itertools.cycle(CLASSES)

        def label(count: int) -> None:
            session.label([next(places) for _ in range(count)], next(turn))

        return {
            "images": len(catalogue),
            "open_s": round(opened_s, 2),
            "open_memory_mib": round(opened_mib, 1),
            "first_text_search_ms": first_search,
            "filters": {name: _filtered(catalogue, wanted) for name, wanted in FILTERS.items()},
            "label_one": _ms(lambda: label(1), 200),
            "label_thousand": _ms(lambda: label(1000), 5),
            "undo_thousand": _ms(session.undo, 5),
            "undo_one": _ms(session.undo, 100),
            "siblings": _ms(lambda: catalogue.siblings(len(catalogue) // 2), 50),
        }


def main() -> int:
    """Command line: see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(fill_manifest(Path(folder) / "data", options.images)), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
