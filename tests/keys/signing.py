"""A person with a key that this PC trusts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.commands.keys import signed_target
from inspector.keyfiles import read_private
from inspector.keys.deeds import new_key, sign, trust_key
from inspector.types import Person

BOSS, ANNA = Person("Boss"), Person("Anna")


@dataclass(frozen=True, slots=True)
class Signer:
    """Anna, and her key."""

    file: Path
    public: Path

    def sign(self, target: Path) -> None:
        """Vouch for a package, release or recipe."""
        sign(ANNA, signed_target(target), read_private(self.file, str), why="looked at it")


def a_signer(folder: Path, *, trusted: bool = True) -> Signer:
    """Make a key in `folder`, trusted under the name Anna."""
    signer = Signer(*new_key(ANNA, "anna", folder=folder / "anna", why="to sign"))
    if trusted:
        trust_key(BOSS, signer.public, "Anna", why="first")
    return signer
