"""Train a classifier: data set in, model package out. Reads top to bottom; every epoch ends safely on disk."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from datasets.manifest import Dataset, Item
from inspector.errors import TrainingError
from inspector.inference.networks import build_network, head_name
from inspector.inference.package import WEIGHTS_FILE, Package, write_package
from inspector.inference.torch_classifier import choose_device
from training.augment import Augment, make_augment, make_recipe
from training.average import AveragedNetwork
from training.checkpoint import RunState, load_checkpoint, restore_optimizer, save_checkpoint, tensors_of
from training.config import TrainingConfig
from training.loop import Learner, balanced_loss, judge, train_epoch
from training.metrics import headline
from training.pictures import Pictures, steps_per_epoch, training_batches
from training.probe import fit_probe, frozen_features
from training.progress import Reporter, TensorBoardLog
from training.samples import write_samples
from training.schedule import Unfreezing, learning_rate, make_optimizer, set_learning_rate
from training.thresholds import RULE, choose_thresholds
from training.weights import LoadedWeights, load_weights

AVERAGE_EPOCHS = 2
"""The averaged weights look back over about this many epochs."""


@dataclass(frozen=True, slots=True)
class RunData:
    """The pictures of a run and what they are called."""

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    good: tuple[str, ...]
    train: Pictures
    validation: Pictures


def train_classifier(
    dataset: Dataset,
    out: Path,
    config: TrainingConfig,
    reporter: Reporter,
    *,
    run_folder: Path | None = None,
    device: str = "auto",
    resume: bool = False,
) -> Package:
    """Train on the data set's train split, stop and choose on its validation split, and write the package.

    Args:
        dataset: Opened.
        out: Folder of the package.
        config: The settings.
        reporter: Hears of the progress.
        run_folder: For checkpoint, TensorBoard log and sample pictures; None: `<out>.run` beside the package.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        resume: Go on from the run folder's checkpoint, to the same result as without the interruption.

    Raises:
        TrainingError: The data cannot be learned from, the weights are not to be had, or the checkpoint is of
            another run.
        DatasetError: A picture is gone or damaged.
        ModelError: The device or the network is not there.
    """
    began = time.monotonic()
    run_folder = run_folder or out.with_name(out.name + ".run")
    target = choose_device(device)
    with _reproducible(config.seed):
        data = prepare_data(dataset, config)
        epochs = config.epochs_for(len(data.train))
        learner, weights = _make_learner(config, data, target)
        best, state = tensors_of(learner.averaged.network), RunState(config.model_dump(), data.fingerprint)
        if resume:
            best, state = _resume(run_folder, learner, best, state, reporter)
        if state.epochs_done == 0:
            _fill_head(learner, data, config)
        recipe = make_recipe(config.augment, keep_orientation=config.keep_orientation)
        augment = make_augment(recipe, config.preprocessing)
        write_samples(run_folder / "augmentations.png", data.train, augment, config.seed)
        _announce(reporter, config, data, state, learner, weights)

        unfreezing = Unfreezing(learner.network, config)
        with TensorBoardLog(run_folder / "tensorboard") as board:
            while not state.finished:
                facts = _run_epoch(learner, unfreezing, data, augment, config, state, reporter)
                if facts["best"]:
                    best = tensors_of(learner.averaged.network)
                stale = state.epochs_done - 1 - state.best_epoch
                state.finished = state.epochs_done >= epochs or stale >= config.patience_for(epochs)
                networks = {"network": learner.network.state_dict(), "averaged": learner.averaged.network.state_dict()}
                save_checkpoint(run_folder, state, {**networks, "best": best}, learner.optimizer)
                board.scalars(facts["epoch"], _scalars(facts))
                reporter.epoch(facts)

        learner.averaged.network.load_state_dict(best)
        facts = {"augmentation": {"backend": augment.name, **asdict(recipe)}, "weights_source": weights.source}
        package = _write(out, config, data, learner, state, facts)
    reporter.finished(
        {
            "package": str(out),
            "hash": package.hash,
            "metrics": package.card.metrics,
            "seconds": round(time.monotonic() - began, 1),
        }
    )
    return package


def prepare_data(dataset: Dataset, config: TrainingConfig) -> RunData:
    """Return the pictures of the train and validation splits with the classes that can be learned.

    Raises:
        TrainingError: A split is empty, or there is no good or no defective class to learn.
    """
    train, validation = dataset.items("train"), dataset.items("validation")
    if not train or not validation:
        raise TrainingError(
            f"{dataset.folder}: there are {len(train)} pictures to train and {len(validation)} to validate.",
            cure="Both splits are needed: import the data set again with other shares or more pictures.",
        )
    seen = {item.label for item in train}
    classes = tuple(name for name in dataset.classes if name in seen)
    good = tuple(name for name in dataset.good if name in seen)
    if not good or len(good) == len(classes):
        raise TrainingError(
            f"{dataset.folder}: the train split has the classes {', '.join(classes)}, of which good: "
            f"{', '.join(good) or 'none'}. A classifier needs a good and a defective class.",
            cure="Name the good class on import (`--good NAME`), and add pictures of the missing kind.",
        )
    known = [item for item in validation if item.label in seen]
    if not known:
        raise TrainingError(f"{dataset.folder}: no class of the validation split is in the train split.")

    def fitted(items: Sequence[Item]) -> Pictures:
        return Pictures(items, classes, config.preprocessing)

    return RunData(dataset.name, dataset.fingerprint, classes, good, fitted(train), fitted(known))


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    """Make torch's choices follow from the seed, and leave the process as it was."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True, warn_only=torch.cuda.is_available())
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def _make_learner(config: TrainingConfig, data: RunData, device: torch.device) -> tuple[Learner, LoadedWeights]:
    network = build_network(config.backbone, len(data.classes))
    weights = load_weights(network, config.backbone, config.weights)
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = steps_per_epoch(len(data.train), config.batch_size)
    half = None
    if device.type == "cuda":
        half = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    learner = Learner(
        network=network,
        averaged=AveragedNetwork(network, AVERAGE_EPOCHS * steps),
        optimizer=make_optimizer(network, config),
        scaler=torch.amp.GradScaler(device.type, enabled=half is torch.float16),
        device=device,
        half=half,
    )
    return learner, weights


