"""Which links are vouched for: the signed heads of the log, held against those that were written outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspector.log.chain import Head, Identity
from inspector.log.export import utc_time
from inspector.log.links import Links
from inspector.log.outside_heads import OutsideHeads
from inspector.log.statement import NO_HEAD, said
from inspector.log.station_key import is_signed
from inspector.log.verification import Finding


@dataclass(frozen=True, slots=True)
class Vouchers:
    """What signatures say of the chain.

    Attributes:
        heads: Heads that the log holds, good or bad.
        signed: The heads that count, by position; several where two signed ones contradict each other.
        findings: What is wrong with the heads themselves.
    """

    heads: int
    signed: Mapping[int, tuple[Head, ...]]
    findings: tuple[Finding, ...]


def vouchers(links: Links, keys: Mapping[str, Ed25519PublicKey], outside: OutsideHeads | None) -> Vouchers:
    """Check the signatures of a log's heads, and that it still holds those that were written outside.

    Args:
        links: The log.
        keys: Trusted public keys by their name.
        outside: What was written off the machine; None where there is nothing.
    """
    identity = links.identity()
    inside = links.heads(after=NO_HEAD - 1)
    birth = (
        links.database.is_sqlite
    )  # a station's copy in the centre has another name and birth, and not its first head
    good, findings = _good_heads(identity, inside, keys, birth=birth)
    if not inside:
        findings.append(Finding("no head is signed: nothing vouches for this log", 0, "heads"))
    signed: dict[int, tuple[Head, ...]] = {head.position: (head,) for head in good}
    if outside is not None:
        findings += _against_outside(identity, {head.position: head for head in inside}, outside)
        for kept in outside.kept:
            known = signed.get(kept.head.position, ())
            if all(head.chain != kept.head.chain for head in known):
                signed[kept.head.position] = (kept.head, *known)
    return Vouchers(len(inside), signed, tuple(findings))


def _good_heads(
    identity: Identity, heads: list[Head], keys: Mapping[str, Ed25519PublicKey], *, birth: bool
) -> tuple[list[Head], list[Finding]]:
    good: list[Head] = []
    findings: list[Finding] = []
    before = NO_HEAD
    for head in heads:
        candidates = {before, good[-1].position if good else NO_HEAD, *((0,) if not good else ())}
        previous = next((each for each in candidates if _is_good(identity, head, each, keys)), None)
        if previous is None:
            findings.append(Finding(_complaint(head, keys), head.position, "heads"))
        else:
            good.append(head)
            if birth and not findings and len(good) == 1 and previous == 0:
                findings.append(Finding("the head of the log's birth was removed", 0, "heads"))
        before = head.position
    return good, findings


def _is_good(identity: Identity, head: Head, previous: int, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    return is_signed(keys, head.key_id, head.signature, said(identity, head, previous))


def _complaint(head: Head, keys: Mapping[str, Ed25519PublicKey]) -> str:
    if head.key_id not in keys:
        return f"the head is signed by a key that is not trusted ({head.key_id[:16]}…)"
    if head.position == 0:
        return "the log's identity, its station or its birth is not what was signed"
    return "the head is not what was signed: it was changed, or one before it was removed"


def _against_outside(identity: Identity, inside: Mapping[int, Head], outside: OutsideHeads) -> Iterator[Finding]:
    for number in outside.refused:
        yield Finding(f"line {number} of {outside.path} is no head that a trusted key signed", None, "heads")
    if not outside.kept:
        yield Finding(f"{outside.path} holds no head of this log", 0, "heads")
    for kept in outside.kept:
        head = inside.get(kept.head.position)
        if head is None and (kept.head.position > 0 or kept.identity == identity):
            yield Finding(
                f"the log lacks a head that was signed at {utc_time(kept.head.time_ns)}", kept.head.position, "heads"
            )
        elif head is not None and head != kept.head:
            yield Finding("the log holds another head than the one kept outside", kept.head.position, "heads")
