from __future__ import annotations

import shutil
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.errors import DatasetError, UsageError
from inspector.imaging import encode_png, sha256_of

WriteImage = Callable[..., Path]


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_that_classes_come_from_the_path_and_masks_are_found(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for label in ("Free", "Crack"):
        for number in range(4):
            write_image(f"{label}/Imgs/{number}.jpg")
            write_image(f"{label}/Imgs/{number}.png", mask=255 if label == "Crack" else 0)
    out = tmp_path / "out"
    report = import_images(
        ImportRequest(source, out, pattern="{class}/Imgs/{id}.jpg", mask="{class}/Imgs/{id}.png", good=("Free",))
    )
    assert (report.added, report.refused, report.ignored) == (8, (), ())
    with open_dataset(out) as dataset:
        items = dataset.items()
        assert dataset.classes == ("Free", "Crack")
        assert dataset.good == ("Free",)
        assert {item.width for item in items} == {32}
        assert all(item.path.is_absolute() and item.sha256 == sha256_of(item.path.read_bytes()) for item in items)
        mask = next(item for item in items if item.label == "Crack").read_mask()
        assert mask is not None
        assert (mask.max(), int((mask == 255).sum())) == (255, 30)
        assert items == sorted(items, key=lambda item: (item.part, item.view, item.path))


def test_that_the_class_comes_from_the_mask_where_the_path_names_none(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for part in range(5):
        for view in range(3):
            write_image(f"kos{part}/Part{view}.jpg")
            if (part, view) != (4, 2):
                write_image(f"kos{part}/Part{view}_label.png", mask=1 if view == part else 0)
    report = import_images(
        ImportRequest(source, tmp_path / "out", pattern="{part}/{view}.jpg", mask="{part}/{view}_label.png")
    )
    assert [(no.path, no.problem) for no in report.refused] == [("kos4/Part2.jpg", "mask-missing")]
    with open_dataset(tmp_path / "out") as dataset:
        assert Counter(item.label for item in dataset.items()) == {"good": 11, "defect": 3}
        splits = {(item.part, item.split) for item in dataset.items()}
        assert len(splits) == 5


def test_that_every_bad_file_is_listed_with_its_reason_and_none_is_taken(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    good = write_image("ok/good.png")
    photo = write_image("ok/photo.jpg").read_bytes()
    (source / "ok/truncated.jpg").write_bytes(photo[: len(photo) // 2])
    (source / "ok/empty.png").write_bytes(b"")
    (source / "ok/text.jpg").write_text("no image at all")
    (source / "ok/bomb.png").write_bytes(_bomb(60_000, 60_000))
    flipped = bytearray(good.read_bytes())
    flipped[len(flipped) // 2] ^= 0x40
    (source / "ok/flipped.png").write_bytes(bytes(flipped))
    (source / "ok/movie.gif").write_bytes(b"GIF89a")
    shutil.copy(good, source / "ok/twin.png")
    (source / "bad").mkdir()
    shutil.copy(good, source / "bad/another.png")
    (source / "notes.txt").write_text("hello")
    write_image("ok/badmask.png")
    (source / "masks").mkdir()
    (source / "masks/badmask.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    write_image("ok/smallmask.png")
    write_image("masks/smallmask.png", size=(12, 12), mask=255)
    report = import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", mask="masks/{id}"))
    problems = {no.path: no.problem for no in report.refused}
    assert problems == {
        "ok/truncated.jpg": "truncated",
        "ok/empty.png": "empty",
        "ok/text.jpg": "wrong-type",
        "ok/bomb.png": "too-large",
        "ok/flipped.png": "unreadable",
        "ok/movie.gif": "wrong-type",
        "ok/good.png": "duplicate",
        "ok/twin.png": "duplicate",
        "ok/badmask.png": "mask-damaged",
        "ok/smallmask.png": "mask-size",
    }
    assert report.ignored == ("notes.txt",)
    with open_dataset(tmp_path / "out") as dataset:
        assert [item.path.name for item in dataset.items()] == ["another.png", "photo.jpg"]
        listed = {no.path.name: no for no in dataset.rejected()}
        assert len(listed) == 10
        assert "bad/another.png" in listed["good.png"].detail
        assert "class bad there and ok here" in listed["good.png"].detail
        assert "32x24" in listed["smallmask.png"].detail
        assert all(no.path.is_absolute() for no in listed.values())


def test_that_given_splits_are_kept_and_validation_is_held_out_of_train(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(20):
        write_image(f"train/good/{number:03d}.png")
    for number in range(6):
        write_image(f"test/good/{number:03d}.png")
        write_image(f"test/broken/{number:03d}.png")
        write_image(f"ground_truth/broken/{number:03d}_mask.png", mask=255)
    import_images(ImportRequest(source, tmp_path / "out", format="mvtec", rule=SplitRule(hold_out=0.15)))
    with open_dataset(tmp_path / "out") as dataset:
        counts = Counter((item.split, item.label, item.mask is not None) for item in dataset.items())
        assert counts == {
            ("train", "good", False): 17,
            ("validation", "good", False): 3,
            ("test", "good", False): 6,
            ("test", "broken", True): 6,
        }


def test_that_the_fingerprint_depends_on_content_and_labels_but_not_on_place_or_copying(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(6):
        write_image(f"{'ok' if number % 2 else 'bad'}/{number}.png")
    moved = tmp_path / "elsewhere"
    shutil.copytree(source, moved)
    prints = []
    for number, (folder, copy) in enumerate([(source, False), (moved, False), (source, True)]):
        out = tmp_path / f"out{number}"
        import_images(ImportRequest(folder, out, pattern="{class}/{id}", copy=copy))
        with open_dataset(out) as dataset:
            prints.append(dataset.fingerprint)
    assert len(set(prints)) == 1
    with open_dataset(tmp_path / "out0") as dataset:
        dataset.relabel(dataset.items()[0].item_id, "ok", "Ada")
        assert dataset.fingerprint != prints[0]


def test_that_copied_images_survive_the_source_and_a_moved_data_set(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(4):
        write_image(f"ok/{number}.png")
        write_image(f"masks/{number}.png", mask=255)
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", mask="masks/{id}", copy=True))
    shutil.rmtree(source)
    (tmp_path / "out").rename(tmp_path / "new")
    with open_dataset(tmp_path / "new") as dataset:
        for item in dataset.items():
            assert item.path.is_relative_to(tmp_path / "new" / "images")
            mask = item.read_mask()
            assert item.read_pixels().shape[:2] == (24, 32)
            assert mask is not None
            assert mask.any()


def test_that_missing_images_are_named_with_the_cure_and_a_moved_source_can_be_found_again(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(4):
        write_image(f"ok/{number}.png")
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}"))
    moved = source.rename(tmp_path / "moved")
    with open_dataset(tmp_path / "out") as dataset:
        with pytest.raises(DatasetError, match=r"0\.png") as caught:
            dataset.items()[0].read_pixels()
        assert "inspector dataset root" in caught.value.cure
        with pytest.raises(DatasetError, match="4 of 4 files are not there"):
            dataset.move_root(source, tmp_path / "out")
        assert dataset.move_root(source, moved) == 4
        assert dataset.items()[0].read_pixels().shape == (24, 32, 3)


def test_that_an_existing_data_set_is_refused_and_append_adds_only_what_is_new(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(10):
        write_image(f"ok/{number}.png")
    request = ImportRequest(source, tmp_path / "out", pattern="{class}/{id}")
    import_images(request)
    with pytest.raises(DatasetError) as caught:
        import_images(request)
    assert "--append" in caught.value.cure
    with open_dataset(tmp_path / "out") as dataset:
        before = {item.sha256: item.split for item in dataset.items()}
    for number in range(10, 16):
        write_image(f"ok/{number}.png")
    (source / "worn").mkdir()
    shutil.copy(source / "ok/3.png", source / "worn/again.png")
    (source / "ok/0.png").write_bytes(encode_png(np.zeros((8, 8, 3), np.uint8)))
    report = import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", append=True))
    assert (report.added, report.known) == (6, 9)
    assert {no.path: no.problem for no in report.refused} == {"worn/again.png": "duplicate", "ok/0.png": "changed"}
    assert any("class ok there and worn here" in no.detail for no in report.refused)
    with open_dataset(tmp_path / "out") as dataset:
        after = {item.sha256: item.split for item in dataset.items()}
    assert len(after) == 16
    assert {key: after[key] for key in before} == before


def test_that_stopping_an_import_leaves_nothing_behind(source: Path, tmp_path: Path, write_image: WriteImage) -> None:
    for number in range(6):
        write_image(f"ok/{number}.png")

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    request = ImportRequest(source, tmp_path / "out", pattern="{class}/{id}")
    with pytest.raises(KeyboardInterrupt):
        import_images(request, stop)
    assert not (tmp_path / "out").exists()
    assert import_images(request).added == 6


def test_that_stopping_an_append_leaves_the_data_set_as_it_was(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    write_image("ok/1.png")
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}"))
    write_image("ok/2.png")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", append=True), stop)
    with open_dataset(tmp_path / "out") as dataset:
        assert len(dataset.items()) == 1


def test_that_nothing_fitting_is_an_error_that_shows_paths(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    write_image("deep/down/1.png")
    with pytest.raises(DatasetError, match=r"deep/down/1\.png"):
        import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", good=("x",)))
    assert not (tmp_path / "out").exists()


def test_that_an_import_of_nothing_but_bad_files_is_an_error(source: Path, tmp_path: Path) -> None:
    (source / "ok").mkdir()
    (source / "ok/1.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"1\.png: empty"):
        import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pattern": "{class}/{id}", "good": ("nope",)}, "There is no class nope"),
        ({"pattern": "{class}/{id}"}, "Which classes are good"),
        ({"pattern": "{part}/{id}"}, "names no class"),
        ({}, "laid out"),
        ({"pattern": "{class}/{id}", "format": "folders"}, "Both"),
        ({"format": "csv"}, "list"),
        ({"pattern": "{class}/{id}", "good": ("a",), "lot": "("}, "regular expression"),
    ],
)
def test_that_options_that_cannot_work_are_refused(
    source: Path, tmp_path: Path, write_image: WriteImage, options: dict[str, object], says: str
) -> None:
    write_image("a/1.png")
    write_image("b/1.png")
    with pytest.raises(UsageError, match=says) as caught:
        import_images(ImportRequest(source, tmp_path / "out", **options))  # type: ignore[arg-type]
    assert caught.value.cure


def test_that_lots_are_never_split(source: Path, tmp_path: Path, write_image: WriteImage) -> None:
    for lot in range(8):
        for number in range(4):
            write_image(f"ok/lot{lot}_{number}.png")
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}", lot=r"lot\d+"))
    with open_dataset(tmp_path / "out") as dataset:
        places = {(item.path.name.split("_")[0], item.split) for item in dataset.items()}
        assert len(places) == 8
        assert {split for _, split in places} == {"train", "validation", "test"}


def test_that_jpeg_specks_in_a_mask_are_no_defect(source: Path, tmp_path: Path, write_image: WriteImage) -> None:
    write_image("p/1.png")
    write_image("p/1_m.jpg", mask=40)
    write_image("p/2.png")
    write_image("p/2_m.jpg", mask=255)
    import_images(ImportRequest(source, tmp_path / "out", pattern="{part}/{view}.png", mask="{part}/{view}_m.jpg"))
    with open_dataset(tmp_path / "out") as dataset:
        assert [item.label for item in dataset.items()] == ["good", "defect"]
