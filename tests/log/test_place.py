"""A log folder whose records lie in a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import StoreError
from inspector.headless import run_headless
from inspector.log import open_log, read_log
from inspector.log.place import STORE_FILE, use_database
from inspector.recipe import load_recipe
from tests.postgres import Cluster
from tests.support import recipe_text, tiny_package


def test_that_a_station_records_into_the_database_and_replays_from_it(tmp_path: Path, postgres: Cluster) -> None:
    folder = tmp_path / "log"
    assert main(["log", "use", postgres.new_database(), "--log", str(folder)]) == 0
    recipe = tmp_path / "line.toml"
    recipe.write_text(recipe_text(tiny_package(tmp_path / "package").folder), encoding="utf-8")
    summary = run_headless(load_recipe(recipe), folder, max_parts=3, quiet=True)
    assert summary.failure is None
    with read_log(folder) as log:
        found = log.find()
        assert len(found) == 3
        assert log.read_image(found[0].images[0]).shape[2] == 3
    assert not list(folder.glob("*.sqlite"))
    assert main(["log", "replay", "--log", str(folder)]) == 0


def test_that_a_folder_with_records_of_its_own_keeps_them(tmp_path: Path) -> None:
    open_log(tmp_path).close()
    with pytest.raises(StoreError, match="records of its own"):
        use_database(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/x", station="line-1")
    assert not (tmp_path / STORE_FILE).exists()


def test_that_a_line_that_names_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_text("records.sqlite\n", encoding="utf-8")
    with pytest.raises(StoreError, match="names no database") as caught:
        open_log(tmp_path)
    assert "inspector log use" in caught.value.cure
