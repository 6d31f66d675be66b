"""Settings: checked, changed one at a time, recorded with old and new value."""

from __future__ import annotations

import pytest

from inspector.errors import NotAllowedError, SettingsError, StoreError
from inspector.log import change, read_log
from inspector.settings import log_folder, read_settings, settings_file
from inspector.settings_change import change_setting, settings_of
from inspector.types import Person, Role
from tests.people.conftest import ADA, House

NAME = "people.idle_lock_min"


def test_that_a_change_is_in_force_and_in_the_trail_and_comments_stay() -> None:
    settings_file().write_text("# ours\n[people]\nidle_lock_min = 7 # as agreed\n", encoding="utf-8")
    assert change_setting(NAME, "5", person=Person("Ada"), why="audit finding") == ("7.0", "5.0")
    assert read_settings().people.idle_lock_min == 5
    text = settings_file().read_text(encoding="utf-8")
    assert "# ours" in text
    assert "# as agreed" in text
    with read_log(log_folder()) as log:
        (entry,) = log.records.audit(action="setting.changed")
    assert (entry.subject, entry.old, entry.new, entry.who, entry.why) == (NAME, "7.0", "5.0", "Ada", "audit finding")
    assert change_setting(NAME, None, person=Person("Ada"), why="as before") == ("5.0", "10.0")


def test_that_only_who_may_changes_a_setting(house: House) -> None:
    with pytest.raises(NotAllowedError):
        change_setting(NAME, "5", person=Person("Eve", Role.ENGINEER), why="x")
    assert not settings_file().exists()
    change_setting(NAME, "5", person=ADA, why="x")


@pytest.mark.parametrize(
    ("name", "value"), [(NAME, "-1"), (NAME, "many"), (NAME, "nan"), ("people.colour", "1"), ("x", "1"), ("", "1")]
)
def test_that_a_wrong_setting_is_refused_and_nothing_changes(name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        change_setting(name, value, person=Person("Ada"), why="x")
    assert not settings_file().exists()
    assert not log_folder().exists()


def test_that_a_change_that_cannot_be_recorded_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(change, "post", full)
    with pytest.raises(StoreError):
        change_setting(NAME, "5", person=Person("Ada"), why="x")
    assert not settings_file().exists()


def test_that_a_file_with_a_mistake_is_refused_with_its_place() -> None:
    settings_file().write_text("[people]\nidle_lock = 7\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"people\.idle_lock: Extra inputs"):
        read_settings()


def test_that_every_setting_has_its_meaning() -> None:
    for setting in settings_of(read_settings()):
        assert setting.words.strip(), setting.name
