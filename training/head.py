"""The start with pretrained weights: batch statistics of these pictures, then a fitted final layer.

Fine-tuning from a fitted final layer keeps the pretrained features intact that a random one would distort in the first
steps (Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022). It
also takes fewer pictures than learning the layer by steps.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from inspector.inference.networks import head_name
from training.pictures import Batch

_PENALTY = 0.01  # scikit-learn's C for features of unit variance on average: soft, the layer goes on learning


def adapt_statistics(network: nn.Module, batches: Iterable[Batch], device: torch.device) -> None:
    """Replace the running statistics of all batch norms by those of `batches`, equally weighted.

    Photographs have other statistics than a factory's pictures; without this step the network would change at the
    moment when a layer begins to learn and so to use its batch's own (Li et al., "Revisiting Batch Normalization For
    Practical Domain Adaptation", 2016).
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the cumulative mean
        norm.train()
    with torch.no_grad():
        for batch in batches:
            network(batch.pictures.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


def can_fit_head(network: nn.Module) -> bool:
    """Return whether the final layer is a plain linear one on a vector of features."""
    head = network.get_submodule(head_name(network))
    return isinstance(head, nn.Linear) and head.bias is not None


def fit_head(network: nn.Module, batches: Iterable[Batch], device: torch.device) -> None:
    """Fit the final layer to varied pictures; the network is left in evaluation mode. Deterministic.

    All features are scaled alike: scaled one by one, features that hardly vary would get huge weights, which break as
    soon as the layers below them learn.
    """
    from sklearn.linear_model import LogisticRegression

    head = network.get_submodule(head_name(network))
    found: list[torch.Tensor] = []
    hook = head.register_forward_pre_hook(lambda _module, inputs: found.append(inputs[0].detach().float().cpu()))
    labels = []
    network.eval()
    try:
        with torch.no_grad():
            for batch in batches:
                network(batch.pictures.to(device))
                labels.append(batch.labels)
    finally:
        hook.remove()
    if found[0].ndim != 2:  # one vector per cell, not per picture: that layer starts at random
        return
    features, truth = torch.cat(found).double().numpy(), torch.cat(labels).numpy()
    mean, scale = features.mean(0), float(np.sqrt(features.var(0).mean())) or 1.0
    model = LogisticRegression(C=_PENALTY, max_iter=1000).fit((features - mean) / scale, truth)
    weight, bias = model.coef_, model.intercept_
    if weight.shape[0] == 1:  # two classes: scikit-learn keeps one row, the difference of the two
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    weight = weight / scale
    state = {"weight": torch.from_numpy(weight).float(), "bias": torch.from_numpy(bias - weight @ mean).float()}
    head.load_state_dict(state)
