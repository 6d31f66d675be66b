"""A small real log: parts of a folder, judged by the real station with a real package, and what people said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.headless import run_headless
from inspector.inference.package import Package
from inspector.log import confirm, open_log, override
from inspector.people.users import User, Users, write_users
from inspector.recipe import Recipe, load_recipe
from inspector.types import Record, Role, Verdict
from tests.support import picture_folder, recipe_text

REGION = (8, 4, 40, 40)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the log lies, the data folder of the PC that wrote it, and its inspections by time."""

    folder: Path
    home: Path
    records: tuple[Record, ...]


def recorded_log(folder: Path, package: Package, *, parts: int = 12, broken: int = 0) -> Recorded:
    """Inspect `parts` pictures into folder/log, and some that cannot be read; people speak of the first ones."""
    pictures = picture_folder(folder / "parts", parts)
    for number in range(broken):
        (pictures / f"z{number}.png").write_bytes(b"no picture")
    x, y, width, height = REGION
    camera = (
        f'kind = "folder"\npath = "{pictures.as_posix()}"\n'
        f"region = {{ x = {x}, y = {y}, width = {width}, height = {height} }}"
    )
    path = folder / "product.toml"
    path.write_text(recipe_text(package.folder, camera=camera), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSPECTOR_HOME", str(folder / "home"))
        records = _inspected(load_recipe(path), folder / "log")
    return Recorded(folder / "log", folder / "home", records)


def _inspected(recipe: Recipe, folder: Path) -> tuple[Record, ...]:
    run_headless(recipe, folder, quiet=True)
    with open_log(folder) as log:
        records = log.find(limit=None, newest_first=False)
        log.append(confirm(records[0], who="Mei Lin"))
        for verdict, reason in ((Verdict.PASS, "Within tolerance"), (Verdict.FAIL, "Another kind of defect")):
            log.append(override(records[1], verdict=verdict, reason=reason, note="looked twice", who="Ada"))
    return tuple(records)


def let_in(name: str, role: Role) -> None:
    """Let this PC know one person, beside its administrator."""
    known = {name: role, "Root": Role.ADMINISTRATOR}
    users = [{"name": each, "role": their, "password": "$argon2id$x"} for each, their in known.items()]
    write_users(Users(users=tuple(map(User.model_validate, users))))
