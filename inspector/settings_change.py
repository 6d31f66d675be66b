"""Change a setting of this PC: by whom, from what, to what, why; recorded before it is made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from filelock import FileLock
from pydantic import BaseModel

from inspector.errors import SettingsError
from inspector.jsonfile import replace_file
from inspector.log import record_change
from inspector.people import Action, require
from inspector.people.deed import deed
from inspector.settings import Settings, parse_settings, read_settings, settings_file
from inspector.types import Person

ACTION = "setting.changed"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: `section.field`.
        value: In force, as in TOML.
        default: As in TOML; "" for none.
        words: What it does.
    """

    name: str
    value: str
    default: str
    words: str


def settings_of(settings: Settings) -> Iterator[Setting]:
    """Yield every setting with its value, default and meaning."""
    for section in type(settings).model_fields:
        table: BaseModel = getattr(settings, section)
        for field, info in type(table).model_fields.items():
            default = info.get_default(call_default_factory=True, validated_data={})
            yield Setting(f"{section}.{field}", _shown(getattr(table, field)), _shown(default), info.description or "")


def values_of(settings: Settings) -> dict[str, str]:
    """Return every setting's value by name, as in TOML."""
    return {setting.name: setting.value for setting in settings_of(settings)}


def change_setting(
    name: str, value: str | None, *, person: Person, why: str, path: Path | None = None, log: Path | None = None
) -> tuple[str, str]:
    """Set one setting.

    Args:
        name: `section.field`.
        value: As in TOML; a text may come without its quotes. None: back to the default.
        person: Who changes it.
        why: Their reason.
        path: The file; None: this PC's.
        log: Folder of the log that records it; None: this PC's.

    Returns:
        The value before and after.

    Raises:
        NotAllowedError: The person may not.
        SettingsError: There is no such setting, or it cannot have this value.
        StoreError: The change cannot be recorded; it was not made.
    """
    require(person, Action.CHANGE_SETTINGS)
    path = path or settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(path.name + ".lock"), timeout=10):
        before = values_of(read_settings(path))
        if name not in before:
            raise SettingsError(f"{name}: there is no such setting.", cure=f"There are: {', '.join(before)}.")
        text = _changed(path, name, value)
        after = values_of(parse_settings(text, path))
        entry = deed(person, ACTION, name, old=before[name], new=after[name], why=why, details={"in_force": after})
        record_change(entry, log)
        try:
            replace_file(path, text.encode())
        except OSError as error:
            raise SettingsError(f"{path}: cannot be written ({error.strerror}).") from error
    return before[name], after[name]


def _changed(path: Path, name: str, value: str | None) -> str:
    """Return the file's text with one value changed; comments and order stay."""
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    section, _, field = name.partition(".")
    table = document.setdefault(section, tomlkit.table())
    if value is None:
        table.pop(field, None)
    else:
        table[field] = _value_of(value)
    return tomlkit.dumps(document)


def _value_of(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _shown(value: Any) -> str:
    """Return a value as TOML writes it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {_shown(item)}' for key, item in value.items())}}}"
    return str(tomlkit.item(value).as_string())
