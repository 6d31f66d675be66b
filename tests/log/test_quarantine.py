"""A damaged log is put aside, the alarm is raised, and no new log begins before a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import DamagedLogError, StoreError
from inspector.headless import run_headless
from inspector.log import open_log, read_log
from inspector.log.head_plan import own_public_key
from inspector.log.quarantine import IDENTITY_FILE, MARK_FILE, SUSPECT_FILE, known_log
from inspector.log.restore import BEGUN
from inspector.log.station_key import public_keys
from inspector.log.store import DATABASE_FILE
from inspector.log.verify import verify
from inspector.recipe import load_recipe
from tests.support import a_record, recipe_text


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A closed log."""
    folder = tmp_path / "log"
    with open_log(folder) as opened:
        for number in range(40):
            opened.append(a_record(f"P{number}"))
    return folder


def damage(folder: Path, way: str) -> bytes:
    """Damage the file; return what it holds then."""
    path = folder / DATABASE_FILE
    data = bytearray(path.read_bytes())
    if way == "header":
        data[:16] = b"no database here"
    elif way == "page":
        data[-4096:-4032] = bytes(64)
    elif way == "cut":
        del data[len(data) // 2 :]
    else:
        data.clear()
    path.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("way", ["header", "page", "cut", "empty"])
def test_that_damage_is_put_aside_and_no_new_log_begins(log: Path, way: str) -> None:
    data = damage(log, way)
    (log / f"{DATABASE_FILE}-wal").write_bytes(b"")
    for _attempt in range(2):
        with pytest.raises(DamagedLogError, match="put aside") as caught:
            open_log(log)
        assert "restore" in caught.value.cure
        assert "log new" in caught.value.cure
        assert not (log / DATABASE_FILE).exists()
    (kept,) = (log / "quarantine").iterdir()
    assert (kept / DATABASE_FILE).read_bytes() == data
    assert not list(log.glob(f"{DATABASE_FILE}*"))
    with pytest.raises(DamagedLogError, match="put aside"):
        read_log(log)


def test_that_a_log_whose_file_is_gone_does_not_begin_anew_by_itself(log: Path) -> None:
    (log / DATABASE_FILE).unlink()
    with pytest.raises(DamagedLogError, match="is gone"):
        open_log(log)
    assert not (log / DATABASE_FILE).exists()


def test_that_another_log_is_not_taken_for_this_one(log: Path, tmp_path: Path) -> None:
    open_log(tmp_path / "other").close()
    (tmp_path / "other" / DATABASE_FILE).replace(log / DATABASE_FILE)
    with pytest.raises(StoreError, match="this folder's log was"):
        open_log(log)


def test_that_readers_move_nothing(log: Path) -> None:
    data = damage(log, "header")
    with pytest.raises(StoreError, match="not a database"):
        read_log(log)
    assert (log / DATABASE_FILE).read_bytes() == data
    assert not (log / MARK_FILE).exists()


def test_that_a_power_cut_between_mark_and_move_is_made_good(log: Path) -> None:
    data = damage(log, "header")
    with pytest.raises(DamagedLogError):
        open_log(log)
    (kept,) = (log / "quarantine").iterdir()
    (kept / DATABASE_FILE).replace(log / DATABASE_FILE)
    with pytest.raises(DamagedLogError, match="put aside"):
        open_log(log)
    assert (kept / DATABASE_FILE).read_bytes() == data


def test_that_damage_met_while_running_has_the_whole_file_checked_at_the_next_start(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.log.quarantine.CHECKED_AT_START_BYTES", 0)
    damage(log, "page")
    opened = open_log(log)  # too large to be read at every start, as far as this test goes
    try:
        monkeypatch.setattr(opened.records, "append", raises_damage)
        with pytest.raises(DamagedLogError):
            opened.append(a_record())
    finally:
        opened.close()
    assert (log / SUSPECT_FILE).exists()
    with pytest.raises(DamagedLogError, match="put aside"):
        open_log(log)


def raises_damage(_record: object) -> None:
    raise DamagedLogError("database disk image is malformed")


def test_that_a_sound_suspect_is_suspect_no_more(log: Path) -> None:
    (log / SUSPECT_FILE).touch()
    open_log(log).close()
    assert not (log / SUSPECT_FILE).exists()


def test_that_a_station_does_not_run_on_a_damaged_log(log: Path, tmp_path: Path) -> None:
    damage(log, "header")
    recipe = tmp_path / "line.toml"
    recipe.write_text(recipe_text(tmp_path / "package"), encoding="utf-8")
    with pytest.raises(DamagedLogError, match="Nothing is inspected"):
        run_headless(load_recipe(recipe), log, max_parts=1, quiet=True)
    assert main(["run", str(recipe), "--log", str(log), "--parts", "1"]) != 0
    assert not (log / DATABASE_FILE).exists()


def test_that_a_new_log_names_the_last_head_of_the_old_one(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with read_log(log) as opened:
        old = opened.records.tip()
    damage(log, "header")
    with pytest.raises(DamagedLogError):
        open_log(log)
    assert main(["log", "new", "--log", str(log), "--why", "no backup", "--who", "Ada"]) == 0
    assert "begins" in capsys.readouterr().out
    assert not (log / MARK_FILE).exists()
    (kept,) = (log / "quarantine").iterdir()
    assert (kept / MARK_FILE).is_file()
    with open_log(log) as opened:
        assert opened.append(a_record("first")).sequence == 1
    with read_log(log) as opened:
        (begun,) = opened.records.audit(action=BEGUN)
        assert (begun.who, begun.why) == ("Ada", "no backup")
        assert begun.old == f"log {old.log_id}, entry {old.position}, {old.chain.hex()}"
        assert opened.records.tip().log_id == known_log(log) != old.log_id
        assert verify(opened.records, public_keys([own_public_key()])).clean


def test_that_a_new_log_is_begun_only_where_one_was_put_aside(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (log, tmp_path / "empty"):
        assert main(["log", "new", "--log", str(folder), "--why", "x", "--who", "Ada"]) == 2
        assert "no log was put aside" in capsys.readouterr().err
    assert (log / IDENTITY_FILE).exists()
