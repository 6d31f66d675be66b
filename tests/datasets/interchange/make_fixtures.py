"""Makes the fixtures beside this file with the other tools themselves; run once per tool, each in its own environment.

    pip install supervision pycocotools numpy pillow      python make_fixtures.py supervision pycocotools
    pip install datumaro                                  python make_fixtures.py datumaro
    pip install label-studio-sdk                          python make_fixtures.py label_studio

Tools: supervision (MIT), pycocotools (BSD), Datumaro (MIT), Label Studio's SDK (Apache-2.0). None of them is needed by
the tests, which read what they wrote. labelme is not among them (GPL): its files are written after its documentation.
"""

from __future__ import annotations

import json
import shutil
import sys
import uuid
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "fixtures"
SIZE = (24, 32)
CLASSES = ["dent", "scratch"]


def truth() -> dict[str, list[tuple[int, np.ndarray]]]:
    """Return, by the image's name, class numbers and masks: one defect, none, and two classes on one image."""
    dent, scratch, small = (np.zeros(SIZE, bool) for _ in range(3))
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    dent[((rows - 11) / 6.0) ** 2 + ((columns - 14) / 9.0) ** 2 <= 1] = True
    scratch[3:6, 4:27] = True
    small[14:19, 20:26] = True
    return {"first": [(0, dent)], "second": [], "third": [(1, scratch), (0, small)]}


def pixels(name: str) -> np.ndarray:
    """Return the picture (H, W, 3) of a name."""
    marked = sum((mask for _, mask in truth()[name]), np.zeros(SIZE, bool))
    picture = np.random.default_rng(len(name)).integers(90, 110, (*SIZE, 3), np.uint8)
    picture[marked] += 60
    return picture


def write_truth() -> None:
    """Write the pictures, and what is true of them."""
    for name, marks in truth().items():
        (FOLDER / "truth").mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(name)).save(FOLDER / "truth" / f"{name}.png")
        mask = sum((mask for _, mask in marks), np.zeros(SIZE, bool))
        Image.fromarray((mask > 0).astype(np.uint8) * 255).save(FOLDER / "truth" / f"{name}_mask.png")


