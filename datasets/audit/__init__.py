"""The audit of a data set: which labels to doubt, which images to look at first, and why.

`run_audit` looks at every image once; its queues stand in DATASET/review/ for the review window.
"""

from __future__ import annotations

from datasets.audit.files import load_audit, load_features, load_predictions
from datasets.audit.items import QUEUES, Audit, AuditOptions, Features, Predictions, QueueItem
from datasets.audit.run import run_audit

__all__ = [
    "QUEUES",
    "Audit",
    "AuditOptions",
    "Features",
    "Predictions",
    "QueueItem",
    "load_audit",
    "load_features",
    "load_predictions",
    "run_audit",
]