def _resume(
    folder: Path, learner: Learner, best: dict[str, torch.Tensor], fresh: RunState, reporter: Reporter
) -> tuple[dict[str, torch.Tensor], RunState]:
    """Bring the learner to the checkpoint's state; the fresh state where there is no checkpoint yet."""
    found = load_checkpoint(folder)
    if found is None:
        reporter.note(f"There is no checkpoint in {folder} yet: training starts from the beginning.")
        return best, fresh
    state, tensors = found
    changed = [name for name, value in fresh.config.items() if state.config.get(name) != value]
    if changed or state.fingerprint != fresh.fingerprint:
        what = ", ".join(changed) if changed else "the data set"
        raise TrainingError(
            f"{folder}: the checkpoint is of another run; different: {what}.",
            cure="Give the same settings and data, or leave `--resume` out to train from the beginning.",
        )
    learner.network.load_state_dict(tensors["network"])
    learner.averaged.network.load_state_dict(tensors["averaged"])
    learner.averaged.updates = state.averaged_updates
    restore_optimizer(learner.optimizer, tensors["optimizer"])
    if state.scaler:
        learner.scaler.load_state_dict(state.scaler)
    return tensors["best"], state


def _fill_head(learner: Learner, data: RunData, config: TrainingConfig) -> None:
    """Pretrained weights: start the final layer from a logistic regression on the frozen features."""
    head = learner.network.get_submodule(head_name(learner.network))
    if not config.pretrained or not isinstance(head, torch.nn.Linear) or head.bias is None:
        return
    features = frozen_features(learner.network, data.train, learner.device)
    fit_probe(features, data.train.labels, config.balance, len(data.classes)).fill(head)
    learner.averaged.network.load_state_dict(learner.network.state_dict())


def _announce(
    reporter: Reporter, config: TrainingConfig, data: RunData, state: RunState, learner: Learner, weights: LoadedWeights
) -> None:
    if weights.missing or weights.unexpected:
        reporter.note(
            f"{weights.source}: {len(weights.missing)} tensors are missing and stay random "
            f"({', '.join(weights.missing[:4])} …); {len(weights.unexpected)} are not used "
            f"({', '.join(weights.unexpected[:4])} …)."
        )
    if data.train.uncached:
        reporter.note(f"{data.train.uncached} pictures do not fit into the cache and are read anew in every epoch.")
    reporter.started(
        {
            "backbone": config.backbone,
            "device": str(learner.device),
            "classes": list(data.classes),
            "train_images": len(data.train),
            "validation_images": len(data.validation),
            "epochs": config.epochs_for(len(data.train)),
            "first_epoch": state.epochs_done,
            "steps_per_epoch": steps_per_epoch(len(data.train), config.batch_size),
        }
    )


