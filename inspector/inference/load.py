"""From a verified package to a loaded model: one file per run-time, chosen by the card's method."""

from __future__ import annotations

from inspector.inference.base import Model
from inspector.inference.package import Package


def load_model(package: Package, device: str = "auto") -> Model:
    """Load a package of any method.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or weights that do not fit what the card names.
        ModelError: The device is not there.
    """
    match package.card.method:
        case "classifier":
            from inspector.inference.torch_classifier import load_classifier

            return load_classifier(package, device)
        case "patch-memory":
            from inspector.inference.patch_memory import load_patch_memory

            return load_patch_memory(package, device)
        case "autoencoder":
            from inspector.inference.autoencoder import load_autoencoder

            return load_autoencoder(package, device)
        case "hybrid":
            from inspector.inference.hybrid import load_hybrid

            return load_hybrid(package, device)
