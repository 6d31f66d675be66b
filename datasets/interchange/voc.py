"""Pascal VOC (Everingham et al. 2010; development kit of 2012): read and written.

`Annotations/*.xml` with boxes, `JPEGImages/`, `ImageSets/Main/{train,val,test}.txt`, `SegmentationClass/*.png` whose
pixels are numbers of classes. Boxes are in whole pixels from 1 on, both ends belonging to them; where they are written
with decimals, as CVAT and Datumaro do, they are edges from 0 on.
"""

from __future__ import annotations

import io
import posixpath
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.planning import Source
from datasets.interchange.reading import Node, number, points_of, read_text, read_xml, size_of, text_of
from datasets.interchange.shapes import ClassPicture, Outline, box
from datasets.interchange.writing import Export, Exported
from inspector.errors import DatasetError
from inspector.types import Image

_LISTS = {"train": "train", "validation": "val", "test": "test"}


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read every XML file of the folder, or those named: one image each.

    The split is that of the lists in `ImageSets/Main`, else that of the folders' names. Where `SegmentationClass` has
    a picture of the image's name, it is the mask; else the boxes are. `label`, `part`, `view` and `lot`, which the
    export of this program adds, are read.

    Raises:
        DatasetError: No such file.
    """
    named = [path for path in source.finder.files if path.lower().endswith(".xml")]
    files = source.files or tuple(source.folder / path for path in named)
    if not files:
        raise DatasetError(f"{source.folder}: no XML file lies here.", cure="Name the folder above Annotations.")
    splits = _splits(source, mistakes)
    entries = []
    for file in files:
        try:
            entries.append(_read_file(file, source, splits))
        except DatasetError as error:
            mistakes.add(file.name, error.message)
    return Reading(entries)


def _splits(source: Source, mistakes: Mistakes) -> dict[str, str]:
    """Return the split by the images' names without ending; `trainval.txt` says nothing."""
    found: dict[str, str] = {}
    for split, name in _LISTS.items():
        path = source.folder / "ImageSets" / "Main" / f"{name}.txt"
        if not path.is_file():
            continue
        for place, line in enumerate(read_text(path).splitlines(), 1):
            stem = (line.split() or [""])[0]
            if found.setdefault(stem, split) != split:
                mistakes.add(f"{path.name}, line {place}", f"{stem} stands in {found[stem]} as well")
    return found


def _read_file(file: Path, source: Source, splits: dict[str, str]) -> Entry:
    root = read_xml(file)
    if root.tag != "annotation":
        raise DatasetError(f"its root is <{root.tag}>, not <annotation>")
    folder = file.parent.relative_to(source.folder).as_posix() if file.is_relative_to(source.folder) else ""
    images = posixpath.join(posixpath.dirname(folder), "JPEGImages")
    stated = text_of(root, "filename") or text_of(root, "path")
    path = source.finder.find(stated, (folder, images, text_of(root, "folder").strip("/\\"), ""))
    stem = posixpath.splitext(posixpath.basename(path))[0]
    picture = source.folder / posixpath.dirname(folder) / "SegmentationClass" / f"{stem}.png"
    size = root.find("size")
    label = text_of(root, "label")
    return Entry(
        path=path,
        where=file.name,
        labels=(label,) if label else (),
        marks=tuple(_mark(node) for node in root.iter("object")),
        drawing=(ClassPicture(picture),) if picture.is_file() else (),
        size=None if size is None else size_of(text_of(size, "width").lstrip("0"), text_of(size, "height").lstrip("0")),
        part=text_of(root, "part"),
        view=text_of(root, "view"),
        split=splits.get(stem, "") or split_of(folder + "/"),
        lot=text_of(root, "lot"),
    )


