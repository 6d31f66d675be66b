"""The baseline to beat: a logistic regression on the frozen features of a pretrained network.

`python -m training.baseline DATASET --weights FILE --seeds 3` draws a new 70/30 split per seed, whole parts together,
and prints each seed's figures and their mean. A control with random weights says how much the pretraining is worth.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.manifest import Dataset, open_dataset
from inspector.errors import DatasetError, InspectorError
from inspector.inference.device import choose_device
from inspector.inference.networks import build_network
from inspector.jsonfile import add_json_option, write_json
from training.config import make_config
from training.metrics import headline
from training.pictures import Pictures
from training.probe import fit_probe, frozen_features
from training.weights import load_weights

SCHEMA = "inspector.baseline/1"
TEST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class BaselineRequest:
    """What to measure.

    Attributes:
        backbone: Network whose features are used.
        weights: `imagenet`, `none` or a state-dict file.
        image_size: Input width and height.
        seeds: Number of splits.
        device: Where the features are computed.
    """

    backbone: str
    weights: str
    image_size: int
    seeds: int
    device: str


def measure(dataset: Dataset, request: BaselineRequest) -> list[dict[str, float]]:
    """Return the figures of each split, all on the same features.

    Raises:
        DatasetError: Fewer than two classes, or no good one.
    """
    real = [item for item in dataset.items() if item.judges]  # nothing is judged by synthetic defects
    classes, good = tuple(name for name in dataset.classes if any(i.label == name for i in real)), dataset.good
    if len(classes) < 2 or not good:
        raise DatasetError(f"{dataset.folder}: a baseline needs a good and a defective class.")
    config = make_config(width=request.image_size, height=request.image_size)
    pictures = Pictures(real, classes, config.preprocessing)
    torch.manual_seed(0)
    network = build_network(request.backbone, len(classes))
    load_weights(network, request.backbone, request.weights)
    device = choose_device(request.device)
    features = frozen_features(network.to(device), pictures, device)
    parts = [item.part for item in pictures.items]
    found = []
    for seed in range(request.seeds):
        test = split_by_part(parts, pictures.labels, seed)
        probe = fit_probe(features[~test], pictures.labels[~test], 1.0, len(classes))
        probabilities = probe.probabilities(features[test], len(classes))
        found.append(headline(probabilities, pictures.labels[test], classes, good))
    return found


def split_by_part(parts: Sequence[str], labels: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Return which pictures (N,) are for the test: 30 % of the parts of each class, whole parts together."""
    rng = np.random.default_rng(seed)
    rarity = np.bincount(labels)
    label_of: dict[str, int] = {}
    for part, label in zip(parts, labels.tolist(), strict=True):
        label_of[part] = min(label_of.get(part, label), label, key=lambda one: (rarity[one], one))
    chosen: set[str] = set()
    for label in np.unique(list(label_of.values())):
        own = sorted(part for part, its in label_of.items() if its == label)
        order = rng.permutation(len(own))
        chosen |= {own[index] for index in order[: round(len(own) * TEST_SHARE)]}
    return np.array([part in chosen for part in parts], np.bool_)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; exit code 2 for wrong use."""
    parser = ArgumentParser(prog="python -m training.baseline", description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="imagenet", metavar="SOURCE", help="imagenet, none, or a state-dict file")
    parser.add_argument("--image-size", type=int, default=256, metavar="N")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="number of splits (default: 3)")
    parser.add_argument("--device", default="auto")
    add_json_option(parser)
    options = parser.parse_args(arguments)
    request = BaselineRequest(options.backbone, options.weights, options.image_size, options.seeds, options.device)
    try:
        with open_dataset(options.dataset) as dataset:
            found = measure(dataset, request)
    except InspectorError as error:
        print(f"baseline: {error}", file=sys.stderr)
        return 2
    names = list(found[0])
    mean = {name: float(np.mean([row[name] for row in found])) for name in names}
    if options.json:
        write_json({"seeds": found, "mean": mean}, options.json, schema=SCHEMA)
    if options.json != "-":
        print("seed  " + "  ".join(f"{name:>17}" for name in names))
        for seed, row in [*enumerate(found), ("mean", mean)]:
            print(f"{seed!s:<5} " + "  ".join(f"{row[name]:17.4f}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
