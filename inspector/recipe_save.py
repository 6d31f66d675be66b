"""Write a recipe's file: by who may, checked, never over another, recorded before it is made."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import UsageError
from inspector.jsonfile import replace_file
from inspector.log import record_change
from inspector.people import Action, require
from inspector.people.deed import deed
from inspector.recipe import Recipe, parse_recipe
from inspector.types import Person


def save_recipe(person: Person, text: str, path: Path, *, why: str, log: Path | None = None) -> Recipe:
    """Check a recipe and write it to a new file.

    Args:
        person: Who makes it.
        text: TOML.
        path: The file; there must be none.
        why: Their reason.
        log: Folder of the log that records it; None: this PC's.

    Raises:
        NotAllowedError: The person may not.
        RecipeError: The recipe would be refused.
        UsageError: The file exists, or cannot be written.
        StoreError: It cannot be recorded; nothing was written.
    """
    require(person, Action.CHANGE_RECIPE)
    if path.exists():
        raise UsageError(f"{path}: exists already.", cure="Choose another name.")
    recipe = parse_recipe(text, path)
    details = {"path": str(path.absolute()), "text": text}
    record_change(deed(person, "recipe.made", recipe.name, new=recipe.hash, why=why, details=details), log)
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}).", cure="Check the folder.") from error
    return recipe
