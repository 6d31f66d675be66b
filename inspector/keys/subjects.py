"""What of a package or a recipe a signature speaks of."""

from __future__ import annotations

from inspector.inference.card import CARD_FILE
from inspector.inference.package import Package
from inspector.keys.signature import Signed, Subject
from inspector.recipe import Recipe


def signed_package(package: Package) -> Signed:
    """Return what a signature of an open package speaks of: its card, which names every other file."""
    return Signed(Subject.PACKAGE, package.hash, package.folder / CARD_FILE, package.strangers())


def signed_recipe(recipe: Recipe) -> Signed:
    """Return what a signature of a loaded recipe speaks of: the bytes of its file."""
    return Signed(Subject.RECIPE, recipe.hash, recipe.path.absolute())
