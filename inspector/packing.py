"""Model packages and recipes as archives: what goes in, and what must come out for an archive to be one."""

from __future__ import annotations

from pathlib import Path

from inspector.archive import Limits, Progress, pack, unpack
from inspector.errors import ArchiveError
from inspector.inference.card import CARD_FILE, MAX_FILES, SIGNATURE_FILE
from inspector.inference.package import Package, open_package
from inspector.keys.signature import ENDING
from inspector.recipe import MAX_RECIPE_BYTES, Recipe, load_recipe

PACKAGE_LIMITS = Limits(files=MAX_FILES + 20, total_bytes=16 * 2**30)
RECIPE_LIMITS = Limits(files=4, total_bytes=2 * MAX_RECIPE_BYTES, free_bytes=2 * MAX_RECIPE_BYTES)
RECIPE_ENDING = ".toml"


def pack_package(folder: Path, file: Path, progress: Progress) -> Package:
    """Write a package, or a release's champion, with its signature into an archive.

    Raises:
        PackageError: It is no whole package.
        ArchiveError: The archive cannot be written.
    """
    package = open_package(folder)
    names = [CARD_FILE, *sorted(package.card.files)]
    if (package.folder / SIGNATURE_FILE).is_file():
        names.insert(1, SIGNATURE_FILE)
    pack(file, [(name, package.folder / name) for name in names], progress)
    return package


def unpack_package(file: Path, target: Path, progress: Progress) -> Package:
    """Bring a package out of an archive into a new folder.

    Raises:
        ArchiveError: The archive breaks a rule.
        PackageError: It holds no whole package.
    """
    unpack(file, target, PACKAGE_LIMITS, lambda folder: _check_package(folder, file), progress)
    return open_package(target)


def _check_package(folder: Path, file: Path) -> None:
    strangers = open_package(folder).strangers()
    if strangers:
        raise ArchiveError(
            f"{file}: holds files that the package's card does not name: {', '.join(strangers[:3])}.",
            cure="Pack the package again with `inspector package pack`.",
        )


def pack_recipe(path: Path, file: Path, progress: Progress) -> Recipe:
    """Write a recipe with its signature into an archive; its model package is packed by itself.

    Raises:
        RecipeError: It is no recipe.
        ArchiveError: The archive cannot be written.
    """
    recipe = load_recipe(path)
    signature = path.with_name(path.name + ENDING)
    members = [(path.name, path), *([(signature.name, signature)] if signature.is_file() else [])]
    pack(file, members, progress)
    return recipe


def unpack_recipe(file: Path, target: Path, progress: Progress) -> Recipe:
    """Bring a recipe out of an archive into a new folder.

    Raises:
        ArchiveError: The archive breaks a rule, or holds anything but one recipe.
        RecipeError: The recipe has mistakes.
    """
    unpack(file, target, RECIPE_LIMITS, lambda folder: _check_recipe(folder, file), progress)
    return load_recipe(_recipe_in(target, file))


def _check_recipe(folder: Path, file: Path) -> None:
    load_recipe(_recipe_in(folder, file))


def _recipe_in(folder: Path, file: Path) -> Path:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    recipes = [name for name in names if name.endswith(RECIPE_ENDING)]
    if len(recipes) != 1 or not names <= {recipes[0], recipes[0] + ENDING}:
        raise ArchiveError(f"{file}: holds anything but one recipe.", cure="Pack it with `inspector recipe pack`.")
    return folder / recipes[0]
