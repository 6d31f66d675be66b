"""A person's word on a part: confirmed, overridden, labelled. A new record each time, after the right was asked."""

from __future__ import annotations

from dataclasses import replace

from inspector.log import Log, confirm, label, override
from inspector.people import Action, require
from inspector.types import Person, Record, Verdict


def confirm_part(log: Log, person: Person, record: Record, *, note: str = "") -> Record:
    """Record that a person looked at the part and agrees. May take as long as the disk.

    Raises:
        NotAllowedError: The person may not.
        StoreError: It could not be made durable.
    """
    require(person, Action.CONFIRM)
    return log.append(_by(person, confirm(record, who=person.name, note=note)))


def override_part(log: Log, person: Person, record: Record, *, verdict: Verdict, reason: str, note: str = "") -> Record:
    """Record that a person judges the part differently; what the station said stays. Raises as `confirm_part`."""
    require(person, Action.OVERRIDE)
    said = override(record, verdict=verdict, reason=reason, note=note, who=person.name)
    return log.append(_by(person, said))


def label_part(log: Log, person: Person, record: Record, *, truth: str, note: str = "") -> Record:
    """Record what a person knows the part's true class to be. Raises as `confirm_part`."""
    require(person, Action.LABEL)
    return log.append(_by(person, label(record, truth=truth, who=person.name, note=note)))


def _by(person: Person, said: Record) -> Record:
    """The role of that moment stands beside the name."""
    return said if person.role is None else replace(said, details={**said.details, "role": person.role.value})
