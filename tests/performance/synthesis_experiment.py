"""What synthetic defects add to a classifier with few real ones: recall at equal overkill on an untouched test split.

    python -m tests.performance.synthesis_experiment --data MAGNETIC_TILE --weights mobilenet_v2.pth [--out FOLDER]

For every seed a few real defects per class are drawn, and one classifier is trained on them alone and one with each
method's pictures added. All arms show the network equally many pictures, all classes alike, so that neither more steps
nor another mixture is what helps. The test split is the same throughout. Finished runs are kept in FOLDER and not
repeated.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.inference.load import load_model
from inspector.jsonfile import replace_file
from training.classify import train_classifier
from training.config import make_config
from training.metrics import auroc
from training.pictures import read_checked, steps_per_epoch
from training.progress import make_reporter
from training.synthesize import SynthesizeRequest, synthesize

GOOD = "MT_Free"
ARMS = ("real only", "cut-paste", "perlin", "gan")
OVERKILL = 0.05
TEST_SHARE = 0.5
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Setup:
    """What every run has in common.

    Attributes:
        data: Folder of the magnetic tiles.
        weights: State-dict file of the network.
        defects: Real ones per class to train with.
        goods: Good ones to train with.
        made: Synthetic pictures added.
        size_px: Input width and height.
        epochs: Of the arms with synthetic pictures.
        gan_steps: Training steps of the GAN.
    """

    data: Path
    weights: Path
    defects: int
    goods: int
    made: int
    size_px: int
    epochs: int
    gan_steps: int


def deal(data: Path, seed: int, setup: Setup) -> list[tuple[Path, str, str]]:
    """Return (picture, class, split): the test split is the same for every seed, the others are drawn by it."""
    by_class: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(data.glob("MT_*/Imgs/*.jpg")):
        by_class[path.parent.parent.name].append(path)
    rows = []
    for number, (label, paths) in enumerate(sorted(by_class.items())):
        order = np.random.default_rng([0, number]).permutation(len(paths))
        held = round(TEST_SHARE * len(paths))
        rows += [(paths[i], label, "test") for i in order[:held]]
        pool = np.random.default_rng([1 + seed, number]).permutation(order[held:])
        train, validation = (setup.goods, setup.goods // 2) if label == GOOD else (setup.defects, 2)
        rows += [(paths[i], label, "train") for i in pool[:train]]
        rows += [(paths[i], label, "validation") for i in pool[train : train + validation]]
    return rows


def make_dataset(folder: Path, seed: int, setup: Setup) -> Path:
    """Write the list of a seed and import it; return the data set's folder."""
    listed = folder / "list.csv"
    with listed.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "class", "split", "mask"))
        for path, label, split in deal(setup.data, seed, setup):
            writer.writerow((path, label, split, path.with_suffix(".png")))
    import_images(ImportRequest(setup.data, folder / "data", lists=(listed,), good=(GOOD,)))
    return folder / "data"


def run_arm(base: Path, arm: str, seed: int, setup: Setup) -> dict[str, Any]:
    """Add an arm's pictures to a copy of the data set, train, judge the test split, and return scores and truth."""
    folder = base.with_name(f"data-{arm.replace(' ', '-')}")
    shutil.copytree(base, folder)
    began = time.monotonic()
    with open_dataset(folder) as dataset:
        real = len(dataset.items("train"))
        facts: dict[str, Any] = {}
        if arm != ARMS[0]:
            steps = setup.gan_steps if arm == "gan" else None
            request = SynthesizeRequest(arm, setup.made, seed=seed, steps=steps)
            facts = synthesize(dataset, request, lambda _done, _total: None)
        made_s = time.monotonic() - began
        pictures = setup.epochs * steps_per_epoch(real + setup.made, 16)
        config = make_config(
            weights=str(setup.weights), width=setup.size_px, height=setup.size_px, balance=1.0, seed=seed,
            epochs=round(pictures / steps_per_epoch(len(dataset.items("train")), 16)),
        )  # fmt: skip
        package = train_classifier(dataset, folder / "package", config, make_reporter(json_lines=False), device="cpu")
        test = dataset.items("test")
    model = load_model(package, "cpu")
    scores = [float(p.score) for start in range(0, len(test), 16)
              for p in model.predict([read_checked(item) for item in test[start : start + 16]])]  # fmt: skip
    return {
        "arm": arm,
        "seed": seed,
        "paths": [f"{item.label}/{item.path.name}" for item in test],
        "labels": [item.label for item in test],
        "scores": scores,
        "gan": facts.get("gan"),
        "synthesize_s": round(made_s, 1),
        "seconds": round(time.monotonic() - began, 1),
    }


def recall_at_overkill(scores: NDArray[np.float64], defective: NDArray[np.bool_]) -> float:
    """Return the share of defects above the limit that rejects at most `OVERKILL` of the good."""
    good = np.sort(scores[~defective])[::-1]
    limit = good[int(OVERKILL * good.size)]
    return float((scores[defective] > limit).mean())


