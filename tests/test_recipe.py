"""Recipes: good ones load with absolute paths, every mistake is named with its line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import RecipeError
from inspector.imaging import sha256_of
from inspector.recipe import FolderCamera, load_recipe, parse_recipe
from tests.support import tiny_package

GOOD = """\
name = "washer"
version = "3"

[[cameras]]
kind = "folder"
name = "left"
path = "parts"
pattern = "{part}/{view}.png"

[[cameras]]
kind = "device"
name = "right"
view = "back"
device = 1
region = { x = 0, y = 0, width = 100, height = 80 }
  [cameras.settings]
  exposure = 120

[trigger]
kind = "manual"

[model]
package = "../models/washer"

[policy]
pass_below = 0.1
fail_from = 0.6
"""


def mistakes_of(text: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, Path("r.toml"))
    return caught.value.mistakes


def test_that_a_recipe_loads_with_its_hash_and_absolute_paths(tmp_path: Path) -> None:
    path = tmp_path / "recipes" / "washer.toml"
    path.parent.mkdir()
    path.write_text(GOOD)
    recipe = load_recipe(path)
    assert recipe.hash == sha256_of(GOOD.encode())
    camera = recipe.content.cameras[0]
    assert isinstance(camera, FolderCamera)
    assert camera.path == tmp_path / "recipes" / "parts"
    assert recipe.content.model.package == tmp_path / "models" / "washer"
    assert recipe.content.cameras[1].view == "back"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("exposure = 120", 'exposure = "long"', 17, "exposure"),
        ("exposure = 120", "exposur = 120", 17, "unknown key"),
        ('kind = "manual"', 'kind = "magic"', 20, "trigger"),
        ("pass_below = 0.1\n", "", 25, "both pass_below and fail_from"),
        ("fail_from = 0.6", "fail_from = 1.6", 27, "fail_from"),
        ("pass_below = 0.1", "pass_below = 0.9", 25, "pass_below <= fail_from"),
        ('package = "../models/washer"', "", 22, "missing"),
        ("width = 100", "width = 2", 15, "width"),
        ('name = "right"', 'name = "left"', 1, "camera names must differ"),
        ('kind = "device"', "", 10, "kind"),
    ],
)
def test_that_each_mistake_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    found = mistakes_of(text)
    assert len(found) == 1
    assert found[0].startswith(f"line {line}:")
    assert said in found[0]


def test_that_all_mistakes_are_told_at_once() -> None:
    found = mistakes_of(GOOD.replace("device = 1", "").replace("fail_from = 0.6", 'fail_from = "x"'))
    assert len(found) == 2


def test_that_broken_toml_is_told_with_its_line() -> None:
    assert "line 4" in mistakes_of(GOOD.replace("[[cameras]]", "[[cameras", 1))[0]


def test_that_the_check_command_explains_and_returns_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.toml"
    path.write_text(GOOD.replace("device = 1", "divice = 1"))
    assert main(["recipe", "check", str(path)]) == 2
    said = capsys.readouterr().out
    assert "line 14" in said
    assert "unknown key" in said


def test_that_the_check_command_looks_for_what_the_recipe_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tiny_package(tmp_path / "models" / "washer")
    path = tmp_path / "recipes" / "r.toml"
    path.parent.mkdir()
    path.write_text(GOOD)
    assert main(["recipe", "check", str(path)]) == 2
    assert "there is no folder" in capsys.readouterr().out
    (path.parent / "parts").mkdir()
    assert main(["recipe", "check", str(path)]) == 0
    pinned = GOOD.replace('washer"\n\n[policy]', f'washer"\npackage_hash = "{"1" * 64}"\n\n[policy]')
    path.write_text(pinned)
    capsys.readouterr()
    assert main(["recipe", "check", str(path)]) == 2
    assert package.hash in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('pattern = "{part}/{view}.png"\n', 'view = "back"\n', 1, "view of its own"),
        ('kind = "manual"', 'kind = "presence"', 1, "live first camera"),
        ("{part}/{view}.png", "{foo}.png", 4, "unknown field {foo}"),
        ("device = 1\n", "", 10, "cameras.1.device: is missing"),
        ('package = "../models/washer"', 'package = "x"\ndevice = "gpu"', 24, "model.device"),
        ("fail_from = 0.6", "fail_from = inf", 27, "fail_from"),
    ],
)
def test_that_recipes_that_could_never_work_are_refused(old: str, new: str, line: int, said: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    found = mistakes_of(text)
    assert said in found[0]
    assert found[0].startswith(f"line {line}:")


@pytest.mark.parametrize("path", ["a\\u0000b", "~nobody-of-that-name/x"])
def test_that_impossible_paths_are_mistakes_not_crashes(path: str) -> None:
    assert mistakes_of(GOOD.replace("../models/washer", path))


def test_that_deeply_nested_nonsense_is_a_mistake_not_a_crash() -> None:
    assert mistakes_of("x = " + "[" * 20_000)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("width = 100", "width = 70000", "less than or equal to 65535"),
        ("width = 100", f"width = 1{'0' * 4000}", "65535"),
        ("exposure = 120", f"exposure = 1{'0' * 5000}", "limit"),
        ("fail_from = 0.6", "fail_from = 0.6\ndeadline_ms = 1e300", "86400000"),
        ("device = 1", "device = 99999999999999999999", "255"),
        ('name = "right"', f'name = "{"x" * 1001}"', "1000 characters"),
        ("../models/washer", "x" * 300, "no file can have this path"),
    ],
)
def test_that_numbers_and_texts_beyond_any_line_are_mistakes(old: str, new: str, said: str) -> None:
    found = mistakes_of(GOOD.replace(old, new))
    assert any(said in mistake for mistake in found)
    assert all(len(mistake) < 1000 for mistake in found)


def test_that_a_recipe_of_thousands_of_mistakes_is_explained_in_a_moment() -> None:
    begun_s = time.process_time()
    found = mistakes_of(GOOD + "".join(f"k{number} = 1\n" for number in range(15_000)))
    assert time.process_time() - begun_s < 5.0
    assert len(found) == 51
    assert found[-1] == "and 14950 more mistakes."


@pytest.mark.parametrize(
    "text",
    [".".join("a" * 20_000) + " = 1", f"[{'.'.join('a' * 20_000)}]", f"x='''\n[{' ' * 200_000}\n'''"],
    ids=["key", "table", "line"],
)
def test_that_a_recipe_made_to_be_slow_is_refused_in_a_moment(text: str) -> None:
    begun_s = time.process_time()
    mistakes_of(f"{text}\n{GOOD}")
    assert time.process_time() - begun_s < 5.0


def test_that_only_files_of_a_bearable_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(GOOD + "#" * 300_000)
    with pytest.raises(RecipeError, match="larger than"):
        load_recipe(path)
    with pytest.raises(RecipeError, match="no regular file"):
        load_recipe(tmp_path)
