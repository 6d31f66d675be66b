"""What a station meets changed at its start stands in the audit trail."""

from __future__ import annotations

from pathlib import Path

from inspector.changes import note_start
from inspector.log import open_log
from inspector.recipe import load_recipe
from inspector.settings import settings_file
from inspector.types import Person, Thresholds
from tests.support import recipe_text

LIMITS = Thresholds(0.3, 0.7)


def test_that_another_recipe_package_and_threshold_are_recorded_once_with_a_readable_difference(tmp_path: Path) -> None:
    path = tmp_path / "product.toml"
    path.write_text(recipe_text(tmp_path / "package"), encoding="utf-8")
    first = load_recipe(path)
    path.write_text(recipe_text(tmp_path / "package", extra="[policy]\ndeadline_ms = 900"), encoding="utf-8")
    second = load_recipe(path)
    ada = Person("Ada")
    with open_log(tmp_path / "log") as log:
        for recipe, package, limits in (
            (first, "a" * 64, LIMITS),
            (first, "a" * 64, LIMITS),
            (second, "b" * 64, Thresholds(0.2, 0.7)),
            (first, "b" * 64, Thresholds(0.2, 0.7)),
        ):
            note_start(log, ada, recipe, package, limits)
            log.records.keep_recipe(recipe.hash, recipe.name, str(recipe.path), recipe.text)
        entries = log.records.audit(limit=None)[::-1]
    recipes = [(each.old, each.new) for each in entries if each.action == "recipe.changed"]
    assert recipes == [("", first.hash), (first.hash, second.hash), (second.hash, first.hash)]
    changed = [each for each in entries if each.action == "recipe.changed"][1]
    assert "+deadline_ms = 900" in changed.details["diff"]
    assert (changed.who, changed.subject) == ("Ada", "test product")
    assert [(each.old, each.new) for each in entries if each.action == "model.changed"] == [
        ("", "a" * 64),
        ("a" * 64, "b" * 64),
    ]
    assert [each.new for each in entries if each.action == "threshold.changed"] == [
        "pass below 0.3, fail from 0.7",
        "pass below 0.2, fail from 0.7",
    ]


def test_that_settings_changed_beside_the_program_are_noticed_once(tmp_path: Path) -> None:
    path = tmp_path / "product.toml"
    path.write_text(recipe_text(tmp_path / "package"), encoding="utf-8")
    recipe = load_recipe(path)
    settings_file().write_text("[people]\nidle_lock_min = 0\n", encoding="utf-8")
    with open_log(tmp_path / "log") as log:
        for _ in range(2):
            note_start(log, Person("Ada"), recipe, "a" * 64, LIMITS)
            log.records.keep_recipe(recipe.hash, recipe.name, str(recipe.path), recipe.text)
        (entry,) = log.records.audit(action="setting.changed")
    assert (entry.subject, entry.old, entry.new, entry.who) == ("people.idle_lock_min", "10.0", "0.0", "unknown")