def fresh(name: str) -> Path:
    """Return an empty folder."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir(parents=True)
    return FOLDER / name


def supervision() -> None:
    """COCO, YOLO and Pascal VOC by supervision."""
    sv = import_module("supervision")

    def dataset(*, masked: bool) -> Any:
        notes = {}
        for name, marks in truth().items():
            masks = np.array([mask for _, mask in marks]).reshape(-1, *SIZE)
            boxes = (
                sv.mask_to_xyxy(masks) + np.array([0, 0, 1, 1]) if marks else np.empty((0, 4))
            )  # its ends belong to the box
            classes = np.array([number for number, _ in marks], int)
            found = sv.Detections(xyxy=boxes, mask=masks if marks and masked else None, class_id=classes)
            notes[str(FOLDER / "truth" / f"{name}.png")] = found
        return sv.DetectionDataset(classes=CLASSES, images=list(notes), annotations=notes)

    coco, yolo, boxes, voc = (fresh(f"supervision_{kind}") for kind in ("coco", "yolo", "yolo_boxes", "voc"))
    data = dataset(masked=True)
    data.as_coco(images_directory_path=str(coco / "images"), annotations_path=str(coco / "annotations.json"))
    for folder, masked in ((yolo, True), (boxes, False)):
        dataset(masked=masked).as_yolo(
            images_directory_path=str(folder / "images"),
            annotations_directory_path=str(folder / "labels"),
            data_yaml_path=str(folder / "data.yaml"),
        )
    data.as_pascal_voc(
        images_directory_path=str(voc / "JPEGImages"), annotations_directory_path=str(voc / "Annotations")
    )


def pycocotools() -> None:
    """COCO with compressed runs, coded by pycocotools."""
    coder = import_module("pycocotools.mask")

    folder = fresh("pycocotools_rle")
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, marks) in enumerate(truth().items(), 1):
        shutil.copy(FOLDER / "truth" / f"{name}.png", folder)
        images.append({"id": number, "file_name": f"{name}.png", "height": SIZE[0], "width": SIZE[1]})
        for kind, mask in marks:
            code = coder.encode(np.asfortranarray(mask.astype(np.uint8)))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": kind + 1,
                    "iscrowd": 0,
                    "bbox": coder.toBbox(code).tolist(),
                    "area": int(coder.area(code)),
                    "segmentation": {"size": code["size"], "counts": code["counts"].decode()},
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances_val.json").write_text(json.dumps(document))


def datumaro() -> None:
    """COCO, YOLO, Pascal VOC, CVAT and MVTec by Datumaro."""
    notes_of = import_module("datumaro.components.annotation")
    dataset = import_module("datumaro.components.dataset").Dataset
    item = import_module("datumaro.components.dataset_base").DatasetItem
    media = import_module("datumaro.components.media").Image

    def items(kind: str) -> list[Any]:
        made = []
        for name, marks in truth().items():
            notes: list[Any] = []
            for number, mask in marks:
                rows, columns = np.nonzero(mask)
                left, top = int(columns.min()), int(rows.min())
                width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
                corners = [left, top, left + width, top, left + width, top + height, left, top + height]
                notes.append(
                    {
                        "mask": notes_of.Mask(mask, label=number, group=len(notes) + 1),
                        "box": notes_of.Bbox(left, top, width, height, label=number, group=len(notes) + 1),
                        "polygon": notes_of.Polygon(corners, label=number, group=len(notes) + 1),
                        "label": notes_of.Label(number),
                    }[kind]
                )
            subset = {"first": "train", "second": "val", "third": "test"}[name]
            made.append(item(name, subset=subset, media=media.from_numpy(pixels(name)), annotations=notes))
        return made

    categories = {notes_of.AnnotationType.label: notes_of.LabelCategories.from_iterable(CLASSES)}
    for format_, kind in (
        ("coco_instances", "mask"),
        ("yolo_ultralytics", "box"),
        ("voc_segmentation", "mask"),
        ("voc_detection", "box"),
        ("cvat", "polygon"),
        ("cvat", "box"),
    ):
        folder = fresh(f"datumaro_{format_}" + ("_box" if (format_, kind) == ("cvat", "box") else ""))
        data = dataset.from_iterable(items(kind), categories=categories, media_type=media)
        data.export(str(folder), format_, save_media=True, image_ext=".png")


def label_studio() -> None:
    """Label Studio tasks, with brush marks coded by its SDK, and with boxes converted by it from YOLO."""
    brush = import_module("label_studio_sdk.converter.brush")
    yolo = import_module("label_studio_sdk.converter.imports.yolo")

    folder = fresh("label_studio_brush")
    tasks = []
    for name, marks in truth().items():
        shutil.copy(FOLDER / "truth" / f"{name}.png", folder)
        results = [
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}{place}"))[:8],
                "type": "brushlabels",
                "from_name": "tag",
                "to_name": "image",
                "original_width": SIZE[1],
                "original_height": SIZE[0],
                "image_rotation": 0,
                "value": {
                    "format": "rle",
                    "rle": list(brush.mask2rle(mask.astype(np.uint8) * 255)),
                    "brushlabels": [CLASSES[number]],
                },
            }
            for place, (number, mask) in enumerate(marks)
        ]
        tasks.append({"data": {"image": f"/data/upload/1/0a1b2c3d-{name}.png"}, "annotations": [{"result": results}]})
    (folder / "tasks.json").write_text(json.dumps(tasks))
    source, target = FOLDER / "supervision_yolo_boxes", fresh("label_studio_yolo")
    (source / "classes.txt").write_text("\n".join(CLASSES))
    try:
        yolo.convert_yolo_to_ls(
            input_dir=str(source),
            out_file=str(target / "tasks.json"),
            out_type="annotations",
            image_root_url="/data/local-files/?d=images",
            image_ext=".png",
        )
    finally:
        (source / "classes.txt").unlink()
    for path in target.glob("*.xml"):
        path.unlink()
    shutil.copytree(source / "images", target / "images", dirs_exist_ok=True)


if __name__ == "__main__":
    write_truth()
    for tool in sys.argv[1:]:
        globals()[tool]()
