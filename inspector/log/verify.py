"""Finds what was changed, removed, swapped, inserted or cut in a log, and names the first bad entry.

Reads the chain once, a page at a time. Three witnesses are held against each other: the rows and their links, the
heads that the station's key signed, and the heads that were written off the machine. Links alone show whoever did not
compute them anew; signed heads show whoever did, without the key; heads outside show a cut, and whoever had the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspector.errors import DamagedLogError, StoreError
from inspector.log import evidence
from inspector.log.facets import unnoted
from inspector.log.outside_heads import OutsideHeads
from inspector.log.schema import CHAINED
from inspector.log.store import RecordStore
from inspector.log.verification import Finding, Findings, Verification
from inspector.log.verify_heads import Vouchers, vouchers
from inspector.log.verify_images import ImageCheck
from inspector.log.walk import Progress, Walk, finding_of, is_unreadable


def verify(
    store: RecordStore,
    keys: Mapping[str, Ed25519PublicKey],
    *,
    outside: Path | None = None,
    images: Path | None = None,
    on_progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Verify one log, also beside the station that writes it.

    Args:
        store: The log; of several in PostgreSQL, the named one.
        keys: Trusted public keys by their name (`station_key.public_keys`).
        outside: The heads that were written off the machine.
        images: The log's folder, to check its pictures as well.
        on_progress: Told (entries done, of so many); raise from it to stop. Nothing has to be undone.

    Raises:
        StoreError: The log could not be read; damage and changes are findings.
        UsageError: The heads from outside cannot be read.
    """
    return _Verifier(store, keys, outside, images, on_progress).run()


class _Verifier:
    def __init__(
        self,
        store: RecordStore,
        keys: Mapping[str, Ed25519PublicKey],
        outside: Path | None,
        images: Path | None,
        on_progress: Progress,
    ) -> None:
        self._store = store
        self._keys = keys
        self._outside_path = outside
        self._outside: OutsideHeads | None = None
        self._images = ImageCheck(store, images) if images is not None else None
        self._on_progress = on_progress
        self._findings = Findings()
        self._vouchers = Vouchers(0, {}, ())
        self._walk: Walk | None = None

    def run(self) -> Verification:
        log_id, altered = "", True
        try:
            altered = self._check_file()
            log_id = self._check_chain()
        except StoreError as error:
            if not (altered or isinstance(error, DamagedLogError) or is_unreadable(error)):
                raise
            self._findings.add(Finding(error.message, 0))
        return self._result(log_id)

    def _check_file(self) -> bool:
        """Check pages and rules; return whether the rules were altered."""
        database = self._store.links.database
        with evidence.interruptible(database, lambda: self._on_progress(0, 0)):
            self._store.check()
        names = evidence.altered_rules(database)
        for name in names:
            self._findings.add(Finding(f"the database's own rule {name!r} was altered, removed or added"))
        if foreign := evidence.foreign_logs(database):
            self._findings.add(Finding(f"{foreign} logs stand in this file beside its own"))
        return bool(names) or bool(foreign) or self._store.links.log == 0

    def _check_chain(self) -> str:
        links = self._store.links
        log_id = links.identity().log_id
        if self._outside_path is not None:
            self._outside = OutsideHeads(self._outside_path, log_id, self._keys)
        self._vouchers = vouchers(links, self._keys, self._outside)
        self._findings.extend(self._vouchers.findings)
        self._walk = Walk(self._store, self._vouchers, self._outside, self._images, self._findings)
        self._walk.run(log_id, self._on_progress)
        self._check_strangers()
        self._check_facets()
        return log_id

    def _check_facets(self) -> None:
        """Look for records that a search would not show, because what it goes by was removed."""
        try:
            with self._store.links.database.transaction("read") as connection:
                hidden = unnoted(connection)
        except StoreError as error:
            if isinstance(error, DamagedLogError):
                raise
            self._findings.add(Finding(f"what searches go by cannot be read: {error.message}"))
            return
        for facet in hidden:
            named = ", ".join(str(value) for value in facet if value)
            self._findings.add(Finding(f"a search does not show the records of {named}: their facet was removed"))

    def _check_strangers(self) -> None:
        """Look for rows that no link covers: put in beside the chain."""
        database, log = self._store.links.database, self._store.links.log
        if misplaced := evidence.misplaced(database, log):
            self._findings.add(Finding(f"{misplaced} links or heads stand outside of the log"))
        for subject in CHAINED:
            for rows in evidence.unlinked(database, log, subject):
                self._findings.extend(finding_of("was inserted: no link covers it", None, subject, row) for row in rows)
                if self._walk is not None:
                    self._on_progress(self._walk.read, self._walk.read)

    def _result(self, log_id: str) -> Verification:
        signed, walk = self._vouchers.signed, self._walk
        vouched = max((each for each in signed if walk is not None and each <= walk.vouched), default=0)
        notes = []
        if self._outside is not None and self._outside.unreadable:
            notes.append(f"{self._outside.unreadable} lines of {self._outside.path} hold no whole head")
        return Verification(
            log_id=log_id,
            entries=walk.read if walk else 0,
            records=walk.records if walk else 0,
            heads=self._vouchers.heads,
            outside=len(self._outside.kept) if self._outside is not None else None,
            vouched=vouched,
            vouched_ns=signed[vouched][0].time_ns if vouched in signed else 0,
            images=self._images.good if self._images else None,
            deleted_images=self._images.deleted if self._images else 0,
            findings=self._findings.sorted(),
            left_out=self._findings.left_out,
            notes=tuple(notes),
        )
