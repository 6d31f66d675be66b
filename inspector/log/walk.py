"""Along the chain of a log, entry by entry: what does not follow, and what the signed heads do not vouch for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inspector.errors import StoreError
from inspector.log.chain import Link, canonical, genesis, link
from inspector.log.export import utc_time
from inspector.log.outside_heads import OutsideHeads
from inspector.log.schema import CHAINED
from inspector.log.store import RecordStore
from inspector.log.verification import Finding, Findings
from inspector.log.verify_heads import Vouchers
from inspector.log.verify_images import ImageCheck

PAGE = 500
Progress = Callable[[int, int], None]


class Walk:
    """Along the chain, entry by entry.

    Attributes:
        read: Position of the last entry that was read.
        records: Records among the entries.
        vouched: Position of the last head that fits.
    """

    def __init__(
        self,
        store: RecordStore,
        vouchers_: Vouchers,
        outside: OutsideHeads | None,
        images: ImageCheck | None,
        findings: Findings,
    ) -> None:
        self.read = self.records = self.vouched = 0
        self._store = store
        self._signed = vouchers_.signed
        self._outside = outside
        self._images = images
        self._findings = findings
        self._chain = b""
        self._otherwise = b""
        self._broken = self._rewritten = False
        self._sequence = 0

    def run(self, log_id: str, on_progress: Progress) -> None:
        """Read to the end that the log has now; what a station appends meanwhile is left to the next time."""
        self._chain = self._otherwise = genesis(log_id)
        tip = self._store.links.tip().position
        total = max(tip, 0)
        after = 0
        while links := [each for each in self._page(after) if tip < 0 or each.position <= tip]:
            rows = self._rows(links)
            for each in links:
                self._entry(each, rows.get((each.subject, each.row), []))
            if max(each.position for each in links) <= after:
                break
            after = max(each.position for each in links)
            on_progress(min(after, total), total)
        if self._images is not None:
            self._findings.extend(self._images.finish())
        self._check_cut()

    def _page(self, after: int) -> list[Link]:
        """Read the next links together; where one cannot be read, those before it one by one, and on behind it."""
        limit = PAGE
        while True:
            try:
                return self._store.journal(after=after, limit=limit)
            except StoreError as error:
                if not is_unreadable(error):
                    raise
            if limit == 1:
                after += 1
                self._findings.add(Finding("its link cannot be read", after))
            limit = 1

    def _rows(self, links: Sequence[Link]) -> dict[tuple[str, int], list[dict[str, Any]]]:
        found: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for subject in CHAINED:
            numbers = [each.row for each in links if each.subject == subject]
            for row in self._rows_of(subject, numbers) if numbers else ():
                found.setdefault((subject, row["number"]), []).append(row)
        return found

    def _rows_of(self, subject: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Read rows together; where one cannot be read, one by one without it."""
        try:
            return self._store.links.rows(subject, numbers)
        except StoreError as error:
            if not is_unreadable(error):
                raise
        return [] if len(numbers) == 1 else [row for number in numbers for row in self._rows_of(subject, [number])]

    def _entry(self, each: Link, rows: Sequence[dict[str, Any]]) -> None:
        expected = self.read + 1
        known_before = each.position == expected
        if not known_before:
            what = "is missing from the chain" if each.position > expected else "stands twice in the chain"
            self._findings.add(Finding(what, expected))
        self.read = max(self.read, each.position)
        self.records += each.subject == "records"
        if not rows:
            self._findings.add(self._removed(each))
        else:
            self._check(each, rows, known_before=known_before)
        self._check_heads(each)

    def _check(self, each: Link, rows: Sequence[dict[str, Any]], *, known_before: bool) -> None:
        computed = [(row, self._links_of(each, row)) for row in rows]
        genuine, links = next((pair for pair in computed if each.chain in pair[1]), computed[0])
        if each.chain not in links and known_before:
            self._broken = True
            self._findings.add(self._changed(each, genuine))
        self._findings.extend(
            finding_of("was inserted: its number was given twice", each.position, each.subject, row)
            for row in rows
            if row is not genuine
        )
        self._chain, self._otherwise = each.chain, links[0] if links else each.chain
        if each.subject == "records":
            self._check_record(each, genuine)

    def _links_of(self, each: Link, row: Mapping[str, Any]) -> list[bytes]:
        """Return what the link should be; also from the link before as it should have been, where that one was bad."""
        try:
            entry = canonical(each.subject, row)
        except (TypeError, ValueError, OverflowError):  # a value of a kind that the column never holds
            return []
        return [link(before, entry) for before in dict.fromkeys((self._chain, self._otherwise))]

    def _check_record(self, each: Link, row: Mapping[str, Any]) -> None:
        sequence = row["sequence"]
        ordered = sequence == row["number"] if self._store.is_sqlite else sequence > self._sequence
        if not ordered:
            self._findings.add(finding_of("its place in the order was changed", each.position, "records", row))
        self._sequence = sequence
        if self._images is not None:
            self._findings.extend(self._images.check(each, row))

    def _changed(self, each: Link, row: Mapping[str, Any]) -> Finding:
        first = self._first_difference(each.position)
        if first is not None and first < each.position:
            return self._at(first, "is not what was signed: it was changed, and links behind it computed anew")
        what = "is not what was recorded: its row or its link was changed"
        return finding_of(what, each.position, each.subject, row)

    def _removed(self, each: Link) -> Finding:
        self._chain = self._otherwise = each.chain
        what = "its row was removed, or cannot be read"
        before = self._store.rows("records", [each.row - 1]) if each.subject == "records" else {}
        for row in before.values():
            what += f"; it stood behind part {row['part_id']}, record {row['record_id']}"
        return Finding(what, each.position, each.subject, each.row)

    def _check_heads(self, each: Link) -> None:
        heads = self._signed.get(each.position, ())
        if not heads or self._rewritten:
            return
        if all(head.chain == each.chain for head in heads):
            self.vouched, self._broken = each.position, False
            return
        self._rewritten = True
        if self._broken:
            return
        first = self._first_difference(each.position)
        when = utc_time(next(head.time_ns for head in heads if head.chain != each.chain))
        if first is not None:
            what = f"is not what was signed at {when}: it was changed, put in or follows a removed one"
            self._findings.add(self._at(first, f"{what}, and the links behind it were computed anew"))
            return
        what = f"an entry from here to {each.position} is not what was signed at {when}; links were computed anew"
        self._findings.add(self._at(self.vouched + 1, what))

    def _check_cut(self) -> None:
        beyond = [head for position, heads in self._signed.items() if position > self.read for head in heads]
        if not beyond:
            return
        last = max(beyond, key=lambda head: head.position)
        first = None if self._rewritten else self._first_difference(self.read) if self.read else None
        if first is not None and first <= self.read:
            self._findings.add(self._at(first, "is not what was signed: links behind it were computed anew"))
        what = (
            f"the log was cut: entries {self.read + 1} to {last.position}, signed at {utc_time(last.time_ns)}, are gone"
        )
        self._findings.add(Finding(what, self.read + 1))

    def _first_difference(self, position: int) -> int | None:
        if self._outside is None:
            return None
        return self._outside.first_difference(
            position, lambda after, limit: self._store.journal(after=after, limit=limit)
        )

    def _at(self, position: int, what: str) -> Finding:
        """Return a finding about the entry that stands at a position now."""
        for each in self._store.journal(after=position - 1, limit=1):
            for row in self._rows_of(each.subject, [each.row]) if each.subject in CHAINED else ():
                return finding_of(what, position, each.subject, row)
        return Finding(what, position)


def finding_of(what: str, position: int | None, subject: str, row: Mapping[str, Any]) -> Finding:
    """Return a finding about a row, with what names it for people."""
    record_id, part_id = (row["record_id"], row["part_id"]) if subject == "records" else ("", "")
    number = row["number"] if isinstance(row["number"], int) else None
    return Finding(what, position, subject, number, str(record_id), str(part_id))


def is_unreadable(error: StoreError) -> bool:
    """Return whether it was the content that could not be read (a text that is no UTF-8), not the file."""
    return "decode" in error.message
