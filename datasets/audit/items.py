"""What an audit gives out: queues of images that a person should look at, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUEUES = (
    "label_errors",
    "disagree",
    "near_threshold",
    "overrides",
    "outliers",
    "near_duplicates",
    "rare_classes",
    "random",
)
"""The queues, most valuable first."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One image of a queue, and why it is there.

    Attributes:
        item_id: Its number in the manifest.
        path: Absolute path of the image file.
        reason: One English sentence for the reviewer.
        kind: Stable key of the reason, for translation; `reason` is its English text filled with `values`.
        values: What the sentence is filled with.
        score: Higher = look first; comparable within one queue only.
        given: The label that it has.
        suggested: The class that the features speak for; "" where none is suggested.
        other_id: For a near-duplicate, the other image of the pair; its path is `values["other"]`.
    """

    item_id: int
    path: str
    reason: str
    kind: str
    values: Mapping[str, str | float]
    score: float
    given: str = ""
    suggested: str = ""
    other_id: int | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The queues of one version of a data set.

    Attributes:
        fingerprint: The version of the data set that was looked at.
        made_utc: When, ISO 8601.
        queues: By name, each in the order in which to look.
        embedding: What the images were compared by, in words.
        notes: What a person should know of this audit, a fallback for instance.
    """

    fingerprint: str
    made_utc: str
    queues: Mapping[str, tuple[QueueItem, ...]]
    embedding: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model says of the images: a suggestion, never a label.

    Attributes:
        item_ids: (n,) int64.
        classes: Names of the columns of `probabilities`.
        probabilities: (n, k) float32; each row sums to 1.
        scores: Defect scores 0..1, (n,) float32.
        package_hash: The package that judged; "" where the audit's own out-of-fold models did.
        near: Defect score within the REVIEW band of the package, (n,) bool.
    """

    item_ids: NDArray[np.int64]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]
    package_hash: str
    near: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What the images look like, as numbers.

    Attributes:
        item_ids: (n,) int64.
        rows: (n, d) float16, each of length 1: the nearer two rows, the more alike the images.
        plane: (n, 2) float32 within -1..1: the same as a map on paper.
    """

    item_ids: NDArray[np.int64]
    rows: NDArray[np.float16]
    plane: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What a person chose.

    Attributes:
        backbone: torchvision network whose features the images are compared by.
        weights: `auto` (ImageNet from torchvision's cache where it is there, else the package, else hand-made
            descriptors), `imagenet`, `none` (hand-made descriptors) or a state-dict file.
        package: Folder of a model package; "" for none.
        device: Where the network runs.
        limit: Longest queue that is kept; None for no limit.
        seed: For the folds and the random sample.
        sample: Size of the random sample.
        repeats: How often the images are divided into folds anew.
    """

    backbone: str = "mobilenet_v2"
    weights: str = "auto"
    package: str = ""
    device: str = "auto"
    limit: int | None = None
    seed: int = 0
    sample: int = 100
    repeats: int = 3
