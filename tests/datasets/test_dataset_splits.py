from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.manifest import SPLITS
from datasets.split_rule import SplitRule, parse_shares, rule_from_json
from datasets.splits import Member, Shares, assign_splits, join_groups
from inspector.errors import UsageError

GOOD = ("ok",)


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    count = draw(st.integers(1, 60))
    parts, lots = draw(st.integers(1, 40)), draw(st.integers(0, 5))
    chosen = st.tuples(st.sampled_from(["ok", "crack", "dent"]), st.integers(0, parts), st.integers(0, lots))
    return [
        Member(f"{number:04d}", label, f"p{part}", f"l{lot}" if lot else "")
        for number, (label, part, lot) in enumerate(draw(st.lists(chosen, min_size=count, max_size=count)))
    ]


@given(members(), st.integers(0, 5))
def test_that_every_image_is_in_exactly_one_split_and_parts_and_lots_stay_whole(found: list[Member], seed: int) -> None:
    splits = assign_splits(found, Shares(), seed, GOOD)
    assert set(splits) == {member.key for member in found}
    assert set(splits.values()) <= set(SPLITS)
    together = defaultdict(set)
    for member in found:
        together["part", member.part].add(splits[member.key])
        if member.lot:
            together["lot", member.lot].add(splits[member.key])
    assert all(len(places) == 1 for places in together.values())


@given(members(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_that_the_split_depends_on_the_seed_and_not_on_the_order(
    found: list[Member], random: object, seed: int
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign_splits(found, Shares(), seed, GOOD) == assign_splits(shuffled, Shares(), seed, GOOD)


@given(
    st.dictionaries(st.sampled_from(["ok", "crack", "dent", "chip"]), st.integers(1, 200), min_size=1),
    st.sampled_from([Shares(), Shares(0.5, 0.25, 0.25), Shares(0.8, 0.1, 0.1)]),
    st.integers(0, 9),
)
def test_that_each_class_gets_its_shares_to_within_one_part_and_small_ones_are_everywhere(
    sizes: dict[str, int], shares: Shares, seed: int
) -> None:
    found = [Member(f"{label}{number}", label, f"{label}{number}") for label, n in sizes.items() for number in range(n)]
    splits = assign_splits(found, shares, seed, GOOD)
    counts = Counter((member.label, splits[member.key]) for member in found)
    for label, size in sizes.items():
        for split in SPLITS:
            slack = 1.0 if size * min(shares.validation, shares.test) >= 1 else 2.0
            assert abs(counts[label, split] - size * shares.of(split)) <= slack
            assert counts[label, split] >= 1 or size < 3


def test_that_another_seed_gives_another_split() -> None:
    found = [Member(str(number), "ok", str(number)) for number in range(50)]
    assert assign_splits(found, Shares(), 0, GOOD) != assign_splits(found, Shares(), 1, GOOD)


def test_that_a_part_counts_as_its_worst_class() -> None:
    found = [
        Member(f"{part}-{view}", "crack" if view == 0 and part < 6 else "ok", str(part))
        for part in range(60)
        for view in range(8)
    ]
    splits = assign_splits(found, Shares(), 0, GOOD)
    cracked = Counter(splits[member.key] for member in found if member.label == "crack")
    assert cracked == {"train": 4, "validation": 1, "test": 1}


def test_that_parts_joined_by_a_lot_through_others_are_one_group() -> None:
    chain = [
        Member("1", "ok", "a", "x"),
        Member("2", "ok", "a", ""),
        Member("3", "ok", "b", "x"),
        Member("4", "ok", "c"),
    ]
    assert sorted(len(group) for group in join_groups(chain)) == [1, 3]


def test_that_a_given_split_is_kept_and_a_part_in_two_is_refused() -> None:
    found = [Member(str(number), "ok", str(number), fixed="test") for number in range(9)]
    assert set(assign_splits(found, Shares(), 0, GOOD).values()) == {"test"}
    with pytest.raises(UsageError, match="'p'"):
        assign_splits([Member("1", "ok", "p", fixed="test"), Member("2", "ok", "p", fixed="train")], Shares(), 0, GOOD)


def test_that_hold_out_takes_validation_from_the_given_train_split_alone() -> None:
    found = [
        Member(f"{number:03d}", "ok", str(number), fixed="train" if number < 100 else "test") for number in range(150)
    ]
    counts = Counter(SplitRule(hold_out=0.15).assign(found, GOOD).values())
    assert counts == {"train": 85, "validation": 15, "test": 50}
    anew = Counter(SplitRule(hold_out=0.15, anew=True).assign(found, GOOD).values())
    assert anew["train"] == 105


@given(members(), members())
def test_that_added_images_never_move_those_that_are_there(before: list[Member], more: list[Member]) -> None:
    rule = SplitRule(seed=4)
    first = rule.assign(before, GOOD)
    present = [Member(m.key, m.label, m.part, m.lot, first[m.key]) for m in before]
    added = [Member("n" + m.key, m.label, m.part, "") for m in more]
    after = rule.extend(present, added, GOOD)
    assert {key: after[key] for key in first} == first
    places = defaultdict(set)
    for member in [*present, *added]:
        places[member.part].add(after[member.key])
    assert all(len(found) == 1 for found in places.values())


@pytest.mark.parametrize("text", ["", "70/30", "a/b/c", "0/50/50", "-1/1/1", "nan/1/1", "inf/1/1"])
def test_that_wrong_shares_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shares(text)


def test_that_a_rule_survives_being_kept() -> None:
    rule = SplitRule(parse_shares("6/2/2"), 7, 0.1, True)
    assert rule_from_json(rule.to_json()) == rule
    assert rule_from_json("") == SplitRule()