def compare(results: list[dict[str, Any]], resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """Return a row per arm: mean over seeds, differences to real ones only, intervals over seeds and test pictures."""
    arms = [arm for arm in ARMS if any(found["arm"] == arm for found in results)]
    seeds = sorted({found["seed"] for found in results})
    labels = np.array(results[0]["labels"])
    if any(found["paths"] != results[0]["paths"] for found in results):
        raise SystemExit("The runs were judged on different test pictures: start with an empty --out.")
    scores = np.array(
        [[next(f["scores"] for f in results if (f["arm"], f["seed"]) == (a, s)) for s in seeds] for a in arms]
    )
    groups = [np.flatnonzero(labels == name) for name in sorted(set(labels.tolist()))]

    def figures(index: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        bad = labels[index] != GOOD
        each = [[(recall_at_overkill(scores[a, s][index], bad), auroc(scores[a, s][index], bad)) for s in chosen]
                for a in range(len(arms))]  # fmt: skip
        return np.asarray(np.mean(each, axis=1))

    found = figures(np.arange(labels.size), np.arange(len(seeds)))
    rng = np.random.default_rng(0)
    drawn = np.array(
        [
            figures(np.concatenate([rng.choice(g, g.size) for g in groups]), rng.integers(0, len(seeds), len(seeds)))
            for _ in range(resamples)
        ]
    )
    rows = []
    for number, arm in enumerate(arms):
        interval = np.quantile(drawn[:, number], [0.025, 0.975], axis=0)
        gain = np.quantile(drawn[:, number] - drawn[:, 0], [0.025, 0.975], axis=0)
        per_seed = [recall_at_overkill(scores[number, s], labels != GOOD) for s in range(len(seeds))]
        rows.append(
            {
                "arm": arm, "recall": found[number, 0], "recall_interval": interval[:, 0].tolist(),
                "gain": found[number, 0] - found[0, 0], "gain_interval": gain[:, 0].tolist(),
                "auroc": found[number, 1], "auroc_interval": interval[:, 1].tolist(),
                "auroc_gain": found[number, 1] - found[0, 1], "auroc_gain_interval": gain[:, 1].tolist(),
                "per_seed": per_seed,
            }
        )  # fmt: skip
    return rows


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """Return the table that goes into the documents."""

    def span(values: list[float], sign: str = "") -> str:
        return f"{values[0]:{sign}.3f} to {values[1]:{sign}.3f}"

    lines = [
        "| trained with | recall at 5 % overkill | escape | gain over real only | AUROC | AUROC gain | each seed |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        first = row["arm"] == ARMS[0]
        gain = "" if first else f"{row['gain']:+.3f} ({span(row['gain_interval'], '+')})"
        more = "" if first else f"{row['auroc_gain']:+.3f} ({span(row['auroc_gain_interval'], '+')})"
        name = row["arm"] if first else f"+ {row['arm']}"
        lines.append(
            f"| {name} | {row['recall']:.3f} ({span(row['recall_interval'])}) | {1 - row['recall']:.3f} | {gain} "
            f"| {row['auroc']:.3f} ({span(row['auroc_interval'])}) | {more} "
            f"| {', '.join(f'{value:.3f}' for value in row['per_seed'])} |"
        )
    return "\n".join(lines)


def verdict(rows: list[dict[str, Any]]) -> str:
    """Return in words what each method adds, by the interval of its gain."""
    words = []
    for row in rows[1:]:
        low, high = row["gain_interval"]
        what = "adds" if low > 0 else "takes away" if high < 0 else "shows no difference"
        words.append(f"{row['arm']}: {what} (recall {row['gain']:+.3f}, 95 % {low:+.3f} to {high:+.3f})")
    return "\n".join(words)


def main() -> int:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the magnetic tiles")
    parser.add_argument("--weights", type=Path, required=True, help="mobilenet_v2 state dict")
    parser.add_argument("--out", type=Path, help="keeps finished runs (default: a temporary folder)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--defects", type=int, default=5, help="real defects per class")
    parser.add_argument("--goods", type=int, default=80)
    parser.add_argument("--made", type=int, default=60, help="synthetic pictures")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--gan-steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    setup = Setup(
        options.data.resolve(), options.weights.resolve(), options.defects, options.goods, options.made, options.size,
        options.epochs, options.gan_steps,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        out = options.out or Path(temporary) / "results"
        results = []
        for seed in range(options.seeds):
            folder = Path(temporary) / f"seed{seed}"
            folder.mkdir()
            base = make_dataset(folder, seed, setup)
            for arm in ARMS:
                kept = out / f"{arm.replace(' ', '-')}-{seed}.json"
                if not kept.is_file():
                    found = {"setup": _facts(setup), **run_arm(base, arm, seed, setup)}
                    replace_file(kept, json.dumps(found).encode())
                result = json.loads(kept.read_text())
                if result["setup"] != _facts(setup):
                    raise SystemExit(f"{kept}: is of other settings; give another --out.")
                results.append(result)
                print(f"seed {seed}, {arm}: {result['seconds']:.0f} s", file=sys.stderr, flush=True)
        rows = compare(results)
    print(f"{_facts(setup)}, {options.seeds} seeds; test: {len(results[0]['labels'])} pictures, "
          f"{sum(name != GOOD for name in results[0]['labels'])} defective")  # fmt: skip
    print(as_markdown(rows))
    print(verdict(rows))
    return 0


def _facts(setup: Setup) -> dict[str, Any]:
    return {
        "defects": setup.defects, "goods": setup.goods, "made": setup.made, "size_px": setup.size_px,
        "epochs": setup.epochs, "gan_steps": setup.gan_steps, "weights": setup.weights.name,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
