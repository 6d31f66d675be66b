"""Files after the structure that the other tools document, by hand: every kind of mark, and what is no label.

Sources: "XML annotation format" of CVAT's documentation; "Label Studio JSON format of annotated tasks" and the tags'
result formats of Label Studio's documentation; labelme's README and the fields that its `LabelFile` saves; "COCO data
format"; "VOC2012 development kit"; "Ultralytics dataset formats"; "Create an image dataset" of Hugging Face.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from datasets.importer import ImportReport, import_images
from datasets.manifest import Item, open_dataset
from datasets.plan import ImportRequest
from inspector.errors import UsageError
from inspector.imaging import encode_png
from inspector.types import Image

SIZE = (40, 60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of 60x40."""
    rng = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / f"{name}.png").write_bytes(encode_png(rng.integers(0, 256, (*SIZE, 3), np.uint8)))
    return tmp_path / "source"


def fetch(folder: Path, kind: str, **options: Any) -> tuple[ImportReport, dict[str, Item]]:
    out = folder.parent / "out"
    report = import_images(ImportRequest(folder, out, format=kind, **options))
    with open_dataset(out) as dataset:
        return report, {item.path.stem: item for item in dataset.items()}


def marked(item: Item) -> Image:
    mask = item.read_mask()
    assert mask is not None
    return mask


