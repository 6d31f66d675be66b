"""Train an auto-encoder on good pictures alone: data set in, model package out. The loop is the classifier's."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, model_validator
from torch import nn

from datasets.manifest import Dataset
from inspector.inference.autoencoder import picture_scores, unlikeness
from inspector.inference.autoencoder_network import STRIDE, build_autoencoder
from inspector.inference.device import choose_device
from inspector.inference.package import AnomalyCard, Package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.similarity import residual
from training.checkpoint import RunState, tensors_of
from training.config import Strength, TrainingConfig
from training.gooddata import GoodData, prepare_good
from training.learner import Learner, learner_for
from training.objective import Loss
from training.packaging import pack, tell_finished
from training.pictures import Batch, Pictures, plain_batches
from training.progress import Reporter
from training.run import Run, learn, reproducible
from training.rundata import RunData
from training.scales import RULE, first_thresholds, fit_scale
from training.stain import stain
from training.weights import LoadedWeights

_JUDGE_BATCH = 16
_SHOWN = 7_000  # pictures over all epochs: about five minutes of processor time at 128 pixels
_EPOCHS = (12, 200)


class AutoencoderConfig(TrainingConfig):
    """What a run of an auto-encoder was asked to do; what it shares with a classifier's has the same name."""

    backbone: Literal["autoencoder"] = "autoencoder"
    """There is one network."""
    weights: Literal["none"] = "none"
    """It starts from random weights."""
    epochs: int | None = Field(default=None, ge=1, le=100_000)
    """None: as many as show the network about 7,000 pictures, 12 to 200."""
    width: int = Field(default=128, ge=32, le=4096)
    """Input width in pixels, a multiple of 16."""
    height: int = Field(default=128, ge=32, le=4096)
    """Input height in pixels, a multiple of 16."""
    augment: Strength = "light"
    """Strength of the augmentation preset: what it varies is taken as usual."""
    weight_decay: float = Field(default=1e-4, ge=0, le=1)
    """Decay of kernels: a drawing needs exact weights."""
    guide: float = Field(default=0.0, ge=0, le=0)
    """No defect is known, so no mask guides."""
    channels: int = Field(default=32, ge=4, le=256)
    """Channels after the first halving."""
    latent: int = Field(default=16, ge=1, le=512)
    """Channels of the narrow place."""
    smoothing: int = Field(default=9, ge=1, le=99)
    """Side of the window that smooths the residual, in input pixels, odd."""
    top_share: float = Field(default=0.01, gt=0, le=1)
    """Share of the most unlike pixels whose mean is the picture's anomaly score."""

    @model_validator(mode="after")
    def _fitting(self) -> AutoencoderConfig:
        if self.width % STRIDE or self.height % STRIDE:
            raise ValueError(f"the input size of an auto-encoder must be a multiple of {STRIDE} pixels")
        if self.smoothing % 2 == 0:
            raise ValueError("smoothing must be an odd number of pixels")
        return self

    @property
    def preprocessing(self) -> Preprocessing:
        """Pictures in 0..1: what goes in must be comparable with what comes out."""
        return Preprocessing(
            width=self.width, height=self.height, mode=self.fit, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
        )

    def epochs_for(self, pictures: int) -> int:
        """Return the number of epochs for a training split of this many good pictures."""
        if self.epochs is not None:
            return self.epochs
        return min(max(math.ceil(_SHOWN / max(pictures, 1)), _EPOCHS[0]), _EPOCHS[1])


class Reconstruction:
    """Draw the picture as it was before it was stained. Implements `training.objective.Objective`."""

    def loss(self, learner: Learner, batch: Batch) -> Loss:
        """Return how unlike the drawings of stained pictures are to the clean ones, mean over all pixels."""
        pictures = batch.pictures.to(learner.device)
        with learner.autocast():
            drawn = learner.network(stain(pictures))
        own = residual(pictures, drawn.float()).mean()
        return Loss(own, own)

    def validate(self, network: nn.Module, data: RunData, device: torch.device) -> dict[str, float]:
        """Return the mean residual over the good validation pictures, unstained."""
        network.eval()
        total = 0.0
        with torch.inference_mode():
            for batch in plain_batches(data.validation, _JUDGE_BATCH):
                pictures = batch.pictures.to(device)
                total += float(residual(pictures, network(pictures)).mean()) * len(pictures)
        return {"loss": total / len(data.validation)}


def train_autoencoder(
    dataset: Dataset,
    out: Path,
    config: AutoencoderConfig,
    reporter: Reporter,
    *,
    run_folder: Path | None = None,
    device: str = "auto",
    resume: bool = False,
) -> Package:
    """Train on the good pictures of the train split, stop and scale on those of validation, write the package.

    Args:
        dataset: Opened. Defective pictures are not learned from; those of the validation split give a figure.
        out: Folder of the package.
        config: The settings.
        reporter: Hears of the progress.
        run_folder: For checkpoint, TensorBoard log and sample pictures; None: `<out>.run` beside the package.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        resume: Go on from the run folder's checkpoint, to the same result as without the interruption.

    Raises:
        TrainingError: There are no good pictures in a split, or the checkpoint is of another run.
        DatasetError: A picture is gone or damaged.
        ModelError: The device is not there.
    """
    began = time.monotonic()
    target = choose_device(device)
    with reproducible(config.seed):
        good = prepare_good(dataset, config.preprocessing)
        network = build_autoencoder(config.channels, config.latent)
        network.to(device=target, memory_format=torch.channels_last)  # type: ignore[call-overload]
        learner = learner_for(network, config, good.data, target)
        folder = run_folder or out.with_name(out.name + ".run")
        run = Run(config, good.data, Reconstruction(), folder, reporter, resume)
        state, facts = learn(run, learner, LoadedWeights("none"))
        package = _write(out, config, good, learner, state, facts)
    tell_finished(reporter, out, package, began)
    return package


def _write(
    out: Path, config: AutoencoderConfig, good: GoodData, learner: Learner, state: RunState, facts: dict[str, Any]
) -> Package:
    network, data = learner.averaged.network, good.data
    scores, peaks = _judge(network, data.validation, config, learner.device)
    thresholds = first_thresholds()
    metrics: dict[str, Any] = {"split": "validation", "n": len(data.validation), "loss": state.best_loss}
    if good.defective is not None:
        bad, _ = _judge(network, good.defective, config, learner.device)
        metrics |= good.separation(scores, bad)
    card = {
        "method": "autoencoder",
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
        "anomaly": AnomalyCard(
            scale=fit_scale(scores),
            pixel_scale=fit_scale(peaks),
            settings={
                "channels": config.channels,
                "latent": config.latent,
                "smoothing": config.smoothing,
                "top_share": config.top_share,
            },
        ),
        "metrics": metrics,
    }
    return pack(out, card, data, tensors_of(network))


def _judge(
    network: nn.Module, pictures: Pictures, config: AutoencoderConfig, device: torch.device
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the anomaly score of every picture and the peak of its map, (N,) each."""
    scores, peaks = [], []
    with torch.inference_mode():
        for batch in plain_batches(pictures, _JUDGE_BATCH):
            maps = unlikeness(network, batch.pictures.to(device), config.smoothing).double()
            scores.append(picture_scores(maps, config.top_share).cpu().numpy())
            peaks.append(maps.amax(dim=(1, 2)).cpu().numpy())
    return np.concatenate(scores), np.concatenate(peaks)
