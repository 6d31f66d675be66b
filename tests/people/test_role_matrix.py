"""The campaign over every action and role holds, and would notice a right that is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.people import Action
from inspector.types import Role
from tests.performance import role_matrix


def test_that_every_action_is_refused_and_done_as_the_matrix_says(own_data_folder: Path, tmp_path: Path) -> None:
    cells = role_matrix.run(tmp_path)
    assert role_matrix.wrong_cells(cells) == []
    assert sum(len(row) for row in cells.values()) == len(Action) * (len(Role) + 1)


def test_that_a_deed_that_asks_nobody_is_noticed(
    own_data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.word.require", lambda _person, _action: None)
    wrong = role_matrix.wrong_cells(role_matrix.run(tmp_path))
    assert any("override" in cell for cell in wrong)
