"""Packages and recipes as single files: out comes what went in, with its signature, or nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import ArchiveError, PackageError, RecipeError
from inspector.inference.package import open_package
from inspector.packing import pack_package, pack_recipe, unpack_package, unpack_recipe
from inspector.release_change import enter, keep
from tests.keys.signing import ANNA, a_signer
from tests.support import recipe_text, tiny_package


def quiet(_done: int, _all: int) -> None:
    """Nobody looks."""


def test_that_a_package_travels_with_its_signature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signer = a_signer(tmp_path)
    package = tiny_package(tmp_path / "package")
    signer.sign(package.folder)
    assert main(["package", "pack", str(package.folder), str(tmp_path / "p.zip")]) == 0
    assert main(["package", "unpack", str(tmp_path / "p.zip"), str(tmp_path / "there" / "package")]) == 0
    assert package.hash in capsys.readouterr().out
    assert open_package(tmp_path / "there" / "package").hash == package.hash
    assert main(["keys", "check", str(tmp_path / "there" / "package")]) == 0


def test_that_a_release_is_packed_as_its_champion(tmp_path: Path) -> None:
    package = tiny_package(tmp_path / "package")
    keep(tmp_path / "release", package)
    enter(tmp_path / "release", package.hash, "init", who=ANNA, why="x", expected=None)
    pack_package(tmp_path / "release", tmp_path / "p.zip", quiet)
    assert unpack_package(tmp_path / "p.zip", tmp_path / "out", quiet).hash == package.hash


def test_that_an_archive_with_another_file_or_a_damaged_package_is_no_package(tmp_path: Path) -> None:
    package = tiny_package(tmp_path / "package")
    pack_package(package.folder, tmp_path / "p.zip", quiet)
    with zipfile.ZipFile(tmp_path / "p.zip", "a") as archive:
        archive.writestr("plugin.py", "import os")
    with pytest.raises(ArchiveError, match=r"plugin\.py"):
        unpack_package(tmp_path / "p.zip", tmp_path / "out", quiet)
    (package.folder / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(PackageError):
        pack_package(package.folder, tmp_path / "q.zip", quiet)
    with zipfile.ZipFile(tmp_path / "q.zip", "w") as archive:
        archive.write(package.folder / "card.json", "card.json")
        archive.writestr("weights.safetensors", b"x")
    with pytest.raises(PackageError):
        unpack_package(tmp_path / "q.zip", tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_that_a_recipe_travels_with_its_signature(tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    recipe = tmp_path / "washer.toml"
    recipe.write_text(recipe_text(tmp_path / "package"))
    signer.sign(recipe)
    assert main(["recipe", "pack", str(recipe), str(tmp_path / "r.zip")]) == 0
    assert main(["recipe", "unpack", str(tmp_path / "r.zip"), str(tmp_path / "out")]) == 0
    assert main(["keys", "check", str(tmp_path / "out" / "washer.toml")]) == 0


def test_that_an_archive_of_anything_else_is_no_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "washer.toml"
    recipe.write_text(recipe_text(tmp_path / "package"))
    pack_recipe(recipe, tmp_path / "r.zip", quiet)
    with zipfile.ZipFile(tmp_path / "r.zip", "a") as archive:
        archive.writestr("other.toml", recipe.read_text())
    with pytest.raises(ArchiveError, match="anything but one recipe"):
        unpack_recipe(tmp_path / "r.zip", tmp_path / "out", quiet)
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("bad.toml", "nonsense")
    with pytest.raises(RecipeError):
        unpack_recipe(tmp_path / "s.zip", tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()
