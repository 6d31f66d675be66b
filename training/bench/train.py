"""`inspector bench train`: pictures learned from per second, with augmentation, against the loops that people write.

Every epoch is a turn: this project's loader and loop, a DataLoader with torchvision's transforms, the same with timm's
transforms and network. Same pictures, size, batch and kind of network; this project's own optimizer and average of the
weights, SGD in the plain loops. The first epoch of each, in which the cache is filled and loaders start their
processes, is told apart.
"""

from __future__ import annotations

import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from datasets.manifest import Dataset, open_dataset
from inspector.progress import show_bar
from training.augment import make_augment, make_recipe
from training.bench import plain
from training.bench.anomaly import draw
from training.bench.candidates import first_line, timed_row
from training.bench.plain import PlainLoop, PlainSettings
from training.bench.rows import Row, deliver, table
from training.bench.timing import Call, Rounds, take_turns
from training.bench.to_f1 import target_lines, to_f1
from training.classify import Classification
from training.config import TrainingConfig, make_config
from training.learner import learner_for
from training.loop import train_epoch
from training.pictures import Pictures, training_batches
from training.rundata import RunData

NO_TIMM = "timm is not installed: pip install 'inspector-station[bench]'"
_HOW = {
    "inspector": "this project's cache, augmentation (medium) and loop",
    "torchvision": "DataLoader over files, torchvision's transforms, eager",
    "timm": "DataLoader over files, timm's transforms and network, eager",
}


def run(options: Namespace) -> int:
    """Measure as asked on the command line; 1 where a wanted macro-F1 was not reached by this project."""
    with ExitStack() as teardown:
        work = Path(teardown.enter_context(tempfile.TemporaryDirectory()))
        dataset = teardown.enter_context(open_dataset(options.dataset or draw(work / "drawn")))
        rows, first_s = speed_rows(dataset, options)
        target = to_f1(dataset, options, work) if options.to_f1 is not None else None
    first = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in first_s.items())
    text = "\n\n".join([table(rows, "torchvision"), f"First epoch: {first}.", *target_lines(target)])
    deliver(options, rows, text, {"first_epoch_s": first_s, "to_f1": target, "workers": options.workers})
    return 1 if target is not None and target["inspector"]["reason"] else 0


def speed_rows(dataset: Dataset, options: Namespace) -> tuple[list[Row], dict[str, float]]:
    """Return a row per loop, and the seconds of their first epochs."""
    calls, first_s, reasons = {}, {}, {}
    steps = 0
    for name, make in _loops(dataset, options).items():
        try:
            call, steps = make()
        except ImportError as error:
            reasons[name] = NO_TIMM if name == "timm" else first_line(error)
            continue
        began = time.perf_counter()
        call()
        calls[name], first_s[name] = call, round(time.perf_counter() - began, 3)
    with show_bar("epochs", "epoch") as advance:
        spent = take_turns(calls, Rounds(options.rounds, 0.0, warm=0), advance)
    per_step = {name: [[ms / steps for ms in turn] for turn in turns] for name, turns in spent.items()}
    rows = []
    for name, how in _HOW.items():
        row = Row(f"training {options.backbone} {options.size} px", name, "fp32", options.batch, how=how)
        if name in reasons:
            rows.append(replace(row, reason=reasons[name]))
        else:
            rows.append(timed_row(row, per_step[name], per_step.get("torchvision")))
    return rows, first_s


def _loops(dataset: Dataset, options: Namespace) -> dict[str, Callable[[], tuple[Call, int]]]:
    """Return what makes each loop ready: one epoch as a call, and its steps."""
    items = dataset.items("train")
    items = items[: max(options.batch, min(len(items), options.images) // options.batch * options.batch)]
    settings = PlainSettings(options.size, min(options.batch, len(items)), options.workers)

    def torchvision_loop() -> tuple[Call, int]:
        network = plain.torchvision_network(options.backbone, len(dataset.classes))
        loop = PlainLoop(network, items, dataset.classes, plain.torchvision_transform(options.size), settings)
        return loop.epoch, loop.steps

    def timm_loop() -> tuple[Call, int]:
        network = plain.timm_network(options.backbone, len(dataset.classes))
        loop = PlainLoop(network, items, dataset.classes, plain.timm_transform(options.size), settings)
        return loop.epoch, loop.steps

    config = make_config(
        backbone=options.backbone, weights="none", width=options.size, height=options.size, fit="stretch",
        batch_size=settings.batch, balance=0.0, guide=0.0, augment="medium",
    )  # fmt: skip
    return {
        "inspector": lambda: _own_loop(dataset, items, config),
        "torchvision": torchvision_loop,
        "timm": timm_loop,
    }


def _own_loop(dataset: Dataset, items: list[Any], config: TrainingConfig) -> tuple[Call, int]:
    pictures = Pictures(items, dataset.classes, config.preprocessing, dataset.good)
    data = RunData("bench", "", tuple(dataset.classes), tuple(dataset.good), pictures, pictures)
    network = plain.torchvision_network(config.backbone, len(dataset.classes))
    learner = learner_for(network, config, data, torch.device("cpu"))
    augment = make_augment(make_recipe(config.augment), config.preprocessing)
    objective, number = Classification(config), 0

    def epoch() -> None:
        nonlocal number
        number += 1
        batches = training_batches(
            pictures, augment, size=config.batch_size, balance=config.balance, seed=config.seed, epoch=number
        )
        learner.network.train()
        train_epoch(learner, batches, objective, lambda: None, lambda _loss, _count: None)

    return epoch, max(1, len(items) // config.batch_size)
