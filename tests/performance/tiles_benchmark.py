"""Small defects in frames of 20 megapixels: judged by tiles, and shrunk to a network's input, at equal overkill.

A frame shows a tray of six washers (5472 x 3648 pixels). A defective one has one pit of 10 to 18 pixels somewhere on
the metal. The same network learns from the same frames, from tiles of 512 pixels, and from the whole frame shrunk.
Run

    python -m tests.performance.tiles_benchmark --work FOLDER

Prints markdown. Frames and packages stay in the work folder and are used again by the next call. The washers of the
test frames are in no other frame.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.importer import import_images
from datasets.manifest import Dataset, Item, open_dataset
from datasets.plan import ImportRequest
from inspector.cameras.washer import WasherSpec, render_part
from inspector.imaging import encode_png
from inspector.inference.load import load_reference
from inspector.inference.package import CARD_FILE, Package, open_package
from inspector.types import Image
from training.classify import train_classifier
from training.config import make_config
from training.intervals import share
from training.metrics import auroc
from training.pictures import read_checked
from training.progress import make_reporter

ACROSS, DOWN, WASHER = 3, 2, 1824
SPLITS = ("train", "validation", "test")
OVERKILL = 0.05
TILE, OVERLAP, INPUT = 512, 64, 256

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Washers:
    """Drawn washers, and where their metal is."""

    pictures: tuple[Image, ...]
    metal: tuple[NDArray[np.bool_], ...]


def draw_washers(count: int, seed: int) -> Washers:
    """Draw good washers with everything that is harmless on them."""
    rng = np.random.default_rng(seed)
    spec = WasherSpec(size_px=WASHER, difficulty=0.3)
    pictures = tuple(render_part(rng, "good", spec).pixels for _ in range(count))
    return Washers(pictures, tuple(_metal(picture) for picture in pictures))


def _metal(picture: Image) -> NDArray[np.bool_]:
    """Return where a pit may lie: well inside of what is brighter than the belt."""
    smooth = cv2.blur(picture.max(2), (41, 41))
    bright = (smooth > 0.5 * np.percentile(smooth, 95)).astype(np.uint8)
    return np.asarray(cv2.erode(bright, np.ones((61, 61), np.uint8)) > 0)


def draw_tray(rng: np.random.Generator, washers: Washers, *, bad: bool) -> tuple[Image, Image]:
    """Return a frame and its mask."""
    frame = np.empty((DOWN * WASHER, ACROSS * WASHER, 3), np.uint8)
    mask = np.zeros(frame.shape[:2], np.uint8)
    torn = int(rng.integers(ACROSS * DOWN)) if bad else -1
    for place in range(ACROSS * DOWN):
        number, turn, flip = int(rng.integers(len(washers.pictures))), int(rng.integers(4)), bool(rng.integers(2))
        own, metal = np.rot90(washers.pictures[number], turn), np.rot90(washers.metal[number], turn)
        if flip:
            own, metal = np.fliplr(own), np.fliplr(metal)
        here = np.s_[place // ACROSS * WASHER :, place % ACROSS * WASHER :]
        frame[here][:WASHER, :WASHER] = np.clip(own * rng.uniform(0.9, 1.1) + rng.normal(0, 2), 0, 255)
        if place == torn:
            spots = np.argwhere(metal)
            y, x = spots[int(rng.integers(len(spots)))]
            _pit(rng, frame[here][:WASHER, :WASHER], mask[here][:WASHER, :WASHER], int(y), int(x))
    return frame, mask


def _pit(rng: np.random.Generator, picture: Image, mask: Image, y: int, x: int) -> None:
    """Draw a dark pit with a bright rim on one side."""
    radius = rng.uniform(5, 9)
    reach = int(radius * 2)
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    apart = np.hypot(down / rng.uniform(0.7, 1.0), across / rng.uniform(0.7, 1.0))
    depth = np.exp(-((apart / (radius * 0.6)) ** 2))
    rim = np.exp(-(((np.hypot(down + radius * 0.5, across + radius * 0.5)) / (radius * 0.8)) ** 2))
    place = np.s_[y - reach : y + reach + 1, x - reach : x + reach + 1]
    changed = picture[place] * (1 - 0.6 * depth + 0.25 * rim)[..., None]
    picture[place] = np.clip(changed, 0, 255).astype(np.uint8)
    mask[place][apart <= radius] = 255


def make_frames(folder: Path, counts: dict[str, int], seed: int) -> Path:
    """Write the frames once and import them; as many good as defective ones in every split."""
    if (folder / "data").exists():
        return folder / "data"
    known, unknown = draw_washers(8, seed), draw_washers(8, seed + 1)
    for split_number, split in enumerate(SPLITS):
        rng = np.random.default_rng([seed, split_number])
        for number in range(2 * counts[split]):
            kind = "pit" if number % 2 else "good"
            frame, mask = draw_tray(rng, unknown if split == "test" else known, bad=kind == "pit")
            name = f"{split}/{kind}/{number:04}"
            _write(folder / "images" / f"{name}.jpg", cv2.imencode(".jpg", frame[..., ::-1], [1, 95])[1].tobytes())
            if kind == "pit":
                _write(folder / "masks" / f"{name}.png", encode_png(mask))
            print(f"{split} {number + 1} of {2 * counts[split]}", end="\r", file=sys.stderr)
    pattern = "{split}/{class}/{id}"
    request = ImportRequest(
        folder, folder / "data", pattern=f"images/{pattern}.jpg", mask=f"masks/{pattern}.png", good=("good",)
    )
    import_images(request)
    return folder / "data"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def variants(options: Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is compared, with its settings."""
    tiling = {"width": TILE, "height": TILE, "overlap": OVERLAP}
    shared = {"backbone": "resnet10", "weights": "none", "seed": options.seed, "augment": "light"}
    tiles = {"width": INPUT, "height": INPUT, "tiling": tiling, "tiles_per_picture": 8, "epochs": options.tile_epochs}
    yield f"tiles of {TILE} px, input {INPUT}", {**shared, **tiles}
    for width, height in ((288, 192), (768, 512)):
        yield f"whole frame, input {width} x {height}", {
            **shared, "width": width, "height": height, "epochs": options.whole_epochs,
        }  # fmt: skip


