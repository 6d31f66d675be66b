"""Corrections never overwrite: labels and re-inspections are new records that point to the old."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from inspector.headless import run_headless
from inspector.log import open_log, read_log
from inspector.recipe import load_recipe
from inspector.types import RecordKind, Verdict
from tests.support import a_record, picture_folder, recipe_text, tiny_package


def test_that_a_label_is_a_new_record_that_points_to_the_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_log(tmp_path) as log:
        judged = log.append(a_record("S-1", Verdict.PASS))
    arguments = ["log", "label", judged.record_id[:12], "crack", "--who", "Ada", "--why", "came back from a customer"]
    assert main([*arguments, "--log", str(tmp_path)]) == 0
    assert "S-1: labelled crack by Ada" in capsys.readouterr().out
    with read_log(tmp_path) as log:
        assert log.get(judged.record_id) == judged
        (said,) = log.amendments(judged.record_id)
        assert (said.kind, said.truth, said.who, said.refers_to) == (
            *(RecordKind.LABEL, "crack", "Ada", judged.record_id),
        )
        assert said.details == {"note": "came back from a customer"}
        assert log.counts()[Verdict.PASS] == 1


def test_that_a_part_inspected_again_points_to_its_last_inspection(tmp_path: Path) -> None:
    pictures = picture_folder(tmp_path / "pictures", 2)
    recipe = tmp_path / "line.toml"
    camera = f'kind = "folder"\npath = "{pictures.as_posix()}"'
    recipe.write_text(recipe_text(tiny_package(tmp_path / "package").folder, camera=camera), encoding="utf-8")
    for _ in range(2):
        run_headless(load_recipe(recipe), tmp_path / "log", quiet=True)
    with read_log(tmp_path / "log") as log:
        first, second, again, again_second = log.find(newest_first=False)
    assert "inspected_before" not in first.details
    assert again.part_id == first.part_id
    assert again.details["inspected_before"] == first.record_id
    assert again_second.details["inspected_before"] == second.record_id
