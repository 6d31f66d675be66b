from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.pattern import Pattern
from datasets.scan import scan_pattern
from inspector.errors import UsageError

_name = st.text(st.characters(categories=("L", "N"), include_characters=" .-+()[]$^"), min_size=1, max_size=12).filter(
    lambda text: text not in (".", "..")
)


@given(label=_name, number=_name)
def test_that_matching_undoes_filling(label: str, number: str) -> None:
    pattern = Pattern("{class}/Imgs/{id}.jpg")
    fields = {"class": label, "id": number}
    assert pattern.match(pattern.fill(fields)) == fields


def test_that_a_pattern_without_ending_takes_every_image_type_and_nothing_else() -> None:
    pattern = Pattern("{class}/{id}")
    assert [bool(pattern.match(f"a/b{ending}")) for ending in (".jpg", ".PNG", ".tiff", ".webp", ".txt", "")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert pattern.match("a/b.c.jpg") == {"class": "a", "id": "b.c"}


def test_that_an_ending_is_compared_without_regard_to_case_and_a_class_with_it() -> None:
    assert Pattern("ok/{id}.jpg").match("ok/1.JPG") == {"id": "1"}
    assert Pattern("ok/{id}.jpg").match("OK/1.jpg") is None


def test_that_a_field_never_crosses_a_folder() -> None:
    assert Pattern("{class}/{id}.jpg").match("a/b/c.jpg") is None


def test_that_a_repeated_field_must_be_the_same() -> None:
    pattern = Pattern("{part}/{part}_{view}.png")
    assert pattern.match("p1/p1_top.png") == {"part": "p1", "view": "top"}
    assert pattern.match("p1/p2_top.png") is None


def test_that_only_names_of_splits_fit_the_split_field() -> None:
    pattern = Pattern("{split}/{class}/{id}")
    assert pattern.match("Valid/a/1.png") == {"split": "Valid", "class": "a", "id": "1"}
    assert pattern.match("ground_truth/a/1.png") is None


@pytest.mark.parametrize(
    "template",
    [
        "",
        "/abs/{id}",
        "../{id}",
        "**/{id}.jpg",
        "{id",
        "{}",
        "{name}/{id}",
        "{id:03d}",
        "{id!r}",
        "no field.jpg",
        "{0}",
    ],
)
def test_that_a_pattern_that_makes_no_sense_is_refused_with_the_cure(template: str) -> None:
    with pytest.raises(UsageError) as caught:
        Pattern(template)
    assert "{class}/{id}.jpg" in caught.value.cure


def test_that_an_ending_that_is_not_read_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\.gif"):
        Pattern("{id}.gif").match("a.gif")


@pytest.mark.parametrize("ending", [".jpg", ""])
def test_that_masks_beside_the_images_are_never_taken_as_images(ending: str) -> None:
    files = ["k1/Part0.jpg", "k1/Part0_label.png", "k1/Part1.jpg", "k1/Part1_label.png"]
    scan = scan_pattern(files, Pattern("{part}/{view}" + ending), Pattern("{part}/{view}_label.png"))
    assert [(c.path, c.mask) for c in scan.candidates] == [
        ("k1/Part0.jpg", "k1/Part0_label.png"),
        ("k1/Part1.jpg", "k1/Part1_label.png"),
    ]
    assert not scan.ignored
    assert not scan.orphan_masks


@pytest.mark.parametrize("ending", [".jpg", ""])
def test_that_masks_of_the_same_name_and_another_type_are_told_apart(ending: str) -> None:
    files = ["Free/Imgs/1.jpg", "Free/Imgs/1.png"]
    scan = scan_pattern(files, Pattern("{class}/Imgs/{id}" + ending), Pattern("{class}/Imgs/{id}.png"))
    assert [(c.path, c.mask, c.label) for c in scan.candidates] == [("Free/Imgs/1.jpg", "Free/Imgs/1.png", "Free")]


def test_that_files_that_fit_nothing_are_counted_and_masks_without_image_are_named() -> None:
    files = ["a/1.png", "notes.txt", "a/2_mask.png", "a/deep/3.png", "a/4.gif", "a/5.txt"]
    scan = scan_pattern(files, Pattern("{class}/{id}"), Pattern("{class}/{id}_mask"))
    assert [c.path for c in scan.candidates] == ["a/1.png"]
    assert scan.orphan_masks == ["a/2_mask.png"]
    assert scan.ignored == ["notes.txt", "a/deep/3.png", "a/5.txt"]
    assert scan.foreign == ["a/4.gif"]


def test_that_a_mask_is_found_under_the_split_name_as_written() -> None:
    files = ["training/ok/1.jpg", "masks/training/1.png"]
    scan = scan_pattern(files, Pattern("{split}/{class}/{id}"), Pattern("masks/{split}/{id}"))
    assert scan.candidates[0].mask == "masks/training/1.png"
    assert scan.candidates[0].split == "train"


def test_that_patterns_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(UsageError, match="part"):
        scan_pattern([], Pattern("{class}/{id}"), Pattern("{part}/{id}_mask"))
    with pytest.raises(UsageError, match="own mask"):
        scan_pattern([], Pattern("{class}/{id}.png"), Pattern("{class}/{id}.png"))


def test_that_without_part_every_path_is_its_own_part_and_the_lot_comes_from_the_expression() -> None:
    scan = scan_pattern(["lot7/a/1.jpg", "x/a/1.jpg"], Pattern("{view}/{class}/{id}"), lot=re.compile(r"^lot(\d+)/"))
    assert [(c.part, c.lot) for c in scan.candidates] == [("lot7/a/1", "7"), ("x/a/1", "")]
