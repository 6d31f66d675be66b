from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.schema import MANIFEST_FILE
from inspector.errors import DatasetError
from inspector.sqlite import driver

WriteImage = Callable[..., Path]


@pytest.fixture
def folder(source: Path, tmp_path: Path, write_image: WriteImage) -> Path:
    for number in range(4):
        write_image(f"ok/{number}.png")
        write_image(f"crack/{number}.png")
    import_images(ImportRequest(source, tmp_path / "out", pattern="{class}/{id}"))
    return tmp_path / "out"


def test_that_labels_are_appended_with_who_and_when(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        item = dataset.items()[0]
        dataset.relabel(item.item_id, "ok", "Ada")
        dataset.relabel(item.item_id, "ok", "Grace")
        dataset.relabel(item.item_id, "crack", "Grace")
        history = dataset.history(item.item_id)
    assert [(change.who, change.from_label, change.to_label) for change in history] == [
        ("import", None, "crack"),
        ("Ada", "crack", "ok"),
        ("Grace", "ok", "crack"),
    ]
    assert all(change.when_utc.endswith("+00:00") for change in history)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE label SET to_label = 'ok'",
        "DELETE FROM label",
        "REPLACE INTO label VALUES (1, 1, NULL, 'x', 'y', 'z')",
        "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (1, 'dent', 'ok', 'x', 'y')",
        "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (99, NULL, 'ok', 'x', 'y')",
        "DELETE FROM item",
        "UPDATE item SET split = 'holdout'",
    ],
)
def test_that_the_database_itself_refuses_to_alter_history(folder: Path, statement: str) -> None:
    with open_dataset(folder) as dataset:
        before = dataset.fingerprint
        with pytest.raises(driver().IntegrityError), dataset.transaction():
            dataset.connection.execute(statement)
        assert dataset.fingerprint == before


def test_that_classes_follow_the_labels_with_the_good_ones_first(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        assert dataset.classes == ("ok", "crack")
        for item in dataset.items():
            dataset.relabel(item.item_id, "aged", "Ada")
        assert (*dataset.classes, *dataset.good) == ("aged",)


def test_that_a_split_can_be_asked_for_and_an_unknown_one_is_refused(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        parts = [dataset.items(split) for split in ("train", "validation", "test")]
        assert all(parts)
        assert sum(len(part) for part in parts) == len(dataset.items()) == 8
        with pytest.raises(DatasetError, match="'val'"):
            dataset.items("val")
        with pytest.raises(DatasetError, match="12345"):
            dataset.history(12345)
        with pytest.raises(DatasetError):
            dataset.relabel(1, " ", "Ada")


def test_that_a_newer_manifest_is_refused_with_the_cure(folder: Path) -> None:
    connection = driver().connect(str(folder / MANIFEST_FILE))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatasetError, match="format 99") as caught:
        open_dataset(folder)
    assert "Update" in caught.value.cure


def test_that_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no data set"):
        open_dataset(tmp_path)
    (tmp_path / MANIFEST_FILE).write_bytes(b"SQLite format 3\0" + b"rubbish" * 300)
    with pytest.raises(DatasetError, match="cannot be read"):
        open_dataset(tmp_path)
    (tmp_path / MANIFEST_FILE).unlink()
    driver().connect(str(tmp_path / MANIFEST_FILE)).close()
    (tmp_path / MANIFEST_FILE).touch()
    with pytest.raises(DatasetError, match="no manifest"):
        open_dataset(tmp_path)
