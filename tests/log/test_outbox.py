"""Changes that were made beside a running station reach the chain exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import StoreError
from inspector.log import open_log, read_log, record_change
from inspector.log.outbox import OUTBOX_FILE, OutboxWatch, post, take_in
from inspector.types import AuditEntry


def keeper(taken: list[AuditEntry]) -> Callable[[AuditEntry], AuditEntry]:
    """Return a log that only keeps what it is given."""

    def keep(entry: AuditEntry) -> AuditEntry:
        taken.append(entry)
        return entry

    return keep


def an_entry(number: int = 0) -> AuditEntry:
    return AuditEntry("setting.changed", f"setting {number}", "1", "2", "Ada", "administrator", "because")


def test_that_a_change_stands_in_the_chain_at_once_where_nobody_holds_the_log(tmp_path: Path) -> None:
    assert record_change(an_entry(), tmp_path)
    with read_log(tmp_path) as log:
        (found,) = log.records.audit()
        assert (found.action, found.subject, found.old, found.new) == ("setting.changed", "setting 0", "1", "2")
        assert (found.who, found.role, found.why) == ("Ada", "administrator", "because")
        assert found.time_ns > 0
    assert not (tmp_path / OUTBOX_FILE).exists()


def test_that_a_change_beside_a_running_writer_waits_and_is_taken_in_by_it_once(tmp_path: Path) -> None:
    with open_log(tmp_path) as log:
        assert not record_change(an_entry(), tmp_path)
        assert log.records.audit() == []
        watch = OutboxWatch(tmp_path, log.take_in)
        assert watch.poll() == 1
        assert watch.poll() == 0
        assert [entry.subject for entry in log.records.audit()] == ["setting 0"]
    assert not (tmp_path / OUTBOX_FILE).exists()


def test_that_the_next_writer_takes_in_what_waited_in_its_order(tmp_path: Path) -> None:
    for number in range(3):
        post(an_entry(number), tmp_path)
    with open_log(tmp_path) as log:
        assert [entry.subject for entry in log.records.audit()] == ["setting 2", "setting 1", "setting 0"]


def test_that_an_entry_taken_in_before_a_crash_is_not_doubled_after_it(tmp_path: Path) -> None:
    post(an_entry(0), tmp_path)
    waiting = (tmp_path / OUTBOX_FILE).read_bytes()
    open_log(tmp_path).close()
    (tmp_path / OUTBOX_FILE).write_bytes(waiting)  # as if the process had died before the file went
    post(an_entry(1), tmp_path)
    with open_log(tmp_path) as log:
        assert [entry.subject for entry in log.records.audit()] == ["setting 1", "setting 0"]


def test_that_entries_wait_on_where_the_log_refuses_them(tmp_path: Path) -> None:
    post(an_entry(0), tmp_path)
    post(an_entry(1), tmp_path)
    taken: list[AuditEntry] = []

    def append(entry: AuditEntry) -> AuditEntry:
        if taken:
            raise StoreError("the disk is full")
        taken.append(entry)
        return entry

    with pytest.raises(StoreError, match="full"):
        take_in(tmp_path, lambda _id: False, append)
    known = str(taken[0].details["outbox"])
    again: list[AuditEntry] = []
    assert take_in(tmp_path, lambda id_: id_ == known, keeper(again)) == 1
    assert [entry.subject for entry in again] == ["setting 1"]


@settings(max_examples=30)
@given(cut=st.integers(1, 200))
def test_that_a_torn_line_hides_no_other_and_does_not_vanish(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("log")
    post(an_entry(0), folder)
    whole = (folder / OUTBOX_FILE).read_bytes()
    with (folder / OUTBOX_FILE).open("ab") as file:
        file.write(whole[:cut])  # torn by a power cut
    post(an_entry(1), folder)
    taken: list[AuditEntry] = []
    take_in(folder, lambda _id: False, keeper(taken))
    assert [entry.subject for entry in taken if entry.action == "setting.changed"] == ["setting 0", "setting 1"]
    assert [entry.action for entry in taken].count("outbox.unreadable") == 1


def test_that_many_programs_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 10):
            record_change(an_entry(number), tmp_path)

    threads = [threading.Thread(target=work, args=(10 * each,)) for each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_log(tmp_path) as log:
        subjects = [entry.subject for entry in log.records.audit(limit=None)]
    assert sorted(subjects) == sorted(f"setting {number}" for number in range(30))