def filled(*boxes: tuple[int, int, int, int]) -> Image:
    """Return the mask of boxes (left, top, right, bottom)."""
    mask = np.zeros(SIZE, np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 255
    return mask


def test_that_cvat_shapes_tags_and_masks_are_read(folder: Path) -> None:
    (folder / "annotations.xml").write_text(
        """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>t</name></task></meta>
  <image id="0" name="a.png" subset="Validation" width="60" height="40">
    <box label="dent" source="manual" occluded="0" xtl="10.0" ytl="5.0" xbr="20.0" ybr="15.0" z_order="0"></box>
    <box label="dent" occluded="0" xtl="30" ytl="20" xbr="50" ybr="24" rotation="90.0" z_order="0"></box>
    <mask label="dent" source="semi-auto" occluded="0" rle="2, 3, 1, 2" left="1" top="30" width="4" height="2"></mask>
    <ellipse label="dent" cx="50" cy="34" rx="4" ry="4" occluded="0" z_order="0"></ellipse>
    <points label="dent" points="3.0,3.0" occluded="0" z_order="0"></points>
    <polyline label="dent" points="0.0,39.0;9.0,39.0" occluded="0" z_order="0"></polyline>
    <tag label="dent" source="manual"><attribute name="part">7</attribute></tag>
  </image>
  <image id="1" name="sub/dir/b.png" width="60" height="40">
    <polygon label="crack" points="10,10;20,10;20,20;10,20" occluded="0" z_order="0"></polygon>
  </image>
  <image id="2" name="c.png" width="60" height="40"></image>
</annotations>"""
    )
    (folder / "sub" / "dir").mkdir(parents=True)
    (folder / "b.png").rename(folder / "sub" / "dir" / "b.png")
    _, items = fetch(folder, "cvat")
    assert {name: item.label for name, item in items.items()} == {"a": "dent", "b": "crack", "c": "good"}
    assert (items["a"].part, items["a"].split) == ("7", "validation")
    wanted = filled((10, 5, 20, 15), (38, 12, 42, 32), (3, 30, 5, 31), (1, 31, 2, 32), (3, 31, 5, 32))
    found = marked(items["a"])
    assert (found[:, :45] == wanted[:, :45]).all()
    assert abs(int((found[:, 45:] > 0).sum()) - np.pi * 16) < 4
    assert (marked(items["b"]) == filled((10, 10, 20, 20))).all()


def task(image: str, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    size = {"original_width": 60, "original_height": 40, "image_rotation": 0, "to_name": "image"}
    return {"data": {"image": image}, "annotations": [{"result": [{**size, **result} for result in results], **more}]}


def test_that_label_studio_marks_are_read_and_what_is_no_label_is_not(folder: Path) -> None:
    box = {"x": 50.0, "y": 50.0, "width": 20.0, "height": 10.0, "rotation": 90}
    areas = [
        {"id": "r1", "type": "rectanglelabels", "from_name": "l", "value": {**box, "rectanglelabels": ["dent"]}},
        {"id": "r1", "type": "choices", "from_name": "sure", "value": {**box, "choices": ["uncertain"]}},
        {
            "id": "r2",
            "type": "polygonlabels",
            "from_name": "l",
            "value": {"points": [[10, 10], [20, 10], [20, 25], [10, 25]], "polygonlabels": ["dent"], "closed": True},
        },
        {"id": "c", "type": "textarea", "from_name": "note", "value": {"text": ["look"]}},
        {"id": "k", "type": "keypointlabels", "from_name": "p", "value": {"x": 1, "y": 1, "keypointlabels": ["dent"]}},
    ]
    choice = {"id": "c", "type": "choices", "from_name": "class", "value": {"choices": ["ok"]}}
    other = {"id": "c", "type": "choices", "from_name": "light", "value": {"choices": ["dark"]}}
    skipped = {**task("c.png", choice), "predictions": [{"result": [choice]}]}
    skipped["annotations"][0]["was_cancelled"] = True
    tasks = [
        task("/data/upload/12/1f0c9a7e-a.png", *areas),
        task("s3://bucket/some/where/b.png", choice, other),
        skipped,
    ]
    (folder / "export.json").write_text(json.dumps(tasks))
    report, items = fetch(folder, "label-studio")
    assert {name: item.label for name, item in items.items()} == {"a": "dent", "b": "ok"}
    assert (marked(items["a"]) == filled((6, 4, 12, 10), (26, 20, 30, 32))).all()  # around its upper left corner
    assert items["b"].mask is None
    assert any("1 images were left out" in hint and "c.png" in hint for hint in report.hints)


def test_that_of_several_annotations_in_label_studio_the_ground_truth_counts(folder: Path) -> None:
    def choice(name: str) -> list[dict[str, Any]]:
        return [{"id": "c", "type": "choices", "from_name": "class", "value": {"choices": [name]}}]

    first = task("a.png")
    first["annotations"] = [
        {"result": choice("dent"), "ground_truth": True, "updated_at": "2026-01-01"},
        {"result": choice("crack"), "updated_at": "2026-02-01"},
    ]
    second = task("b.png")
    second["annotations"] = [
        {"result": choice("dent"), "updated_at": "2026-03-01T10:00:00Z"},
        {"result": choice("crack"), "updated_at": "2026-02-01T10:00:00Z"},
    ]
    (folder / "export.json").write_text(json.dumps([first, second, task("c.png")]))
    report, items = fetch(folder, "label-studio")
    assert {name: item.label for name, item in items.items()} == {"a": "dent", "b": "dent", "c": "good"}
    assert any(hint.startswith("2 images have annotations of several people") for hint in report.hints)


def test_that_labelme_shapes_and_flags_are_read_and_an_image_without_file_is_not_labelled(folder: Path) -> None:
    mask = np.array([[0, 255, 255], [255, 0, 255]], np.uint8)
    shapes = [
        {"label": "dent", "points": [[10, 5], [20, 5], [20, 15], [10, 15]], "shape_type": "polygon", "flags": {}},
        {"label": "dent", "points": [[30, 12], [25, 8]], "shape_type": "rectangle", "group_id": None},
        {"label": "dent", "points": [[50, 20], [50, 25]], "shape_type": "circle"},
        {"label": "dent", "points": [[1, 30], [3, 31]], "shape_type": "mask",
         "mask": base64.b64encode(encode_png(mask)).decode()},
        {"label": "dent", "points": [[0, 0], [5, 5]], "shape_type": "line"},
    ]  # fmt: skip
    document = {"version": "5.4.1", "flags": {"dent": False}, "shapes": shapes, "imagePath": "..\\a.png",
                "imageData": None, "imageHeight": 40, "imageWidth": 60}  # fmt: skip
    (folder / "notes").mkdir()
    (folder / "notes" / "a.json").write_text(json.dumps(document))
    (folder / "b.json").write_text(
        json.dumps({**document, "shapes": [], "flags": {"scrap": False, "ok": True}, "imagePath": "b.png"})
    )
    report, items = fetch(folder, "labelme")
    assert {name: item.label for name, item in items.items()} == {"a": "dent", "b": "ok"}
    found = marked(items["a"])
    wanted = filled((10, 5, 20, 15), (25, 8, 30, 12), (2, 30, 4, 31), (1, 31, 2, 32), (3, 31, 4, 32))
    assert (found[:, :44] == wanted[:, :44]).all()
    assert abs(int((found[:, 44:] > 0).sum()) - np.pi * 25) < 5
    assert report.ignored == ("c.png",)


def test_that_coco_holds_classes_of_whole_images_runs_and_several_polygons(folder: Path) -> None:
    square = [[10, 5, 20, 5, 20, 15, 10, 15], [30, 5, 40, 5, 40, 15, 30, 15]]
    document = {
        "images": [{"id": n, "file_name": f"{name}.png", "width": 60, "height": 40} for n, name in enumerate("abc")],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 1, "segmentation": square, "bbox": [10, 5, 30, 10], "iscrowd": 0},
            {"id": 2, "image_id": 0, "category_id": 1, "segmentation": {"size": [40, 60], "counts": [2, 3, 2395]}},
            {"id": 3, "image_id": 1, "category_id": 2},
            {"id": 4, "image_id": 2, "category_id": 1, "bbox": [0.4, 0, 3.2, 2], "segmentation": []},
        ],
        "categories": [{"id": 1, "name": "dent"}, {"id": 2, "name": "OK"}],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "instances_val2017.json").write_text(json.dumps(document))
    _, items = fetch(folder, "coco")
    assert {name: item.label for name, item in items.items()} == {"a": "dent", "b": "OK", "c": "dent"}
    assert {item.split for item in items.values()} == {"validation"}
    assert (marked(items["a"]) == filled((10, 5, 20, 15), (30, 5, 40, 15), (0, 2, 1, 5))).all()
    assert (marked(items["c"]) == filled((0, 0, 4, 2))).all()


