"""Champion and challenger on the same parts: no worse in escape, and no worse in rejecting good ones.

Both judge at their own limits. Two errors are compared, each by `training.paired` at the stated error rate: the escape
(a defective part gets PASS) and the reject of a good part (anything but PASS). Who passes both is no worse; so the
probability of so calling a challenger that is worse by the margin in either is at most the error rate, without any
correction (intersection-union test: Berger, Technometrics 24 (1982) 295-300).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.types import Verdict
from training.accept_judge import JudgedPart
from training.paired import Pairs, p_value, parts_missing


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of error, champion against challenger.

    Attributes:
        error: `escape` or `reject`.
        pairs: On which parts they err.
        margin: So much worse the challenger must not be.
        p_value: Of "it is so much worse".
        error_rate: The limit of the p-value.
        missing: More parts that would do; 0 where it passes, None where no number would.
    """

    error: str
    pairs: Pairs
    margin: float
    p_value: float
    error_rate: float
    missing: int | None

    @property
    def passed(self) -> bool:
        """Whether "worse by the margin" is refuted."""
        return self.p_value <= self.error_rate

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        pairs = self.pairs
        return {
            "n": pairs.n,
            "champion_errors": pairs.both + pairs.champion_only,
            "challenger_errors": pairs.both + pairs.challenger_only,
            "champion_only": pairs.champion_only,
            "challenger_only": pairs.challenger_only,
            "difference": pairs.difference if pairs.n else None,
            "margin": self.margin,
            "p_value": self.p_value,
            "passed": self.passed,
            "parts_missing": self.missing,
        }


def compare(
    champion: Sequence[JudgedPart], challenger: Sequence[JudgedPart], *, margin: float, error_rate: float
) -> tuple[Compared, Compared]:
    """Return escape and reject of two packages on the same parts, in the same order.

    Args:
        champion: The parts as the champion judges them.
        challenger: The same parts as the challenger does.
        margin: So much higher the challenger's rate must not be, 0..1.
        error_rate: Accepted probability of promoting one whose rate is.
    """
    both = list(zip(champion, challenger, strict=True))
    escapes = [(_passed(a), _passed(b)) for a, b in both if a.defective]
    rejects = [(not _passed(a), not _passed(b)) for a, b in both if not a.defective]
    return (
        _compared("escape", escapes, margin, error_rate),
        _compared("reject", rejects, margin, error_rate),
    )


def _passed(part: JudgedPart) -> bool:
    return part.verdict is Verdict.PASS


def _compared(error: str, errors: Sequence[tuple[bool, bool]], margin: float, error_rate: float) -> Compared:
    pairs = Pairs(
        n=len(errors),
        both=sum(own and other for own, other in errors),
        challenger_only=sum(other and not own for own, other in errors),
        champion_only=sum(own and not other for own, other in errors),
    )
    found = p_value(pairs, margin, error_rate)
    missing = 0 if found <= error_rate else parts_missing(pairs, margin, error_rate)
    return Compared(error, pairs, margin, found, error_rate, missing)


def as_text(found: Sequence[Compared], evidence: dict[str, Any]) -> str:
    """Return the comparison for people."""
    named = {"escape": "escape (defective part gets PASS)", "reject": "reject of a good part (not PASS)"}
    lines = []
    for each in found:
        pairs = each.pairs
        own, other = pairs.both + pairs.champion_only, pairs.both + pairs.challenger_only
        alone = f"alone {pairs.champion_only} and {pairs.challenger_only}"
        said = "refuted" if each.passed else "NOT refuted"
        limit = f"p = {each.p_value:.4f}, limit {each.error_rate:.2%}"
        lines += [
            f"{named[each.error]}: {pairs.n} parts",
            f"  champion {own}, challenger {other}; each of them {alone}",
            f"  'worse by {each.margin:.2%} or more': {limit} -> {said}",
        ]
        if not each.passed:
            lines.append(f"  {_what_is_missing(each)}")
    before = evidence["comparisons_before"]
    if before:
        lines.append(
            f"This set was asked {before} times before: each comparison has its own error rate of "
            f"{evidence['error_rate']:.2%}. Freeze another set before many more."
        )
    return "\n".join(lines)


def _what_is_missing(each: Compared) -> str:
    kind = "defective" if each.error == "escape" else "good"
    if each.missing is None:
        return "No number of parts would do: on these the challenger is worse by the margin."
    return f"About {each.missing} more {kind} parts would do, if the two go on to differ as they did."
