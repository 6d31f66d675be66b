"""What of a retraining is done: one small file, replaced after every step. A step is done for exactly one key.

The key of a step names everything that its outcome follows from: data, settings, packages. So a run that was killed
goes on with the step that was in work, and one whose data and settings are the same has nothing to do.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.errors import TrainingError
from inspector.jsonfile import replace_file

STATE_FILE = "state.json"
SCHEMA = "inspector.retrain-state/1"


@dataclass(slots=True)
class RetrainState:
    """The steps that are done.

    Attributes:
        path: The file.
        steps: By name: `key`, and what came out.
    """

    path: Path
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    def outcome(self, step: str, key: str) -> dict[str, Any] | None:
        """Return what came out of a step; None where it was not done for this key."""
        found = self.steps.get(step, {})
        return found["outcome"] if found.get("key") == key else None

    def record(self, step: str, key: str, outcome: dict[str, Any]) -> None:
        """Make the outcome of a step durable."""
        self.steps[step] = {"key": key, "outcome": outcome}
        replace_file(self.path, json.dumps({"schema": SCHEMA, "steps": self.steps}, indent=1).encode())


def read_state(folder: Path) -> RetrainState:
    """Read the state in `folder`; an empty one where there is none. Raises TrainingError where it is damaged."""
    path = folder / STATE_FILE
    if not path.is_file():
        return RetrainState(path)
    try:
        document = json.loads(path.read_bytes())
        if document["schema"] != SCHEMA:
            raise ValueError(f"format {document['schema']!r}")  # noqa: TRY301 - told with the file's name below
        return RetrainState(path, dict(document["steps"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{path}: the state of the retraining cannot be read ({error}).",
            cure="Delete this file: finished packages are made again.",
        ) from error


def key_of(**facts: Any) -> str:
    """Return the SHA-256 of the facts that a step follows from; any JSON, in any order of names."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
