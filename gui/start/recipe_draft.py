"""From the answers of the camera page to a checked recipe file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import UsageError
from inspector.recipe import Recipe
from inspector.recipe_save import save_recipe
from inspector.types import Person

ADDRESS = re.compile(r"^(rtsps?|https?|tcp|udp)://")


@dataclass(frozen=True, slots=True)
class RecipeDraft:
    """What a person chose.

    Attributes:
        name: The product.
        source: Device path or number, network address, picture folder or video file.
        package: Folder of the model package.
        trigger: `manual`, `presence` or `timer`.
        period_ms: Time from part to part, for `timer`.
    """

    name: str
    source: str
    package: Path
    trigger: str = "manual"
    period_ms: float = 1000.0


def recipe_text(draft: RecipeDraft) -> str:
    """Return the recipe as TOML.

    Raises:
        UsageError: The source is neither a device, an address, a folder nor a file.
    """
    folder_or_file = Path(draft.source).expanduser()
    camera = _camera_lines(draft.source, folder_or_file)
    if folder_or_file.is_dir():
        trigger = ['kind = "source"', f"period_ms = {draft.period_ms:g}"]
    elif draft.trigger == "timer":
        trigger = ['kind = "timer"', f"period_ms = {draft.period_ms:g}"]
    else:
        trigger = [f"kind = {_quoted(draft.trigger)}"]
    lines = [
        "schema_version = 1",
        f"name = {_quoted(draft.name)}",
        "",
        "[[cameras]]",
        'name = "camera"',
        *camera,
        "",
        "[trigger]",
        *trigger,
        "",
        "[model]",
        f"package = {_quoted(str(draft.package.expanduser().resolve()))}",
        "",
        "[output]",
        'kind = "simulated"',
    ]
    return "\n".join(lines) + "\n"


def write_recipe(draft: RecipeDraft, folder: Path, person: Person) -> Recipe:
    """Check the draft and write it into `folder`, named after the product; never over another recipe.

    Raises:
        NotAllowedError: The person may not.
        UsageError: No name, or an unusable source.
        RecipeError: The recipe would be refused.
    """
    stem = re.sub(r"[^\w.-]+", "-", draft.name.strip()).strip("-.")
    if not stem:
        raise UsageError("The product has no name.", cure="Give the product a name.")
    path = folder / f"{stem}.toml"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}.toml"
        number += 1
    return save_recipe(person, recipe_text(draft), path, why="made on the camera page")


def _camera_lines(source: str, path: Path) -> list[str]:
    if ADDRESS.match(source):
        return ['kind = "stream"', f"url = {_quoted(source)}"]
    if source.isdigit():
        return ['kind = "device"', f"device = {int(source)}"]
    if source.startswith("/dev/"):
        return ['kind = "device"', f"device = {_quoted(source)}"]
    if path.is_dir():
        return ['kind = "folder"', f"path = {_quoted(str(path.resolve()))}"]
    if path.is_file():
        return ['kind = "video"', f"path = {_quoted(str(path.resolve()))}"]
    raise UsageError(
        f"{source or 'The picture source'}: is no camera, address, folder or file.",
        cure="Choose a camera from the list, or give an address such as rtsp://192.168.0.10/stream.",
    )


def _quoted(text: str) -> str:
    """Quote for TOML: its basic strings are JSON's."""
    return json.dumps(text, ensure_ascii=False)
