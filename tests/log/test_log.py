"""Records and images: durable, append-only, found again, verified."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from inspector import sqlite
from inspector.errors import StoreError, UsageError
from inspector.imaging import sha256_of
from inspector.log import Log, confirm, open_log, override, read_log
from inspector.log.export import export
from inspector.log.store import DATABASE_FILE
from inspector.types import RecordKind, Verdict
from tests.support import a_record, noise_picture


@pytest.fixture
def log(tmp_path: Path):  # type: ignore[no-untyped-def]
    with open_log(tmp_path / "log") as opened:
        yield opened


def test_that_a_record_comes_back_as_it_went_in(log: Log) -> None:
    image = log.images.put(noise_picture(3), "front")
    record = a_record("π-17", Verdict.FAIL, images=(image,), truth="crack", details={"frames": [{"sequence": 2**60}]})
    stored = log.append(record)
    assert stored.sequence == 1
    assert log.get(record.record_id) == stored


def test_that_the_log_is_opened_in_wal_mode_with_full_synchronisation(log: Log) -> None:
    log.append(a_record())
    raw = log.records._database._engine.raw_connection()
    try:
        cursor = raw.cursor()
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0].upper() == sqlite.journal_mode()
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
    finally:
        raw.close()


def test_that_a_sqlite_without_the_wal_repair_uses_the_rollback_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        sqlite_version_info = (3, 40, 1)

    monkeypatch.setattr(sqlite, "driver", Old)
    assert sqlite.journal_mode() == "DELETE"


@pytest.mark.parametrize("statement", ["UPDATE records SET verdict = 'PASS'", "DELETE FROM records"])
def test_that_the_file_itself_refuses_changes(log: Log, statement: str) -> None:
    log.append(a_record(verdict=Verdict.FAIL))
    module = sqlite.driver()
    connection = module.connect(str(log.folder / DATABASE_FILE))
    try:
        with pytest.raises(module.DatabaseError, match="append-only"):
            connection.execute(statement)
    finally:
        connection.close()


def test_that_a_second_writer_is_refused_and_a_reader_is_not(log: Log) -> None:
    log.append(a_record("A"))
    with pytest.raises(StoreError, match="another station"):
        open_log(log.folder)
    with read_log(log.folder) as reader:
        assert [record.part_id for record in reader.find()] == ["A"]
        log.append(a_record("B"))
        assert [record.part_id for record in reader.find()] == ["B", "A"]
        with pytest.raises(StoreError, match="opened for reading"):
            reader.append(a_record("C"))


def test_that_a_closed_log_can_be_opened_again(tmp_path: Path) -> None:
    for number in range(3):
        with open_log(tmp_path) as log:
            assert log.append(a_record()).sequence == number + 1


def test_that_records_are_found_by_part_verdict_and_time(log: Log) -> None:
    start = time.time_ns()
    for number, verdict in enumerate([Verdict.PASS, Verdict.FAIL, Verdict.REVIEW, Verdict.FAIL]):
        log.append(a_record(f"P{number}", verdict, decided_time_ns=start + number))
    assert [r.part_id for r in log.find(verdict=Verdict.FAIL)] == ["P3", "P1"]
    assert [r.part_id for r in log.find(part_id="P2")] == ["P2"]
    assert [r.part_id for r in log.find(since_ns=start + 1, until_ns=start + 3, newest_first=False)] == ["P1", "P2"]
    assert log.counts() == {Verdict.PASS: 1, Verdict.FAIL: 2, Verdict.REVIEW: 1, Verdict.ERROR: 0}


def test_that_an_override_is_a_new_record_and_the_verdict_stays(log: Log) -> None:
    judged = log.append(a_record("P1", Verdict.FAIL))
    log.append(override(judged, verdict=Verdict.PASS, reason="dust", note="wiped off", who="Li Wei"))
    log.append(confirm(judged, who="Ada"))
    assert log.get(judged.record_id).decision.verdict is Verdict.FAIL
    later = log.amendments(judged.record_id)
    assert [(r.kind, r.decision.verdict, r.who) for r in later] == [
        (RecordKind.OVERRIDE, Verdict.PASS, "Li Wei"),
        (RecordKind.CONFIRM, Verdict.FAIL, "Ada"),
    ]
    assert log.counts()[Verdict.PASS] == 0


def test_that_a_log_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with open_log(tmp_path):
        pass
    connection = sqlite.driver().connect(str(tmp_path / DATABASE_FILE))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="format 99"):
        open_log(tmp_path)


def test_that_a_damaged_log_is_put_aside_unchanged_and_no_new_one_begins(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"this is no database" * 100)
    before = (tmp_path / DATABASE_FILE).read_bytes()
    for _attempt in range(2):
        with pytest.raises(StoreError, match="put aside") as caught:
            open_log(tmp_path)
        assert "backup" in caught.value.cure
    assert not (tmp_path / DATABASE_FILE).exists()
    (kept,) = tmp_path.glob(f"quarantine/*/{DATABASE_FILE}")
    assert kept.read_bytes() == before


def test_that_a_missing_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no inspection log"):
        read_log(tmp_path / "nowhere")


def test_that_an_image_is_named_by_its_content_and_verified(log: Log) -> None:
    pixels = noise_picture(5)
    image = log.images.put(pixels, "front")
    path = log.folder / image.path
    assert path.stem == image.sha256 == sha256_of(path.read_bytes())
    np.testing.assert_array_equal(log.read_image(image), pixels)
    assert log.images.put(pixels, "front") == image
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match="not the one that was recorded"):
        log.read_image(image)
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        log.read_image(image)


def test_that_a_full_disk_stops_images_first_and_leaves_room_for_records(tmp_path: Path) -> None:
    with open_log(tmp_path, reserve_bytes=1 << 60) as log:
        with pytest.raises(StoreError, match="disk is full"):
            log.images.put(noise_picture(1), "front")
        assert log.append(a_record()).sequence == 1
        assert not list(tmp_path.rglob("*.png"))


def test_that_exports_read_back(log: Log, tmp_path: Path) -> None:
    for number in range(3):
        log.append(a_record(f"P{number}"))
    log.append(a_record("=cmd|' /C calc'!A0", Verdict.ERROR))
    records = log.find(newest_first=False)
    assert export(records, tmp_path / "out.csv") == 4
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["PASS", "PASS", "PASS", "ERROR"]
    assert rows[3]["part_id"].startswith("'=")
    export(records, tmp_path / "out.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table.column("part_id").to_pylist()[3].startswith("=cmd")
    assert table.column("score").to_pylist()[0] == 0.1
    with pytest.raises(UsageError, match=r"\.xyz"):
        export(records, tmp_path / "out.xyz")


def test_that_an_ambiguous_or_unknown_id_is_refused(log: Log) -> None:
    log.append(a_record(record_id="ab1"))
    log.append(a_record(record_id="ab2"))
    assert log.get("ab1").record_id == "ab1"
    with pytest.raises(StoreError, match="more than one"):
        log.get("ab")
    with pytest.raises(StoreError, match="no record"):
        log.get("zz")


def test_that_a_closed_log_writes_no_more(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append(a_record())
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.append(a_record())


def test_that_replacing_a_record_is_refused_like_changing_it(log: Log) -> None:
    stored = log.append(a_record(verdict=Verdict.FAIL))
    connection = sqlite.driver().connect(str(log.folder / DATABASE_FILE))
    try:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(records)")]
        values = ", ".join("'PASS'" if name == "verdict" else name for name in columns)
        with pytest.raises(sqlite.driver().DatabaseError, match="append-only"):
            connection.execute(f"REPLACE INTO records SELECT {values} FROM records")  # noqa: S608 - constant names
    finally:
        connection.close()
    assert log.get(stored.record_id).decision.verdict is Verdict.FAIL


def test_that_a_limited_search_takes_the_newest_whatever_the_order(log: Log) -> None:
    for number in range(5):
        log.append(a_record(f"P{number}"))
    assert [record.part_id for record in log.find(limit=2, newest_first=False)] == ["P3", "P4"]


def test_that_a_text_that_cannot_be_stored_is_a_clear_error(log: Log) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        log.append(a_record("broken \udcff name"))
    assert log.append(a_record("fine")).sequence == 1
