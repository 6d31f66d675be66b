"""What the signer remembers of each log it signs: the last head, and how far each place outside got.

It lies beside the key, not beside the log: who may write the log but not read the key cannot make the station sign a
log that was cut or rewritten while it stood still.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inspector.errors import StoreError
from inspector.jsonfile import replace_file
from inspector.log.chain import Head
from inspector.log.statement import NO_HEAD

SCHEMA = "inspector.heads-state/1"


@dataclass(frozen=True, slots=True)
class HeadState:
    """What is remembered of one log.

    Attributes:
        head: The last one that was signed; None before the first.
        delivered: Position of the last head that each place outside took, by its name.
        closed: Whether the log was closed behind that head: nothing may stand behind it when it is opened again.
    """

    head: Head | None = None
    delivered: Mapping[str, int] = field(default_factory=dict)
    closed: bool = False

    def delivered_to(self, name: str) -> int:
        """Return the position of the last head that a place took; NO_HEAD for none."""
        return self.delivered.get(name, NO_HEAD)


def state_path(keys: Path, log_id: str) -> Path:
    """Return where the state of a log lies, in the folder of the station's key."""
    return keys / "heads" / f"{log_id}.json"


def read_state(path: Path) -> HeadState:
    """Return what is remembered; an empty state where nothing is. Raises StoreError where it cannot be read."""
    try:
        if not path.exists():
            return HeadState()
        document = json.loads(path.read_bytes())
        head = document["head"] and Head(
            int(document["head"]["position"]),
            bytes.fromhex(document["head"]["chain"]),
            int(document["head"]["time_ns"]),
            str(document["head"]["key_id"]),
            bytes.fromhex(document["head"]["signature"]),
        )
        delivered = {str(name): int(position) for name, position in document["delivered"].items()}
        return HeadState(head, delivered, bool(document["closed"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path}: what was signed last cannot be read ({error}).",
            cure="Run `inspector log verify`; where it finds nothing, delete the file.",
        ) from error


def write_state(path: Path, state: HeadState) -> None:
    """Remember a state, durably. Raises OSError."""
    head = state.head and {
        "position": state.head.position,
        "chain": state.head.chain.hex(),
        "time_ns": state.head.time_ns,
        "key_id": state.head.key_id,
        "signature": state.head.signature.hex(),
    }
    document = {"schema": SCHEMA, "head": head, "delivered": dict(state.delivered), "closed": state.closed}
    replace_file(path, json.dumps(document, indent=1).encode())
