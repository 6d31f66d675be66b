"""Users with cheap hashes, and clocks that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from argon2.profiles import CHEAPEST

from inspector.people.administration import Administration
from inspector.people.door import Door
from inspector.people.secrets import Secrets
from inspector.people.throttle import Throttle
from inspector.people.users import User, Users, read_users, write_users
from inspector.types import Person, Role

WORDS = "nine quiet otters"
ADA = Person("Ada", Role.ADMINISTRATOR)


@dataclass
class House:
    """A PC with users.

    Attributes:
        now_ns: The wall clock.
    """

    now_ns: int = 1_000_000_000_000
    secrets: Secrets = field(default_factory=lambda: Secrets(CHEAPEST))

    def __post_init__(self) -> None:
        self.throttle = Throttle(now_ns=lambda: self.now_ns)
        self.users = Administration(secrets=self.secrets)
        self.door = Door(secrets=self.secrets, throttle=self.throttle)

    def later(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)

    def add(self, name: str, role: Role) -> Person:
        person = ADA if read_users().users else Person("somebody")
        self.users.add(person, name, role, WORDS, why="works here")
        return Person(name, role)


@pytest.fixture
def empty() -> House:
    """A PC without users."""
    return House()


@pytest.fixture
def house(empty: House) -> House:
    """A PC with an administrator (Ada), an engineer (Eve), an operator (Olaf) and an auditor (Ugo)."""
    hashed = empty.secrets.hashed(WORDS)
    names = {"Ada": Role.ADMINISTRATOR, "Eve": Role.ENGINEER, "Olaf": Role.OPERATOR, "Ugo": Role.AUDITOR}
    write_users(Users(users=tuple(User(name=name, role=role, password=hashed) for name, role in names.items())))
    return empty
