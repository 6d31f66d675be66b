"""Files that are wrong, cut off or hostile: refused with the file and the place in it, and nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.importer import import_images
from datasets.interchange.brush import decode_brush
from datasets.interchange.finding import Finder
from datasets.interchange.reading import MAX_BYTES, read_text
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.errors import DatasetError, InspectorError
from inspector.imaging import encode_png

COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 40}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
    "categories": [{"id": 1, "name": "dent"}],
}
CVAT = '<annotations><image id="0" name="{name}" width="60" height="40">{inside}</image></annotations>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture of 60x40, and one outside of the source."""
    picture = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.png").write_bytes(encode_png(picture))
    (tmp_path / "secret.png").write_bytes(encode_png(picture[::-1]))
    return tmp_path / "source"


def refusal(folder: Path, kind: str) -> str:
    """Return the message with which the import is refused; the data set must not have begun to exist."""
    with pytest.raises(DatasetError) as caught:
        import_images(ImportRequest(folder, folder.parent / "out", format=kind))
    assert not (folder.parent / "out").exists()
    return str(caught.value)


def with_images(*names: str) -> dict[str, Any]:
    return {**COCO, "images": [{"id": n, "file_name": name} for n, name in enumerate(names, 1)]}


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "..\\secret.png", "x/../../secret.png", "{outside}/secret.png", "http://host/../secret.png", "",
     "a.png\0", "a" * 5000 + ".png", "/", "..", "file:///etc/passwd", "gone.png"],
)  # fmt: skip
def test_that_no_name_leads_out_of_the_source(folder: Path, name: str) -> None:
    document = with_images(name.replace("{outside}", str(folder.parent)))
    (folder / "coco.json").write_text(json.dumps(document))
    assert "coco.json, images[0]:" in refusal(folder, "coco")


