"""Real data sets, where they lie beside the repository; nothing of them is part of the project."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from datasets.summary import summarise

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def _data(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the data set {name} is not beside the repository (../shared/data/{name})")
    return folder


def test_that_kolektorsdd_is_imported_by_item_with_the_class_from_the_mask(tmp_path: Path) -> None:
    request = ImportRequest(
        _data("kolektorsdd"), tmp_path / "out", pattern="{part}/{view}.jpg", mask="{part}/{view}_label.png"
    )
    import_images(request)
    with open_dataset(tmp_path / "out") as dataset:
        summary = summarise(dataset)
        assert (summary["images"], summary["parts"], summary["views"]) == (159, 20, 8)
        assert summary["classes"]["defect"] == 20
        places = defaultdict(set)
        for item in dataset.items():
            places[item.part].add(item.split)
        assert all(len(found) == 1 for found in places.values())
        assert min(summary["parts_by_split"].values()) == 3
        assert summary["rejected"] == []


@pytest.mark.parametrize("pattern", ["{class}/Imgs/{id}.jpg", "{class}/Imgs/{id}"])
def test_that_magnetic_tiles_are_taken_whole_and_their_masks_as_masks(tmp_path: Path, pattern: str) -> None:
    request = ImportRequest(
        _data("magnetic_tile"), tmp_path / "out", pattern=pattern, mask="{class}/Imgs/{id}.png", good=("MT_Free",)
    )
    import_images(request)
    with open_dataset(tmp_path / "out") as dataset:
        summary = summarise(dataset)
    assert (summary["images"], summary["masks"]) == (859, 859)
    assert summary["classes"] == {
        "MT_Free": 610, "MT_Blowhole": 76, "MT_Break": 48, "MT_Crack": 35, "MT_Fray": 16, "MT_Uneven": 74,
    }  # fmt: skip
    for split, share in (("train", 0.70), ("validation", 0.15), ("test", 0.15)):
        for name, count in summary["classes"].items():
            assert abs(summary["splits_by_class"][split][name] - share * count) <= 1


def test_that_mvtec_keeps_its_test_split(tmp_path: Path) -> None:
    request = ImportRequest(_data("mvtec_bottle"), tmp_path / "out", format="mvtec", rule=SplitRule(hold_out=0.15))
    import_images(request)
    with open_dataset(tmp_path / "out") as dataset:
        summary = summarise(dataset)
    assert summary["splits"] == {"train": 178, "validation": 31, "test": 83}
    assert summary["splits_by_class"]["train"]["broken_large"] == 0
    assert summary["masks"] == 63
