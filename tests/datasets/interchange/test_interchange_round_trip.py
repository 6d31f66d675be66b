"""What leaves a data set in another program's format and comes back is the same data set, but for what docs name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from datasets.export import export_csv, export_folder
from datasets.formats import WRITERS
from datasets.importer import import_images, silent
from datasets.interchange.coco import export_coco
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from inspector.errors import DatasetError
from inspector.imaging import encode_png, sha256_of

EVERYTHING = {"part", "view", "lot", "mask", "split"}
KEPT: dict[str, set[str]] = {
    "csv": EVERYTHING,
    "coco": EVERYTHING,
    "cvat": EVERYTHING,
    "label-studio": EVERYTHING,
    "labelme": EVERYTHING,
    "imagefolder": EVERYTHING,
    "voc": EVERYTHING,
    "mvtec": {"mask", "split"},
    "yolo": {"mask", "split"},
    "yolo-boxes": {"split"},
    "yolo-classify": {"split"},
}
"""What each format keeps beside the image and its class: the table of docs/interchange.md."""


def content(folder: Path, kept: set[str]) -> dict[str, tuple[Any, ...]]:
    """Return, by the image's hash, its class and all that is kept; a mask by its pixels, where any is marked."""
    found = {}
    with open_dataset(folder) as dataset:
        lots = dict(dataset.connection.execute("SELECT item_id, lot FROM item").fetchall())
        for item in dataset.items():
            mask = item.read_mask()
            told = {
                "part": item.part,
                "view": item.view,
                "split": item.split,
                "lot": lots[item.item_id],
                "mask": "" if mask is None or not mask.any() else sha256_of(mask.tobytes()),
            }
            found[item.sha256] = (item.label, *(told[name] for name in sorted(kept)))
        found["good"] = dataset.good
    return found


def send(folder: Path, kind: str, target: Path) -> None:
    """Export."""
    with open_dataset(folder) as dataset:
        if kind == "csv":
            export_csv(dataset, target / "list.csv")
        elif kind == "coco":
            export_coco(dataset, target / "coco.json")
        else:
            export_folder(dataset, kind, target, None, silent)


def fetch(kind: str, source: Path, exported: Path, out: Path) -> None:
    """Import: the lists name images where they lie, the folders hold them."""
    if kind == "csv":
        import_images(ImportRequest(exported, out, lists=(exported / "list.csv",), good=("good",)))
    elif kind == "coco":
        import_images(ImportRequest(source, out, format="coco", annotations=(exported / "coco.json",), good=("good",)))
    else:
        import_images(ImportRequest(exported, out, format=kind, good=("good",)))


@pytest.mark.parametrize("kind", KEPT)
def test_that_a_data_set_comes_back_from_every_format_with_what_the_format_keeps(
    made: Path, tmp_path: Path, kind: str
) -> None:
    send(made, kind, tmp_path / "sent")
    fetch(kind, tmp_path / "made", tmp_path / "sent", tmp_path / "back")
    assert content(tmp_path / "back", KEPT[kind]) == content(made, KEPT[kind])


@pytest.mark.parametrize("kind", [kind for kind in KEPT if kind in WRITERS or kind == "coco"])
def test_that_the_second_trip_changes_nothing_at_all(made: Path, tmp_path: Path, kind: str) -> None:
    send(made, kind, tmp_path / "1")
    fetch(kind, tmp_path / "made", tmp_path / "1", tmp_path / "first")
    send(tmp_path / "first", kind, tmp_path / "2")
    fetch(kind, tmp_path / ("made" if kind == "coco" else "1"), tmp_path / "2", tmp_path / "second")
    kept = KEPT[kind]
    assert content(tmp_path / "second", kept) == content(tmp_path / "first", kept)
    if kept == EVERYTHING:
        with open_dataset(tmp_path / "first") as first, open_dataset(tmp_path / "second") as second:
            assert first.fingerprint == second.fingerprint


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mask=arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))).filter(
        lambda mask: mask.any() and not mask.all()
    )
)
@pytest.mark.parametrize("kind", ["coco", "yolo", "voc", "cvat", "label-studio", "labelme", "imagefolder"])
def test_that_any_mask_comes_back_pixel_by_pixel(
    tmp_path_factory: pytest.TempPathFactory, kind: str, mask: np.ndarray
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name, pixels in (("a", np.zeros((*mask.shape, 3), np.uint8)), ("b", np.ones((*mask.shape, 3), np.uint8))):
        for kinds, data in (("images", pixels), ("masks", mask * np.uint8(255) * np.uint8(name == "a"))):
            path = folder / "source" / kinds / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(data))
    source = folder / "source"
    import_images(ImportRequest(source, folder / "set", pattern="images/{id}.png", mask="masks/{id}.png"))
    send(folder / "set", kind, folder / "sent")
    fetch(kind, source, folder / "sent", folder / "back")
    assert content(folder / "back", {"mask"}) == content(folder / "set", {"mask"})


def test_that_only_the_asked_split_is_written_and_nothing_is_overwritten(made: Path, tmp_path: Path) -> None:
    with open_dataset(made) as dataset:
        assert export_folder(dataset, "yolo", tmp_path / "sent", "test", silent) == 4
        assert {path.name for path in (tmp_path / "sent" / "images").iterdir()} == {"test"}
        with pytest.raises(DatasetError, match="is there already"):
            export_folder(dataset, "yolo", tmp_path / "sent", "test", silent)


def test_that_an_altered_image_stops_the_export_and_nothing_is_left(made: Path, tmp_path: Path) -> None:
    image = next((tmp_path / "made" / "dent").rglob("*.png"))
    image.write_bytes(image.read_bytes() + b"\0")
    with open_dataset(made) as dataset, pytest.raises(DatasetError, match=r"altered since its import"):
        export_folder(dataset, "cvat", tmp_path / "sent", None, silent)
    assert not (tmp_path / "sent").exists()
    assert not list(tmp_path.glob(".sent*"))
