"""A backup beside a running station, brought back only when it holds what was recorded."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import threading
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from inspector import sqlite
from inspector.cli import main
from inspector.errors import NotAllowedError, StoreError, UsageError
from inspector.log import open_log, read_log
from inspector.log.backup import BACKUP_FILE, Backup, back_up
from inspector.log.deletions import DELETED
from inspector.log.head_plan import keys_folder, own_public_key
from inspector.log.head_state import read_state, state_path
from inspector.log.place import STORE_FILE
from inspector.log.quarantine import IDENTITY_FILE, MARK_FILE
from inspector.log.restore import RESTORED, Restored, begin_anew, restore
from inspector.log.station_key import public_keys
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verify import verify
from inspector.people.secrets import Secrets
from inspector.people.users import User, Users, write_users
from inspector.types import AuditEntry, Person, Role
from tests.log.test_verify import altered
from tests.support import a_record, noise_picture

ADA, WHY = Person("Ada"), "the disk died"
WORDS = "nine quiet otters"


def record(folder: Path, *numbers: int) -> None:
    with open_log(folder) as log:
        for number in numbers:
            image = log.images.put(noise_picture(number), "front")
            log.append(a_record(f"P{number}", images=(image,)))


def backed_up(folder: Path, target: Path) -> Backup:
    return back_up(folder, target, ADA, public_keys([own_public_key()]))


def restored(backup: Path, folder: Path, *, without_pictures: bool = False) -> Restored:
    keys = public_keys([own_public_key()])
    return restore(backup, folder, ADA, keys, keys_folder(), why=WHY, without_pictures=without_pictures)


def parts(folder: Path) -> list[str]:
    with read_log(folder) as log:
        return [found.part_id for found in log.find(limit=None, newest_first=False)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A closed log of three parts with pictures."""
    record(tmp_path / "log", 1, 2, 3)
    return tmp_path / "log"


def test_that_a_backup_is_whole_and_can_be_verified_like_the_log(log: Path, tmp_path: Path) -> None:
    done = backed_up(log, tmp_path / "backup")
    assert done.clean
    assert done.images is not None
    assert (done.images.copied, done.images.there) == (3, 0)
    assert parts(tmp_path / "backup") == ["P1", "P2", "P3"]
    with read_log(tmp_path / "backup") as copy:
        result = verify(copy.records, public_keys([own_public_key()]), images=tmp_path / "backup")
        assert copy.records.tip() == done.tip
    assert result.clean
    assert result.images == 3
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == [BACKUP_FILE, "images", DATABASE_FILE]


