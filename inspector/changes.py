"""Changes that a station meets: another recipe, other thresholds, another package, other settings or users than before.

A recipe is a file, and so are settings and users: whoever may write them can change them beside this program. So the
station compares what is in force at its start with what the audit trail of its log knows, and records the difference.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspector.errors import StoreError
from inspector.inference.package import Package
from inspector.log import Log
from inspector.log.outbox import OutboxWatch
from inspector.people.users import read_users
from inspector.recipe import Recipe
from inspector.settings import Settings, read_settings
from inspector.settings_change import values_of
from inspector.types import AuditEntry, Person, Thresholds


@dataclass(frozen=True, slots=True)
class _By:
    """Who is answerable, and why it is recorded."""

    who: str
    role: str
    why: str


STARTED = "put in force by the start of the station"
NOTICED = "noticed at the start of the station: changed beside this program"
_LONGEST_DIFF = 20_000
"""Characters; both texts are in the log whole."""


def note_start(log: Log, person: Person, recipe: Recipe, package_hash: str, thresholds: Thresholds) -> None:
    """Record what is in force now and was not before. Call it before the recipe's text is kept in the log.

    Args:
        log: The station's.
        person: Who starts it.
        recipe: In force from now on.
        package_hash: Of the package in force.
        thresholds: In force.

    Raises:
        StoreError: It could not be made durable.
        SettingsError: The settings cannot be read.
        UserError: The users cannot be read.
    """
    who = _By(person.name, person.role.value if person.role else "", STARTED)
    _note_recipe(log, who, recipe)
    _note_model(log, who, recipe.name, package_hash, thresholds)
    nobody = _By("unknown", "", NOTICED)
    _note_values(log, nobody, "setting", values_of(Settings()), values_of(read_settings()))
    _note_values(log, nobody, "user", {}, read_users().roles())


def note_model(log: Log, recipe: str, package_hash: str, thresholds: Thresholds, *, why: str) -> None:
    """Record that a running station follows its release to another package. Raises StoreError."""
    _note_model(log, _By("station", "", why), recipe, package_hash, thresholds)


def _note_model(log: Log, by: _By, recipe: str, package_hash: str, thresholds: Thresholds) -> None:
    limits = f"pass below {thresholds.pass_below!r}, fail from {thresholds.fail_from!r}"
    for action, now in (("model.changed", package_hash), ("threshold.changed", limits)):
        before = _last(log, action, recipe)
        if before != now:
            log.append_audit(_entry(by, action, recipe, before, now))


def _note_recipe(log: Log, by: _By, recipe: Recipe) -> None:
    before = _last(log, "recipe.changed", recipe.name) or _used_last(log, recipe)
    if before != recipe.hash:
        text = str(log.records.recipe(before)["text"]) if before else ""
        details = {"path": str(recipe.path), "diff": _difference(text, recipe.text) if before else ""}
        log.append_audit(_entry(by, "recipe.changed", recipe.name, before, recipe.hash, details))


def _used_last(log: Log, recipe: Recipe) -> str:
    """Return the hash that an older program used under this name last; "" where there is none."""
    known = [str(each["hash"]) for each in log.records.recipes() if each["name"] == recipe.name]
    return known[-1] if known else ""


def _difference(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "now", lineterm="", n=1)
    return "\n".join(lines)[:_LONGEST_DIFF]


def _note_values(log: Log, by: _By, noun: str, at_first: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Record each value that is another than the trail knows."""
    known = log.records.audit(action=f"{noun}.*", mentions='"in_force"', limit=1)
    before = known[0].details["in_force"] if known else at_first
    for name in sorted({*before, *now}):
        old, new = before.get(name, ""), now.get(name, "")
        if old != new:
            log.append_audit(_entry(by, f"{noun}.changed", name, old, new, {"in_force": dict(now)}))


def _last(log: Log, action: str, subject: str) -> str:
    found = log.records.audit(action=action, subject=subject, limit=1)
    return found[0].new if found else ""


def _entry(
    by: _By, action: str, subject: str, old: str, new: str, details: Mapping[str, object] | None = None
) -> AuditEntry:
    return AuditEntry(action, subject, old, new, by.who, by.role, by.why, details=details or {})


class Changes:
    """Keeps the audit trail of one running station. Used from the station's thread.

    Args:
        log: The station's.
        recipe: The product.
        on_error: Told where a change under way cannot be recorded; the parts' own records then cannot be either, and
            the station stands still.
    """

    def __init__(self, log: Log, recipe: Recipe, on_error: Callable[[Exception], None]) -> None:
        self._log = log
        self._recipe = recipe
        self._on_error = on_error
        self._outbox = OutboxWatch(log.folder, log.take_in)

    def begin(self, person: Person, package: Package) -> None:
        """Record what is in force now and was not before. Raises as `note_start`."""
        self._log.take_in()
        note_start(self._log, person, self._recipe, package.hash, self._limits(package))

    def follow(self, package: Package, why: str) -> None:
        """Record that another package judges from now on."""
        try:
            note_model(self._log, self._recipe.name, package.hash, self._limits(package), why=why)
        except StoreError as error:
            self._on_error(error)

    def poll(self) -> None:
        """Between two parts: take what commands changed beside this station into its chain."""
        try:
            self._outbox.poll()
        except StoreError as error:
            self._on_error(error)

    def _limits(self, package: Package) -> Thresholds:
        return self._recipe.content.policy.thresholds(package.card.thresholds.to_thresholds())
