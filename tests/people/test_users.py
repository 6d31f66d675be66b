"""Users are changed by who may, with a reason, and every change is in the trail without a secret."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable

import pytest

from inspector.errors import NotAllowedError, StoreError, UsageError, UserError
from inspector.log import change, read_log
from inspector.people.users import read_users, users_file
from inspector.settings import log_folder
from inspector.types import AuditEntry, Person, Role
from tests.people.conftest import ADA, WORDS, House

EVE, OLAF = Person("Eve", Role.ENGINEER), Person("Olaf", Role.OPERATOR)


def trail() -> list[AuditEntry]:
    with read_log(log_folder()) as log:
        return log.records.audit(action="user.*", limit=None)[::-1]


def test_that_the_first_user_is_an_administrator(empty: House) -> None:
    with pytest.raises(UserError, match="first user must be an administrator"):
        empty.users.add(Person("x"), "Olaf", Role.OPERATOR, WORDS, why="x")
    assert not users_file().exists()


def test_that_every_change_is_in_the_trail_with_who_when_why_old_and_new_and_no_secret(empty: House) -> None:
    house = empty
    for name, role in (
        ("Ada", Role.ADMINISTRATOR),
        ("Eve", Role.ENGINEER),
        ("Olaf", Role.OPERATOR),
        ("Ugo", Role.AUDITOR),
    ):
        house.add(name, role)
    house.users.set_role(ADA, "Eve", Role.OPERATOR, why="changes shift")
    house.users.set_pin(ADA, "Olaf", "2580", why="works in gloves")
    house.users.set_badge(ADA, "Olaf", "0012345678", why="got a badge")
    house.users.set_badge(ADA, "Olaf", "", why="lost it")
    house.users.set_password(ADA, "Ugo", "four more dry towels", why="forgot it")
    house.users.remove(ADA, "Ugo", why="has left")
    found = [(each.action, each.subject, each.old, each.new, each.who, each.role, each.why) for each in trail()]
    assert found[0] == ("user.added", "Ada", "", "administrator", "somebody", "", "works here")
    assert found[4:] == [
        ("user.role", "Eve", "engineer", "operator", "Ada", "administrator", "changes shift"),
        ("user.pin", "Olaf", "", "set anew", "Ada", "administrator", "works in gloves"),
        ("user.badge", "Olaf", "", "set anew", "Ada", "administrator", "got a badge"),
        ("user.badge", "Olaf", "set", "", "Ada", "administrator", "lost it"),
        ("user.password", "Ugo", "set", "set anew", "Ada", "administrator", "forgot it"),
        ("user.removed", "Ugo", "auditor", "", "Ada", "administrator", "has left"),
    ]
    assert all(each.time_ns > 0 for each in trail())
    assert "argon2" not in str(trail())


def test_that_only_an_administrator_changes_users(house: House) -> None:
    before = users_file().read_bytes()
    for person in (EVE, OLAF, Person("Ugo", Role.AUDITOR), Person("Ada"), Person("Ada", Role.OPERATOR)):
        for deed in _deeds(house, person):
            with pytest.raises(NotAllowedError):
                deed()
    assert users_file().read_bytes() == before


def _deeds(house: House, person: Person) -> list[Callable[[], None]]:
    return [
        lambda: house.users.add(person, "New", Role.OPERATOR, WORDS, why="x"),
        lambda: house.users.remove(person, "Ugo", why="x"),
        lambda: house.users.set_role(person, "Olaf", Role.ADMINISTRATOR, why="x"),
        lambda: house.users.set_password(person, "Ada", WORDS, why="x"),
        lambda: house.users.set_pin(person, "Ada", "2580", why="x"),
        lambda: house.users.set_badge(person, "Olaf", "0012345678", why="x"),
    ]


def test_that_everybody_sets_their_own_password_but_not_after_a_pin(house: House) -> None:
    house.users.set_password(EVE, "Eve", "a new long password", why="my own")
    assert house.door.by_password("Eve", "a new long password") == EVE
    with pytest.raises(NotAllowedError):
        house.users.set_password(Person("Eve", Role.OPERATOR), "Eve", WORDS, why="found the badge")


def test_that_the_last_administrator_stays(house: House) -> None:
    with pytest.raises(UserError, match="last administrator"):
        house.users.remove(ADA, "Ada", why="x")
    with pytest.raises(UserError, match="last administrator"):
        house.users.set_role(ADA, "Ada", Role.ENGINEER, why="x")
    house.users.set_role(ADA, "Eve", Role.ADMINISTRATOR, why="second")
    house.users.remove(ADA, "Ada", why="now there is another")
    assert read_users().get("Ada") is None


def test_that_a_name_is_unique_whatever_its_case(house: House) -> None:
    with pytest.raises(UserError, match="already"):
        house.users.add(ADA, " eVE ", Role.OPERATOR, WORDS, why="x")


def test_that_a_change_without_a_reason_is_none(house: House) -> None:
    before = users_file().read_bytes()
    with pytest.raises(UsageError, match="reason"):
        house.users.remove(ADA, "Olaf", why="  ")
    assert users_file().read_bytes() == before


def test_that_a_change_that_cannot_be_recorded_is_not_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(change, "post", full)
    before = users_file().read_bytes()
    with pytest.raises(StoreError, match="full"):
        house.users.remove(ADA, "Olaf", why="x")
    assert users_file().read_bytes() == before


@pytest.mark.parametrize("password", ["short", "a" * 12, "Olaf Olaf Olaf", "x" * 200, "olaf" * 3])
def test_that_a_weak_password_is_refused(house: House, password: str) -> None:
    with pytest.raises(UserError, match="password"):
        house.users.set_password(ADA, "Olaf", password, why="x")


@pytest.mark.parametrize("pin", ["123", "12345678", "12a4", "0000", "1234", "4321", "９８７４"])
def test_that_a_weak_pin_is_refused(house: House, pin: str) -> None:
    with pytest.raises(UserError, match="PIN"):
        house.users.set_pin(ADA, "Olaf", pin, why="x")


def test_that_an_auditor_gets_no_pin_and_loses_it_with_the_role(house: House) -> None:
    with pytest.raises(NotAllowedError, match="does not work at the line"):
        house.users.set_pin(ADA, "Ugo", "2580", why="x")
    house.users.set_pin(ADA, "Olaf", "2580", why="x")
    house.users.set_role(ADA, "Olaf", Role.AUDITOR, why="x")
    olaf = read_users().get("Olaf")
    assert olaf is not None
    assert olaf.pin == ""


def test_that_a_badge_belongs_to_one_person(house: House) -> None:
    house.users.set_badge(ADA, "Olaf", "0012345678", why="x")
    with pytest.raises(UserError, match="belongs to Olaf"):
        house.users.set_badge(ADA, "Eve", "0012345678", why="x")
    house.users.set_badge(ADA, "Olaf", "0012345678", why="the same again")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_that_the_file_holds_argon2id_hashes_alone_and_is_its_owners(house: House) -> None:
    house.users.set_pin(ADA, "Olaf", "2580", why="x")
    house.users.set_badge(ADA, "Olaf", "0012345678", why="x")
    assert stat.S_IMODE(users_file().stat().st_mode) == 0o600
    text = users_file().read_text(encoding="utf-8")
    assert WORDS not in text
    assert "2580" not in [json.loads(text)["users"][2][key] for key in ("password", "pin", "badge")]
    assert "0012345678" not in text
    assert text.count("$argon2id$v=19$") == 6
