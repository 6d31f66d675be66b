"""Name and password, PIN or badge let in who they belong to; who guesses must wait."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import UserError
from inspector.log import read_log
from inspector.people.door import PIN_TRIES, Door
from inspector.people.secrets import Secrets
from inspector.people.throttle import FREE_TRIES, LONGEST_WAIT_S
from inspector.people.users import read_users
from inspector.settings import log_folder
from inspector.types import Person, Role
from tests.people.conftest import ADA, WORDS, House

BADGE = "0012345678"


def test_that_the_shipped_hash_is_the_second_recommended_option_of_rfc_9106() -> None:
    parameters = RFC_9106_LOW_MEMORY
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65536, 4)
    assert Secrets().hashed("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_that_name_and_password_let_in_with_ones_own_role_whatever_the_case_of_the_name(house: House) -> None:
    assert house.door.by_password(" eve ", WORDS) == Person("Eve", Role.ENGINEER)


def test_that_the_same_characters_fit_however_the_keyboard_composes_them(house: House) -> None:
    house.users.set_password(ADA, "Eve", "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", why="x")
    assert house.door.by_password("Eve", "cafe\u0301 cre\u0300me bru\u0302le\u0301e").name == "Eve"


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=30))
def test_that_no_other_password_fits(guess: str) -> None:
    secrets = Secrets(CHEAPEST)
    assert not secrets.fits(secrets.hashed(WORDS), guess) or guess == WORDS
    assert not secrets.fits("", guess)


def test_that_pin_and_badge_let_in_as_an_operator(house: House) -> None:
    house.users.set_pin(ADA, "Eve", "2580", why="x")
    house.users.set_badge(ADA, "Eve", BADGE, why="x")
    as_operator = Person("Eve", Role.OPERATOR)
    assert house.door.by_pin("Eve", "2580") == as_operator
    assert house.door.by_badge(BADGE) == as_operator
    assert house.door.by_name_and_secret("Eve", "2580") == as_operator
    assert house.door.by_name_and_secret("Eve", WORDS) == Person("Eve", Role.ENGINEER)


@pytest.mark.parametrize("name", ["Ugo", "Olaf", "Nobody", ""])
def test_that_who_has_no_pin_gets_in_by_none(house: House, name: str) -> None:
    with pytest.raises(UserError, match="not known here"):
        house.door.by_pin(name, "2580")


def test_that_an_unknown_badge_lets_nobody_in(house: House) -> None:
    house.users.set_badge(ADA, "Eve", BADGE, why="x")
    with pytest.raises(UserError, match="badge is not known"):
        house.door.by_badge("0012345679")


def test_that_failures_make_wait_longer_each_time_and_a_success_forgets_them(house: House) -> None:
    waits = []
    for _ in range(FREE_TRIES + 12):
        with pytest.raises(UserError, match="not known"):
            house.door.by_password("Eve", "wrong")
        count = house.throttle.failures("Eve").count
        wait_s = min(2.0 ** (count - FREE_TRIES), LONGEST_WAIT_S) if count >= FREE_TRIES else 0.0
        if wait_s:
            house.later(wait_s - 0.5)
            with pytest.raises(UserError, match=r"Wait [01] s"):
                house.door.by_password("Eve", WORDS)
            house.later(0.5)
        waits.append(wait_s)
    assert waits[:6] == [0, 0, 1, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT_S
    assert house.door.by_password("Eve", WORDS).name == "Eve"
    assert house.throttle.failures("Eve").count == 0


def test_that_a_new_process_and_a_clock_put_back_make_nobody_wait_less(house: House) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(UserError):
            house.door.by_password("Eve", "wrong")
    house.later(-3600)
    again = Door(secrets=house.secrets, throttle=house.throttle)
    with pytest.raises(UserError, match="Wait"):
        again.by_password("EVE", WORDS)


def test_that_a_pin_cannot_be_guessed_through(house: House) -> None:
    house.users.set_pin(ADA, "Eve", "2580", why="x")
    for _ in range(PIN_TRIES):
        with pytest.raises(UserError):
            house.door.by_pin("Eve", "1379")
        house.later(LONGEST_WAIT_S)
    with pytest.raises(UserError, match="blocked"):
        house.door.by_pin("Eve", "2580")
    house.door.by_password("Eve", WORDS)
    assert house.door.by_pin("Eve", "2580").name == "Eve"


def test_that_one_persons_failures_lock_out_nobody_else(house: House) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(UserError):
            house.door.by_password("Eve", "wrong")
    assert house.door.by_password("Olaf", WORDS).name == "Olaf"


def test_that_made_up_names_cannot_fill_the_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.people.throttle._KEPT", 5)
    for number in range(20):
        house.throttle.begin(f"made up {number}")
        house.later(1)
    known = [number for number in range(20) if house.throttle.failures(f"made up {number}").count]
    assert known == [15, 16, 17, 18, 19]


def test_that_a_hash_of_earlier_parameters_is_made_anew_at_the_next_login(house: House) -> None:
    stronger = Secrets(replace(CHEAPEST, time_cost=2))
    before = read_users().get("Eve")
    door = Door(secrets=stronger, throttle=house.throttle)
    assert door.by_password("Eve", WORDS).name == "Eve"
    after = read_users().get("Eve")
    assert before is not None
    assert after is not None
    assert "t=1" in before.password
    assert "t=2" in after.password
    assert door.by_password("Eve", WORDS).name == "Eve"


def test_that_the_trail_tells_who_came_and_who_was_refused(house: House) -> None:
    house.users.set_badge(ADA, "Olaf", BADGE, why="x")
    house.door.by_password("Eve", WORDS)
    house.door.by_badge(BADGE)
    with pytest.raises(UserError):
        house.door.by_password("Mallory", "guess")
    with read_log(log_folder()) as log:
        entries = log.records.audit(limit=3)[::-1]
    assert [(each.action, each.subject, each.new, each.role) for each in entries] == [
        ("user.logged-in", "Eve", "password", "engineer"),
        ("user.logged-in", "Olaf", "badge", "operator"),
        ("user.refused", "Mallory", "password", ""),
    ]
