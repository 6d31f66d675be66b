"""Data sets as single files: every picture, every byte, and a manifest of no other tables than ours."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from datasets.manifest import open_dataset
from datasets.packing import pack_dataset, unpack_dataset
from datasets.schema import MANIFEST_FILE
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.cli import main
from inspector.errors import ArchiveError, DatasetError, InspectorError
from inspector.sqlite import driver


def quiet(_done: int, _all: int) -> None:
    """Nobody looks."""


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Path:
    synthesize(SyntheticRequest(tmp_path / "data", images=6, size_px=64))
    return tmp_path / "data"


def rewritten(archive: Path, change: dict[str, bytes | None]) -> Path:
    """Return another archive with files replaced, added or (None) left out."""
    with zipfile.ZipFile(archive) as old:
        files: dict[str, bytes | None] = {name: old.read(name) for name in old.namelist()}
    made = archive.with_name("changed.zip")
    with zipfile.ZipFile(made, "w") as new:
        for name, content in {**files, **change}.items():
            if content is not None:
                new.writestr(name, content)
    return made


def test_that_a_data_set_travels_whole(data: Path, tmp_path: Path) -> None:
    assert main(["dataset", "pack", str(data), str(tmp_path / "d.zip")]) == 0
    assert main(["dataset", "unpack", str(tmp_path / "d.zip"), str(tmp_path / "out")]) == 0
    with open_dataset(data) as before, open_dataset(tmp_path / "out") as after:
        assert after.fingerprint == before.fingerprint
        assert [item.label for item in after.items()] == [item.label for item in before.items()]
    assert main(["dataset", "check", str(tmp_path / "out")]) == 0


def test_that_pictures_elsewhere_cannot_be_packed(tmp_path: Path, data: Path) -> None:
    assert (
        main(
            [
                "dataset",
                "import",
                str(data / "images"),
                str(tmp_path / "named"),
                "--good",
                "good",
                "--pattern",
                "{class}/{id}.png",
            ]
        )
        == 0
    )
    with pytest.raises(DatasetError, match="lies elsewhere"):
        pack_dataset(tmp_path / "named", tmp_path / "d.zip", quiet)


def test_that_altered_missing_and_added_files_are_refused(data: Path, tmp_path: Path) -> None:
    pack_dataset(data, tmp_path / "d.zip", quiet)
    with open_dataset(data) as dataset:
        name = dataset.items()[0].path.relative_to(data).as_posix()
    changes: dict[str, dict[str, bytes | None]] = {
        "altered": {name: b"x"},
        "missing": {name: None},
        "in no manifest": {"setup.py": b"import os"},
    }
    for said, change in changes.items():
        with pytest.raises(ArchiveError, match=said):
            unpack_dataset(rewritten(tmp_path / "d.zip", change), tmp_path / "out", quiet)
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON label BEGIN DELETE FROM item; END",
        "DROP VIEW current_item",
        "UPDATE item SET path = '../../../../etc/hostname'",
        "UPDATE root SET path = '/etc'",
        "UPDATE item SET path = x'00ff'",
    ],
)
def test_that_a_hostile_manifest_is_refused(statement: str, data: Path, tmp_path: Path) -> None:
    pack_dataset(data, tmp_path / "d.zip", quiet)
    manifest = tmp_path / "manifest"
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        manifest.write_bytes(archive.read(MANIFEST_FILE))
    connection = driver().connect(str(manifest), isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    limit = " WHERE item_id = 1" if "item SET" in statement else ""
    connection.execute(statement + limit)
    connection.close()
    changed = rewritten(tmp_path / "d.zip", {MANIFEST_FILE: manifest.read_bytes()})
    with pytest.raises(InspectorError):
        unpack_dataset(changed, tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()
