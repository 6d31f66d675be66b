"""Champion and challenger on the same parts: how often they agree, and on which parts they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from inspector.types import Record, Verdict

Table = Mapping[Verdict, Mapping[Verdict, int]]


@dataclass(frozen=True, slots=True)
class Pairing:
    """What one challenger said beside one champion.

    Attributes:
        champion: Hash of the package that judged.
        challenger: Hash of the package that judged along.
        records: The SHADOW records, oldest first.
    """

    champion: str
    challenger: str
    records: tuple[Record, ...]

    @property
    def table(self) -> Table:
        """Parts by the champion's verdict, then by the challenger's."""
        counts = {own: dict.fromkeys(Verdict, 0) for own in Verdict}
        for record in self.records:
            counts[champion_verdict(record)][record.decision.verdict] += 1
        return counts

    @property
    def discordant(self) -> tuple[Record, ...]:
        """The SHADOW records whose verdict is not the champion's."""
        return tuple(record for record in self.records if record.decision.verdict is not champion_verdict(record))

    @property
    def dropped(self) -> int:
        """Parts that the challenger was too slow for, as far as a later one was judged."""
        return sum(int(record.details.get("dropped_before", 0)) for record in self.records)

    @property
    def agreement(self) -> float:
        """Share of the parts with the same verdict, 0..1."""
        return 1.0 - len(self.discordant) / len(self.records)


def champion_verdict(record: Record) -> Verdict:
    """Return what the champion said of the part of a SHADOW record."""
    return Verdict(record.details["champion"]["verdict"])


def pairings(records: Iterable[Record]) -> list[Pairing]:
    """Group SHADOW records by champion and challenger, in the order of their first part."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.details["champion"]["package_hash"], record.package_hash), []).append(record)
    return [Pairing(champion, challenger, tuple(found)) for (champion, challenger), found in groups.items()]


def document_of(found: Sequence[Pairing], said: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return the JSON form.

    Args:
        found: From `pairings`.
        said: What a person said later of an inspection, by its record id.
    """
    return {
        "pairs": [
            {
                "champion": pair.champion,
                "challenger": pair.challenger,
                "parts": len(pair.records),
                "agreement": pair.agreement,
                "dropped": pair.dropped,
                "predict_ms": median(record.stage_ms["predict"] for record in pair.records),
                "table": {own.value: {v.value: n for v, n in row.items()} for own, row in pair.table.items()},
                "discordant": [_line(record, said) for record in pair.discordant],
            }
            for pair in found
        ]
    }


def _line(record: Record, said: Mapping[str, Verdict]) -> dict[str, Any]:
    person = said.get(record.refers_to)
    return {
        "part_id": record.part_id,
        "record_id": record.refers_to,
        "champion": champion_verdict(record).value,
        "champion_score": record.details["champion"]["score"],
        "challenger": record.decision.verdict.value,
        "challenger_score": record.decision.score,
        "challenger_reason": record.decision.reason,
        "person": person.value if person else None,
        "truth": record.truth,
    }


def as_text(document: Mapping[str, Any]) -> str:
    """Return the tables and the discordant parts for people."""
    if not document["pairs"]:
        return "No part was judged in shadow."
    return "\n\n".join(_pair_text(pair) for pair in document["pairs"])


def _pair_text(pair: Mapping[str, Any]) -> str:
    names = list(pair["table"])
    head = (
        f"champion {pair['champion'][:12]}, challenger {pair['challenger'][:12]}: {pair['parts']} parts, "
        f"{pair['agreement']:.2%} the same verdict, {pair['dropped']} more went unjudged by the challenger, "
        f"which took {pair['predict_ms']:.1f} ms (median)"
    )
    lines = [
        head,
        f"{'champion':>10}  " + "".join(f"{name:>8}" for name in names) + "   challenger",
    ]
    lines += [f"{own:>10}  " + "".join(f"{row[name]:>8}" for name in names) for own, row in pair["table"].items()]
    for part in pair["discordant"]:
        person = f"  person: {part['person']}" if part["person"] else ""
        lines.append(
            f"  {part['part_id']:<24} {part['record_id'][:12]}  {part['champion']:>6} -> {part['challenger']:<6}"
            f" {part['challenger_reason']}{person}"
        )
    return "\n".join(lines)
