"""Who is at the window, and for how long."""

from __future__ import annotations

import pytest

from inspector.people import Action, allowed
from inspector.people.presence import NOBODY, Presence
from inspector.settings import settings_file
from inspector.types import Person, Role
from tests.people.conftest import House

EVE = Person("Eve", Role.ENGINEER)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_that_without_users_the_typed_name_acts_without_a_role() -> None:
    presence = Presence("Olaf")
    assert presence.person == Person("Olaf", None)
    presence.call("Mia")
    assert presence.person == Person("Mia", None)


def test_that_with_users_nobody_acts_before_a_login(house: House) -> None:
    presence = Presence("Eve")
    assert presence.needs_login
    assert presence.person == NOBODY
    assert not any(allowed(presence.person, action) for action in Action)
    presence.enter(EVE)
    assert presence.person == EVE
    assert presence.leave() == EVE
    assert presence.person == NOBODY


def test_that_idleness_takes_the_rights_and_no_late_key_brings_them_back(house: House) -> None:
    clock = Clock()
    presence = Presence(idle_s=600, monotonic_s=clock)
    presence.enter(EVE)
    clock.now_s = 599
    presence.touch()
    clock.now_s = 1198
    assert presence.person == EVE
    clock.now_s = 1199
    presence.touch()
    assert presence.person == NOBODY


def test_that_the_lock_tells_whose_login_ended_once(house: House) -> None:
    clock = Clock()
    presence = Presence(idle_s=10, monotonic_s=clock)
    presence.enter(EVE)
    assert presence.lock_when_idle() is None
    clock.now_s = 10
    assert presence.lock_when_idle() == EVE
    assert presence.lock_when_idle() is None


@pytest.mark.parametrize(("minutes", "left"), [("1", NOBODY), ("0", EVE), ("3", EVE)])
def test_that_the_idle_time_is_the_setting_of_this_pc(house: House, minutes: str, left: Person) -> None:
    settings_file().write_text(f"[people]\nidle_lock_min = {minutes}\n", encoding="utf-8")
    clock = Clock()
    presence = Presence(monotonic_s=clock)
    presence.enter(EVE)
    clock.now_s = 100
    assert presence.person == left
