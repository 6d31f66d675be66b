"""A station with a centre: records arrive beside the work, and a centre out of reach is a caution, never a stop."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from inspector.headless import run_headless
from inspector.log.query import Query
from inspector.log.store import RecordStore
from inspector.recipe import Recipe, load_recipe
from inspector.settings import data_folder
from tests.postgres import Cluster, free_port
from tests.support import recipe_text, tiny_package


def a_recipe(folder: Path) -> Recipe:
    path = folder / "line.toml"
    trigger = 'kind = "timer"\nperiod_ms = 60'
    path.write_text(recipe_text(tiny_package(folder / "package").folder, trigger=trigger), encoding="utf-8")
    return load_recipe(path)


def settings(url: str) -> None:
    data_folder().mkdir(parents=True, exist_ok=True)
    (data_folder() / "settings.toml").write_text(f'[centre]\nurl = "{url}"\ntell_after_s = 0.2\n', encoding="utf-8")


def test_that_a_station_forwards_what_it_records(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    settings(url)
    summary = run_headless(a_recipe(tmp_path), tmp_path / "log", max_parts=30, quiet=True)
    assert summary.failure is None
    assert not summary.cautions
    with closing(RecordStore(url, read_only=True)) as centre:
        assert 0 < centre.count(Query()) <= 30


def test_that_a_centre_out_of_reach_is_a_caution_and_no_part_is_lost(tmp_path: Path) -> None:
    settings(f"postgresql+psycopg://inspector@127.0.0.1:{free_port()}/centre")
    summary = run_headless(a_recipe(tmp_path), tmp_path / "log", max_parts=30, quiet=True)
    assert summary.failure is None
    assert summary.parts == 30
    assert any("centre" in caution for caution in summary.cautions)