@given(
    st.text(st.sampled_from("ab./\\~:%0"), max_size=12), st.lists(st.sampled_from(["", "a", "../b", "/"]), max_size=3)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_whatever_is_found_lies_below_the_source(folder: Path, name: str, near: list[str]) -> None:
    try:
        found = Finder(folder).find(name, near)
    except DatasetError:
        return
    assert (folder / found).resolve().is_relative_to(folder.resolve())


def test_that_a_name_with_two_meanings_is_refused_and_one_from_another_machine_is_found_by_its_end(
    folder: Path,
) -> None:
    for place in ("x/1", "y/1", "y/2"):
        (folder / place).mkdir(parents=True)
        (folder / place / "p.png").touch()
    finder = Finder(folder)
    assert finder.find("C:\\work\\y\\1\\p.png") == "y/1/p.png"
    assert finder.find("https://host/bucket/x/1/p.png?token=1") == "x/1/p.png"
    for name in ("p.png", "1/p.png", "/home/me/p.png"):
        with pytest.raises(DatasetError, match="may mean"):
            finder.find(name)
    with pytest.raises(DatasetError, match="not below"):
        finder.find("z/1/p.png")  # a relative name is never taken for another folder's file


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"images": [{"id": 1, "file_name": "a.png", "width": 60, "height": "x"}]}, "images[0]", "height"),
        ({"images": [{"id": [1], "file_name": "a.png"}]}, "images[0]", "id"),
        ({"images": ["a.png"]}, "images[0]", "no object"),
        ({"annotations": [{"image_id": 1, "category_id": 2, "bbox": [1, 1, 5, 5]}]}, "annotations[0]", "category 2"),
        ({"annotations": [{"image_id": 9, "category_id": 1, "bbox": [1, 1, 5, 5]}]}, "coco.json", "number 9"),
        ({"annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5]}]}, "annotations[0]", "four"),
        ({"annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 1e99, 5]}]}, "annotations[0]", "1e+99"),
        (
            {"annotations": [{"image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3]]}]},
            "annotations[0]",
            "corners",
        ),
        (
            {"annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [40, 60], "counts": "~~"}}]},
            "annotations[0]",
            "run-length",
        ),
        ({"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "./a.png"}]}, "images[1]", "before"),
    ],
)
def test_that_a_wrong_entry_is_named_with_file_and_place(
    folder: Path, change: dict[str, Any], place: str, says: str
) -> None:
    (folder / "coco.json").write_text(json.dumps({**COCO, **change}))
    message = refusal(folder, "coco")
    assert place in message
    assert says in message


def test_that_all_wrong_entries_are_counted_and_the_first_ten_shown(folder: Path) -> None:
    (folder / "coco.json").write_text(json.dumps({**COCO, **with_images(*(f"{n}.png" for n in range(30)))}))
    message = refusal(folder, "coco")
    assert message.startswith("30 entries")
    assert message.count("is not below") == 10
    assert "and 20 more" in message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (json.dumps(COCO).encode()[:-20], "line 1, column"),
        (b'{"images": [NaN]}', "NaN"),
        (b"[" * 200_000, "JSON"),
        (b"1" * 10_000, "JSON"),
        (b'{"images":\n["\xff"]}', "line 2: is not in UTF-8"),
        (b"PK\x03\x04" + bytes(50), "ZIP"),
        (b"{}", "no `images`"),
        (b"[]", "no object"),
    ],
)
def test_that_a_file_that_cannot_be_read_is_named_with_the_place(folder: Path, data: bytes, says: str) -> None:
    (folder / "coco.json").write_bytes(data)
    message = refusal(folder, "coco")
    assert "coco.json" in message
    assert says in message


def test_that_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(1001)
    with pytest.raises(DatasetError, match=r"large\.json"):
        read_text(tmp_path / "large.json", limit=1000)
    assert MAX_BYTES < 1 << 30


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations><image id="0" name="&x;"/></annotations>',
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><annotations>&b;</annotations>',
        '<!DOCTYPE a SYSTEM "http://host/a.dtd"><annotations/>',
    ],
)
@pytest.mark.parametrize("kind", ["cvat", "voc"])
def test_that_xml_entities_are_refused_before_anything_is_expanded(folder: Path, kind: str, text: str) -> None:
    (folder / "annotations.xml").write_text(f"<?xml version='1.0'?>\n{text}")
    message = refusal(folder, kind)
    assert "annotations.xml, line 2" in message
    assert "document type" in message


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ('\n<box label="dent" xtl="1" ytl="1" xbr="x" ybr="9"/>', "line 2: xbr"),
        ('\n\n<polygon label="dent" points="1,1;2"/>', "line 3: points"),
        ('<mask label="dent" rle="5,a" left="0" top="0" width="3" height="2"/>', "rle"),
        ('<star label="dent"/>', "<star>"),
    ],
)
def test_that_a_wrong_shape_of_cvat_is_named_with_its_line(folder: Path, inside: str, says: str) -> None:
    (folder / "annotations.xml").write_text(CVAT.format(name="a.png", inside=inside))
    assert says in refusal(folder, "cvat")


def test_that_cvat_for_video_and_cut_off_xml_are_refused(folder: Path) -> None:
    path = folder / "annotations.xml"
    path.write_text('<annotations><track id="0" label="dent"></track></annotations>')
    assert "CVAT for video" in refusal(folder, "cvat")
    path.write_text(CVAT.format(name="a.png", inside="")[:-5])
    assert "is no XML" in refusal(folder, "cvat")


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ('<mask label="dent" rle="6" left="58" top="0" width="3" height="2"/>', "mask-damaged"),
        ('<mask label="dent" rle="5" left="0" top="0" width="3" height="2"/>', "mask-damaged"),
        ('<mask label="dent" rle="9000000" left="0" top="0" width="3000" height="3000"/>', "mask-damaged"),
    ],
)
def test_that_a_mark_that_does_not_fit_its_image_is_a_rejected_image(folder: Path, inside: str, problem: str) -> None:
    other = folder / "b.png"
    other.write_bytes((folder.parent / "secret.png").read_bytes())
    (folder / "annotations.xml").write_text(
        CVAT.format(name="a.png", inside=inside).replace("</annotations>", "")
        + '<image id="1" name="b.png" width="60" height="40"/></annotations>'
    )
    import_images(ImportRequest(folder, folder.parent / "out", format="cvat"))
    with open_dataset(folder.parent / "out") as dataset:
        assert [(no.path.name, no.problem) for no in dataset.rejected()] == [("a.png", problem)]
        assert "annotations.xml, line 1" in dataset.rejected()[0].detail


def test_that_an_image_of_another_size_than_its_file_says_is_rejected(folder: Path) -> None:
    (folder / "b.png").write_bytes((folder.parent / "secret.png").read_bytes())
    images = [{"id": 1, "file_name": "a.png", "width": 40, "height": 60}, {"id": 2, "file_name": "b.png"}]
    (folder / "coco.json").write_text(json.dumps({**COCO, "images": images}))
    import_images(ImportRequest(folder, folder.parent / "out", format="coco"))
    with open_dataset(folder.parent / "out") as dataset:
        (no,) = dataset.rejected()
        assert (no.path.name, no.problem) == ("a.png", "mask-size")
        assert "is 60x40, but coco.json, images[0] says 40x60" in no.detail


@pytest.mark.parametrize(
    ("line", "says"),
    [("7 .5 .5 .1 .1", "class number 7"), ("0 .5 .5 .1", "corners"), ("0 .5 .5 .1 .1 .9", "predictions"),
     ("0 nan .5 .1 .1", "nan"), ("dent .5 .5 .1 .1", "dent"), ("0.5 .5 .5 .1 .1", "class number 0.5")],
)  # fmt: skip
def test_that_a_wrong_line_of_yolo_is_named(folder: Path, line: str, says: str) -> None:
    (folder / "data.yaml").write_text("names: {0: dent}")
    (folder / "a.txt").write_text(f"0 .5 .5 .1 .1\n{line}\n")
    message = refusal(folder, "yolo")
    assert "a.txt, line 2" in message
    assert says in message


