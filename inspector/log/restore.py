"""Brings a log back from a backup, or begins a new one, where the folder's own was put aside or never was."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspector.errors import UsageError
from inspector.log.backup import Report
from inspector.log.chain import Tip
from inspector.log.copying import CopiedImages, copy_database, copy_images
from inspector.log.head_state import HeadState, read_state, state_path, write_state
from inspector.log.log import held
from inspector.log.place import STORE_FILE
from inspector.log.quarantine import (
    IDENTITY_FILE,
    MARK_FILE,
    end_quarantine,
    finish_quarantine,
    known_log,
    note_log,
)
from inspector.log.signer import Signer
from inspector.log.statement import NO_HEAD
from inspector.log.store import DATABASE_FILE, RecordStore
from inspector.log.verification import Verification
from inspector.log.verify import verify
from inspector.people.access import require
from inspector.people.deed import deed
from inspector.people.rights import Action
from inspector.types import AuditEntry, Person

RESTORED, BEGUN = "log.restored", "log.begun"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        verification: Of the backup.
        tip: Where the restored log ends; None where the backup was refused.
        images: What became of the pictures.
        lost: Entries that the station had signed and the backup does not hold, as far as this PC remembers.
    """

    verification: Verification
    tip: Tip | None = None
    images: CopiedImages | None = None
    lost: int = 0


def restore(
    backup: Path,
    folder: Path,
    person: Person,
    keys: Mapping[str, Ed25519PublicKey],
    keys_folder: Path,
    *,
    why: str,
    without_pictures: bool = False,
    on_progress: Report = lambda _what, _done, _total: None,
) -> Restored:
    """Make a verified copy of a backup the log of `folder`, and write into its audit trail that it is one.

    Nothing becomes the log before pages, chain, heads and pictures of the backup were verified. A folder that holds a
    log is refused.

    Args:
        backup: Folder of the backup.
        folder: Where the log shall lie.
        person: Who restores it.
        keys: Trusted public keys.
        keys_folder: Where the station's key is, and what it signed last.
        why: The reason.
        without_pictures: Go on although pictures of the backup are missing or damaged.
        on_progress: Told (step, done, total); raise from it to stop.

    Raises:
        NotAllowedError: The person has no right to.
        UsageError: No backup, no reason, or the folder holds a log, or held another one.
        StoreError: Something cannot be read or written.
    """
    require(person, Action.REPLACE_LOG)
    entry = deed(person, RESTORED, str(folder), why=why)
    with held(folder), closing(_opened(backup)) as source:
        _check_free(folder, source.tip())
        found = verify(source, keys, images=backup, on_progress=partial(on_progress, "verify"))
        if not (found.clean or (without_pictures and found.only_pictures)):
            return Restored(found)
        images = copy_images(source, backup, folder, partial(on_progress, "pictures"))
        copy_database(source, folder / DATABASE_FILE, partial(on_progress, "copy"))
        lost = _set_back(source, keys_folder)
        tip = source.tip()
        note_log(folder, tip.log_id)
        told = replace(
            entry,
            old=f"entry {tip.position + lost}" if lost else "",
            new=f"entry {tip.position}, {tip.chain.hex()}",
        )
        _append(folder, told, keys_folder)
        end_quarantine(folder)
    return Restored(found, tip, images, lost)


def begin_anew(folder: Path, person: Person, keys_folder: Path, *, why: str, station: str = "") -> Tip:
    """Begin a new log where the old one was put aside. Its first entry names the old one's last known head.

    Args:
        folder: A folder in quarantine.
        person: Who begins it.
        keys_folder: Where the station's key is, and what it signed last.
        why: The reason.
        station: The station's name.

    Raises:
        NotAllowedError: The person has no right to.
        UsageError: The folder is not in quarantine, or no reason.
        StoreError: Something cannot be read or written.
    """
    require(person, Action.REPLACE_LOG)
    entry = deed(person, BEGUN, str(folder), why=why)
    with held(folder):
        if not (folder / MARK_FILE).exists():
            raise UsageError(
                f"{folder}: no log was put aside here.", cure="A new log begins by itself in an empty folder."
            )
        finish_quarantine(folder)
        before = _last_known(folder, keys_folder)
        (folder / IDENTITY_FILE).unlink(missing_ok=True)
        with closing(RecordStore(folder / DATABASE_FILE, log_name=station)) as store:
            log_id = store.links.identity().log_id
            note_log(folder, log_id)
            _signed(store, replace(entry, old=before, new=f"log {log_id}"), keys_folder)
            tip = store.tip()
        end_quarantine(folder)
    return tip


def _opened(backup: Path) -> RecordStore:
    if not (backup / DATABASE_FILE).is_file():
        raise UsageError(f"{backup}: no backup of a log is here.", cure="Give the folder of `inspector log backup`.")
    return RecordStore(backup / DATABASE_FILE, read_only=True)


def _check_free(folder: Path, tip: Tip) -> None:
    finish_quarantine(folder)
    if (folder / DATABASE_FILE).exists() or (folder / STORE_FILE).exists():
        raise UsageError(f"{folder}: holds a log; it is never overwritten.", cure="Give an empty folder with --log.")
    known = known_log(folder)
    if known and known != tip.log_id:
        raise UsageError(
            f"{folder}: its log was {known}; the backup is of {tip.log_id}.", cure="Give an empty folder with --log."
        )


def _set_back(source: RecordStore, keys_folder: Path) -> int:
    """Let the signer go on from the backup's last head; return how many signed entries are behind it, lost."""
    tip, last = source.tip(), source.links.last_head()
    path = state_path(keys_folder, tip.log_id)
    state = read_state(path)
    at_most = last.position if last is not None else NO_HEAD
    delivered = {name: min(position, at_most) for name, position in state.delivered.items()}
    write_state(path, HeadState(last, delivered))
    return max(state.head.position - tip.position, 0) if state.head is not None else 0


def _append(folder: Path, entry: AuditEntry, keys_folder: Path) -> None:
    with closing(RecordStore(folder / DATABASE_FILE)) as store:
        _signed(store, entry, keys_folder)


def _signed(store: RecordStore, entry: AuditEntry, keys_folder: Path) -> None:
    signer = Signer(store, keys_folder)
    signer.sign()
    store.append_audit(entry)
    signer.sign()
    signer.end()


def _last_known(folder: Path, keys_folder: Path) -> str:
    log_id = known_log(folder)
    head = read_state(state_path(keys_folder, log_id)).head if log_id else None
    if head is None:
        return f"log {log_id}" if log_id else ""
    return f"log {log_id}, entry {head.position}, {head.chain.hex()}"
