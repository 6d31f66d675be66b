"""Patch memory against Anomalib and against random weights: quality, time to fit, time per picture, in one run.

    python -m tests.performance.anomaly_benchmark DATASET --weights FILE --sizes 256,384 --peer PYTHON

DATASET is a folder from `inspector dataset import`: its good train pictures are learned from, its test split is judged.
PYTHON is an interpreter that has `anomalib[openvino]` installed beside this project's dependencies; without it the peer
is left out. All times are of this machine in this run: compare ratios.
"""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.manifest import Dataset, Item, open_dataset
from inspector.inference.base import Model
from inspector.inference.graph_memory import GraphMeter
from inspector.inference.load import load_reference
from inspector.inference.memory_model import PatchMemoryModel
from inspector.inference.package import open_package
from inspector.inference.runtimes import Precision
from training.bench.peer import PeerRequest, ask
from training.config import make_config
from training.conversion import converted
from training.export import BOUNDS, candidate_model, make_order
from training.metrics import auroc, average_precision
from training.parity import FrozenSet, gate, judge_both
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.pictures import read_checked
from training.pixel_metrics import aupro, pixel_auroc
from training.progress import SilentReporter

Floats = NDArray[np.float64]
OVERKILL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one method did.

    Attributes:
        name: For the table.
        fit_s: Seconds to learn.
        scores: Anomaly score of each test picture, (N,).
        maps: Anomaly map of each, in the picture's own size.
        ms: Milliseconds per picture, one at a time, by way of running it; (N,) each.
    """

    name: str
    fit_s: float
    scores: Floats
    maps: Sequence[NDArray[np.float32]]
    ms: dict[str, Floats]


def run_own(
    dataset: Dataset, test: Sequence[Item], config: PatchMemoryConfig, name: str, precisions: Sequence[Precision] = ()
) -> list[Outcome]:
    """Fit and judge with this project's method, on PyTorch and as OpenVINO graphs of these precisions."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        fit_patch_memory(dataset, Path(folder) / "package", config, SilentReporter(), device="cpu")
        fit_s = time.perf_counter() - began
        package = open_package(Path(folder) / "package")
        reference = load_reference(package, "cpu")
        found = [judged(reference, test, name, fit_s)]
        for precision in precisions:
            kind = make_order(package, "openvino", precision).kind
            began = time.perf_counter()
            model = candidate_model(package, kind, converted(package, dataset, kind))
            made_s = time.perf_counter() - began
            frozen = FrozenSet(test, dataset.name, dataset.fingerprint, "test")
            pairs = judge_both(reference, model, test, lambda _done, _total: None)
            parity = gate(package.card, pairs, frozen, BOUNDS[precision])
            print(f"- {name}, {kind.name}: gate {'passed' if parity.passed else 'refused'}: {parity.reason}")
            found.append(judged(model, test, f"{name}, OpenVINO {precision}", fit_s + made_s))
    return found


def judged(model: Model, test: Sequence[Item], name: str, fit_s: float) -> Outcome:
    """Judge one picture at a time; pictures are decoded before the clock starts, as for the peer.

    `predict` is everything from the decoded picture to the defect score, `graph` the compiled model alone, on a picture
    that was brought to its size before: what is timed of the peer's OpenVINO model.
    """
    assert isinstance(model, PatchMemoryModel)
    model.warm_up()
    graph = model._meter._graph if isinstance(model._meter, GraphMeter) else None
    scores, maps = [], []
    spent_ms: dict[str, list[float]] = {"predict": [], **({"graph": []} if graph else {})}
    for item in test:
        picture = read_checked(item)
        began = time.perf_counter()
        (found,) = model.predict([picture])
        spent_ms["predict"].append((time.perf_counter() - began) * 1000)
        scores.append(found.anomaly or 0.0)
        if graph:
            fitted = model.package.card.preprocessing.fit(picture)
            began = time.perf_counter()
            graph.run(fitted)
            spent_ms["graph"].append((time.perf_counter() - began) * 1000)
        maps += model.anomaly_maps([picture])
    return Outcome(name, fit_s, np.array(scores), maps, {way: np.array(values) for way, values in spent_ms.items()})


def run_peer(dataset: Dataset, test: Sequence[Item], options: Namespace, model: str) -> Outcome:
    """Fit and judge with the peer, in its own process."""
    train = [item.path for item in _learned_from(dataset)]
    tested = [item.path for item in test]
    answer = ask(
        options.peer, PeerRequest(model, train, tested, options.weights, options.peer_size, options.peer_coreset)
    )
    maps = [_own_size(found, item) for found, item in zip(answer.maps, test, strict=True)]
    label = f"anomalib {model}, {options.peer_size} px" + (
        f", coreset {options.peer_coreset:g}" if model == "patchcore" else ""
    )
    ms = {way: np.array(values) for way, values in answer.ms.items()}
    return Outcome(label, answer.fit_s, answer.scores, maps, ms)


def _learned_from(dataset: Dataset) -> list[Item]:
    return [item for item in dataset.items("train") if item.label in dataset.good]


def _own_size(found: NDArray[np.float32], item: Item) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(found.astype(np.float32), (item.width, item.height)), np.float32)