def test_that_yaml_builds_no_objects(folder: Path) -> None:
    (folder / "a.txt").write_text("0 .5 .5 .1 .1\n")
    (folder / "data.yaml").write_text(f"names: !!python/object/apply:os.mkdir ['{folder}/made']")
    assert "no YAML" in refusal(folder, "yolo")
    assert not (folder / "made").exists()
    (folder / "data.yaml").write_text("nc: 3")
    assert "no `names`" in refusal(folder, "yolo")
    (folder / "data.yaml").unlink()
    assert "data.yaml is needed" in refusal(folder, "yolo")


def test_that_the_same_image_in_two_splits_of_pascal_voc_is_refused(folder: Path) -> None:
    (folder / "a.xml").write_text("<annotation><filename>a.png</filename></annotation>")
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    for name in ("train", "val"):
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("a\n")
    assert "val.txt, line 1: a stands in train as well" in refusal(folder, "voc")


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"type": "polygonlabels", "image_rotation": 90, "value": {}}, "turned"),
        ({"type": "bitmask", "value": {}}, "bitmask"),
        ({"type": "videorectanglelabels", "value": {}}, "videorectanglelabels"),
        ({"type": "rectanglelabels", "value": {"x": 1, "y": 1, "rectanglelabels": ["dent"]}}, "width"),
        ({"type": "brushlabels", "value": {"format": "rle", "rle": [0, 0], "brushlabels": ["dent"]}}, "cut off"),
    ],
)
def test_that_what_label_studio_cannot_hand_over_is_refused(folder: Path, result: dict[str, Any], says: str) -> None:
    size = {"original_width": 60, "original_height": 40}
    (folder / "t.json").write_text(
        json.dumps([{"data": {"image": "a.png"}, "annotations": [{"result": [{**size, **result}]}]}])
    )
    message = refusal(folder, "label-studio")
    assert "t.json, task[0]" in message
    assert says in message


def test_that_choices_of_two_controls_are_refused_unless_one_says_that_it_is_the_class(folder: Path) -> None:
    results = [{"type": "choices", "from_name": name, "value": {"choices": [name]}} for name in ("light", "belt")]
    (folder / "t.json").write_text(json.dumps([{"data": {"image": "a.png"}, "annotations": [{"result": results}]}]))
    assert "belt, light" in refusal(folder, "label-studio")


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), max_size=40), st.integers(1, 9), st.integers(1, 9))
def test_that_any_bytes_as_brush_code_give_runs_of_the_image_or_an_error(
    code: list[int], width: int, height: int
) -> None:
    try:
        runs = decode_brush(code, width, height)
    except DatasetError:
        return
    assert runs.sum() == width * height


def test_that_a_brush_code_of_an_enormous_image_takes_no_memory() -> None:
    with pytest.raises(DatasetError, match="are the most"):
        decode_brush([255] * 12, 32768, 32768)


_SHAPE = {"label": "dent", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon", "mask": None}
_RESULT = {
    "id": "r",
    "type": "polygonlabels",
    "original_width": 60,
    "original_height": 40,
    "value": {"points": [[1, 1], [9, 1], [9, 9]], "polygonlabels": ["dent"]},
}
_CHOICE = {"id": "c", "type": "choices", "from_name": "class", "value": {"choices": ["dent"]}}
RIGHT: dict[str, Any] = {
    "coco": COCO,
    "labelme": {"shapes": [_SHAPE], "flags": {"dent": True}, "imagePath": "a.png", "imageWidth": 60, "imageHeight": 40},
    "label-studio": [{"data": {"image": "a.png", "part": "1"}, "annotations": [{"result": [_RESULT, _CHOICE]}]}],
}
_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        3,
        1e300,
        10**40,
        "",
        "x",
        "a.png",
        "rle",
        [],
        {},
        [1],
        [[]],
        {"x": 1},
        [None, "y"],
        [[1, 2], [3]],
    ]
)


def altered(document: Any, steps: list[int], value: Any) -> Any:
    """Return a copy in which the value at the end of the steps is another."""
    if not steps or not isinstance(document, (dict, list)) or not document:
        return value
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = keys[steps[0] % len(keys)]
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[key] = altered(copy[key], steps[1:], value)
    return copy


@pytest.mark.parametrize("kind", RIGHT)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 9), max_size=7), value=_VALUES)
def test_that_any_value_in_any_place_is_imported_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, kind: str, steps: list[int], value: Any
) -> None:
    source = tmp_path_factory.mktemp("any")
    (source / "a.png").write_bytes((folder / "a.png").read_bytes())
    (source / "a.json").write_text(json.dumps(altered(RIGHT[kind], steps, value)))
    try:
        import_images(ImportRequest(source, source / "out", format=kind, good=("dent",)))
    except InspectorError as error:
        told = str(error)
        assert len(told) > 20
