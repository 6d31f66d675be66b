"""What people did, in words of the window's language."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QCoreApplication

from datasets.review.history import Event
from datasets.review.session import Change
from gui.review.queues import queue_word
from gui.texts import class_word


def deed_word(kind: str) -> str:
    """Return what a kind of deed is called."""
    words = {
        "label": QCoreApplication.translate("Deeds", "label"),
        "confirm": QCoreApplication.translate("Deeds", "confirmation"),
        "skip": QCoreApplication.translate("Deeds", "skip"),
        "flag": QCoreApplication.translate("Deeds", "flag"),
        "unflag": QCoreApplication.translate("Deeds", "removal of a flag"),
        "comment": QCoreApplication.translate("Deeds", "note"),
        "mask": QCoreApplication.translate("Deeds", "mask"),
        "opinion": QCoreApplication.translate("Deeds", "second opinion"),
        "adjudicate": QCoreApplication.translate("Deeds", "decision"),
    }
    return words.get(kind, kind)


def change_words(change: Change) -> str:
    """Return what a change did, as one line."""
    templates = {
        "undo": QCoreApplication.translate("Changes", "Taken back: {deed} {name} ({count})"),
        "redo": QCoreApplication.translate("Changes", "Brought back: {deed} {name} ({count})"),
    }
    words = templates.get(change.kind, "{deed} {name} ({count})").format(
        deed=deed_word(change.of or change.kind), name=class_word(change.label), count=len(change.positions)
    )
    if change.kept:
        stay = QCoreApplication.translate("Changes", "{count} stay: somebody else has changed them since.")
        words = f"{words}  {stay.format(count=change.kept)}"
    return words


def event_words(event: Event) -> str:
    """Return one entry of an image's history as a line for people."""
    when = dt.datetime.fromisoformat(event.when_utc).astimezone().strftime("%Y-%m-%d %H:%M")
    where = f"  ({queue_word(event.queue)})" if event.queue else ""
    undone = "  " + QCoreApplication.translate("Events", "(undone)") if event.undone else ""
    who = "" if event.kind == "import" else f"{event.who}  "
    return f"{when}  {who}{_deed_words(event)}{where}{undone}"


def _deed_words(event: Event) -> str:
    given, before = class_word(event.to_label), class_word(event.from_label)
    words = {
        "import": QCoreApplication.translate("Events", "imported as {given}"),
        "label": QCoreApplication.translate("Events", "{before} → {given}"),
        "confirm": QCoreApplication.translate("Events", "says {given} is right"),
        "skip": QCoreApplication.translate("Events", "skipped"),
        "flag": QCoreApplication.translate("Events", "flagged"),
        "unflag": QCoreApplication.translate("Events", "took the flag away"),
        "comment": QCoreApplication.translate("Events", "noted: {text}"),
        "mask": QCoreApplication.translate("Events", "drew the mask"),
        "undo": QCoreApplication.translate("Events", "took back: {text}"),
        "redo": QCoreApplication.translate("Events", "brought back: {text}"),
        "opinion": QCoreApplication.translate("Events", "second opinion: {given}"),
        "adjudicate": QCoreApplication.translate("Events", "decided: {given}"),
    }
    text = deed_word(event.text) if event.kind in ("undo", "redo") else event.text
    return words.get(event.kind, event.kind).format(given=given or "–", before=before or "–", text=text)
