"""The doctor says what is there, what is wrong, and how to cure it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inspector import doctor, system_libraries
from inspector.cli import main


def test_that_the_doctor_reports_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "-"])
    document = json.loads(capsys.readouterr().out)
    subjects = {finding["subject"] for finding in document["findings"]}
    assert {"python", "torch", "opencv-python-headless", "sqlite", "cameras", "display", "data folder"} <= subjects
    assert code == (0 if document["ok"] else 1)


def test_that_missing_libraries_are_named_with_their_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_packages", lambda: ["libxcb-cursor0"])
    (finding,) = [finding for finding in doctor.examine() if finding.subject == "Qt libraries"]
    assert not finding.ok
    assert "libxcb-cursor0" in finding.said
    assert "apt-get install" in finding.cure


def test_that_a_folder_that_cannot_be_written_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("INSPECTOR_HOME", str(tmp_path / "file"))
    (finding,) = [finding for finding in doctor.examine() if finding.subject == "data folder"]
    assert not finding.ok
    assert "INSPECTOR_HOME" in finding.cure


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries are looked for on Linux only")
def test_that_an_absent_library_is_found_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "WINDOW_LIBRARIES", {"libnone.so.9": "libnone9", "libc.so.6": "libc6"})
    assert system_libraries.missing_packages() == ["libnone9"]


def test_that_the_library_check_runs_on_the_standard_library_alone() -> None:
    script = Path(system_libraries.__file__)
    done = subprocess.run([sys.executable, "-I", "-S", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
