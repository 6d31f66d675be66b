"""The reject gate rests at reject and opens for a durable PASS alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.decisions.outputs import FileGate, OutputError, SimulatedGate, open_output
from inspector.recipe import FileOutput
from inspector.types import Verdict
from tests.support import a_record


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.REVIEW, Verdict.ERROR])
def test_that_only_pass_opens_the_gate(verdict: Verdict) -> None:
    gate = SimulatedGate()
    with pytest.raises(OutputError):
        gate.release(a_record(verdict=verdict, sequence=1))
    assert gate.resting
    assert gate.released == []


def test_that_a_record_that_is_not_durable_does_not_open_the_gate() -> None:
    gate = SimulatedGate()
    with pytest.raises(OutputError, match="durable"):
        gate.release(a_record(sequence=0))


def test_that_the_file_gate_says_reject_at_start_and_end(tmp_path: Path) -> None:
    path = tmp_path / "gate"
    gate = open_output(FileOutput(kind="file", path=path))
    assert path.read_text() == "REJECT\n"
    record = a_record(sequence=7)
    gate.release(record)
    assert path.read_text() == f"PASS {record.record_id}\n"
    gate.reject()
    assert path.read_text() == "REJECT\n"
    gate.release(record)
    gate.close()
    assert path.read_text() == "REJECT\n"


def test_that_an_unwritable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="gate"):
        FileGate(tmp_path / "no folder" / "gate")