def test_that_the_next_backup_copies_only_new_pictures(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    record(log, 4)
    done = backed_up(log, tmp_path / "backup")
    assert done.images is not None
    assert (done.images.copied, done.images.there) == (1, 0)
    assert parts(tmp_path / "backup") == ["P1", "P2", "P3", "P4"]


def test_that_a_backup_that_was_stopped_goes_on(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.log.copying._RECORDS", 1)

    class Stopped(Exception):  # noqa: N818 - no error
        pass

    def stop(step: str, done: int, _total: int) -> None:
        if step == "pictures" and done == 2:
            raise Stopped

    keys = public_keys([own_public_key()])
    with pytest.raises(Stopped):
        back_up(log, tmp_path / "backup", ADA, keys, on_progress=stop)
    assert len(list((tmp_path / "backup").rglob("*.png"))) == 2
    done = backed_up(log, tmp_path / "backup")
    assert done.images is not None
    assert done.images.copied == 1
    assert done.clean


def test_that_an_altered_log_never_replaces_a_good_backup(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    before = (tmp_path / "backup" / DATABASE_FILE).read_bytes()
    altered(log / DATABASE_FILE, "UPDATE records SET verdict = 'FAIL' WHERE number = 2")
    done = backed_up(log, tmp_path / "backup")
    assert not done.clean
    assert done.images is None
    assert done.verification.findings[0].part_id == "P2"
    assert (tmp_path / "backup" / DATABASE_FILE).read_bytes() == before


def test_that_a_backup_of_another_log_or_course_is_left_alone(log: Path, tmp_path: Path) -> None:
    record(tmp_path / "other", 9)
    backed_up(tmp_path / "other", tmp_path / "backup")
    with pytest.raises(UsageError, match="does not continue"):
        backed_up(log, tmp_path / "backup")
    assert parts(tmp_path / "backup") == ["P9"]
    backed_up(log, tmp_path / "mine")
    altered(log / DATABASE_FILE, "DELETE FROM records WHERE number = 3", "DELETE FROM journal WHERE position = 3")
    with pytest.raises(UsageError, match="does not continue"):
        backed_up(log, tmp_path / "mine")


def test_that_a_damaged_picture_is_named_and_looked_at_again(log: Path, tmp_path: Path) -> None:
    with read_log(log) as opened:
        path = log / opened.find()[0].images[0].path
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    done = backed_up(log, tmp_path / "backup")
    assert done.images is not None
    assert done.images.damaged == 1
    assert "P3 is not what was recorded" in done.images.sentences[0]
    assert not done.clean
    path.write_bytes(whole)
    again = backed_up(log, tmp_path / "backup")
    assert again.clean
    assert again.images is not None
    assert (again.images.copied, again.images.there) == (1, 2)


def test_that_a_missing_picture_is_named(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.log.missing.TOGETHER", 1)
    for path in log.rglob("*.png"):
        path.unlink()
    done = backed_up(log, tmp_path / "backup")
    assert done.images is not None
    assert done.images.damaged == 3
    assert "P1 is missing" in done.images.sentences[0]
    assert not done.clean


def test_that_a_picture_deleted_by_rule_is_not_missed(log: Path, tmp_path: Path) -> None:
    with open_log(log) as opened:
        image = opened.find()[0].images[0]
        details = {"sha256": [image.sha256], "paths": [image.path]}
        opened.append_audit(AuditEntry(DELETED, "washer", why="30 days", details=details))
        (log / image.path).unlink()
    done = backed_up(log, tmp_path / "backup")
    assert done.clean
    assert done.images is not None
    assert (done.images.copied, done.images.deleted) == (2, 1)
    assert restored(tmp_path / "backup", tmp_path / "new").tip is not None


def test_that_a_backup_inside_the_log_or_of_a_database_server_is_refused(log: Path, tmp_path: Path) -> None:
    for target in (log, log / "backup"):
        with pytest.raises(UsageError, match="does not lie in the log itself"):
            backed_up(log, target)
    (tmp_path / "central").mkdir()
    (tmp_path / "central" / STORE_FILE).write_text("postgresql+psycopg://nobody@127.0.0.1:1/x\n")
    with pytest.raises(UsageError, match="PostgreSQL") as caught:
        backed_up(tmp_path / "central", tmp_path / "backup")
    assert "pg_dump" in caught.value.cure


def station_in_a_process(folder: Path, orders: Connection) -> None:
    """Append until told to stop; then tell how many were acknowledged, in time and all told."""
    with open_log(folder) as log:
        orders.send("running")
        acknowledged = 0
        while not orders.poll(0):
            log.append(a_record(f"S-{acknowledged}"))
            acknowledged += 1
        orders.send(acknowledged)


def test_that_backups_beside_a_running_station_lose_nothing_of_it(tmp_path: Path) -> None:
    record(tmp_path / "log", 1)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=station_in_a_process, args=(tmp_path / "log", theirs))
    process.start()
    try:
        assert ours.recv() == "running"
        tips = [backed_up(tmp_path / "log", tmp_path / "backup").tip.position for _ in range(3)]
        ours.send("stop")
        acknowledged = ours.recv()
    finally:
        process.join(60)
    assert process.exitcode == 0
    assert tips == sorted(tips)
    assert tips[-1] > tips[0]
    assert parts(tmp_path / "log") == ["P1", *(f"S-{number}" for number in range(acknowledged))]
    with read_log(tmp_path / "log") as log:
        assert verify(log.records, public_keys([own_public_key()])).clean
    assert len(parts(tmp_path / "backup")) == tips[-1]


def test_that_a_backup_is_one_moment_while_this_process_appends(log: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with open_log(log) as opened:
        appending = threading.Thread(target=lambda: [opened.append(a_record("more")) for _ in iter(stop.is_set, True)])
        appending.start()
        try:
            done = backed_up(log, tmp_path / "backup")
        finally:
            stop.set()
            appending.join()
    assert done.clean
    assert len(parts(tmp_path / "backup")) == done.tip.position


def test_that_an_old_sqlite_asks_the_station_to_stand_still(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.log.backup.sqlite.journal_mode", lambda: "DELETE")
    assert backed_up(log, tmp_path / "backup").clean
    with open_log(log), pytest.raises(StoreError, match="another station"):
        backed_up(log, tmp_path / "backup")


def test_that_a_restored_log_goes_on_and_tells_that_it_was_restored(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    shutil.rmtree(log)
    done = restored(tmp_path / "backup", log)
    assert done.tip is not None
    assert done.lost == 0
    record(log, 4)
    assert parts(log) == ["P1", "P2", "P3", "P4"]
    with read_log(log) as opened:
        (told,) = opened.records.audit(action=RESTORED)
        assert (told.who, told.why) == ("Ada", "the disk died")
        assert told.new == f"entry {done.tip.position}, {done.tip.chain.hex()}"
        assert verify(opened.records, public_keys([own_public_key()]), images=log).clean


def test_that_entries_behind_an_older_backup_are_counted_as_lost(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    record(log, 4, 5)
    shutil.rmtree(log)
    done = restored(tmp_path / "backup", log)
    assert done.lost == 2
    with open_log(log) as opened:
        told: list[object] = []
        opened.on_head_problem(told.append)
        opened.append(a_record("goes on"))
    assert told == [None]
    with read_log(log) as opened:
        result = verify(opened.records, public_keys([own_public_key()]))
        assert result.clean
        state = read_state(state_path(keys_folder(), result.log_id))
        assert state.head is not None
        assert state.head.position == result.vouched == 5


@pytest.mark.parametrize(
    "statement",
    ["UPDATE records SET verdict = 'PASS' WHERE number = 2", "DELETE FROM heads", "DROP TRIGGER records_no_update"],
)
def test_that_an_altered_backup_never_becomes_the_log(log: Path, tmp_path: Path, statement: str) -> None:
    record_of_a_reject(log)
    backed_up(log, tmp_path / "backup")
    if statement.startswith("DROP"):
        connection = sqlite.driver().connect(str(tmp_path / "backup" / DATABASE_FILE))
        connection.execute(statement)
        connection.close()
    else:
        altered(tmp_path / "backup" / DATABASE_FILE, statement.replace("number = 2", "number = 4"))
    done = restored(tmp_path / "backup", tmp_path / "new", without_pictures=True)
    assert done.tip is None
    assert done.verification.findings
    assert not (tmp_path / "new" / DATABASE_FILE).exists()


def record_of_a_reject(folder: Path) -> None:
    from inspector.types import Verdict

    with open_log(folder) as log:
        log.append(a_record("reject", Verdict.FAIL))


def test_that_a_backup_with_a_damaged_picture_is_restored_only_when_told_so(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    next((tmp_path / "backup").rglob("*.png")).write_bytes(b"no picture")
    refused = restored(tmp_path / "backup", tmp_path / "new")
    assert refused.tip is None
    assert refused.verification.only_pictures
    done = restored(tmp_path / "backup", tmp_path / "new", without_pictures=True)
    assert done.tip is not None
    assert done.images is not None
    assert done.images.damaged == 1
    assert parts(tmp_path / "new") == ["P1", "P2", "P3"]


def test_that_a_log_is_never_restored_over(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")
    with pytest.raises(UsageError, match="never overwritten"):
        restored(tmp_path / "backup", log)
    with open_log(log), pytest.raises(StoreError, match="another station"):
        restored(tmp_path / "backup", log)
    record(tmp_path / "other", 9)
    (tmp_path / "other" / DATABASE_FILE).unlink()
    with pytest.raises(UsageError, match="its log was"):
        restored(tmp_path / "backup", tmp_path / "other")
    with pytest.raises(UsageError, match="no backup"):
        restored(tmp_path / "nowhere", tmp_path / "new")


def test_that_a_restore_that_is_stopped_leaves_no_log(log: Path, tmp_path: Path) -> None:
    backed_up(log, tmp_path / "backup")

    class Stopped(Exception):  # noqa: N818 - no error
        pass

    def stop(step: str, _done: int, _total: int) -> None:
        if step == "copy":
            raise Stopped

    with pytest.raises(Stopped):
        restore(
            tmp_path / "backup",
            tmp_path / "new",
            ADA,
            public_keys([own_public_key()]),
            keys_folder(),
            why=WHY,
            on_progress=stop,
        )
    assert not (tmp_path / "new" / DATABASE_FILE).exists()
    assert restored(tmp_path / "backup", tmp_path / "new").tip is not None


def test_that_the_commands_copy_a_log_and_bring_it_back(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert main(["log", "backup", str(tmp_path / "backup"), "--log", str(log), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["images"]["copied"] == 3
    (log / DATABASE_FILE).write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="put aside"):
        open_log(log)
    said = ["--why", "a bad disk", "--who", "Ada"]
    assert main(["log", "restore", str(tmp_path / "backup"), str(log), *said, "--json", str(out)]) == 0
    assert json.loads(out.read_text())["restored"] is True
    assert not (log / MARK_FILE).exists()
    assert (log / IDENTITY_FILE).exists()
    assert parts(log) == ["P1", "P2", "P3"]
    altered(tmp_path / "backup" / DATABASE_FILE, "DELETE FROM records WHERE number = 1")
    capsys.readouterr()
    assert main(["log", "restore", str(tmp_path / "backup"), str(tmp_path / "new"), *said]) == 1
    assert "nothing was restored" in capsys.readouterr().out
    with closing(RecordStore(log / DATABASE_FILE, read_only=True)) as store:
        assert store.audit(action=RESTORED)[0].who == "Ada"


@pytest.fixture
def users() -> None:
    """An administrator, an engineer and an operator of this PC."""
    hashed = Secrets(CHEAPEST).hashed(WORDS)
    roles = {"Ada": Role.ADMINISTRATOR, "Eve": Role.ENGINEER, "Olaf": Role.OPERATOR}
    write_users(Users(users=tuple(User(name=name, role=role, password=hashed) for name, role in roles.items())))


@pytest.mark.usefixtures("users")
def test_that_only_who_may_copies_or_replaces_a_log(log: Path, tmp_path: Path) -> None:
    keys = public_keys([own_public_key()])
    with pytest.raises(NotAllowedError):
        back_up(log, tmp_path / "backup", Person("Olaf", Role.OPERATOR), keys)
    assert back_up(log, tmp_path / "backup", Person("Eve", Role.ENGINEER), keys).clean
    for person in (Person("Eve", Role.ENGINEER), Person("Ada")):
        with pytest.raises(NotAllowedError):
            restore(tmp_path / "backup", tmp_path / "new", person, keys, keys_folder(), why=WHY)
        with pytest.raises(NotAllowedError):
            begin_anew(tmp_path / "new", person, keys_folder(), why=WHY)
    assert not (tmp_path / "new").exists()
    ada = Person("Ada", Role.ADMINISTRATOR)
    assert restore(tmp_path / "backup", tmp_path / "new", ada, keys, keys_folder(), why=WHY).tip is not None
    with pytest.raises(UsageError, match="reason"):
        restore(tmp_path / "backup", tmp_path / "newer", ada, keys, keys_folder(), why=" ")


@pytest.mark.usefixtures("users")
def test_that_a_login_neither_begins_a_log_nor_changes_what_is_looked_at(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_ada(*words: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n"))
        return main(["log", *words])

    monkeypatch.setenv("INSPECTOR_USER", "Ada")
    backup = tmp_path / "backup"
    assert as_ada("backup", str(backup), "--log", str(log)) == 0
    before = (backup / DATABASE_FILE).read_bytes()
    assert as_ada("verify", "--log", str(backup)) == 0
    assert (backup / DATABASE_FILE).read_bytes() == before
    assert as_ada("restore", str(backup), str(tmp_path / "new"), "--why", "moved") == 0
    record(tmp_path / "new", 4)
    with read_log(tmp_path / "new") as opened:
        assert [(entry.action, entry.who) for entry in opened.records.audit()] == [
            ("user.logged-in", "Ada"),
            (RESTORED, "Ada"),
        ]
    damage = tmp_path / "new" / DATABASE_FILE
    damage.write_bytes(b"no database" * 500)
    with pytest.raises(StoreError, match="put aside"):
        open_log(tmp_path / "new")
    assert as_ada("new", "--log", str(tmp_path / "new"), "--why", "no backup") == 0
    record(tmp_path / "new", 5)
