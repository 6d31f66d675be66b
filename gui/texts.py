"""Words that several widgets share, in the language of the window."""

from __future__ import annotations

import datetime as dt
import math

from PySide6.QtCore import QCoreApplication

from inspector.events import StationState
from inspector.types import Decision, Record, RecordKind, Role, Verdict


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001 - lupdate reads the call, not the function
    """Mark `text` for translation where it stands as data; `translate` looks it up when it is shown."""
    return text


_CLASS_NAMES = (
    QT_TRANSLATE_NOOP("Classes", "good"),
    QT_TRANSLATE_NOOP("Classes", "scratch"),
    QT_TRANSLATE_NOOP("Classes", "dent"),
    QT_TRANSLATE_NOOP("Classes", "crack"),
    QT_TRANSLATE_NOOP("Classes", "stain"),
    QT_TRANSLATE_NOOP("Classes", "missing feature"),
    QT_TRANSLATE_NOOP("Classes", "chip"),
    QT_TRANSLATE_NOOP("Classes", "anomaly"),
)
"""Classes of the demo, and what a method calls whatever it has never seen. Other names are the user's own words."""

REASONS = (
    QT_TRANSLATE_NOOP("Reasons", "Within tolerance"),
    QT_TRANSLATE_NOOP("Reasons", "Dirt or dust, not a defect"),
    QT_TRANSLATE_NOOP("Reasons", "Reflection or shadow"),
    QT_TRANSLATE_NOOP("Reasons", "Defect that was missed"),
    QT_TRANSLATE_NOOP("Reasons", "Another kind of defect"),
    QT_TRANSLATE_NOOP("Reasons", "Part lay wrongly, will be inspected again"),
)
"""Why a person overrides. The record keeps the English sentence, whatever the window's language."""


def translate(context: str, text: str) -> str:
    """Return `text` in the window's language."""
    return QCoreApplication.translate(context, text)


def verdict_word(verdict: Verdict) -> str:
    """Return the word for a verdict."""
    words = {
        Verdict.PASS: QCoreApplication.translate("Verdict", "PASS"),
        Verdict.FAIL: QCoreApplication.translate("Verdict", "FAIL"),
        Verdict.REVIEW: QCoreApplication.translate("Verdict", "REVIEW"),
        Verdict.ERROR: QCoreApplication.translate("Verdict", "ERROR"),
    }
    return words[verdict]


def state_word(state: StationState) -> str:
    """Return the word for what the station does."""
    words = {
        StationState.STARTING: QCoreApplication.translate("State", "starting"),
        StationState.CHALLENGE: QCoreApplication.translate("State", "challenge"),
        StationState.RUNNING: QCoreApplication.translate("State", "running"),
        StationState.FAULT: QCoreApplication.translate("State", "fault"),
        StationState.STOPPED: QCoreApplication.translate("State", "stopped"),
    }
    return words[state]


def role_word(role: Role) -> str:
    """Return the word for a role."""
    words = {
        Role.OPERATOR: QCoreApplication.translate("Role", "operator"),
        Role.ENGINEER: QCoreApplication.translate("Role", "engineer"),
        Role.ADMINISTRATOR: QCoreApplication.translate("Role", "administrator"),
        Role.AUDITOR: QCoreApplication.translate("Role", "auditor"),
    }
    return words[role]


def class_word(name: str) -> str:
    """Return a class name for people."""
    known = name.replace("_", " ")
    return translate("Classes", known)


def reason_word(reason: str) -> str:
    """Return an override's reason in the window's language; a free text stays as it is."""
    return translate("Reasons", reason)


def percent(share: float) -> str:
    """Return a share 0..1 as per cent; a decimal near the ends, so that 99.7 % is never shown as 100 %."""
    value = 100 * share
    digits = 0 if 1 <= value <= 99 or value in (0, 100) else 1
    shown = min(max(round(value, digits), 0.1), 99.9) if digits else round(value)
    return f"{shown:.{digits}f} %"


def clock(time_ns: int) -> str:
    """Return the local time of day of a Unix time in nanoseconds."""
    return dt.datetime.fromtimestamp(time_ns / 1e9).astimezone().strftime("%H:%M:%S")


def rate(share: float, *, upward: bool = False) -> str:
    """Return a small rate 0..1 as per cent with three significant digits; never rounded to nothing.

    Args:
        share: The rate.
        upward: Round a bound up: what is promised may only look weaker than it is.
    """
    value = 100 * share
    if upward and value > 0:
        step = 10.0 ** (math.floor(math.log10(value)) - 2)
        value = math.ceil(round(value / step, 6)) * step
    return f"{float(f'{value:.3g}'):g} %"


def short_hash(package_hash: str) -> str:
    """Return the beginning of a hash, as people read it out."""
    return package_hash[:8]


def what_text(decision: Decision) -> str:
    """Return what was found: class and defect score, or the sentence of an ERROR."""
    if decision.score is None or decision.verdict is Verdict.ERROR:
        return decision.reason
    text = QCoreApplication.translate("Reason", "{what}, defect score {score}")
    return text.format(what=class_word(decision.predicted_class), score=percent(decision.score))


def limit_text(decision: Decision) -> str:
    """Return the limit that the score was held against; "" where there was none."""
    if decision.thresholds is None or decision.score is None or decision.verdict is Verdict.ERROR:
        return ""
    low, high = percent(decision.thresholds.pass_below), percent(decision.thresholds.fail_from)
    match decision.verdict:
        case Verdict.PASS:
            return QCoreApplication.translate("Reason", "(passes below {limit})").format(limit=low)
        case Verdict.FAIL:
            return QCoreApplication.translate("Reason", "(fails from {limit})").format(limit=high)
        case _ if decision.score < decision.thresholds.pass_below:
            return QCoreApplication.translate("Reason", "(low, but the class is a defect)")
        case _:
            text = QCoreApplication.translate("Reason", "(between {low} and {high})")
            return text.format(low=low, high=high)


def amendment_text(record: Record) -> str:
    """Return what was said later of a part: 'overridden to PASS by Mei, 14:05:10: Within tolerance'."""
    time, who = clock(record.decided_time_ns), record.who
    match record.kind:
        case RecordKind.CONFIRM:
            return QCoreApplication.translate("Amendment", "confirmed by {who}, {time}").format(who=who, time=time)
        case RecordKind.OVERRIDE:
            text = QCoreApplication.translate("Amendment", "overridden to {verdict} by {who}, {time}: {reason}")
            word, reason = verdict_word(record.decision.verdict), reason_word(record.decision.reason)
            return text.format(verdict=word, who=who, time=time, reason=reason)
        case _:
            text = QCoreApplication.translate("Amendment", "corrected by the station, {time}: {reason}")
            return text.format(time=time, reason=record.decision.reason)
