"""Changes to a release folder: keep a package in it, and append to its history. One program at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inspector.errors import UsageError
from inspector.inference.package import CARD_FILE, SIGNATURE_FILE, Package
from inspector.jsonfile import replace_file, sync_folder
from inspector.log import record_change
from inspector.people import Action as Right
from inspector.people import require
from inspector.people.deed import deed
from inspector.release import (
    INTO_FORCE,
    PACKAGES,
    RELEASE_FILE,
    SCHEMA,
    AcceptanceSet,
    Action,
    Entry,
    Release,
    is_release,
    read_release,
)
from inspector.types import Person

LOCK_FILE = "release.lock"
LOCK_TIMEOUT_S = 10.0


def keep(folder: Path, package: Package) -> Path:
    """Copy a verified package into the release folder with its signature, durably, and return where.

    Copying again is harmless: the bytes of a hash are always the same, and a damaged copy is made whole.
    """
    target = folder / PACKAGES / package.hash
    for name in package.card.files:
        replace_file(target / name, package.read_file(name))
    signature = package.signature_bytes()
    if signature is not None:
        replace_file(target / SIGNATURE_FILE, signature)
    replace_file(target / CARD_FILE, package.card_bytes)
    sync_folder(target.parent)
    return target


def enter(
    folder: Path,
    hash_: str,
    action: Action,
    *,
    who: Person,
    why: str,
    expected: str | None,
    evidence: Mapping[str, Any] | None = None,
    acceptance: AcceptanceSet | None = None,
) -> Release:
    """Append to the history, and let champion or challenger follow.

    Args:
        folder: The release folder; its `packages/<hash>` must be complete, except of a package that was refused.
        hash_: The package.
        action: What happens.
        who: The person.
        why: The person's reason.
        expected: The champion that the decision was made against; None for the first.
        evidence: What the decision rests on.
        acceptance: Freezes this acceptance set; None leaves what is frozen.

    Raises:
        NotAllowedError: The person may not.
        UsageError: Another champion came into force meanwhile, or somebody else holds the lock for long.
        PackageError: The release file cannot be read.
        StoreError: The change cannot be recorded in this PC's audit trail; it was not made.
    """
    require(who, Right.ROLLBACK if action == "rollback" else Right.PROMOTE)
    if not who.name.strip() or not why.strip():
        raise UsageError("A release needs the name of who decides and the reason.", cure="Give --who and --why.")
    with _locked(folder):
        before = read_release(folder) if is_release(folder) else None
        found = before.champion if before else None
        if found != expected:
            raise UsageError(
                f"{folder}: another package came into force meanwhile ({_short(found)}, not {_short(expected)}).",
                cure="Look at the history in release.json, then run the command again.",
            )
        entry = Entry(
            hash=hash_,
            action=action,
            who=who.name,
            why=why,
            when=_now(),
            evidence=json.loads(json.dumps(evidence or {})),
        )
        after = _following(before, entry, acceptance)
        document = {"schema": SCHEMA, **after.model_dump(mode="json")}
        record_change(deed(who, f"model.{action}", str(folder.absolute()), old=found or "", new=hash_, why=why))
        replace_file(folder / RELEASE_FILE, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
        return after


def _following(before: Release | None, entry: Entry, acceptance: AcceptanceSet | None) -> Release:
    history = (*(before.history if before else ()), entry)
    champion, challenger = (before.champion, before.challenger) if before else (entry.hash, None)
    if entry.action == "shadow":
        challenger = entry.hash
    elif entry.action in INTO_FORCE:
        champion = entry.hash
        challenger = None if challenger == champion else challenger
    frozen = acceptance or (before.acceptance if before else None)
    return Release(champion=champion, challenger=challenger, acceptance=frozen, history=history)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK_FILE, timeout=LOCK_TIMEOUT_S):
            yield
    except Timeout as error:
        raise UsageError(
            f"{folder}: somebody else has been changing this release for {LOCK_TIMEOUT_S:.0f} s.", cure="Try again."
        ) from error
    except OSError as error:
        raise UsageError(
            f"{folder}: the release folder cannot be written ({error.strerror}).", cure="Check its permissions."
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _short(hash_: str | None) -> str:
    return hash_[:12] if hash_ else "none"
