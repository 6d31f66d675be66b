"""Acceptance parts: which pictures are one take, what is defective, and which verdict stands for a part."""

from pathlib import Path

import pytest

from datasets.manifest import open_dataset
from inspector.errors import DatasetError, UsageError
from inspector.inference.package import Package
from inspector.types import Thresholds, Verdict
from tests.support import tiny_package
from tests.training.greys import GreyModel, write_parts
from training.accept_judge import Judge, Judged, take_by_pattern, take_by_view, take_in_study
from training.accept_request import choose

LIMITS = Thresholds(0.3, 0.7)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return tiny_package(tmp_path_factory.mktemp("package"))


def judged(folder: Path, package: Package, take: object = take_by_view, limits: Thresholds = LIMITS) -> Judged:
    with open_dataset(folder) as dataset:
        chosen = choose(dataset, "test", package)
    return Judge(GreyModel(package), limits, chosen.good).judge(chosen.items, take, lambda _done, _total: None)  # type: ignore[arg-type]


def test_that_several_pictures_of_one_named_view_are_takes_and_views_belong_together(
    tmp_path: Path, package: Package
) -> None:
    folder = write_parts(
        tmp_path,
        [
            ("good", "g1", "top_1", 0.1), ("good", "g1", "top_2", 0.2), ("good", "g1", "side_1", 0.0),
            ("good", "g1", "side_2", 0.8), ("crack", "c1", "top_1", 0.9), ("crack", "c1", "side_1", 0.1),
        ],
    )  # fmt: skip
    cracked, good = judged(folder, package).parts
    assert (cracked.part, cracked.defective, len(cracked.takes)) == ("c1", True, 1)
    assert cracked.verdict is Verdict.FAIL  # its worst view
    assert [take.decision.verdict for take in good.takes] == [Verdict.PASS, Verdict.FAIL]
    assert [set(take.items) for take in good.takes] == [{"top", "side"}] * 2


def test_that_pictures_without_a_named_view_are_one_take_unless_the_set_is_a_study(
    tmp_path: Path, package: Package
) -> None:
    folder = write_parts(
        tmp_path, [("good", "g1", "1", 0.1), ("good", "g1", "2", 0.9)], pattern="{class}/{part}_{id}"
    )  # fmt: skip
    (alone,) = judged(folder, package).parts
    assert (len(alone.takes), alone.verdict) == (1, Verdict.FAIL)
    (studied,) = judged(folder, package, take_in_study).parts
    assert [take.decision.verdict for take in studied.takes] == [Verdict.PASS, Verdict.FAIL]


def test_that_a_pattern_finds_the_take_in_the_path(tmp_path: Path, package: Package) -> None:
    names = ["1a", "1b", "2a", "2b"]
    folder = write_parts(
        tmp_path, [("good", "g1", name, 0.1) for name in names], pattern="{class}/{part}_{id}"
    )  # fmt: skip
    (part,) = judged(folder, package, take_by_pattern(r"_(\d)[ab]\.png$")).parts
    assert [sorted(item.path.name for item in take.items.values()) for take in part.takes] == [
        ["g1_1a.png", "g1_1b.png"], ["g1_2a.png", "g1_2b.png"],
    ]  # fmt: skip
    with pytest.raises(DatasetError, match="finds no take"):
        judged(folder, package, take_by_pattern(r"take(\d)"))
    with pytest.raises(UsageError, match="no regular expression"):
        take_by_pattern("(")
    with pytest.raises(UsageError, match="no group"):
        take_by_pattern("take")


def test_that_a_take_that_lacks_a_view_is_left_out_and_counted(tmp_path: Path, package: Package) -> None:
    shots = [("top_1", 0.1), ("top_2", 0.1), ("top_3", 0.9), ("side_1", 0.1), ("side_2", 0.1)]
    folder = write_parts(tmp_path, [("good", "g1", name, score) for name, score in shots])
    found = judged(folder, package)
    assert (found.left_out, len(found.parts[0].takes)) == (1, 2)
    assert found.parts[0].verdict is Verdict.PASS


def test_that_the_take_that_speaks_against_the_model_stands_for_the_part(tmp_path: Path, package: Package) -> None:
    shots = [("top_1", 0.9), ("top_2", 0.1), ("top_3", 0.6)]
    folder = write_parts(tmp_path, [(kind, f"{kind}1", *shot) for kind in ("good", "crack") for shot in shots])
    cracked, good = judged(folder, package).parts
    assert cracked.verdict is Verdict.PASS  # it would have escaped once
    assert good.verdict is Verdict.FAIL  # it would have been thrown away once


def test_that_a_class_that_may_not_pass_never_passes_whatever_its_score(tmp_path: Path, package: Package) -> None:
    folder = write_parts(tmp_path, [("crack", "c1", "top_1", 0.6), ("good", "g1", "top_1", 0.45)])
    cracked, good = judged(folder, package, limits=Thresholds(0.65, 0.9)).parts
    assert cracked.verdict is Verdict.REVIEW  # below the PASS limit, but named crack
    assert good.verdict is Verdict.PASS


def test_that_classes_the_package_does_not_know_are_defects_unless_the_data_set_says_good(
    tmp_path: Path, package: Package
) -> None:
    folder = write_parts(tmp_path, [("free", "f1", "top_1", 0.1), ("rust", "r1", "top_1", 0.9)], good="free")
    parts = judged(folder, package).parts
    assert [(part.labels, part.defective, part.verdict) for part in parts] == [
        (("free",), False, Verdict.PASS), (("rust",), True, Verdict.FAIL),
    ]  # fmt: skip


def test_that_a_part_is_defective_when_any_of_its_views_is_and_has_the_size_of_its_largest_mark(
    tmp_path: Path, package: Package
) -> None:
    shots = [("good", "p1", "top_1", 0.1), ("crack", "p1", "side_1", 0.9), ("crack", "p1", "back_1", 0.9)]
    folder = write_parts(tmp_path, shots, marks={"p1": 8})
    (part,) = judged(folder, package).parts
    assert (part.defective, part.labels) == (True, ("crack",))
    assert part.size_px == 8.0
    assert part.share == pytest.approx(64 / 1600)


def test_that_drawn_pictures_do_not_count_beside_photographs(tmp_path: Path, package: Package) -> None:
    folder = write_parts(tmp_path, [("good", "g1", "top_1", 0.1), ("crack", "c1", "top_1", 0.9)])
    write_parts(tmp_path, [("crack", "drawn", "top_1", 0.0)], synthetic=True, append=True)
    with open_dataset(folder) as dataset:
        chosen = choose(dataset, "test", package)
    assert (len(chosen.items), chosen.left_out, chosen.drawn) == (2, 1, False)
    assert [part.part for part in judged(folder, package).parts] == ["c1", "g1"]


def test_that_a_wholly_drawn_set_is_judged_and_said_to_be_drawn(tmp_path: Path, package: Package) -> None:
    folder = write_parts(tmp_path, [("good", "g1", "top_1", 0.1)], synthetic=True)
    with open_dataset(folder) as dataset:
        chosen = choose(dataset, "test", package)
        assert (len(chosen.items), chosen.left_out, chosen.drawn) == (1, 0, True)
        with pytest.raises(DatasetError, match="no pictures"):
            choose(dataset, "validation", package)