def table(outcomes: Sequence[Outcome], test: Sequence[Item], good: Sequence[str]) -> str:
    """Return a Markdown table of all outcomes."""
    bad = np.array([item.label not in good for item in test])
    known = [
        (item.read_mask() if b else np.zeros((item.height, item.width), np.uint8))
        for item, b in zip(test, bad, strict=True)
    ]
    marked = [number for number, mask in enumerate(known) if mask is not None and (mask.any() or not bad[number])]
    masks = [np.asarray(known[number]) > 0 for number in marked]
    lines = [
        "| method | fit, s | ms per picture (p50) | image AUROC | AP | caught at 5 % overkill | pixel AUROC | AUPRO |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        maps = [each.maps[number] for number in marked]
        limit = np.quantile(each.scores[~bad], 1 - OVERKILL) if (~bad).any() else np.nan
        ms = ", ".join(f"{way} {np.median(values):.1f}" for way, values in each.ms.items())
        pixels = (
            f"{pixel_auroc(maps, masks):.4f} | {aupro(maps, masks):.4f}" if any(m.any() for m in masks) else "– | –"
        )
        lines.append(
            f"| {each.name} | {each.fit_s:.1f} | {ms} | {auroc(each.scores, bad):.4f} | "
            f"{average_precision(each.scores, bad):.4f} | {float((each.scores[bad] > limit).mean()):.3f} | {pixels} |"
        )
    return "\n".join(lines)


def _mask(item: Item, good: Sequence[str]) -> NDArray[np.bool_] | None:
    """Return where the defect is; None for a defective picture without a mark, which tells nothing of places."""
    if item.label in good:
        return np.zeros((item.height, item.width), np.bool_)
    mask = item.read_mask()
    return None if mask is None or not mask.any() else mask > 0


def by_part(outcomes: Sequence[Outcome], test: Sequence[Item], good: Sequence[str]) -> str:
    """Return the AUROC of whole parts by their worst view; "" where every part has one picture."""
    names = sorted({item.part for item in test})
    if len(names) == len(test):
        return ""
    lines = []
    for each in outcomes:
        score = {name: max(s for s, item in zip(each.scores, test, strict=True) if item.part == name) for name in names}
        bad = {name: any(item.label not in good for item in test if item.part == name) for name in names}
        found = auroc(np.array([score[n] for n in names]), np.array([bad[n] for n in names]))
        lines.append(f"- {each.name}: AUROC of {len(names)} parts, {sum(bad.values())} defective: {found:.4f}")
    return "\n".join(lines)


def ratios(own: Outcome, peer: Outcome) -> str:
    """Return how much faster the first is."""
    mine = {way: float(np.median(values)) for way, values in own.ms.items()}
    faster = "; ".join(
        f"{name} {', '.join(f'{np.median(values) / ms:.1f} x its {way}' for way, values in peer.ms.items())}"
        for name, ms in mine.items()
    )
    return f"- {own.name} against {peer.name}: fit {peer.fit_s / own.fit_s:.1f} x faster; per picture: {faster}"


def main(arguments: list[str] | None = None) -> int:
    """Run and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--weights", type=Path, help="torchvision-keyed state dict of the backbone")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--layers", default="", help="comma between; default of the backbone")
    parser.add_argument("--fit", default="letterbox", choices=("letterbox", "crop", "stretch"))
    parser.add_argument("--sizes", default="256", help="input sizes, comma between")
    parser.add_argument("--control", action="store_true", help="random weights as well")
    parser.add_argument("--exports", default="bf16,int8", help="OpenVINO precisions, comma between; empty: none")
    parser.add_argument("--peer", help="Python with anomalib[openvino]")
    parser.add_argument("--peer-models", default="patchcore", help="patchcore,padim")
    parser.add_argument("--peer-size", type=int, default=256)
    parser.add_argument("--peer-coreset", type=float, default=0.1, help="the peer's own default is 0.1")
    options = parser.parse_args(arguments)
    layers = tuple(name for name in options.layers.split(",") if name)
    precisions = [cast("Precision", name) for name in options.exports.split(",") if name]
    outcomes: list[Outcome] = []
    with open_dataset(options.dataset) as dataset:
        test, good = dataset.items("test"), dataset.good
        print(f"{len(_learned_from(dataset))} good pictures to learn from, {len(test)} to judge", file=sys.stderr)
        for size in (int(text) for text in options.sizes.split(",")):
            for weights in [str(options.weights or "imagenet"), *(["none"] if options.control else [])]:
                config = make_config(
                    PatchMemoryConfig, backbone=options.backbone, weights=weights, layers=layers, width=size,
                    height=size, fit=options.fit,
                )  # fmt: skip
                what = f"patch-memory, {options.backbone}, {size} px" + (
                    ", random weights" if weights == "none" else ""
                )
                outcomes += run_own(dataset, test, config, what, [] if weights == "none" else precisions)
        peers = (
            [run_peer(dataset, test, options, name) for name in options.peer_models.split(",")] if options.peer else []
        )
        print(table([*outcomes, *peers], test, good))
        print("\n" + (by_part([*outcomes, *peers], test, good)))
        print("\n".join(ratios(own, peer) for own in outcomes for peer in peers if "random" not in own.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
