"""The command line starts without the heavy libraries, and every command explains itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inspector.plugins import load_commands

HEAVY = (
    "torch",
    "torchvision",
    "cv2",
    "PySide6",
    "albumentations",
    "sklearn",
    "scipy",
    "pandas",
    "sqlalchemy",
    "pydantic",
)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["station", "--help"], ["train", "--help"]])
def test_that_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom inspector.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "usage: inspector" in done.stdout
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_that_a_station_imports_neither_torch_nor_scipy_before_it_needs_them() -> None:
    script = (
        "import sys, inspector.worker\nprint([name for name in ('torch', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_every_package_brings_its_commands() -> None:
    names = set(load_commands())
    assert {
        "run",
        "predict",
        "recipe",
        "log",
        "doctor",
        "dataset",
        "train",
        "evaluate",
        "station",
        "demo",
        "calibrate",
        "accept",
        "promote",
        "rollback",
        "risk",
        "synthesize",
    } <= names


def test_that_an_unknown_command_is_refused_with_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inspector.cli", "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
