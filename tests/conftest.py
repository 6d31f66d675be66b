"""For every test: a data folder of its own, and Qt without a screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The suite must say the same of the same code on every run: `HYPOTHESIS_PROFILE=explore` looks for new examples.
settings.register_profile("suite", derandomize=True)
settings.register_profile("explore", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests away from this PC's real data."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("INSPECTOR_HOME", str(folder))
    return folder