def _mark(node: Element) -> Mark:
    line = f"line {node.line}: " if isinstance(node, Node) else ""
    name, bounds = text_of(node, "name"), node.find("bndbox")
    if not name or bounds is None:
        raise DatasetError(f"{line}the object has no {'bndbox' if name else 'name'}")
    ends = [text_of(bounds, end) for end in ("xmin", "ymin", "xmax", "ymax")]
    first = 0 if any("." in end for end in ends) else 1
    try:
        left, top, right, bottom = (number(end, "bndbox") for end in ends)
        outline = _polygon(node)
    except DatasetError as error:
        raise DatasetError(f"{line}{error.message}") from error
    return Mark(name, (outline or box(left - first, top - first, right, bottom),))


def _polygon(node: Element) -> Outline | None:
    """Return the outline that some programs add to the box, as <x1>, <y1>, <x2>, …; its corners are pixels' centres."""
    polygon = node.find("polygon")
    if polygon is None or len(polygon) < 6:
        return None
    words = [text_of(polygon, f"{axis}{place}") for place in range(1, len(polygon) // 2 + 1) for axis in "xy"]
    return Outline(points_of(words, "polygon") - 0.5)


def write(export: Export) -> None:
    """Write boxes of the masks' pieces, and the masks as pictures of classes."""
    numbers = {name: place for place, name in enumerate(export.defects, 1)}
    if len(numbers) > 254:
        raise DatasetError(f"{len(numbers)} classes of defects: the format holds 254.", cure="Export as COCO.")
    for image in export.images:
        export.copy(image, f"JPEGImages/{image.name}")
        mask, found = image.read_pieces(defective=image.item.label in numbers)
        boxes = [(piece.x + 1, piece.y + 1, piece.x + piece.width, piece.y + piece.height) for piece in found]
        export.write(f"Annotations/{image.stem}.xml", _annotation(export, image, boxes, segmented=mask is not None))
        if mask is not None:
            export.write(f"SegmentationClass/{image.stem}.png", _class_picture(mask, numbers[image.item.label]))
        export.advance()
    for split, name in _LISTS.items():
        stems = [image.stem for image in export.images if image.item.split == split]
        export.write(f"ImageSets/Main/{name}.txt", "".join(f"{stem}\n" for stem in stems))
    export.write("labelmap.txt", _label_map(numbers))


def _annotation(export: Export, image: Exported, boxes: list[tuple[int, int, int, int]], *, segmented: bool) -> bytes:
    root, item = Element("annotation"), image.item
    for name, text in (("folder", "JPEGImages"), ("filename", image.name)):
        SubElement(root, name).text = text
    SubElement(SubElement(root, "source"), "database").text = export.name
    size = SubElement(root, "size")
    for name, value in (("width", item.width), ("height", item.height), ("depth", 3)):
        SubElement(size, name).text = str(value)
    SubElement(root, "segmented").text = str(int(segmented))
    for name, text in (("label", item.label), ("part", item.part), ("view", item.view), ("lot", image.lot)):
        SubElement(root, name).text = text
    for corners in boxes:
        node = SubElement(root, "object")
        for name, text in (("name", item.label), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            SubElement(node, name).text = text
        bounds = SubElement(node, "bndbox")
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
            SubElement(bounds, name).text = str(value)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _class_picture(mask: Image, number_: int) -> bytes:
    from PIL import Image as PillowImage

    picture = PillowImage.fromarray(np.where(mask > 0, number_, 0).astype(np.uint8)).convert("P")
    picture.putpalette([value for place in range(256) for value in _colour(place)])
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _colour(number_: int) -> tuple[int, int, int]:
    """Return the development kit's colour of a class: its bits dealt out to red, green and blue, the highest first."""
    red = green = blue = 0
    for bit in range(8):
        red |= (number_ >> 3 * bit & 1) << 7 - bit
        green |= (number_ >> 3 * bit + 1 & 1) << 7 - bit
        blue |= (number_ >> 3 * bit + 2 & 1) << 7 - bit
    return red, green, blue


def _label_map(numbers: dict[str, int]) -> str:
    """Return the list of classes and colours as CVAT and Datumaro write it."""
    known = {"background": 0, **numbers}
    lines = [f"{name}:{','.join(str(value) for value in _colour(place))}::" for name, place in known.items()]
    return "\n".join(["# label:color_rgb:parts:actions", *lines, ""])
