"""CVAT for images 1.1 (XML), read and written; see "XML annotation format" in the documentation of CVAT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from datasets.interchange.entries import Entry, Mark, Mistakes, Reading
from datasets.interchange.finding import split_of
from datasets.interchange.planning import Source
from datasets.interchange.reading import Node, number, points_of, read_xml, size_of
from datasets.interchange.shapes import Outline, Runs, Shape, box, ellipse, rotate
from datasets.interchange.writing import Export, Exported
from datasets.pattern import SPLIT_ALIASES
from inspector.errors import DatasetError

_FIELDS = ("part", "view", "lot")
_WITHOUT_AREA = ("points", "polyline", "cuboid", "skeleton")


def read(source: Source, mistakes: Mistakes) -> Reading:
    """Read XML files: those named, or `annotations.xml` or the XML files of the folder.

    A tag gives its class to the image as a whole; `part`, `view` and `lot` are read from its attributes, and the split
    from the subset, or the file's name. Points, lines and cuboids mark a class without area.

    Raises:
        DatasetError: No such file, or one of another kind; CVAT for video among them.
    """
    files = (
        source.files
        or tuple(path for path in (source.folder / "annotations.xml",) if path.is_file())
        or tuple(sorted(source.folder.glob("*.xml")))
    )
    if not files:
        raise DatasetError(
            f"{source.folder}: no annotations.xml lies here.", cure="Unpack CVAT's archive, or --annotations FILE."
        )
    entries: list[Entry] = []
    for file in files:
        root = read_xml(file)
        if root.tag != "annotations" or root.find("track") is not None:
            kind = "CVAT for video" if root.tag == "annotations" else f"a file of <{root.tag}>"
            raise DatasetError(f"{file}: is {kind}.", cure="Export the task as CVAT for images 1.1.")
        for node in root.iter("image"):
            where = _place(file, node)
            try:
                entries.append(_entry(node, where, source, split_of(file.name)))
            except DatasetError as error:
                mistakes.add(where, error.message)
    return Reading(entries)


def _place(file: Path, node: Element) -> str:
    return f"{file.name}, line {node.line}" if isinstance(node, Node) else file.name


def _entry(node: Element, where: str, source: Source, split: str) -> Entry:
    subset = node.get("subset", "")
    name = node.get("name", "")
    near = ("", "images", f"images/{subset}") if subset else ("", "images")
    labels, marks, fields = [], [], dict.fromkeys(_FIELDS, "")
    for child in node:
        label = child.get("label", "")
        if not label:
            continue
        if child.tag == "tag":
            labels.append(label)
            for attribute in child.iter("attribute"):
                if attribute.get("name") in fields:
                    fields[attribute.get("name", "")] = (attribute.text or "").strip()
        else:
            try:
                marks.append(Mark(label, _shapes(child)))
            except DatasetError as error:
                line = f"line {child.line}: " if isinstance(child, Node) else ""
                raise DatasetError(f"{line}{error.message}") from error
    return Entry(
        path=source.finder.find(name, near),
        where=where,
        labels=tuple(dict.fromkeys(labels)),
        marks=tuple(marks),
        size=size_of(node.get("width"), node.get("height")),
        split=SPLIT_ALIASES.get(subset.lower(), "") or split_of(name) or split,
        part=fields["part"],
        view=fields["view"],
        lot=fields["lot"],
    )


def _shapes(node: Element) -> tuple[Shape, ...]:
    values = node.attrib
    if node.tag == "box":
        left, top, right, bottom = (number(values.get(name), name) for name in ("xtl", "ytl", "xbr", "ybr"))
        return (_turned(box(left, top, right, bottom), number(values.get("rotation", "0"), "rotation")),)
    if node.tag == "polygon":
        return (Outline(points_of(re.split("[;,]", values.get("points", "")), "points")),)
    if node.tag == "ellipse":
        x, y, rx, ry = (number(values.get(name), name) for name in ("cx", "cy", "rx", "ry"))
        return (ellipse(x, y, rx, ry, number(values.get("rotation", "0"), "rotation")),)
    if node.tag == "mask":
        return (_runs(values),)
    if node.tag in _WITHOUT_AREA:
        return ()
    raise DatasetError(f"<{node.tag}> is no shape that is known")


def _turned(shape: Outline, angle_deg: float) -> Outline:
    """CVAT turns a box around its centre, clockwise."""
    centre = shape.points.mean(axis=0)
    return Outline(rotate(shape.points - centre, angle_deg) + centre) if angle_deg else shape


def _runs(values: Mapping[str, str]) -> Runs:
    x, y, width, height = (int(number(values.get(name), name)) for name in ("left", "top", "width", "height"))
    counts = [int(number(piece, "rle")) for piece in values.get("rle", "").split(",")]
    return Runs(np.array(counts, np.int64), width, height, x, y)


def write(export: Export) -> None:
    """Write `annotations.xml` and `images/<split>/`: a tag with the class of every image, outlines of the masks."""
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    _write_meta(root, export)
    for place, image in enumerate(export.images):
        name = f"{image.item.split}/{image.name}"
        export.copy(image, f"images/{name}")
        size = {"width": str(image.item.width), "height": str(image.item.height)}
        node = SubElement(root, "image", {"id": str(place), "name": name, "subset": image.item.split, **size})
        _write_image(node, image, defective=image.item.label not in export.good)
        export.advance()
    indent(root)
    export.write("annotations.xml", tostring(root, encoding="utf-8", xml_declaration=True))


def _write_meta(root: Element, export: Export) -> None:
    task = SubElement(SubElement(root, "meta"), "task")
    for name, text in (("name", export.name), ("size", str(len(export.images))), ("mode", "annotation")):
        SubElement(task, name).text = text
    labels = SubElement(task, "labels")
    for name in export.classes:
        label = SubElement(labels, "label")
        for key, text in (("name", name), ("type", "any")):
            SubElement(label, key).text = text
        attributes = SubElement(label, "attributes")
        for field in _FIELDS:
            attribute = SubElement(attributes, "attribute")
            told = {"name": field, "mutable": "False", "input_type": "text", "default_value": "", "values": ""}
            for key, text in told.items():
                SubElement(attribute, key).text = text


def _write_image(node: Element, image: Exported, *, defective: bool) -> None:
    mask, found = image.read_pieces(defective=defective)
    for piece in found if mask is not None else []:
        points = ";".join(f"{x:.2f},{y:.2f}" for x, y in piece.outline)
        told = {"label": image.item.label, "source": "manual", "occluded": "0", "points": points, "z_order": "0"}
        SubElement(node, "polygon", told)
    tag = SubElement(node, "tag", {"label": image.item.label, "source": "manual"})
    for field, text in (("part", image.item.part), ("view", image.item.view), ("lot", image.lot)):
        SubElement(tag, "attribute", {"name": field}).text = text
