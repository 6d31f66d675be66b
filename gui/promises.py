"""Words of guarantees: short for the header, whole for the sheet and the risk page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from gui.texts import rate
from inspector.errors import Shortage
from inspector.types import Guarantee, Risk


def most_telling(guarantees: Sequence[Guarantee]) -> Guarantee | None:
    """Return the guarantee to name first: one on escapes before one on overkill; None without any."""
    return min(guarantees, key=lambda each: each.risk is not Risk.ESCAPE, default=None)


def risk_word(risk: Risk) -> str:
    """Return the word for what is bounded."""
    if risk is Risk.ESCAPE:
        return QCoreApplication.translate("Promise", "escapes")
    return QCoreApplication.translate("Promise", "overkill")


def short_promise(guarantee: Guarantee) -> str:
    """Return 'escapes ≤ 0.5 % (95 %)'."""
    return f"{risk_word(guarantee.risk)} ≤ {rate(guarantee.limit)} ({level_text(guarantee.confidence)})"


def parts_text(count: int) -> str:
    """Return '612 parts'."""
    return QCoreApplication.translate("Promise", "{count} parts").format(count=count)


def whole_promise(guarantee: Guarantee) -> str:
    """Return the statement in full: what is promised, how surely, on what it rests."""
    return " ".join((_promised(guarantee), _rests_on(guarantee)))


def _promised(guarantee: Guarantee) -> str:
    if guarantee.risk is Risk.ESCAPE:
        what = QCoreApplication.translate("Promise", "Of all defective parts at most {limit} are passed")
    else:
        what = QCoreApplication.translate("Promise", "Of all good parts at most {limit} are failed")
    if guarantee.confidence == 0:
        how = QCoreApplication.translate("Promise", "on average over many calibrations")
    else:
        how = QCoreApplication.translate("Promise", "with a confidence of {confidence}")
    sentence = QCoreApplication.translate("Promise", "{what}, {how}.").format(what=what, how=how)
    return sentence.format(limit=rate(guarantee.limit), confidence=rate(guarantee.confidence))


def _rests_on(guarantee: Guarantee) -> str:
    if guarantee.risk is Risk.ESCAPE:
        text = QCoreApplication.translate(
            "Promise",
            "This rests on {n} defective parts, of which {events} passed; they support {bound} ({method}).",
        )
    else:
        text = QCoreApplication.translate(
            "Promise", "This rests on {n} good parts, of which {events} failed; they support {bound} ({method})."
        )
    bound = rate(guarantee.bound, upward=True)
    return text.format(n=guarantee.n, events=guarantee.events, bound=bound, method=method_word(guarantee.method))


def method_word(method: str) -> str:
    """Return a method of proof in the window's language; one that is not known here stays as it is."""
    words = {
        "learn-then-test": QCoreApplication.translate("Promise", "learn-then-test, exact binomial"),
        "conformal quantile": QCoreApplication.translate("Promise", "conformal quantile"),
        "conformal risk control": QCoreApplication.translate("Promise", "conformal risk control"),
    }
    return words.get(method, method)


def shortage_text(shortage: Shortage, confidence: float) -> str:
    """Return what is missing for a promise, and what the parts at hand do support; both sentences for people."""
    if shortage.risk == Risk.ESCAPE:
        text = QCoreApplication.translate(
            "Promise",
            "Escapes of at most {limit} ({level}) need {needed} defective parts, none of which passes. There are {n}: "
            "{missing} are missing. They support {bound} at best.",
        )
    else:
        text = QCoreApplication.translate(
            "Promise",
            "Overkill of at most {limit} ({level}) needs {needed} good parts, none of which fails. There are {n}: "
            "{missing} are missing. They support {bound} at best.",
        )
    return text.format(
        limit=rate(shortage.limit),
        level=level_text(confidence),
        needed=shortage.n + shortage.missing,
        n=shortage.n,
        missing=shortage.missing,
        bound=rate(shortage.supported_bound, upward=True),
    )


def level_text(confidence: float) -> str:
    """Return the confidence, or the word for an expected rate."""
    return QCoreApplication.translate("Promise", "expected") if confidence == 0 else rate(confidence)
