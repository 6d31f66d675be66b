"""How this PC's settings say that heads are signed."""

from __future__ import annotations

from inspector.log.heads import HeadPlan
from inspector.settings import data_folder

KEYS_FOLDER = "keys"


def head_plan() -> HeadPlan:
    """Return the plan of this PC."""
    return HeadPlan(data_folder() / KEYS_FOLDER)
