"""How a data set is split: the person's choice, kept in the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from datasets.splits import Member, Shares, assign_splits, join_groups
from inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How a data set is split; kept with it.

    Attributes:
        shares: For the images whose split the source does not give.
        seed: Another seed gives another split.
        hold_out: Share of the images given as `train` that become `validation`; for sources that give no validation.
        anew: Split without regard to what the source gives.
    """

    shares: Shares = field(default_factory=Shares)
    seed: int = 0
    hold_out: float = 0.0
    anew: bool = False

    def assign(self, members: Iterable[Member], good: Iterable[str]) -> dict[str, str]:
        """Return the split of every image by its key; see `assign_splits`.

        A part or lot of which an image is held is in train as a whole, also where the rule splits anew or holds out.
        """
        known, good = [member for group in join_groups(list(members)) for member in _hold(group)], tuple(good)
        if self.anew:
            known = [member if member.held else replace(member, fixed="") for member in known]
        result = assign_splits(known, self.shares, self.seed, good)
        if self.hold_out and not self.anew:
            free = [replace(member, fixed="") for member in known if member.fixed == "train" and not member.held]
            shares = Shares(1.0 - self.hold_out, self.hold_out, 0.0)
            result |= assign_splits(free, shares, self.seed, good)
        return result

    def extend(self, present: Iterable[Member], new: Iterable[Member], good: Iterable[str]) -> dict[str, str]:
        """Return the split of every image, those `present` fixed to where they are.

        A new image of a part or lot that is present joins it, whatever its source says.
        """
        present, added = list(present), [replace(member, fixed="") for member in new] if self.anew else list(new)
        keys = {member.key for member in present}
        known: list[Member] = []
        for group in join_groups([*present, *added]):
            splits = {member.fixed for member in group if member.key in keys}
            if len(splits) > 1:
                raise UsageError(
                    f"The new images of part {group[0].part!r} join parts that stand in different splits.",
                    cure="Import everything anew into another folder.",
                )
            known += [replace(member, fixed=split) for split in splits for member in group] if splits else group
        return assign_splits(known, self.shares, self.seed, good, spread_fixed=True)

    def to_json(self) -> str:
        """Return the rule as text that `rule_from_json` reads."""
        return json.dumps(asdict(self))


def _hold(group: list[Member]) -> list[Member]:
    """Return the group, fixed to train as a whole where one of it is held."""
    if not any(member.held for member in group):
        return group
    return [replace(member, fixed="train", held=True) for member in group]


def rule_from_json(text: str) -> SplitRule:
    """Read what `SplitRule.to_json` wrote; "" gives the default."""
    values = json.loads(text or "{}")
    shares = Shares(**values.pop("shares")) if "shares" in values else Shares()
    return SplitRule(shares=shares, **values)


def parse_shares(text: str) -> Shares:
    """Read `70/15/15`: train, validation and test in any unit.

    Raises:
        UsageError: Not three numbers, a negative one, or nothing to train on.
    """
    cure = "Write train/validation/test, for instance 70/15/15."
    try:
        values = [float(piece) for piece in text.split("/")]
    except ValueError as error:
        raise UsageError(f"The split {text!r} has something that is no number.", cure=cure) from error
    if len(values) != 3 or not all(0 <= value < float("inf") for value in values):
        raise UsageError(f"The split {text!r} must be three numbers from 0 up.", cure=cure)
    if values[0] <= 0:
        raise UsageError(f"The split {text!r} leaves nothing to train on.", cure=cure)
    return Shares(*(value / sum(values) for value in values))
