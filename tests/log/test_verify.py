"""Verification finds what was altered, names the first bad entry, and calls nothing else altered."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector import sqlite
from inspector.cli import main
from inspector.errors import UsageError
from inspector.log import open_log, read_log
from inspector.log.deletions import DELETED
from inspector.log.head_plan import own_public_key
from inspector.log.heads import HeadPlan
from inspector.log.outside import HeadFile
from inspector.log.station_key import public_keys
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verification import Verification
from inspector.log.verify import verify
from inspector.types import AuditEntry
from tests.performance.tamper_campaign import Victim, first_of
from tests.performance.tampering import (
    TAMPERINGS,
    Tampering,
    rewrite_with_the_key,
)
from tests.support import a_record, noise_picture

if TYPE_CHECKING:
    from tests.postgres import Cluster

PARTS, HEAD_EVERY = 40, 10
EVERY_TAMPERING = sorted({each for kind in TAMPERINGS.values() for each in kind}, key=lambda each: each.__name__)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """A closed log in a SQLite file."""
    folder = tmp_path_factory.mktemp("victim")
    return Victim(folder, folder / DATABASE_FILE, parts=PARTS, head_every=HEAD_EVERY)


def copy_of(victim: Victim, folder: Path) -> Path:
    """A fresh copy of the closed file."""
    shutil.copyfile(victim.target, folder / DATABASE_FILE)
    return folder / DATABASE_FILE


def check(victim: Victim, copy: Path | str, tampering: Tampering, rng: random.Random) -> None:
    expected = victim.tampered(copy, tampering, rng)
    result = victim.verified(copy, with_outside=True)
    assert not result.clean
    first = first_of(result, heads=expected.heads)
    assert first is not None, result.sentences()
    assert (first.position, expected) == (expected.position, expected), result.sentences()
    assert expected.record_id in ("", first.record_id), result.sentences()


@pytest.mark.parametrize("tampering", EVERY_TAMPERING, ids=lambda each: each.__name__)
def test_that_every_kind_of_tampering_is_found_and_named(victim: Victim, tampering: Tampering, tmp_path: Path) -> None:
    check(victim, copy_of(victim, tmp_path), tampering, random.Random(3))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tampering=st.sampled_from(EVERY_TAMPERING), seed=st.integers(0, 2**32))
def test_that_tampering_anywhere_is_found_and_named(
    victim: Victim, tmp_path: Path, tampering: Tampering, seed: int
) -> None:
    check(victim, copy_of(victim, tmp_path), tampering, random.Random(seed))


def test_that_tampering_is_found_in_postgresql_too(postgres: Cluster, tmp_path: Path) -> None:
    victim = Victim(tmp_path, postgres.new_database(), parts=PARTS, head_every=HEAD_EVERY)
    assert victim.verified(victim.target, with_outside=True).clean
    chosen = [
        each for each in EVERY_TAMPERING if each.__name__ in ("edit_entry", "rewrite", "insert_beside", "truncate")
    ]
    for number, tampering in enumerate(chosen):
        copy = postgres.copy_of(str(victim.target))
        check(victim, copy, tampering, random.Random(number))


def test_that_an_untouched_log_is_clean(victim: Victim, tmp_path: Path) -> None:
    for with_outside in (True, False):
        result = victim.verified(copy_of(victim, tmp_path), with_outside=with_outside)
        assert result.clean, result.sentences()
        assert result.entries == result.vouched > PARTS
        assert result.heads == (result.outside or result.heads) == PARTS // HEAD_EVERY + 1


def test_that_a_cut_with_its_heads_shows_only_outside(victim: Victim, tmp_path: Path) -> None:
    copy = copy_of(victim, tmp_path)
    altered(copy, "DELETE FROM heads WHERE position > 20", "DELETE FROM journal WHERE position > 20")
    alone = victim.verified(copy, with_outside=False)
    assert not any("cut" in finding.what for finding in alone.findings)
    found = victim.verified(copy, with_outside=True)
    assert any("cut" in finding.what and finding.position == 21 for finding in found.findings)


def altered(path: Path, *statements: str) -> None:
    """Alter a file as its owner can: guards dropped first, and put back."""
    connection = sqlite.driver().connect(str(path))
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in guards:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _name, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE records SET verdict = x'50415353' WHERE number = 3", "records 3"),
        ("UPDATE records SET reason = CAST(x'ff28' AS TEXT) WHERE number = 3", "records 3"),
        ("UPDATE records SET score = 'much' WHERE number = 3", "records 3"),
        ("UPDATE records SET sequence = 1000 WHERE number = 3", "records 3"),
        ("UPDATE records SET images = 'no list' WHERE number = 3", "records 3"),
        ("UPDATE journal SET chain = 'text' WHERE position = 7", 7),
        ("UPDATE journal SET position = 7.5 WHERE position = 7", 7),
        ("UPDATE journal SET subject = 'nothing' WHERE position = 7", 7),
        ("UPDATE journal SET subject = CAST(x'ff28' AS TEXT) WHERE position = 7", 7),
        ("UPDATE journal SET subject = CAST(x'ff28' AS TEXT) WHERE position IN (7, 8, 20)", 7),
        ("UPDATE journal SET subject = CAST(x'ff28' AS TEXT) WHERE position > 40", None),
        ("UPDATE heads SET key_id = CAST(x'ff28' AS TEXT) WHERE position = 0", 0),
        ("UPDATE heads SET signature = 'text' WHERE position > 0", None),
        ("INSERT INTO journal VALUES (1, -5, 'records', 999, x'00')", None),
        ("INSERT INTO journal VALUES (2, 1, 'records', 1, x'00')", None),
        ("INSERT INTO logs VALUES (2, 'shadow', '', 0)", None),
        ("DELETE FROM logs", 0),
        ("UPDATE logs SET number = 2", None),
    ],
)
def test_that_values_of_a_kind_that_no_column_holds_are_findings(
    victim: Victim, tmp_path: Path, statement: str, position: int | str | None
) -> None:
    copy = copy_of(victim, tmp_path)
    if isinstance(position, str):
        position = position_of(copy, *position.split())
    altered(copy, statement)
    result = victim.verified(copy, with_outside=True)
    assert not result.clean
    if position is not None:
        assert result.findings[0].position == position, result.sentences()


def position_of(path: Path, subject: str, number: str) -> int:
    store = RecordStore(path, read_only=True)
    try:
        found = store.link_of(subject, int(number))
    finally:
        store.close()
    assert found is not None
    return found.position


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER records_no_update",
        "DROP INDEX journal_by_row",
        "CREATE TABLE notes (text TEXT)",
        "CREATE TRIGGER quiet AFTER INSERT ON records BEGIN SELECT 1; END",
        "DROP TABLE heads",
    ],
)
def test_that_altered_rules_of_the_database_are_findings(victim: Victim, tmp_path: Path, statement: str) -> None:
    copy = copy_of(victim, tmp_path)
    connection = sqlite.driver().connect(str(copy))
    connection.execute(statement)
    connection.commit()
    connection.close()
    result = victim.verified(copy, with_outside=True)
    assert any("rule" in finding.what for finding in result.findings)


def test_that_a_damaged_page_is_a_finding(victim: Victim, tmp_path: Path) -> None:
    copy = copy_of(victim, tmp_path)
    data = bytearray(copy.read_bytes())
    data[-4096:-4032] = bytes(64)  # the last page: opening it reads others
    copy.write_bytes(data)
    result = victim.verified(copy, with_outside=True)
    assert any("damaged" in finding.what or "malformed" in finding.what for finding in result.findings)


def test_that_a_stranger_s_key_vouches_for_nothing(victim: Victim, tmp_path: Path) -> None:
    store = RecordStore(copy_of(victim, tmp_path), read_only=True)
    try:
        result = verify(store, {})
    finally:
        store.close()
    assert result.vouched == 0
    assert "not trusted" in result.findings[0].what


def test_that_a_foreign_or_forged_head_outside_is_told_of(victim: Victim, tmp_path: Path) -> None:
    copy = copy_of(victim, tmp_path)
    lines = victim.outside.read_text().splitlines()
    forged = json.loads(lines[1]) | {"time_ns": 1}
    outside = tmp_path / "outside.jsonl"
    outside.write_text("\n".join([*lines, json.dumps(forged, separators=(",", ":")), lines[2][:90], ""]))
    result = verified(copy, victim, outside)
    assert [finding.what for finding in result.findings] == [
        f"line {len(lines) + 1} of {outside} is no head that a trusted key signed"
    ]
    assert result.notes == (f"1 lines of {outside} hold no whole head",)
    outside.write_text("\n".join(line.replace(result.log_id, "f" * 32) for line in lines))
    assert "holds no head of this log" in verified(copy, victim, outside).findings[0].what
    with pytest.raises(UsageError, match="cannot be read"):
        verified(copy, victim, tmp_path / "nowhere")


def test_that_heads_from_a_syslog_daemon_s_file_show_the_stretch_where_a_log_was_rewritten(
    victim: Victim, tmp_path: Path
) -> None:
    copy, outside = copy_of(victim, tmp_path), tmp_path / "syslog"
    without_marks = [json.loads(line) for line in victim.outside.read_text().splitlines()]
    for line in without_marks:
        line.pop("marks", None)
    lines = [f"Nov 25 08:00:00 line-1 inspector: {json.dumps(line, separators=(',', ':'))}" for line in without_marks]
    outside.write_text("\n".join(["Nov 25 07:59:00 line-1 kernel: something else", *lines, ""]))
    assert verified(copy, victim, outside).clean
    expected = victim.tampered(copy, rewrite_with_the_key, random.Random(5))
    result = verified(copy, victim, outside)
    (entry,) = [finding for finding in result.findings if finding.subject != "heads"]
    positions = [line["position"] for line in without_marks]
    assert expected.position is not None
    assert entry.position == max(each for each in positions if each < expected.position) + 1
    assert f"to {min(each for each in positions if each >= expected.position)} " in entry.what


def verified(copy: Path, victim: Victim, outside: Path) -> Verification:
    store = RecordStore(copy, read_only=True)
    try:
        return verify(store, victim.trusted, outside=outside)
    finally:
        store.close()


@pytest.fixture
def station(tmp_path: Path) -> tuple[Path, Path]:
    """A log with pictures, and where its heads went."""
    outside = tmp_path / "outside.jsonl"
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys", (HeadFile(outside),))) as log:
        for number in range(4):
            image = log.images.put(noise_picture(number), "front")
            log.append(a_record(f"P{number}", images=(image,)))
    return tmp_path / "log", outside


def images_checked(folder: Path) -> Verification:
    with read_log(folder) as log:
        return verify(log.records, public_keys([folder.parent / "keys" / "station.pub"]), images=folder)


def test_that_pictures_are_checked_and_named_by_their_part(station: tuple[Path, Path]) -> None:
    folder, _outside = station
    assert images_checked(folder).images == 4
    with read_log(folder) as log:
        paths = [folder / record.images[0].path for record in log.find(newest_first=False)]
    paths[1].write_bytes(paths[1].read_bytes()[:-1] + b"x")
    paths[2].unlink()
    findings = images_checked(folder).findings
    assert [(finding.part_id, finding.position, finding.picture) for finding in findings] == [
        ("P1", 2, True),
        ("P2", 3, True),
    ]
    assert "missing" in findings[1].what


def test_that_a_picture_deleted_by_rule_is_no_finding(station: tuple[Path, Path]) -> None:
    folder, _outside = station
    with open_log(folder, heads=HeadPlan(folder.parent / "keys")) as log:
        image = log.find()[0].images[0]
        details = {"sha256": [image.sha256], "paths": [image.path]}
        log.append_audit(AuditEntry(DELETED, "washer", why="older than 30 days", details=details))
        (folder / image.path).unlink()
    result = images_checked(folder)
    assert result.clean, result.sentences()
    assert (result.images, result.deleted_images) == (3, 1)


def test_that_a_path_out_of_the_log_is_not_followed(station: tuple[Path, Path]) -> None:
    folder, _outside = station
    with open_log(folder, heads=HeadPlan(folder.parent / "keys")) as log:
        image = log.find()[0].images[0]
        log.append(a_record("X", images=(replace(image, path="../../../../dev/zero"),)))
    assert [finding.part_id for finding in images_checked(folder).findings] == ["X"]


def test_that_a_running_station_is_verified_beside_it(tmp_path: Path) -> None:
    plan = HeadPlan(tmp_path / "keys", every_entries=1_000_000)
    with open_log(tmp_path / "log", heads=plan) as log:
        for number in range(30):
            log.append(a_record(f"P{number}"))

        def goes_on(_done: int, _total: int) -> None:
            log.append(a_record("meanwhile"))

        with read_log(tmp_path / "log") as reader:
            result = verify(reader.records, public_keys([tmp_path / "keys" / "station.pub"]), on_progress=goes_on)
        assert result.clean, result.sentences()
        assert (result.entries, result.vouched) == (30, 0)
        assert log.records.tip().position > 30


def test_that_it_can_be_stopped_and_tells_how_far_it_is(victim: Victim, tmp_path: Path) -> None:
    class Stopped(Exception):  # noqa: N818 - no error
        pass

    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if total:
            raise Stopped

    store = RecordStore(copy_of(victim, tmp_path), read_only=True)
    try:
        with pytest.raises(Stopped):
            verify(store, victim.trusted, on_progress=stop)
    finally:
        store.close()
    assert told[-1][0] == told[-1][1] > 0


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["log", "verify", *words])
    return code, capsys.readouterr().out


def test_that_the_command_says_so_and_exits_with_1_on_a_finding(
    own_data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside.jsonl"
    (own_data_folder / "settings.toml").write_text(f'[record]\nheads_file = "{outside.as_posix()}"\n')
    folder = tmp_path / "log"
    with open_log(folder) as log:
        stored = [log.append(a_record(f"S-{number}")) for number in range(3)]
    code, said = run(capsys, "--log", str(folder), "--images")
    assert code == 0
    assert "nothing was changed, removed, swapped, inserted or cut" in said
    assert "2 heads from outside" in said
    altered(folder / DATABASE_FILE, "UPDATE records SET verdict = 'FAIL' WHERE number = 2")
    code, said = run(capsys, "--log", str(folder), "--json", str(tmp_path / "out.json"))
    assert code == 1
    assert "entry 2: is not what was recorded: its row or its link was changed (record 2, part S-1" in said
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["schema"] == "inspector.log-verify/1"
    assert document["findings"][0]["record_id"] == stored[1].record_id
    assert run(capsys, "--log", str(folder), "--key", str(own_public_key()), "--heads", str(outside))[0] == 1
    (folder / DATABASE_FILE).write_bytes(b"no database at all" * 400)
    assert run(capsys, "--log", str(folder))[0] == 1


def test_that_the_command_verifies_a_log_in_postgresql(
    postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INSPECTOR_STATION", "line-1")
    url, folder = postgres.new_database(), str(tmp_path / "log")
    assert main(["log", "use", url, "--log", folder]) == 0
    with open_log(tmp_path / "log", station="line-1") as log:
        image = log.images.put(noise_picture(1), "front")
        log.append(a_record("P1", images=(image,)))
    with closing(RecordStore(url, log_name="line-2")) as other:
        other.append(a_record("P2"))
    code, said = run(capsys, "--log", folder, "--images")
    assert code == 0, said
    assert "1 pictures hold what was recorded" in said
    assert run(capsys, "--log", folder, "--station", "line-2")[0] == 1  # nobody signed that one
    assert main(["log", "backup", str(tmp_path / "backup"), "--log", folder]) == 2
    assert "pg_dump" in capsys.readouterr().err


def test_that_another_key_than_the_stations_is_not_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from inspector.keyfiles import write_pair

    with open_log(tmp_path / "log") as log:
        log.append(a_record())
    _private, public = write_pair(tmp_path / "elsewhere", "auditor")
    code, said = run(capsys, "--log", str(tmp_path / "log"), "--key", str(public))
    assert code == 1
    assert "not trusted" in said