def test_that_pascal_voc_pictures_of_classes_are_the_masks_and_lists_the_splits(folder: Path) -> None:
    for name in ("Annotations", "JPEGImages", "SegmentationClass", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    for name in "abc":
        (folder / f"{name}.png").rename(folder / "JPEGImages" / f"{name}.png")
    thing = """<object><name>dent</name><pose>Left</pose><bndbox><xmin>11</xmin><ymin>6</ymin><xmax>20</xmax>
        <ymax>15</ymax></bndbox><part><name>head</name><bndbox/></part></object>"""
    for name, inside in (("a", thing), ("b", thing), ("c", "")):
        (folder / "Annotations" / f"{name}.xml").write_text(
            f"<annotation><folder>VOC2012</folder><filename>{name}.png</filename><size><width>60</width>"
            f"<height>40</height><depth>3</depth></size><segmented>0</segmented>{inside}</annotation>"
        )
    classes = np.zeros(SIZE, np.uint8)
    classes[7:12, 12:18] = 15
    classes[6, 12:18] = 255
    PillowImage.fromarray(classes).convert("P").save(folder / "SegmentationClass" / "a.png")
    (folder / "ImageSets" / "Main" / "train.txt").write_text("a\n")
    (folder / "ImageSets" / "Main" / "val.txt").write_text("b\nc\n")
    (folder / "ImageSets" / "Main" / "dent_train.txt").write_text("a  1\n")
    _, items = fetch(folder, "voc")
    assert {n: (i.label, i.split) for n, i in items.items()} == {
        "a": ("dent", "train"), "b": ("dent", "validation"), "c": ("good", "validation"),
    }  # fmt: skip
    assert (marked(items["a"]) == filled((12, 7, 18, 12))).all()
    assert (marked(items["b"]) == filled((10, 5, 20, 15))).all()


@pytest.mark.parametrize("names", ["names: [dent, crack]", "names:\n  0: dent\n  1: crack"])
def test_that_yolo_boxes_outlines_and_images_without_label_file_are_read(folder: Path, names: str) -> None:
    for split, name in (("train", "a"), ("val", "b"), ("val", "c")):
        (folder / split / "images").mkdir(parents=True, exist_ok=True)
        (folder / split / "labels").mkdir(exist_ok=True)
        (folder / f"{name}.png").rename(folder / split / "images" / f"{name}.png")
    (folder / "data.yaml").write_text(f"path: ../somewhere\ntrain: ../train/images\nval: ../valid/images\n{names}\n")
    (folder / "train" / "labels" / "a.txt").write_text("0 0.25 0.25 0.1666666667 0.25\n\n")
    (folder / "val" / "labels" / "b.txt").write_text("1 0.5 0.5 0.75 0.5 0.75 0.75 0.5 0.75")
    report, items = fetch(folder, "yolo")
    assert {n: (i.label, i.split) for n, i in items.items()} == {
        "a": ("dent", "train"), "b": ("crack", "validation"), "c": ("good", "validation"),
    }  # fmt: skip
    assert (marked(items["a"]) == filled((10, 5, 20, 15))).all()
    assert (marked(items["b"]) == filled((30, 20, 45, 30))).all()
    assert any(hint.startswith("1 images have no label file") for hint in report.hints)


def test_that_hugging_face_metadata_is_read_from_lines_of_json_and_the_class_from_the_folder(folder: Path) -> None:
    (folder / "train" / "ok").mkdir(parents=True)
    (folder / "a.png").rename(folder / "train" / "ok" / "a.png")
    (folder / "b.png").rename(folder / "train" / "b.png")
    (folder / "train" / "metadata.jsonl").write_text(
        '{"file_name": "ok/a.png", "text": "fine"}\n{"file_name": "b.png", "label": "dent", "part": 4, "view": null}\n'
    )
    report, items = fetch(folder, "imagefolder")
    assert {n: (i.label, i.split, i.part) for n, i in items.items()} == {
        "a": ("ok", "train", "train/ok/a"), "b": ("dent", "train", "4"),
    }  # fmt: skip
    assert report.ignored == ("c.png",)


def boxes_of(*marks: tuple[int, list[float]]) -> dict[str, Any]:
    notes = [{"id": n, "image_id": 0, "category_id": kind, "bbox": box} for n, (kind, box) in enumerate(marks)]
    names = {1: "dent", 2: "crack", 3: "good"}
    images = [{"id": 0, "file_name": "a.png"}]
    return {"images": images, "annotations": notes, "categories": [{"id": n, "name": v} for n, v in names.items()]}


@pytest.mark.parametrize(
    ("marks", "label", "remark"),
    [
        ([(1, [0, 0, 5, 5]), (2, [10, 10, 6, 6])], "crack", "crack; also dent"),
        ([(1, [0, 0, 5, 5]), (1, [30, 0, 5, 5]), (2, [10, 10, 6, 6])], "dent", "dent; also crack"),
        ([(1, [0, 0, 5, 5]), (2, [10, 10, 5, 5])], "crack", "crack; also dent"),  # the first by name
        ([(3, [0, 0, 50, 30]), (1, [10, 10, 5, 5])], "dent", ""),
        ([(3, [0, 0, 50, 30])], "good", ""),
    ],
)
def test_that_of_several_classes_the_largest_defect_counts_and_this_is_told(
    folder: Path, marks: list[tuple[int, list[float]]], label: str, remark: str
) -> None:
    (folder / "coco.json").write_text(json.dumps(boxes_of(*marks)))
    report, items = fetch(folder, "coco")
    assert items["a"].label == label
    assert report.mixed == ((f"a.png: {remark}",) if remark else ())
    if marks[0][0] == 3 and len(marks) == 2:
        assert (marked(items["a"]) == filled((10, 10, 15, 15))).all()  # what is good is no part of the mask


def test_that_the_class_of_the_image_counts_before_its_marks_and_a_contradiction_is_told(folder: Path) -> None:
    document = boxes_of((1, [0, 0, 5, 5]))
    document["images"][0]["label"] = "good"
    (folder / "coco.json").write_text(json.dumps(document))
    report, items = fetch(folder, "coco")
    assert items["a"].label == "good"
    assert report.mixed == ("a.png: good; also dent",)


def test_that_a_pattern_fills_in_part_view_and_lot_where_the_file_says_none(folder: Path) -> None:
    (folder / "a.png").rename(folder / "L3_17_top.png")
    document = boxes_of((1, [0, 0, 5, 5]))
    document["images"][0]["file_name"] = "L3_17_top.png"
    (folder / "coco.json").write_text(json.dumps(document))
    _, items = fetch(folder, "coco", pattern="{lot}_{part}_{view}.png")
    assert (items["L3_17_top"].part, items["L3_17_top"].view) == ("17", "top")


def test_that_options_that_the_format_settles_itself_are_refused(folder: Path) -> None:
    (folder / "coco.json").write_text(json.dumps(boxes_of((1, [0, 0, 5, 5]))))
    for options in ({"pattern": "{class}/{id}"}, {"mask": "{id}_m.png"}, {"pattern": "other/{id}"}):
        with pytest.raises(UsageError):
            fetch(folder, "coco", **options)
    with pytest.raises(UsageError, match="--annotations"):
        import_images(ImportRequest(folder, folder.parent / "out", pattern="{id}", annotations=(folder / "coco.json",)))


def test_that_marks_are_added_to_a_data_set_whose_good_class_has_a_name_of_its_own(folder: Path) -> None:
    out = folder.parent / "out"
    first = folder.parent / "first"
    (first / "MT_Free").mkdir(parents=True)
    (folder / "b.png").rename(first / "MT_Free" / "b.png")
    import_images(ImportRequest(first, out, pattern="{class}/{id}.png", good=("MT_Free",)))
    document = boxes_of((1, [0, 0, 5, 5]))
    document["images"].append({"id": 1, "file_name": "c.png"})
    (folder / "coco.json").write_text(json.dumps(document))
    import_images(ImportRequest(folder, out, format="coco", append=True))
    with open_dataset(out) as dataset:
        assert sorted(item.label for item in dataset.items()) == ["MT_Free", "MT_Free", "dent"]
        assert dataset.good == ("MT_Free",)
