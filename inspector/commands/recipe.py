"""`inspector recipe`: check a recipe and explain every mistake; pack it into a file, and unpack it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.commands.package import add_pack_actions
from inspector.jsonfile import add_json_option
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.recipe import Recipe

SCHEMA = "inspector.recipe-check/1"


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="explain every mistake with its line and cure")
    check.add_argument("recipe", type=Path, help="the recipe (TOML)")
    add_json_option(check)
    add_pack_actions(actions, "a recipe with its signature")


def _run(options: Namespace) -> int:
    return _check(options) if options.action == "check" else _pack(options)


def _pack(options: Namespace) -> int:
    from inspector.packing import pack_recipe, unpack_recipe
    from inspector.progress import show_bar

    with show_bar(options.action, "file") as progress:
        if options.action == "pack":
            recipe, said = pack_recipe(options.source, options.file, progress), options.file
        else:
            recipe = unpack_recipe(options.file, options.target, progress)
            said = recipe.path
    print(f"{said}: the recipe {recipe.hash}.")
    return 0


def _check(options: Namespace) -> int:
    from inspector.errors import RecipeError
    from inspector.jsonfile import write_json
    from inspector.recipe import load_recipe

    mistakes: tuple[str, ...] = ()
    digest = None
    try:
        recipe = load_recipe(options.recipe)
        digest = recipe.hash
        mistakes = tuple(_missing_things(recipe))
    except RecipeError as error:
        if not error.mistakes:
            raise
        mistakes = error.mistakes
    if options.json:
        document = {"recipe": str(options.recipe), "hash": digest, "mistakes": list(mistakes)}
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-":
        for mistake in mistakes:
            print(f"{options.recipe}: {mistake}")
        if not mistakes:
            print(f"{options.recipe}: the recipe is in order. hash {digest}")
    return 2 if mistakes else 0


def _missing_things(recipe: Recipe) -> list[str]:
    """Return what the recipe names but this PC does not have."""
    from inspector.errors import PackageError
    from inspector.inference.package import open_package
    from inspector.recipe import FolderCamera, VideoCamera
    from inspector.release import is_release

    found = []
    for camera in recipe.content.cameras:
        if isinstance(camera, FolderCamera) and not camera.path.is_dir():
            found.append(f"cameras: {camera.name}: there is no folder {camera.path}. Correct the path.")
        if isinstance(camera, VideoCamera) and not camera.path.is_file():
            found.append(f"cameras: {camera.name}: there is no file {camera.path}. Correct the path.")
    config, shadow = recipe.content.model, recipe.content.shadow
    if shadow is not None and not is_release(shadow.package):  # a release may have no challenger at the moment
        try:
            open_package(shadow.package)
        except PackageError as error:
            found.append(f"shadow.package: {error}")
    try:
        package = open_package(config.package)
    except PackageError as error:
        return [*found, f"model.package: {error}"]
    if config.package_hash not in (None, package.hash):
        found.append(f"model.package_hash: the package there has the hash {package.hash}. Correct one of the two.")
    return found


COMMAND = Command("check recipes; pack them into single files, and unpack them", _configure, _run)
