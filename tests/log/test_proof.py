"""What a single record proves: its link, and the signed head behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from inspector.errors import StoreError
from inspector.log import confirm
from inspector.log.chain import genesis
from inspector.log.proof import Standing, prove
from inspector.log.signer import Signer
from inspector.log.station_key import PUBLIC_FILE, public_keys
from inspector.log.store import RecordStore
from inspector.types import AuditEntry, Record
from tests.support import a_record


class Signed:
    """A store, its signer, and what a test does to it."""

    def __init__(self, store: RecordStore, folder: Path) -> None:
        self.store = store
        self._signer = Signer(store, folder / "keys")
        self._signer.sign()
        self.keys = public_keys([folder / "keys" / PUBLIC_FILE])

    def append(self, count: int) -> list[Record]:
        """Append parts, each with a word on it and a line of the audit trail."""
        found: list[Record] = []
        for _ in range(count):
            found.append(self.store.append(a_record(f"P{len(found)}")))
            self.store.append(confirm(found[-1], who="Ada"))
            self.store.append_audit(AuditEntry("clock.jumped", "PC"))
        return found

    def sign(self) -> None:
        self._signer.sign()

    def alter(self, statement: str) -> None:
        """Change the file as somebody would who can write to it."""
        with self.store._database.transaction("altered") as connection:
            guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _sql in guards:
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text(statement))
            for _name, sql in guards:
                connection.execute(text(sql))

    def standing(self, record: Record) -> Standing:
        return prove(self.store, record.record_id, self.keys).standing


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Signed]:
    """A SQLite log with the head of its birth."""
    store = RecordStore(tmp_path / "records.sqlite")
    yield Signed(store, tmp_path)
    store.close()


def test_that_a_record_is_proven_by_the_next_signed_head(signed: Signed) -> None:
    first = signed.append(3)
    signed.sign()
    second = signed.append(2)
    proof = prove(signed.store, first[1].record_id, signed.keys)
    assert proof.standing is Standing.SIGNED
    assert proof.position == 4
    assert proof.head is not None
    assert proof.head.position == 9
    assert proof.chain == signed.store.journal(after=3, limit=1)[0].chain != genesis(proof.log_id)
    later = prove(signed.store, second[0].record_id, signed.keys)
    assert (later.standing, later.head) == (Standing.LINKED, None)
    signed.sign()
    assert signed.standing(second[0]) is Standing.SIGNED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET verdict = 'FAIL' WHERE part_id = 'P1' AND kind = 'inspection'",
        "UPDATE records SET reason = 'fine' WHERE part_id = 'P2' AND kind = 'confirm'",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM journal WHERE position = 5",
        "UPDATE journal SET chain = zeroblob(32) WHERE position = 4",
        "UPDATE journal SET chain = zeroblob(32) WHERE position = 3",
        "DELETE FROM journal WHERE position = 4",
        "UPDATE heads SET chain = zeroblob(32) WHERE position = 9",
        "UPDATE heads SET signature = zeroblob(64) WHERE position = 9",
        "UPDATE heads SET time_ns = 5 WHERE position = 9",
        "DELETE FROM heads WHERE position = 0",
    ],
)
def test_that_a_change_between_the_record_and_its_head_is_seen(signed: Signed, statement: str) -> None:
    record = signed.append(3)[1]
    signed.sign()
    assert signed.standing(record) is Standing.SIGNED
    signed.alter(statement)
    assert signed.standing(record) is Standing.ALTERED


def test_that_a_key_that_is_not_trusted_proves_nothing(signed: Signed) -> None:
    record = signed.append(1)[0]
    signed.sign()
    assert prove(signed.store, record.record_id, {}).standing is Standing.UNKNOWN_KEY


def test_that_a_head_far_behind_is_left_to_a_verification(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    record = signed.append(4)[0]
    signed.sign()
    monkeypatch.setattr("inspector.log.proof.MOST_ENTRIES", 5)
    assert signed.standing(record) is Standing.FAR


def test_that_an_unknown_record_is_refused(signed: Signed) -> None:
    with pytest.raises(StoreError, match="no record"):
        prove(signed.store, replace(a_record()).record_id, signed.keys)


def test_that_a_record_is_proven_in_every_database(store: RecordStore, tmp_path: Path) -> None:
    made = Signed(store, tmp_path)
    record = made.append(2)[0]
    made.sign()
    assert made.standing(record) is Standing.SIGNED
