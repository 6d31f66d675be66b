"""What acts on the line. Every output rests at REJECT: only a part that was recorded as PASS is released."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from inspector.errors import InspectorError
from inspector.recipe import FileOutput, OutputConfig
from inspector.types import Record, RecordKind, Verdict


class OutputError(InspectorError):
    """The output device did not take the command; the part must be taken as rejected."""


class Output(Protocol):
    """A reject gate.

    Order of calls: `reject` at the start of every part and at the end of the run, `release` once for a part recorded
    as PASS, `close` last.
    """

    def reject(self) -> None:
        """Go to, or stay in, the safe state. Raises OutputError."""
        ...

    def release(self, record: Record) -> None:
        """Let this part pass. Raises OutputError."""
        ...

    def close(self) -> None:
        """Go to the safe state and let the device go. Raises OutputError."""
        ...


class SimulatedGate:
    """A gate in memory: the simulated twin of a real one.

    Attributes:
        released: record_ids of the parts that were let through, in order.
        resting: True while the gate rejects.
    """

    def __init__(self) -> None:
        self.released: list[str] = []
        self.resting = True

    def reject(self) -> None:
        """See Output.reject."""
        self.resting = True

    def release(self, record: Record) -> None:
        """See Output.release."""
        _refuse_all_but_pass(record)
        self.resting = False
        self.released.append(record.record_id)

    def close(self) -> None:
        """See Output.close."""
        self.resting = True


class FileGate:
    """A gate as a file that another program watches: `REJECT`, or `PASS <record id>`; replaced atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.reject()

    def reject(self) -> None:
        """See Output.reject."""
        self._write("REJECT")

    def release(self, record: Record) -> None:
        """See Output.release."""
        _refuse_all_but_pass(record)
        self._write(f"PASS {record.record_id}")

    def close(self) -> None:
        """See Output.close."""
        self.reject()

    def _write(self, text: str) -> None:
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(text + "\n", encoding="ascii")
            temporary.replace(self._path)
        except OSError as error:
            raise OutputError(
                f"{self._path}: the output file cannot be written ({error.strerror}).",
                cure="Check that its folder exists and may be written.",
            ) from error


def _refuse_all_but_pass(record: Record) -> None:
    inspected = record.kind is RecordKind.INSPECTION
    if not inspected or record.decision.verdict is not Verdict.PASS or record.sequence <= 0:
        raise OutputError(f"Record {record.record_id} is no durable PASS of an inspection: the part is not released.")


def open_output(config: OutputConfig) -> Output:
    """Return the output of the recipe's `[output]` table, at rest. Raises OutputError."""
    if isinstance(config, FileOutput):
        return FileGate(config.path)
    return SimulatedGate()
