"""How well the audit finds planted copies: `python -m tests.performance.near_duplicate_benchmark DATASET …`.

Every copied image gets one copy per kind: resized, recompressed, shifted, brightened, and all of these at once. Found
pairs are counted by whether they name a copy and its original. A set may hold near-duplicates of its own (the magnetic
tiles do: the same tile in another exposure); pairs of two originals are therefore counted apart from pairs of a copy
with a stranger. A copy of an original with such a twin rightly pairs with the twin as well, and counts as neither.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from datasets.audit.fingerprints import code_of
from datasets.audit.near_duplicates import find_pairs
from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.imaging import decode_image, encode_jpeg, encode_png
from inspector.types import Image

KINDS = ("resized", "recompressed", "shifted", "brightened", "all of these")


def main() -> None:
    """Print recall per kind, and what else was paired."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--images", type=int, default=200, help="originals taken")
    parser.add_argument("--copied", type=int, default=40, help="originals that get copies")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    with open_dataset(options.dataset) as dataset, TemporaryDirectory() as work:
        items = dataset.items()
        chosen = [items[index].read_pixels() for index in rng.permutation(len(items))[: options.images]]
        source = Path(work) / "src" / "x"
        source.mkdir(parents=True)
        for number, pixels in enumerate(chosen):
            (source / f"{number:05}.png").write_bytes(encode_png(pixels))
            for kind, name in enumerate(KINDS if number < options.copied else ()):
                (source / f"{number:05}_{kind}.png").write_bytes(encode_png(change(pixels, name, rng)))
        import_images(ImportRequest(Path(work) / "src", Path(work) / "data", pattern="{class}/{id}", good=("x",)))
        with open_dataset(Path(work) / "data") as planted:
            members = planted.items()
            codes = np.stack([code_of(item.read_pixels()) for item in members]).astype(np.float16)
            pairs = [(members[p.a].path.stem, members[p.b].path.stem) for p in find_pairs(members, codes)]
    _report(options.dataset.name, pairs, options.copied, len(chosen))


def _report(name: str, pairs: list[tuple[str, str]], copied: int, originals: int) -> None:
    roots = [frozenset(stem[:5] for stem in pair) for pair in pairs]
    found = Counter(max(a, b, key=len)[6:] for a, b in pairs if a[:5] == b[:5] and min(len(a), len(b)) == 5)
    natural = {root for root, (a, b) in zip(roots, pairs, strict=True) if len(root) == 2 and len(a) == len(b) == 5}
    true = sum(len(root) == 1 for root in roots)
    false = sum(len(root) == 2 and root not in natural for root in roots)
    recall = sum(found.values()) / (copied * len(KINDS))
    print(f"{name}: {originals} originals, {copied} of them copied {len(KINDS)} times")
    for kind, word in enumerate(KINDS):
        print(f"  {word:13} recall {found[str(kind)] / copied:.3f}")
    print(f"  together      recall {recall:.3f}; of a copy with a stranger {false} of {true + false} pairs")
    print(f"  pairs of two originals: {len(natural)}")


def change(pixels: Image, kind: str, rng: np.random.Generator) -> Image:
    """Return a changed copy of a picture (H, W, 3)."""
    changed = pixels
    if kind in ("resized", KINDS[-1]):
        scale = rng.uniform(0.5, 0.9)
        changed = np.asarray(cv2.resize(changed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    if kind in ("shifted", KINDS[-1]):
        height, width = changed.shape[:2]
        dx, dy = rng.uniform(-0.04, 0.04, 2) * (width, height)
        by = np.array([[1, 0, round(dx)], [0, 1, round(dy)]], np.float32)
        moved = cv2.warpAffine(changed, by, (width, height), borderMode=cv2.BORDER_REPLICATE)
        changed = np.asarray(moved, np.uint8)
    if kind in ("brightened", KINDS[-1]):
        bright = changed * rng.uniform(0.8, 1.25) + rng.uniform(-20, 20)
        changed = np.clip(bright, 0, 255).astype(np.uint8)
    if kind in ("recompressed", KINDS[-1]):
        changed = decode_image(encode_jpeg(changed, quality=int(rng.integers(40, 75))), "copy")
    return changed


if __name__ == "__main__":
    main()
