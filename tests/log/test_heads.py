"""Signed heads: when they are made, what they vouch for, how they get off the machine, and what holds up the line."""

from __future__ import annotations

import json
import os
import queue
import socket
import stat
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inspector import sqlite
from inspector.errors import KeyFileError, StoreError, UsageError
from inspector.headless import run_headless
from inspector.log import Log, open_log
from inspector.log.chain import Head
from inspector.log.head_plan import head_plan, own_public_key
from inspector.log.heads import HeadPlan, HeadProblem
from inspector.log.outside import HeadFile, Syslog
from inspector.log.signer import Signer, heads_behind
from inspector.log.statement import MARK_BYTES, NO_HEAD, OutsideHead, line_of, read_line, said
from inspector.log.station_key import PRIVATE_FILE, PUBLIC_FILE, is_signed, public_keys, station_key
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.recipe import load_recipe
from tests.log.conftest import Opener
from tests.support import a_record, recipe_text, tiny_package

WAIT_S = 10.0


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait until something holds."""
    until = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


class Place:
    """A destination that fails as long as it is told to."""

    name = "place"

    def __init__(self) -> None:
        self.heads: list[OutsideHead] = []
        self.broken = False

    def send(self, heads: Sequence[OutsideHead]) -> None:
        if self.broken:
            raise StoreError("the place is gone", cure="bring it back")
        self.heads += heads

    def positions(self) -> list[int]:
        return [outside.head.position for outside in self.heads]


def lines(path: Path) -> list[OutsideHead]:
    found = [read_line(line) for line in path.read_bytes().splitlines()]
    return [outside for outside in found if outside is not None]


def test_that_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = station_key(tmp_path)
    assert station_key(tmp_path).id == first.id
    assert set(public_keys([tmp_path / PUBLIC_FILE])) == {first.id}
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / PRIVATE_FILE).stat().st_mode) == 0o600
    signature = first.sign(b"said")
    keys = public_keys([tmp_path / PUBLIC_FILE])
    assert is_signed(keys, first.id, signature, b"said")
    assert not is_signed(keys, first.id, signature, b"something else")
    assert not is_signed(keys, "another", signature, b"said")


def test_that_a_damaged_key_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / PRIVATE_FILE).write_text("no key")
    (tmp_path / PRIVATE_FILE).chmod(0o600)
    with pytest.raises(KeyFileError, match=r"station\.key") as caught:
        station_key(tmp_path)
    assert caught.value.cure
    with pytest.raises(KeyFileError, match="no public key"):
        public_keys([tmp_path / PRIVATE_FILE])


def test_that_heads_are_signed_after_so_many_entries_and_at_the_end(tmp_path: Path) -> None:
    place = Place()
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys", (place,), every_entries=10)) as log:
        for number in range(25):
            log.append(a_record(f"P{number}"))
            if number in (9, 19):
                assert eventually(lambda: bool(place.heads) and place.positions()[-1] >= number + 1)  # noqa: B023
    positions = place.positions()
    assert positions[0] == 0
    assert positions == sorted(set(positions))
    assert positions[-1] == 25
    assert len(positions) == 4


def test_that_heads_are_signed_after_some_time_with_new_entries_and_only_then(tmp_path: Path) -> None:
    place = Place()
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys", (place,), every_s=0.05)) as log:
        assert eventually(lambda: place.positions() == [0])
        log.append(a_record())
        assert eventually(lambda: place.positions() == [0, 1])
        time.sleep(0.15)
    assert place.positions() == [0, 1]


def test_that_what_a_crash_left_unsigned_is_signed_at_the_next_start(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / DATABASE_FILE)
    Signer(store, tmp_path / "keys").sign()
    store.append(a_record())
    store.close()  # as a crash leaves it: nothing signed, nothing said of the end
    place = Place()
    with open_log(tmp_path, heads=HeadPlan(tmp_path / "keys", (place,))):
        assert eventually(lambda: place.positions() == [0, 1])


def test_that_a_head_vouches_for_its_log_its_place_and_the_head_before(store: RecordStore, tmp_path: Path) -> None:
    signer = Signer(store, tmp_path)
    signer.sign()
    store.append(a_record())
    signer.sign()
    keys, identity = public_keys([tmp_path / PUBLIC_FILE]), store.links.identity()
    birth, head = store.heads(after=NO_HEAD)
    assert is_signed(keys, birth.key_id, birth.signature, said(identity, birth, NO_HEAD))
    assert is_signed(keys, head.key_id, head.signature, said(identity, head, 0))
    for other in (
        said(replace(identity, log_id="another"), head, 0),
        said(identity, replace(head, position=2), 0),
        said(identity, replace(head, time_ns=head.time_ns + 1), 0),
        said(identity, replace(head, chain=bytes(32)), 0),
        said(identity, head, NO_HEAD),
    ):
        assert not is_signed(keys, head.key_id, head.signature, other)
    renamed = said(replace(identity, station="line-9"), birth, NO_HEAD)
    assert not is_signed(keys, birth.key_id, birth.signature, renamed)


def test_that_a_line_outside_comes_back_as_it_went_out(store: RecordStore, tmp_path: Path) -> None:
    signer = Signer(store, tmp_path)
    signer.sign()
    for number in range(3):
        store.append(a_record(f"P{number}"))
    signer.sign()
    outside = heads_behind(store, NO_HEAD)
    assert [read_line(line_of(each).encode()) for each in outside] == list(outside)
    assert outside[1].marks == b"".join(each.chain[:MARK_BYTES] for each in store.journal())
    assert read_line(b"<109>1 2026-11-25 host inspector - - " + line_of(outside[0]).encode()) == outside[0]
    assert read_line(b"something else") is None
    with pytest.raises(ValueError, match="Unterminated"):
        read_line(line_of(outside[1]).encode()[:200])


def test_that_a_file_outside_that_a_power_cut_tore_goes_on_on_a_new_line(store: RecordStore, tmp_path: Path) -> None:
    signer = Signer(store, tmp_path / "keys")
    signer.sign()
    heads = heads_behind(store, NO_HEAD)
    path = tmp_path / "outside.jsonl"
    HeadFile(path).send(heads)
    path.write_bytes(path.read_bytes()[:-30])
    HeadFile(path).send(heads)
    torn, whole = path.read_bytes().splitlines()
    assert len(torn) < len(whole)
    assert read_line(whole) == heads[0]


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_that_syslog_gets_a_head_as_rfc_5424_says(store: RecordStore, tmp_path: Path, kind: str) -> None:
    Signer(store, tmp_path).sign()
    heads = heads_behind(store, NO_HEAD)
    with socket.socket(type=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(WAIT_S)
        if kind == "tcp":
            daemon.listen()
        Syslog(f"{kind}://127.0.0.1:{daemon.getsockname()[1]}", "line 1").send(heads)
        if kind == "udp":
            message = daemon.recv(65536)
        else:
            connection, _address = daemon.accept()
            with connection:
                length, _, message = connection.recv(65536).partition(b" ")
            assert int(length) == len(message)
    header = message.split(b" ", 7)
    assert header[0] == b"<109>1"
    assert header[2:4] == [b"line1", b"inspector"]
    found = read_line(message)
    assert found is not None
    assert found.head == heads[0].head
    assert b"marks" not in message


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this platform has no such sockets")
def test_that_this_machines_syslog_socket_is_served(store: RecordStore, tmp_path: Path) -> None:
    Signer(store, tmp_path).sign()
    path = tmp_path / "log.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(path))
        Syslog(str(path), "line-1").send(heads_behind(store, NO_HEAD))
        assert b'"position":0' in daemon.recv(65536)


@pytest.mark.parametrize("address", ["http://x:1", "udp://", "tcp://host:no", ""])
def test_that_no_syslog_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no syslog address"):
        Syslog(address, "line-1")


def test_that_a_syslog_that_nobody_answers_is_told_of() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(StoreError, match="cannot be sent"):
        Syslog(f"tcp://127.0.0.1:{port}", "x").send([])


def test_that_a_place_that_fails_is_told_of_served_later_and_never_stops_the_line(tmp_path: Path) -> None:
    place, told = Place(), queue.SimpleQueue[HeadProblem | None]()
    place.broken = True
    plan = HeadPlan(tmp_path / "keys", (place,), every_entries=2, retry_s=0.02)
    with open_log(tmp_path / "log", heads=plan) as log:
        log.on_head_problem(told.put)
        assert eventually(lambda: told.get(timeout=WAIT_S) is not None)
        for number in range(6):
            assert log.append(a_record(f"P{number}")).sequence == number + 1
        place.broken = False
        assert eventually(lambda: told.get(timeout=WAIT_S) is None)
        assert eventually(lambda: bool(place.heads) and place.positions()[-1] == 6)
    assert place.positions() == [head.position for head in heads_of(tmp_path / "log")]


def heads_of(folder: Path) -> list[Head]:
    store = RecordStore(folder / DATABASE_FILE, read_only=True)
    try:
        return list(store.heads(after=NO_HEAD))
    finally:
        store.close()


def test_that_a_backlog_outlives_the_station(tmp_path: Path) -> None:
    place = Place()
    place.broken = True
    plan = HeadPlan(tmp_path / "keys", (place,), retry_s=0.02)
    with open_log(tmp_path / "log", heads=plan) as log:
        log.append(a_record())
    assert place.heads == []
    place.broken = False
    with open_log(tmp_path / "log", heads=plan):
        assert eventually(lambda: place.positions() == [0, 1])
    with open_log(tmp_path / "log", heads=plan):
        pass
    assert place.positions() == [0, 1]


class Hanging(Place):
    """A share on a dead machine: writing to it does not return."""

    name = "hanging"

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def send(self, heads: Sequence[OutsideHead]) -> None:
        self.released.wait(WAIT_S)


def test_that_a_place_that_hangs_is_told_of_and_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.log.heads.CLOSE_S", 0.05)
    monkeypatch.setattr("inspector.log.courier.HANGS_S", 0.05)
    hanging, place, told = Hanging(), Place(), queue.SimpleQueue[HeadProblem | None]()
    plan = HeadPlan(tmp_path / "keys", (hanging, place), every_entries=2, retry_s=0.02)
    log = open_log(tmp_path / "log", heads=plan)
    log.on_head_problem(told.put)
    for number in range(2):
        log.append(a_record(f"P{number}"))
    assert eventually(lambda: place.positions() == [0, 2])  # the other place and the signing go on
    problem = told.get(timeout=WAIT_S) or told.get(timeout=WAIT_S)
    assert problem is not None
    assert "has not answered" in problem.what
    log.append(a_record("last"))
    began = time.monotonic()
    log.close()
    assert time.monotonic() - began < 5
    assert [head.position for head in heads_of(tmp_path / "log")] == [0, 2, 3]
    hanging.released.set()
    assert log._heads is not None
    for courier in log._heads._couriers:
        courier.join(WAIT_S)
        assert not courier.is_alive()


def test_that_a_key_that_cannot_be_used_is_a_caution_and_the_line_goes_on(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    told: list[HeadProblem | None] = []
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys")) as log:
        log.on_head_problem(told.append)
        assert log.append(a_record()).sequence == 1
    assert told
    assert told[0] is not None


def closed_log(folder: Path, keys: Path, records: int = 3) -> None:
    with open_log(folder, heads=HeadPlan(keys)) as log:
        for number in range(records):
            log.append(a_record(f"P{number}"))


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM heads; DELETE FROM journal; DELETE FROM records",
        "DELETE FROM heads WHERE position = 3",
        "DELETE FROM heads",
        "UPDATE journal SET chain = zeroblob(32) WHERE position = 3",
        "INSERT INTO journal VALUES (1, 4, 'audit', 1, zeroblob(32))",
    ],
)
def test_that_a_log_that_was_altered_while_no_station_ran_is_not_signed_on(tmp_path: Path, tampering: str) -> None:
    closed_log(tmp_path / "log", tmp_path / "keys")
    connection = sqlite.driver().connect(str(tmp_path / "log" / DATABASE_FILE))
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.executescript(tampering)
    connection.close()
    before = heads_of(tmp_path / "log")
    told: list[HeadProblem | None] = []
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys")) as log:
        log.on_head_problem(told.append)
        log.append(a_record("goes on"))
        assert eventually(lambda: bool(told) and told[-1] is not None)
    assert told[-1] is not None
    assert "not the one that was signed last" in told[-1].what
    assert "verify" in told[-1].cure
    assert heads_of(tmp_path / "log") == before


def test_that_an_end_that_could_not_be_signed_is_signed_later(store: RecordStore, tmp_path: Path) -> None:
    first = Signer(store, tmp_path)
    first.sign()
    store.append(a_record())
    first.end()  # as where signing failed just before
    second = Signer(store, tmp_path)
    second.sign()
    assert [head.position for head in store.heads(after=NO_HEAD)] == [0, 1]


def test_that_the_settings_say_where_heads_go(own_data_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "mounted.jsonl"
    settings = f'[record]\nheads_file = "{outside.as_posix()}"\nheads_syslog = "udp://127.0.0.1:9"\nhead_every = 7\n'
    (own_data_folder / "settings.toml").write_text(settings, encoding="utf-8")
    plan = head_plan("line-1")
    assert [each.name for each in plan.destinations] == [f"file {outside}", "syslog udp://127.0.0.1:9"]
    assert plan.every_entries == 7
    with open_log(tmp_path / "log") as log:
        log.append(a_record())
    assert [each.head.position for each in lines(outside)] == [0, 1]
    assert own_public_key().is_file()


def test_that_an_unreadable_memory_of_the_signer_is_told_of(tmp_path: Path) -> None:
    closed_log(tmp_path / "log", tmp_path / "keys")
    (state,) = (tmp_path / "keys" / "heads").glob("*.json")
    state.write_text(json.dumps({"head": 7}))
    told: list[HeadProblem | None] = []
    with open_log(tmp_path / "log", heads=HeadPlan(tmp_path / "keys")) as log:
        log.on_head_problem(told.append)
        assert eventually(lambda: bool(told) and told[-1] is not None)


def test_that_both_databases_hold_the_same_heads(store: RecordStore, open_store: Opener, tmp_path: Path) -> None:
    signer = Signer(store, tmp_path)
    signer.sign()
    store.append(a_record())
    signer.sign()
    signer.sign()
    assert [head.position for head in store.heads(after=NO_HEAD)] == [0, 1]
    assert store.links.last_head() == store.heads()[-1]
    assert open_store(read_only=True).links.last_head() == store.heads()[-1]


def test_that_a_log_beside_a_station_shares_nothing(tmp_path: Path) -> None:
    logs: list[Log] = [open_log(tmp_path / name, heads=HeadPlan(tmp_path / "keys")) for name in ("a", "b")]
    for log in logs:
        log.append(a_record())
        log.close()
    assert len(list((tmp_path / "keys" / "heads").glob("*.json"))) == 2


def test_that_a_share_that_is_gone_is_a_caution_at_the_station_and_parts_go_on(
    own_data_folder: Path, tmp_path: Path
) -> None:
    share = tmp_path / "not mounted" / "heads.jsonl"
    (own_data_folder / "settings.toml").write_text(f'[record]\nheads_file = "{share.as_posix()}"\n', encoding="utf-8")
    recipe = tmp_path / "line.toml"
    recipe.write_text(recipe_text(tiny_package(tmp_path / "package").folder), encoding="utf-8")
    summary = run_headless(load_recipe(recipe), tmp_path / "log", max_parts=3, quiet=True)
    assert (summary.parts, summary.failure, summary.faults) == (3, None, [])
    assert any("signed heads cannot be written there" in told for told in summary.cautions)
    share.parent.mkdir()
    run_headless(load_recipe(recipe), tmp_path / "log", max_parts=1, quiet=True)
    positions = [each.head.position for each in lines(share)]
    assert positions == [head.position for head in heads_of(tmp_path / "log")]
    assert positions[-1] >= 5  # four parts and the recipe
