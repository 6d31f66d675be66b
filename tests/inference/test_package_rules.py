"""A model package that comes from anywhere: nothing outside its folder is read or written, nothing odd gets far."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.errors import PackageError
from inspector.imaging import sha256_of
from inspector.inference.package import CARD_FILE, SIGNATURE_FILE, WEIGHTS_FILE, Card, Package, open_package
from inspector.release_change import keep
from tests.support import tiny_package


@pytest.fixture(name="package", scope="module")
def _package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return tiny_package(tmp_path_factory.mktemp("whole") / "package")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, package: Package) -> Path:
    shutil.copytree(package.folder, tmp_path / "package")
    return tmp_path / "package"


def change(folder: Path, **fields: Any) -> None:
    card = json.loads((folder / CARD_FILE).read_bytes())
    card.update(fields)
    (folder / CARD_FILE).write_text(json.dumps(card))


def entry(data: bytes) -> dict[str, Any]:
    return {"sha256": sha256_of(data), "bytes": len(data)}


@pytest.mark.parametrize(
    "name",
    ["../secret", "a/../../secret", "/etc/hostname", "..\\secret", "card.json", "CARD.json.SIG", "a\0", "con", ""],
)
def test_that_a_card_that_names_files_elsewhere_is_refused(name: str, folder: Path) -> None:
    (folder.parent / "secret").write_bytes(b"secret")
    files = json.loads((folder / CARD_FILE).read_bytes())["files"]
    change(folder, files={**files, name: entry(b"secret")})
    with pytest.raises(PackageError, match="files"):
        open_package(folder)


@given(st.text(max_size=30))
def test_that_whatever_name_a_card_accepts_stays_inside_the_folder(name: str) -> None:
    good = {"sha256": "0" * 64, "bytes": 0}
    card = {
        "method": "classifier", "backbone": "x", "classes": ("a", "b"), "good": ("a",),
        "preprocessing": {"width": 32, "height": 32}, "thresholds": {"pass_below": 0, "fail_from": 1}, "training": {},
        "data": {}, "metrics": {}, "libraries": {}, "created": "",
    }  # fmt: skip
    try:
        accepted = Card.model_validate({**card, "files": {WEIGHTS_FILE: good, name: good}})
    except ValueError:
        return
    root = Path("/somewhere/package")
    for each in accepted.files:
        inside = Path(os.path.normpath(root / each))
        assert inside.is_relative_to(root)
        assert inside != root
        assert inside.name not in (CARD_FILE, SIGNATURE_FILE)


def test_that_more_files_or_classes_than_a_package_can_have_are_refused(folder: Path) -> None:
    whole = json.loads((folder / CARD_FILE).read_bytes())
    change(folder, files={**whole["files"], **{f"{n}.bin": entry(b"") for n in range(201)}})
    with pytest.raises(PackageError, match="200"):
        open_package(folder)
    change(folder, files=whole["files"], classes=[f"c{n}" for n in range(10_001)])
    with pytest.raises(PackageError, match="10000"):
        open_package(folder)


@pytest.mark.parametrize(
    "card",
    [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000, b"\xff", b"null", b"{}", b" " * 5_000_000, b""],
    ids=["deep list", "deep object", "long number", "no text", "null", "no fields", "huge", "empty"],
)
def test_that_a_card_that_is_none_is_told(card: bytes, folder: Path) -> None:
    (folder / CARD_FILE).write_bytes(card)
    with pytest.raises(PackageError) as caught:
        open_package(folder)
    assert len(caught.value.message) < 2000


def test_that_a_card_is_read_as_utf_8_alone(folder: Path) -> None:
    (folder / CARD_FILE).write_bytes((folder / CARD_FILE).read_text().encode("utf-16"))
    with pytest.raises(PackageError):
        open_package(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices")
@pytest.mark.parametrize("name", [CARD_FILE, WEIGHTS_FILE])
def test_that_pipes_and_devices_hang_nobody(name: str, folder: Path) -> None:
    path = folder / name
    for kind in ("pipe", "device", "folder"):
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
        with pytest.raises(PackageError):
            open_package(folder)
        path.rmdir() if path.is_dir() else path.unlink()
        path.touch()


def test_that_strangers_in_the_folder_are_named_and_never_copied(folder: Path, tmp_path: Path) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "__init__.py").write_text("import os")
    (folder / ".hidden").symlink_to("/etc/hostname")
    package = open_package(folder)
    assert package.strangers() == (".hidden", "code/__init__.py")
    copy = keep(tmp_path / "release", package)
    assert sorted(path.name for path in copy.iterdir()) == [CARD_FILE, WEIGHTS_FILE]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_that_a_spoiled_card_opens_as_what_its_hash_says_or_not_at_all(
    package: Package, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("spoiled")
    for name in package.card.files:
        (folder / name).hardlink_to(package.folder / name)
    changed = bytearray(package.card_bytes)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    (folder / CARD_FILE).write_bytes(changed)
    try:
        opened = open_package(folder)
    except PackageError:
        return
    assert opened.hash == sha256_of(bytes(changed))


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000], ids=["list", "object", "number"]
)
def test_that_a_release_file_made_to_be_deep_is_damaged(content: bytes, package: Package, tmp_path: Path) -> None:
    keep(tmp_path / "release", package)
    (tmp_path / "release" / "release.json").write_bytes(content)
    with pytest.raises(PackageError, match="damaged"):
        open_package(tmp_path / "release")
