"""Layouts of well-known data sets, as the patterns that they stand for. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """A known layout.

    Attributes:
        pattern: Path template of the images.
        mask: Path template of the masks.
        good: The good classes; empty where the mask decides.
        hold_out: Share of train that becomes validation, for layouts that give no validation split.
    """

    pattern: str
    mask: str
    good: tuple[str, ...] = ()
    hold_out: float = 0.0


LAYOUTS: dict[str, Layout] = {
    "mvtec": Layout("{split}/{class}/{id}", "ground_truth/{class}/{id}_mask", ("good",), 0.15),
    "kolektorsdd": Layout("{part}/{view}", "{part}/{view}_label"),
    "magnetic-tile": Layout("{class}/Imgs/{id}.jpg", "{class}/Imgs/{id}.png", ("MT_Free",)),
}

INTERCHANGE: dict[str, str] = {
    "coco": "coco",
    "yolo": "yolo",
    "yolo-boxes": "yolo",
    "voc": "voc",
    "cvat": "cvat",
    "label-studio": "label_studio",
    "labelme": "labelme",
    "imagefolder": "imagefolder",
}
"""Formats of other programs that are read: name on the command line, and module in `datasets.interchange`."""

FORMATS = (*LAYOUTS, "folders", "csv", *INTERCHANGE, "yolo-classify")
"""What `--format` takes."""

EXPORTS: dict[str, str] = {
    "csv": "FILE: one line per image with absolute paths; `import --csv` reads it back",
    "coco": "FILE: COCO instances JSON, one annotation per piece of a mask, with absolute paths",
    "yolo": "FOLDER: YOLO segmentation: images, labels and data.yaml",
    "yolo-boxes": "FOLDER: YOLO detection: images, labels and data.yaml",
    "yolo-classify": "FOLDER: YOLO classification: one folder per split and class",
    "voc": "FOLDER: Pascal VOC: Annotations, ImageSets, JPEGImages, SegmentationClass",
    "cvat": "FOLDER: CVAT for images 1.1: annotations.xml and images",
    "label-studio": "FOLDER: Label Studio: tasks.json, label-config.xml and images",
    "labelme": "FOLDER: labelme: one JSON file beside every image",
    "mvtec": "FOLDER: the layout of MVTec AD",
    "imagefolder": "FOLDER: Hugging Face image folder: metadata.csv, images and masks per split",
}
"""What `inspector dataset export` writes: option, and what to give it."""

WRITERS: dict[str, tuple[str, str]] = {
    "yolo": ("yolo", "write"),
    "yolo-boxes": ("yolo", "write_boxes"),
    "yolo-classify": ("yolo", "write_classify"),
    "voc": ("voc", "write"),
    "cvat": ("cvat", "write"),
    "label-studio": ("label_studio", "write"),
    "labelme": ("labelme", "write"),
    "mvtec": ("mvtec", "write"),
    "imagefolder": ("imagefolder", "write"),
}
"""Exports that are folders: module in `datasets.interchange`, and its function."""
