"""Splitting a data set into train, validation and test: by part and lot, stratified by class, repeatable."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from datasets.manifest import SPLITS
from inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of the images that each split shall get; the three sum to 1."""

    train: float = 0.70
    validation: float = 0.15
    test: float = 0.15

    def of(self, split: str) -> float:
        """Return the share of a split."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]

    def __str__(self) -> str:
        return "/".join(f"{100 * self.of(split):g}" for split in SPLITS)


@dataclass(frozen=True, slots=True)
class Member:
    """What the split needs to know of one image.

    Attributes:
        key: Names the image, whatever the order: its SHA-256.
        label: Class name.
        part: Id of the physical part.
        lot: Id of the lot, "" where unknown.
        fixed: The split that it must have, "" where it is free.
        held: It stays in train whatever the rule: synthetic defects were made from it.
    """

    key: str
    label: str
    part: str
    lot: str = ""
    fixed: str = ""
    held: bool = False


def assign_splits(
    members: Iterable[Member], shares: Shares, seed: int, good: Iterable[str], *, spread_fixed: bool = False
) -> dict[str, str]:
    """Return the split of every image by its key.

    Images of one part, or of one lot, always share a split. Such a group counts as its worst class: a defect before a
    good one, the rarer defect before the commoner. Each class is dealt out to the splits by number of images, the
    largest groups first, in an order that the seed gives; a class of three groups or more is in every split. The
    result does not depend on the order of `members`.

    Args:
        members: The images.
        shares: What each split shall get.
        seed: Another seed gives another split.
        good: The classes that count as good.
        spread_fixed: Let images fixed to other splits count toward the shares (for adding to an existing data set).
            Images that are held count always.

    Raises:
        UsageError: Two images of one part are fixed to different splits.
    """
    known = sorted(members, key=lambda member: member.key)
    groups = join_groups(known)
    labels = _group_labels(groups, set(good))
    result: dict[str, str] = {}
    by_label: dict[str, list[list[Member]]] = defaultdict(list)
    have: dict[str, Counter[str]] = defaultdict(Counter)
    for group, label in zip(groups, labels, strict=True):
        fixed = _fixed_split(group)
        if fixed:
            result.update((member.key, fixed) for member in group)
            if spread_fixed or group[0].held:
                have[label][fixed] += len(group)
        else:
            by_label[label].append(group)
    for label in sorted(by_label):
        for group, split in _deal(by_label[label], shares, seed, have[label]):
            result.update((member.key, split) for member in group)
    return result


def join_groups(members: list[Member]) -> list[list[Member]]:
    """Return the images in groups that must stay whole: those joined by a part or a lot, directly or not."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        leader.setdefault(name, name)
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for member in members:
        part = find(f"part {member.part}")
        if member.lot:
            leader[part] = find(f"lot {member.lot}")
    found: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        found[find(f"part {member.part}")].append(member)
    return list(found.values())


def _group_labels(groups: list[list[Member]], good: set[str]) -> list[str]:
    """Return the worst class of each group."""
    spread = Counter(label for group in groups for label in {member.label for member in group})
    return [
        min({member.label for member in group}, key=lambda label: (label in good, spread[label], label))
        for group in groups
    ]


def _fixed_split(group: list[Member]) -> str:
    fixed = {member.fixed for member in group} - {""}
    if len(fixed) > 1:
        raise UsageError(
            f"The part {group[0].part!r} stands in more than one split ({', '.join(sorted(fixed))}).",
            cure="Name parts so that each is one physical item, or let the program split anew: --split-anew.",
        )
    return fixed.pop() if fixed else ""


def _deal(groups: list[list[Member]], shares: Shares, seed: int, have: Counter[str]) -> list[tuple[list[Member], str]]:
    """Give each group of one class to the split that lacks most."""

    def lot_drawn(group: list[Member]) -> str:
        return hashlib.sha256(f"{seed}:{min(member.key for member in group)}".encode()).hexdigest()

    order = sorted(groups, key=lambda group: (-len(group), lot_drawn(group)))
    total = sum(have.values()) + sum(len(group) for group in order)
    wanted = [split for split in ("train", "test", "validation") if shares.of(split) > 0]
    lacking = {split: total * shares.of(split) - have[split] for split in wanted}
    empty = [split for split in wanted if not have[split]]
    dealt: list[tuple[list[Member], str]] = []
    for number, group in enumerate(order):
        left = len(order) - number
        choice = empty if len(empty) >= left else wanted
        split = max(choice, key=lambda name: (lacking[name], -wanted.index(name)))
        lacking[split] -= len(group)
        if split in empty:
            empty.remove(split)
        dealt.append((group, split))
    return dealt