def trained(dataset: Dataset, folder: Path, settings: dict[str, Any]) -> tuple[Package, float]:
    """Return the package and the seconds that it took to train; nan where it was there."""
    if (folder / CARD_FILE).exists():
        return open_package(folder), float("nan")
    began = time.monotonic()
    package = train_classifier(dataset, folder, make_config(**settings), make_reporter(json_lines=False), device="cpu")
    return package, time.monotonic() - began


def judged(package: Package, items: list[Item]) -> tuple[Floats, float]:
    """Return the defect score of every frame, and the median milliseconds of a judgement on PyTorch."""
    model = load_reference(package, "cpu")
    model.warm_up()
    scores, spent = [], []
    for item in items:
        frame = read_checked(item)
        began = time.perf_counter()
        scores.append(model.predict([frame])[0].score)
        spent.append(1000 * (time.perf_counter() - began))
    return np.array(scores), float(np.median(spent))


def table(options: Namespace, say: Callable[[str], None]) -> None:
    """Train, judge and print."""
    counts = {"train": options.train, "validation": options.validation, "test": options.test}
    say("| judged as | pits found at 5 % overkill (95 %) | AUROC by frame | ms per frame, PyTorch | training, s |")
    say("|---|---|---|---|---|")
    with open_dataset(make_frames(options.work, counts, options.seed)) as dataset:
        items = dataset.items("test")
        bad = np.array([item.label == "pit" for item in items])
        for number, (name, settings) in enumerate(variants(options)):
            package, seconds = trained(dataset, options.work / f"package{number}", settings)
            scores, ms = judged(package, items)
            limit = float(np.quantile(scores[~bad], 1 - OVERKILL, method="higher"))
            found = share(int((scores[bad] > limit).sum()), int(bad.sum()))
            interval = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
            say(f"| {name} | {interval} | {auroc(scores, bad):.3f} | {ms:.0f} | {seconds:.0f} |")


def main() -> int:
    """Run as a command."""
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="frames and packages stay here")
    parser.add_argument("--train", type=int, default=30, help="frames of each class (30)")
    parser.add_argument("--validation", type=int, default=8, help="frames of each class (8)")
    parser.add_argument("--test", type=int, default=40, help="frames of each class (40)")
    parser.add_argument("--tile-epochs", type=int, default=12)
    parser.add_argument("--whole-epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    table(parser.parse_args(), lambda line: print(line, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
