from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.csvfile import read_lists
from datasets.export import export_csv
from datasets.importer import import_images
from datasets.interchange.coco import export_coco
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.errors import DatasetError, UsageError

WriteImage = Callable[..., Path]


@pytest.fixture
def folder(source: Path, tmp_path: Path, write_image: WriteImage) -> Path:
    for number in range(5):
        write_image(f"ok/{number}.png")
        write_image(f"crack, deep/{number}.png")
        write_image(f"masks/crack, deep/{number}.png", mask=255)
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}.png", mask="masks/{class}/{id}.png"))
    return tmp_path / "out"


def test_that_an_exported_list_imports_to_the_same_fingerprint(folder: Path, tmp_path: Path) -> None:
    with open_dataset(folder) as dataset:
        assert export_csv(dataset, tmp_path / "list.csv") == 10
        before = dataset.fingerprint
    import_images(
        ImportRequest(tmp_path, tmp_path / "again", lists=(tmp_path / "list.csv",), good=("ok",)),
    )
    with open_dataset(tmp_path / "again") as dataset:
        assert dataset.fingerprint == before


def test_that_coco_holds_box_area_and_outline_of_every_mask(folder: Path, tmp_path: Path) -> None:
    with open_dataset(folder) as dataset:
        assert export_coco(dataset, tmp_path / "coco.json") == 5
    document = json.loads((tmp_path / "coco.json").read_text())
    assert document["categories"] == [{"id": 1, "name": "crack, deep", "supercategory": "defect"}]
    images = {image["id"]: image for image in document["images"]}
    assert len(images) == 10
    for note in document["annotations"]:
        image = images[note["image_id"]]
        assert Path(image["file_name"]).is_file()
        assert (image["width"], image["height"], image["label"]) == (32, 24, "crack, deep")
        assert (note["bbox"], note["area"], note["category_id"]) == ([6, 4, 6, 5], 30, 1)


def _write_list(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_that_wrong_lines_of_a_list_are_named_each(source: Path, tmp_path: Path, write_image: WriteImage) -> None:
    write_image("1.png")
    write_image("2.png")
    rows = [
        ["path", "class", "part", "split", "mask"],
        ["1.png", "ok", "a", "VAL", ""],
        ["", "ok", "a", "", ""],
        ["gone.png", "ok", "a", "", ""],
        ["2.png", "ok", "a", "holdout", ""],
        ["2.png", "", "a", "", ""],
        ["2.png", "ok", "a", "", "gone_mask.png"],
        ["1.png", "ok", "a", "", ""],
    ]
    with pytest.raises(DatasetError) as caught:
        read_lists(source, [_write_list(tmp_path / "list.csv", rows)])
    lines = caught.value.message.splitlines()
    assert lines[0] == "6 wrong lines:"
    for number, text in [(3, "no path"), (4, "gone.png"), (5, "holdout"), (6, "neither"), (7, "mask"), (8, "before")]:
        assert any(f"list.csv, line {number}: " in line and text in line for line in lines)


def test_that_a_list_gives_class_part_view_split_mask_and_lot(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    write_image("1.png")
    write_image("m.png", mask=255)
    rows = [
        ["path", "class", "part", "view", "split", "mask", "lot", "note"],
        ["1.png", "", "p", "v", "val", "m.png", "L", ""],
    ]
    found = read_lists(source, [_write_list(tmp_path / "list.csv", rows)])
    assert [(c.label, c.part, c.view, c.split, c.mask, c.lot) for c in found] == [
        (None, "p", "v", "validation", "m.png", "L")
    ]


def test_that_a_list_without_header_or_of_another_kind_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="path"):
        read_lists(source, [_write_list(tmp_path / "a.csv", [["1.png", "ok"]])])
    (tmp_path / "b.csv").write_bytes(b"path\n\xff\xfe\n")
    with pytest.raises(DatasetError, match="UTF-8"):
        read_lists(source, [tmp_path / "b.csv"])
    with pytest.raises(DatasetError, match=r"c\.csv"):
        read_lists(source, [tmp_path / "c.csv"])
