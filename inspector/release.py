"""The release folder: which package is in force, which one challenges it, and who decided that when and why.

    release.json       champion, challenger, frozen acceptance set, history (only ever appended to)
    release.lock       held while release.json is changed
    packages/<hash>/   a copy of every package that was ever champion or challenger; never changed

A recipe's `[model] package` may name such a folder instead of a plain package. `release.json` is replaced as a whole,
and only after the package that it names is complete, so a running station may read it at any moment.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inspector.errors import PackageError, UsageError
from inspector.regular import read_regular

RELEASE_FILE, PACKAGES = "release.json", "packages"
SCHEMA: Final = "inspector.release/1"
MAX_RELEASE_BYTES = 64 * 2**20
POLL_S = 0.5
"""A running station looks at release.json this often."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Action = Literal["init", "promote", "rollback", "shadow", "refused"]
"""What happened: the first champion, a new one, an earlier one again; a challenger for the shadow; or one that was
compared and not promoted, because it must be known how often the acceptance set was asked."""
INTO_FORCE = ("init", "promote", "rollback")
"""The actions that name a champion."""


class AcceptanceSet(BaseModel):
    """The frozen set that every challenger is held against.

    Attributes:
        name: Of the data set, for people.
        fingerprint: SHA-256 of the data set's version.
        split: `train`, `validation`, `test` or `all`.
        content: SHA-256 of what the split holds (`datasets.frozen`): the data set around it may grow. "" where an
            older program froze it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    split: str
    content: str = ""

    def is_same(self, other: AcceptanceSet) -> bool:
        """Return whether both are the same pictures with the same labels."""
        if self.split != other.split:
            return False
        return self.fingerprint == other.fingerprint or (self.content != "" and self.content == other.content)


class Entry(BaseModel):
    """One line of the history.

    Attributes:
        hash: The package that it speaks of.
        action: See `Action`.
        who: The person.
        why: The person's reason.
        when: UTC, ISO 8601.
        evidence: What the decision rests on: the figures of the comparison; empty for a rollback.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: Hash
    action: Action
    who: str = Field(min_length=1)
    why: str = Field(min_length=1)
    when: str
    evidence: dict[str, Any] = {}


class Release(BaseModel):
    """The content of release.json.

    Attributes:
        champion: Hash of the package in force.
        challenger: Hash of the package that judges along in shadow; None where there is none.
        acceptance: The frozen acceptance set; None before the first promotion that was held against one.
        history: Oldest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    champion: Hash
    challenger: Hash | None = None
    acceptance: AcceptanceSet | None = None
    history: tuple[Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Release:
        made = [entry for entry in self.history if entry.action in INTO_FORCE]
        if not made or made[0].action != "init" or made[-1].hash != self.champion:
            raise ValueError("the history does not lead to the champion")
        return self

    @property
    def reason(self) -> str:
        """How the champion came into force: `promote` (the first one, too) or `rollback`."""
        last = [entry for entry in self.history if entry.action in INTO_FORCE][-1]
        return "rollback" if last.action == "rollback" else "promote"

    @property
    def earlier(self) -> tuple[str, ...]:
        """The champions that lie below the one in force, oldest first: a rollback takes the last.

        A rollback takes what lies above its target away, so that two rollbacks go back two steps instead of forth
        again.
        """
        stack: list[str] = []
        for entry in self.history:
            if entry.action == "rollback" and entry.hash in stack:
                while stack[-1] != entry.hash:
                    stack.pop()
            elif entry.action in INTO_FORCE:
                stack.append(entry.hash)
        return tuple(stack[:-1])

    def was_champion(self, beginning: str) -> str:
        """Return the hash of the one earlier champion whose hash begins so. Raises UsageError."""
        known = {entry.hash for entry in self.history if entry.action in INTO_FORCE}
        found = sorted(hash_ for hash_ in known if hash_.startswith(beginning))
        if len(found) != 1:
            said = "no package" if not found else "more than one package"
            raise UsageError(
                f"{said} that was ever in force has a hash beginning with {beginning!r}.",
                cure=f"Those that were: {', '.join(hash_[:12] for hash_ in sorted(known))}.",
            )
        return found[0]


def is_release(folder: Path) -> bool:
    """Return whether `folder` is a release folder rather than a plain package."""
    return (folder / RELEASE_FILE).exists()


def package_folder(folder: Path, hash_: str | None = None) -> Path:
    """Return where the package lies that `folder` stands for.

    Args:
        folder: A plain package, returned as it is; or a release folder.
        hash_: Of a release folder, this package instead of the champion.

    Raises:
        PackageError: The release file cannot be read.
    """
    if not is_release(folder):
        return folder
    return folder / PACKAGES / (hash_ or read_release(folder).champion)


def is_kept(folder: Path) -> bool:
    """Return whether `folder` is a release folder or a package inside one: no package is ever written there."""
    folder = folder.absolute()
    return is_release(folder) or (folder.parent.name == PACKAGES and is_release(folder.parent.parent))


def read_release(folder: Path) -> Release:
    """Read release.json. Raises PackageError where it is missing, damaged or of another format."""
    path = folder / RELEASE_FILE
    try:
        document = json.loads(read_regular(path, MAX_RELEASE_BYTES))
        schema = document.pop("schema", None) if isinstance(document, dict) else None
        if schema != SCHEMA:
            raise PackageError(
                f"{path}: the format is {schema!r}; this program reads {SCHEMA!r}.",
                cure="Use the version of the program that wrote it.",
            )
        return Release.model_validate(document)
    except OSError as error:
        raise PackageError(
            f"{path}: the release cannot be read ({error.strerror}).",
            cure="Give the folder that `inspector promote` made.",
        ) from error
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:1000]
        raise PackageError(
            f"{path}: the release file is damaged: {reason}",
            cure="Restore it from a backup; the packages are beside it.",
        ) from error


class ReleaseWatch:
    """Notices changes of a release file at the cost of one `stat` every half second.

    Args:
        folder: The release folder, or a plain package: that never changes.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RELEASE_FILE
        self._following = is_release(folder)
        self._seen = self._signature()
        self._next_s = 0.0

    def changed(self) -> bool:
        """Return whether the file is another than at the last call that looked."""
        now_s = time.monotonic()
        if not self._following or now_s < self._next_s:
            return False
        self._next_s = now_s + POLL_S
        signature = self._signature()
        different = signature != self._seen
        self._seen = signature
        return different

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - one system call
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
