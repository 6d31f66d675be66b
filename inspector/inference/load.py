"""From a verified package to a loaded model: by the card's method, on the run-time that was asked for."""

from __future__ import annotations

from inspector.errors import ModelError
from inspector.inference.base import Model
from inspector.inference.package import Package
from inspector.inference.runtimes import RuntimeKind, is_runtime, objection, read_report
from inspector.inference.tiled_model import tiled


def load_model(package: Package, device: str = "auto") -> Model:
    """Load a package of any method.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `cpu`, `cuda` or `cuda:N`: PyTorch. The name of an export, `openvino-int8` say. `auto`: whatever of
            these judges fastest on this PC and may (`inspector.inference.choice`); without an export, CUDA where there
            is one.

    Raises:
        PackageError: Altered weights, weights that do not fit what the card names, or no such export.
        ModelError: The device is not there, or the export must not judge.
    """
    if device == "auto":
        from inspector.inference.choice import load_fastest

        return load_fastest(package)
    if not is_runtime(device):
        return load_reference(package, device)
    report = read_report(package, device)
    if reason := objection(package, report):
        raise ModelError(
            f"{package.folder}: {device} must not judge: {reason}.", cure="Export again, or use device = cpu."
        )
    return load_exported(package, report)


def load_reference(package: Package, device: str = "auto") -> Model:
    """Load a package on PyTorch, which every export is compared with, and which limits are found with.

    Args:
        package: From `inspector.inference.package.open_package`.
        device: `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:N`.

    Raises:
        PackageError: Altered weights, or weights that do not fit what the card names.
        ModelError: The device is not there.
    """
    return tiled(_load_torch(package, device))


def _load_torch(package: Package, device: str) -> Model:
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


def load_exported(package: Package, kind: RuntimeKind) -> Model:
    """Load an export, without asking whether it may judge.

    Raises:
        PackageError: Altered files, or a method that has no export.
        ModelError: The run-time cannot be used on this PC.
    """
    if package.card.method == "patch-memory":
        from inspector.inference.graph_memory import load_graph_memory

        return tiled(load_graph_memory(package, kind))
    from inspector.inference.graph_classifier import load_graph_classifier

    return tiled(load_graph_classifier(package, kind))