def _run_epoch(
    learner: Learner,
    unfreezing: Unfreezing,
    data: RunData,
    augment: Augment,
    config: TrainingConfig,
    state: RunState,
    reporter: Reporter,
) -> dict[str, Any]:
    """Learn for one epoch, judge the averaged weights, update `state`, and return the epoch's facts."""
    began, epoch = time.monotonic(), state.epochs_done
    epochs, steps = config.epochs_for(len(data.train)), steps_per_epoch(len(data.train), config.batch_size)
    torch.manual_seed(config.seed * 1_000_003 + epoch)  # dropout
    unfreezing.apply(epoch)
    done, images = 0, 0

    def before() -> None:
        set_learning_rate(learner.optimizer, learning_rate(epoch * steps + done, steps, epochs, config))

    def after(loss: float, count: int) -> None:
        nonlocal done, images
        done, images = done + 1, images + count
        per_step = (time.monotonic() - began) / done
        reporter.step(
            {
                "epoch": epoch + 1,
                "epochs": epochs,
                "step": done,
                "steps": steps,
                "loss": round(loss, 5),
                "images_per_s": round(images / (time.monotonic() - began), 2),
                "seconds_left": round(per_step * ((epochs - epoch) * steps - done), 1),
                "progress": round((epoch * steps + done) / (epochs * steps), 4),
            }
        )

    batches = training_batches(
        data.train, augment, size=config.batch_size, balance=config.balance, seed=config.seed, epoch=epoch
    )
    loss = train_epoch(learner, batches, config.label_smoothing, before, after)
    probabilities = judge(learner.averaged.network, data.validation, learner.device)
    found = _figures(probabilities, data)
    better = found["loss"] < state.best_loss
    if better:
        state.best_loss, state.best_epoch = found["loss"], epoch
    facts = {
        "epoch": epoch + 1,
        "epochs": epochs,
        "loss": round(loss, 5),
        "learning_rate": learner.optimizer.param_groups[0]["lr"],
        "validation": found,
        "best": better,
        "images_per_s": round(images / (time.monotonic() - began), 2),
        "seconds": round(time.monotonic() - began, 2),
    }
    state.history.append(facts)
    state.epochs_done = epoch + 1
    state.averaged_updates = learner.averaged.updates
    state.scaler = learner.scaler.state_dict()
    return facts


def _figures(probabilities: NDArray[np.float64], data: RunData) -> dict[str, float]:
    labels = data.validation.labels
    return {"loss": balanced_loss(probabilities, labels), **headline(probabilities, labels, data.classes, data.good)}


def _scalars(facts: dict[str, Any]) -> dict[str, float]:
    found = {f"validation/{name}": value for name, value in facts["validation"].items() if np.isfinite(value)}
    return {"train/loss": facts["loss"], "train/learning_rate": facts["learning_rate"], **found}


def _write(
    out: Path, config: TrainingConfig, data: RunData, learner: Learner, state: RunState, facts: dict[str, Any]
) -> Package:
    """Choose the thresholds with the final weights and write the package."""
    network = learner.averaged.network
    probabilities = judge(network, data.validation, learner.device)
    good = [data.classes.index(name) for name in data.good]
    defective = ~np.isin(data.validation.labels, good)
    thresholds = choose_thresholds(np.clip(1.0 - probabilities[:, good].sum(1), 0.0, 1.0), defective)
    counts = {
        split: dict(sorted(Counter(item.label for item in pictures.items).items()))
        for split, pictures in (("train", data.train), ("validation", data.validation))
    }
    card = {
        "method": "classifier",
        "backbone": config.backbone,
        "classes": data.classes,
        "good": data.good,
        "preprocessing": config.preprocessing,
        "thresholds": {"pass_below": thresholds.pass_below, "fail_from": thresholds.fail_from},
        "training": {
            **config.model_dump(),
            **facts,
            "epochs": config.epochs_for(len(data.train)),
            "epochs_done": state.epochs_done,
            "best_epoch": state.best_epoch + 1,
            "learning_rate": config.peak_learning_rate,
            "device": learner.device.type,
            "thresholds_rule": RULE,
        },
        "data": {"name": data.name, "fingerprint": data.fingerprint, "counts": counts},
        "metrics": {"split": "validation", "n": len(data.validation), **_figures(probabilities, data)},
        "libraries": _libraries(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return write_package(out, card, {WEIGHTS_FILE: safetensors.torch.save(tensors_of(network))})


def _libraries() -> dict[str, str]:
    names = ("torch", "torchvision", "albumentations", "opencv-python-headless", "numpy", "inspector-station")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # albumentations may be left out
            continue
    return found
