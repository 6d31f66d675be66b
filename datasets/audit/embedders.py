"""What the images are compared by: a frozen network where weights are at hand, hand-made descriptors where not."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audit import descriptors
from datasets.audit.embed import Embedding
from datasets.audit.items import AuditOptions
from inspector.errors import UsageError
from inspector.types import Image

_THREADS = 2
_LEARNED_WITHOUT_LABELS = "patch-memory"


class DescriptorEmbedding:
    """Hand-made descriptors (`datasets.audit.descriptors`): need neither weights nor a network."""

    name = "hand-made descriptors of texture, contrast and layout (no learned weights)"
    key = descriptors.VERSION

    def embed(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return (n, d) for pictures (H, W, 3) uint8 RGB."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return np.stack(list(pool.map(descriptors.describe_picture, pictures)))


def choose_embedding(options: AuditOptions) -> tuple[Embedding, tuple[str, ...]]:
    """Return what the images are compared by, and what a person should know of the choice.

    Raises:
        UsageError: `weights` names nothing that there is.
        ModelError: The weights cannot be used.
        PackageError: The package cannot be used.
    """
    if options.weights == "none":
        return DescriptorEmbedding(), ()
    if options.weights != "auto":
        from inspector.inference.embedding import load_embedding

        return load_embedding(options.backbone, options.weights, options.device), ()
    return _automatic(options)


def _automatic(options: AuditOptions) -> tuple[Embedding, tuple[str, ...]]:
    """Take the best that is on this PC; nothing is fetched unasked."""
    from inspector.inference.embedding import cached_imagenet, load_embedding, load_package_embedding
    from inspector.inference.package import open_package

    file = cached_imagenet(options.backbone)
    if file is not None:
        return load_embedding(options.backbone, str(file), options.device), ()
    missing = (
        f"There are no ImageNet weights of {options.backbone} on this PC, and nothing is fetched unasked: "
        "the audit finds more with them. Give --weights FILE, or --weights imagenet to fetch them."
    )
    if options.package:
        package = open_package(_folder(options.package))
        if package.card.method == _LEARNED_WITHOUT_LABELS:  # a classifier has learned the very labels in doubt
            return load_package_embedding(package, options.device), (missing,)
    return DescriptorEmbedding(), (missing,)


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder.", cure="Give the folder of a model package, or of a release.")
    return folder
