"""The matrix of rights, and the question before every deed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import NotAllowedError, UserError
from inspector.people import Action, allowed, require
from inspector.people.rights import RIGHTS, line_role, may, roles_for
from inspector.people.users import users_file
from inspector.types import Person, Role
from tests.people.conftest import ADA, House

CHANGES = {
    Action.CHANGE_RECIPE,
    Action.CALIBRATE,
    Action.PROMOTE,
    Action.ROLLBACK,
    Action.DELETE_IMAGES,
    Action.SIGN,
    Action.CHANGE_SETTINGS,
    Action.CHANGE_USERS,
    Action.MANAGE_KEYS,
    Action.REPLACE_LOG,
}


def test_that_every_role_has_rights_and_every_action_somebody_who_may_do_it() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(roles_for(action) for action in Action)


def test_that_an_engineer_may_all_that_an_operator_may_and_an_administrator_everything() -> None:
    assert RIGHTS[Role.OPERATOR] < RIGHTS[Role.ENGINEER] < RIGHTS[Role.ADMINISTRATOR] == set(Action)


def test_that_an_operator_and_an_auditor_change_nothing_that_decides() -> None:
    assert not RIGHTS[Role.OPERATOR] & CHANGES
    assert not RIGHTS[Role.AUDITOR] & (CHANGES | {Action.CONFIRM, Action.OVERRIDE, Action.LABEL, Action.START_STATION})


@given(st.sampled_from(Role), st.sampled_from(Action))
def test_that_a_pin_never_gives_more_than_the_person_has(role: Role, action: Action) -> None:
    by_pin = line_role(role)
    assert by_pin is None or not may(by_pin, action) or may(role, action)


@given(st.sampled_from(Action), st.text(max_size=5))
def test_that_without_users_everybody_may_everything(action: Action, name: str) -> None:
    require(Person(name), action)


def test_that_on_a_pc_with_users_a_bare_name_may_nothing(house: House) -> None:
    for name in ("Ada", "somebody", ""):
        for action in Action:
            with pytest.raises(NotAllowedError, match="not logged in"):
                require(Person(name), action)


def test_that_a_role_that_the_users_do_not_give_is_worth_nothing(house: House) -> None:
    for person in (
        Person("Olaf", Role.ADMINISTRATOR),
        Person("Nobody", Role.ADMINISTRATOR),
        Person("Ugo", Role.OPERATOR),
    ):
        assert not allowed(person, Action.READ_RECORDS)


def test_that_an_engineer_who_came_by_pin_counts_as_an_operator(house: House) -> None:
    by_pin = Person("Eve", Role.OPERATOR)
    assert allowed(by_pin, Action.OVERRIDE)
    assert not allowed(by_pin, Action.PROMOTE)
    assert allowed(Person("Eve", Role.ENGINEER), Action.PROMOTE)


def test_that_who_is_removed_or_gets_another_role_loses_the_rights_at_once(house: House) -> None:
    eve = Person("Eve", Role.ENGINEER)
    house.users.set_role(ADA, "Eve", Role.AUDITOR, why="new task")
    assert not allowed(eve, Action.PROMOTE)
    assert not allowed(Person("Eve", Role.OPERATOR), Action.TRIGGER)
    house.users.remove(ADA, "Olaf", why="left")
    assert not allowed(Person("Olaf", Role.OPERATOR), Action.TRIGGER)


def test_that_a_refusal_names_the_person_the_deed_and_who_may(house: House) -> None:
    with pytest.raises(NotAllowedError) as refused:
        require(Person("Olaf", Role.OPERATOR), Action.PROMOTE)
    assert str(refused.value) == (
        "Olaf (operator) may not promote a model package. Let this be done by: engineer, administrator."
    )


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"schema": "other"}', b'{"schema": "inspector.users/1", "x": 1}']
)
def test_that_nobody_may_anything_while_the_users_cannot_be_read(house: House, content: bytes) -> None:
    users_file().write_bytes(content)
    with pytest.raises(UserError):
        require(ADA, Action.TRIGGER)


def test_that_a_file_of_users_without_an_administrator_counts_as_damaged(house: House) -> None:
    text = users_file().read_text(encoding="utf-8").replace('"administrator"', '"auditor"')
    users_file().write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="administrator"):
        require(ADA, Action.TRIGGER)
