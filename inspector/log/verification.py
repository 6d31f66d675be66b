"""What a verification of the log says: figures, and findings with the first bad entry in front."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from inspector.errors import StoreError
from inspector.log.export import utc_time

MOST_FINDINGS = 100
_LAST = 2**63


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the log is not as it was recorded.

    Attributes:
        what: One sentence.
        position: Of the first entry concerned; None where it has no place in the chain.
        subject: Its table: `records`, `audit`, `recipes`, `packages`, `heads` or `log`.
        number: Its number there, where known.
        record_id: For a record, as it stands there now; "" where it is gone.
        part_id: The same.
        picture: Whether only a picture of the record is concerned.
    """

    what: str
    position: int | None = None
    subject: str = "log"
    number: int | None = None
    record_id: str = ""
    part_id: str = ""
    picture: bool = False

    @property
    def order(self) -> tuple[int, bool]:
        """Sorts the first bad entry to the front, before a head at the same place."""
        return (_LAST if self.position is None else self.position, self.subject == "heads")

    def sentence(self) -> str:
        """Return the finding for people."""
        place = "" if self.position is None else f"entry {self.position}: "
        name = f"{self.subject.removesuffix('s')} {self.number}" if self.number is not None else ""
        part = f"part {self.part_id}, record {self.record_id}" if self.record_id else ""
        about = ", ".join(filter(None, (name, part)))
        return f"{place}{self.what}{f' ({about})' if about else ''}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes:
        log_id: The log's identity.
        entries: Entries that were read.
        records: Records among them.
        heads: Signed heads in the log.
        outside: Signed heads of it that were given from outside; None where none were asked for.
        vouched: Position up to which a signed head vouches for every entry.
        vouched_ns: When that head was signed, Unix nanoseconds.
        images: Pictures whose content was checked; None where none were asked for.
        deleted_images: Pictures that the audit trail says were deleted.
        findings: The first bad entry first; at most MOST_FINDINGS.
        left_out: Findings beyond those.
        notes: What a reader should know and is no finding.
    """

    log_id: str
    entries: int
    records: int
    heads: int
    outside: int | None
    vouched: int
    vouched_ns: int
    images: int | None
    deleted_images: int
    findings: tuple[Finding, ...]
    left_out: int
    notes: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def only_pictures(self) -> bool:
        """Whether pictures are all that is wrong."""
        return not self.left_out and all(finding.picture for finding in self.findings)

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"clean": self.clean, **asdict(self)}

    def sentences(self) -> list[str]:
        """Return the result for people, a line each."""
        outside = "" if self.outside is None else f", {self.outside} heads from outside"
        lines = [
            f"log {self.log_id}: {self.entries} entries, {self.records} of them records; {self.heads} heads{outside}"
        ]
        if self.vouched_ns:
            since = self.entries - self.vouched
            lines.append(
                f"signed up to entry {self.vouched} at {utc_time(self.vouched_ns)}; {max(since, 0)} entries since then "
                "are linked, not yet signed"
            )
        if self.images is not None:
            lines.append(f"{self.images} pictures hold what was recorded; {self.deleted_images} were deleted by rule")
        lines += self.notes
        lines += [finding.sentence() for finding in self.findings]
        if self.left_out:
            lines.append(f"and {self.left_out} findings more")
        lines.append(
            "nothing was changed, removed, swapped, inserted or cut"
            if self.clean
            else "THE LOG IS NOT WHAT WAS RECORDED"
        )
        return lines


def damaged(error: StoreError) -> Verification:
    """Return what is said of a log that cannot be read at all."""
    return Verification("", 0, 0, 0, None, 0, 0, None, 0, (Finding(str(error), 0),), 0, ())


class Findings:
    """Gathers findings within bounded memory: the first ones, and how many more there were."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self.left_out = 0

    def add(self, finding: Finding) -> None:
        """Take one."""
        if len(self._found) < 2 * MOST_FINDINGS:
            self._found.append(finding)
        else:
            self.left_out += 1

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several."""
        for finding in findings:
            self.add(finding)

    def sorted(self) -> tuple[Finding, ...]:
        """Return them, the first bad entry first."""
        found = sorted(self._found, key=lambda finding: finding.order)
        self.left_out += len(found[MOST_FINDINGS:])
        return tuple(found[:MOST_FINDINGS])
