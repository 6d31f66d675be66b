"""`inspector bench anomaly`: the patch memory on every run-time, against Anomalib's PatchCore where it is installed.

Fits on the good train pictures of a data set and judges its test split; without a data set it draws washers, which tell
of speed only. What every run-time decides is held against PyTorch's, so that no row is fast by being wrong.
"""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from datasets.manifest import Dataset, Item, open_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.errors import InspectorError, UsageError
from inspector.inference.base import Model
from inspector.inference.load import load_reference
from inspector.inference.package import Package, open_package
from inspector.inference.runtimes import Precision
from inspector.progress import show_bar
from inspector.types import Image
from training.bench.candidates import first_line, timed_row
from training.bench.peer import PeerRequest, ask, find_peer
from training.bench.rows import Row, deliver, percentile, table
from training.bench.search import search_rows, search_table
from training.bench.timing import Call, Rounds, take_turns
from training.config import make_config
from training.conversion import converted
from training.export import candidate_model, make_order
from training.metrics import auroc
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.pictures import read_checked
from training.progress import SilentReporter

_DRAWN, _DRAWN_PX = 60, 256
_PEER = "anomalib patchcore"
NO_DATA = "no data set was given: washers were drawn, which tell of speed only"
NOT_INSTALLED = "anomalib is not installed: pip install 'inspector-station[bench]', or give --peer PYTHON"


def run(options: Namespace) -> int:
    """Measure as asked on the command line.

    Raises:
        UsageError: The data set has no good train pictures, or no test split.
    """
    with ExitStack() as teardown:
        work = Path(teardown.enter_context(tempfile.TemporaryDirectory()))
        dataset = teardown.enter_context(open_dataset(options.dataset or draw(work / "drawn")))
        test = dataset.items("test")
        if not test:
            raise UsageError(f"{dataset.folder}: there is no picture in test.", cure="Import it with a test split.")
        package, fit_s = _fitted(dataset, work / "package", options)
        models, reasons = loaded(package, dataset)
        rows = measured(
            f"patch-memory {options.size} px", models, reasons, test, Rounds(options.rounds, options.round_s)
        )
        scores = {name: _scores(model, test) for name, model in models.items()}
        rows += peer_rows(options, dataset, test, rows)
        quality = [_quality(name, found, test, dataset) for name, found in scores.items()]
    searched = search_rows(options.rows, Rounds(options.rounds, options.round_s))
    text = "\n\n".join(
        [table(rows, "PyTorch"), f"Fitted in {fit_s:.1f} s.", _quality_lines(quality, options.dataset is not None),
         search_table(searched)]
    )  # fmt: skip
    facts = {"fit_s": round(fit_s, 2), "quality": quality, "search": [asdict(row) for row in searched]}
    deliver(options, rows, text, {**facts, "no_quality": "" if options.dataset else NO_DATA})
    return 0


def draw(folder: Path) -> Path:
    """Draw a small data set of washers and return its folder."""
    synthesize(SyntheticRequest(folder, images=_DRAWN, size_px=_DRAWN_PX, defect_share=0.2))
    return folder


def _fitted(dataset: Dataset, folder: Path, options: Namespace) -> tuple[Package, float]:
    config = make_config(
        PatchMemoryConfig, backbone="resnet18", weights=str(options.weights or "none"), width=options.size,
        height=options.size, fit=options.fit,
    )  # fmt: skip
    began = time.perf_counter()
    fit_patch_memory(dataset, folder, config, SilentReporter(), device="cpu")
    return open_package(folder), time.perf_counter() - began


def loaded(package: Package, dataset: Dataset) -> tuple[dict[tuple[str, str], Model], dict[tuple[str, str], str]]:
    """Return a patch memory's model on every run-time, and why one cannot be had, by run-time and precision."""
    models: dict[tuple[str, str], Model] = {("torch", "fp32"): load_reference(package, "cpu")}
    reasons: dict[tuple[str, str], str] = {}
    for runtime, precision in [*(("openvino", name) for name in get_args(Precision)), ("onnxruntime", "fp32")]:
        try:
            kind = make_order(package, runtime, precision).kind
            models[runtime, precision] = candidate_model(package, kind, converted(package, dataset, kind))
        except InspectorError as error:
            reasons[runtime, precision] = first_line(error)
    return models, reasons


