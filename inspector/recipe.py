"""The recipe: everything that defines the inspection of one product, in one TOML file. Versioned and hashed."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from inspector.errors import RecipeError
from inspector.imaging import sha256_of
from inspector.recipe_mistakes import explained
from inspector.recipe_model import (
    FOLDER_FIELDS,
    CameraConfig,
    CameraSettings,
    ChallengeConfig,
    DefectKind,
    DeviceCamera,
    FileOutput,
    FolderCamera,
    ManualTrigger,
    ModelConfig,
    OutputConfig,
    PolicyConfig,
    PresenceTrigger,
    RecipeModel,
    RegionConfig,
    RequirementsConfig,
    ShadowConfig,
    SimulatedCamera,
    SimulatedOutput,
    SourceTrigger,
    StreamCamera,
    TimerTrigger,
    TriggerConfig,
    VideoCamera,
    WatchConfig,
)
from inspector.regular import read_regular

__all__ = [
    "FOLDER_FIELDS",
    "MAX_RECIPE_BYTES",
    "CameraConfig",
    "CameraSettings",
    "ChallengeConfig",
    "DefectKind",
    "DeviceCamera",
    "FileOutput",
    "FolderCamera",
    "ManualTrigger",
    "ModelConfig",
    "OutputConfig",
    "PolicyConfig",
    "PresenceTrigger",
    "Recipe",
    "RecipeModel",
    "RegionConfig",
    "RequirementsConfig",
    "ShadowConfig",
    "SimulatedCamera",
    "SimulatedOutput",
    "SourceTrigger",
    "StreamCamera",
    "TimerTrigger",
    "TriggerConfig",
    "VideoCamera",
    "WatchConfig",
    "load_recipe",
    "parse_recipe",
]

MAX_RECIPE_BYTES = 256 * 1024
"""No recipe is larger; a hostile one of this size is read in a bounded time."""
MOST_DOTS = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """A loaded recipe.

    Attributes:
        path: The TOML file.
        text: Its content, kept in the log for replay.
        hash: SHA-256 of the file's bytes.
        model: The checked content, with all paths made absolute.
    """

    path: Path
    text: str
    hash: str
    content: RecipeModel

    @property
    def name(self) -> str:
        """The product's name."""
        return self.content.name

    @property
    def inspection_hash(self) -> str:
        """SHA-256 of what decides which pixels are judged: cameras with their regions and settings, nothing else."""
        cameras = [camera.model_dump(mode="json") for camera in self.content.cameras]
        return sha256_of(json.dumps(cameras, sort_keys=True).encode())


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe file.

    Raises:
        RecipeError: Unreadable, no TOML, or content mistakes; `mistakes` lists every one with line and cure.
    """
    try:
        data = read_regular(path, MAX_RECIPE_BYTES)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: the recipe cannot be read ({error}).", cure="Give the path of a recipe.") from error
    return parse_recipe(text, path, sha256_of(data))


def parse_recipe(text: str, path: Path, hash_: str | None = None) -> Recipe:
    """Check recipe `text`; relative paths in it are taken from the folder of `path`. Raises RecipeError."""
    try:
        _check_depth(text)
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOMLDecodeError
        raise _refused(path, (f"{error}",)) from error
    try:
        content = RecipeModel.model_validate(table)
    except ValidationError as error:
        raise _refused(path, explained(text, error.errors(include_url=False))) from error
    try:
        content = _absolute(content, path.resolve().parent)
    except (ValueError, RuntimeError, OSError) as error:  # a NUL in a path, an unknown user after ~, a path too long
        raise _refused(path, (f"a path in the recipe cannot be used: {error}",)) from error
    return Recipe(path, text, hash_ or sha256_of(text.encode()), content)


def _check_depth(text: str) -> None:
    """Refuse keys of very many parts: Python's TOML reader takes time and memory by their square."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number}: more than {MOST_DOTS} dots in one line. No key is that deep.")


def _refused(path: Path, mistakes: tuple[str, ...]) -> RecipeError:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    listing = "".join(f"\n  {mistake}" for mistake in mistakes)
    return RecipeError(
        f"{path}: {count} in the recipe.{listing}",
        cure=f"Correct the lines named, then run `inspector recipe check {path}`.",
        mistakes=mistakes,
    )


def _absolute(content: RecipeModel, folder: Path) -> RecipeModel:
    """Return the content with every path made absolute, relative ones from `folder`."""

    def rooted(path: Path) -> Path:
        return (folder / path.expanduser()).resolve()

    cameras = tuple(
        camera.model_copy(update={"path": rooted(camera.path)})
        if isinstance(camera, (VideoCamera, FolderCamera))
        else camera
        for camera in content.cameras
    )
    output = content.output
    if isinstance(output, FileOutput):
        output = output.model_copy(update={"path": rooted(output.path)})
    model = content.model.model_copy(update={"package": rooted(content.model.package)})
    shadow = content.shadow
    if shadow is not None:
        shadow = shadow.model_copy(update={"package": rooted(shadow.package)})
    return content.model_copy(update={"cameras": cameras, "output": output, "model": model, "shadow": shadow})
