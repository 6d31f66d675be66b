"""A logistic regression on a network's frozen features: the baseline that fine-tuning must beat."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.inference.networks import head_name
from training.pictures import Pictures, plain_batches

PENALTY = 0.1
"""scikit-learn's C (inverse strength of the L2 penalty) on standardised features."""

_BATCH = 32


def frozen_features(network: nn.Module, pictures: Pictures, device: torch.device) -> NDArray[np.float32]:
    """Return the input of the final layer for every picture, (N, features); the network is left in evaluation mode."""
    found: list[torch.Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        found.append(inputs[0].float().flatten(1).cpu())

    hook = network.get_submodule(head_name(network)).register_forward_pre_hook(keep)
    network.eval()
    try:
        with torch.inference_mode():
            for batch in plain_batches(pictures, _BATCH):
                network(batch.pictures.to(device))
    finally:
        hook.remove()
    return np.concatenate([tensor.numpy() for tensor in found])


def fit_probe(features: NDArray[np.float32], labels: NDArray[np.int64], balance: float, classes: int) -> Probe:
    """Fit the regression; a class weighs its count to the power -balance per picture. Deterministic."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(features)
    weight = np.bincount(labels, minlength=classes).clip(1).astype(np.float64) ** -balance
    weights = weight[labels] / weight[labels].mean()
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(scaler.transform(features), labels, weights)
    return Probe(scaler, model)


class Probe:
    """A fitted regression. Make one with `fit_probe`."""

    def __init__(self, scaler: Any, model: Any) -> None:
        self._scaler = scaler
        self._model = model

    def probabilities(self, features: NDArray[np.float32], classes: int) -> NDArray[np.float64]:
        """Return (N, classes); 0 for a class that was not among the training labels."""
        found = np.zeros((len(features), classes))
        found[:, self._model.classes_] = self._model.predict_proba(self._scaler.transform(features))
        return found