def measured(
    subject: str,
    models: dict[tuple[str, str], Model],
    reasons: dict[tuple[str, str], str],
    test: Sequence[Item],
    rounds: Rounds,
) -> list[Row]:
    """Return a row for each model, timed one picture at a time in turns, and one for each that cannot be had."""
    pictures = [read_checked(item) for item in test]
    calls = {name: _cycle(model, pictures) for name, model in models.items()}
    with show_bar("judge", "turn") as advance:
        spent = take_turns(calls, rounds, advance)
    baseline = spent["torch", "fp32"]
    how = "decoded picture to defect score, one at a time"
    rows = [timed_row(Row(subject, *name, batch=1, how=how), times, baseline) for name, times in spent.items()]
    return rows + [Row(subject, *name, batch=1, how=how, reason=reason) for name, reason in reasons.items()]


def _cycle(model: Model, pictures: Sequence[Image]) -> Call:
    model.warm_up()
    number = 0

    def call() -> None:
        nonlocal number
        model.predict([pictures[number % len(pictures)]])
        number += 1

    return call


def _scores(model: Model, test: Sequence[Item]) -> list[tuple[float, float]]:
    """Return the anomaly score and the defect score of each picture."""
    found = (model.predict([read_checked(item)])[0] for item in test)
    return [(each.anomaly or 0.0, each.score) for each in found]


def _quality(
    name: tuple[str, str], found: Sequence[tuple[float, float]], test: Sequence[Item], dataset: Dataset
) -> dict[str, Any]:
    bad = np.array([item.label not in dataset.good for item in test])
    known = bool(bad.any() and not bad.all())
    value = round(float(auroc(np.array([each[0] for each in found]), bad)), 4) if known else None
    return {"runtime": name[0], "precision": name[1], "auroc": value, "pictures": len(found)}


def _quality_lines(quality: Sequence[dict[str, Any]], given: bool) -> str:
    if not given:
        return f"AUROC: {NO_DATA}."
    lines = [
        f"- {each['runtime']} {each['precision']}: image AUROC {each['auroc']:.4f}" for each in quality if each["auroc"]
    ]
    return "\n".join([f"{quality[0]['pictures']} test pictures:", *lines])


def peer_rows(options: Namespace, dataset: Dataset, test: Sequence[Item], own: Sequence[Row]) -> list[Row]:
    """Return the peer's rows on the same pictures, or rows that say why there are none."""
    python = find_peer(options.peer)
    blank = [Row(f"{_PEER} {options.size} px", f"anomalib-{name}", "fp32", 1, how=how) for name, how in _PEER_WAYS]
    if python is None:
        return [replace(row, reason=NOT_INSTALLED) for row in blank]
    print(f"{_PEER}: fit and judge", file=sys.stderr, flush=True)
    train = [item.path for item in dataset.items("train") if item.label in dataset.good]
    request = PeerRequest(
        "patchcore", train, [item.path for item in test], options.weights, options.size, options.peer_coreset
    )
    try:
        answer = ask(python, request)
    except UsageError as error:
        return [replace(row, reason=first_line(error)) for row in blank]
    baseline = next(row.ms_p50 for row in own if row.runtime == "torch" and row.precision == "fp32")
    bad = np.array([item.label not in dataset.good for item in test])
    quality = f"; image AUROC {auroc(answer.scores, bad):.4f}" if bad.any() and not bad.all() else ""
    return [_peer_row(row, answer.ms[row.runtime.removeprefix("anomalib-")], baseline, quality) for row in blank]


_PEER_WAYS = (
    ("torch", "its TorchInferencer, decoded picture to score"),
    ("openvino", "its exported graph alone, compiled as its OpenVINOInferencer does, on a resized picture"),
)


def _peer_row(row: Row, ms: Sequence[float], baseline: float | None, quality: str) -> Row:
    median = float(np.median(ms))
    return replace(
        row, ms_p50=round(median, 3), ms_p99=percentile(ms, 99), images_per_s=round(1000 / median, 2), calls=len(ms),
        times_baseline=round(baseline / median, 3) if baseline else None, how=row.how + quality,
    )  # fmt: skip
