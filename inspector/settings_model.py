"""The settings of this PC: `settings.toml` in its data folder. What defines a product belongs in its recipe."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.errors import UsageError
from inspector.settings import data_folder

SETTINGS_FILE = "settings.toml"


class Section(BaseModel):
    """A table of the file; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RecordSettings(Section):
    """`[record]`: how the heads of the log's chain leave this machine."""

    heads_file: str = ""
    """File on another machine (a mounted share) that every signed head is appended to; none where empty."""
    heads_syslog: str = ""
    """`udp://host:514`, `tcp://host:601` or `/dev/log`: where every signed head is sent to; none where empty."""
    head_every: int = Field(default=1000, ge=1)
    """A head is signed after so many entries, after ten minutes with new ones, and at the end."""


class CentreSettings(Section):
    """`[centre]`: the PostgreSQL database of all stations."""

    url: str = Field(default="", pattern=r"^$|^postgresql\+psycopg://")
    """`postgresql+psycopg://user@host/database`; none where empty. The password belongs in ~/.pgpass."""
    tell_after_s: float = Field(default=60.0, gt=0)
    """A caution stands when the centre has been behind and out of reach for so long."""


class Settings(Section):
    """The whole file; every section may be absent."""

    record: RecordSettings = RecordSettings()
    centre: CentreSettings = CentreSettings()


def settings_path() -> Path:
    """Return where the settings of this PC lie."""
    return data_folder() / SETTINGS_FILE


def load_settings() -> Settings:
    """Return the settings of this PC; the defaults where there is no file.

    Raises:
        UsageError: It cannot be read, is no TOML, or says something unknown.
    """
    path = settings_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"{path}: the settings cannot be read ({error}).", cure="Correct or remove the file."
        ) from error
    return parse_settings(text, str(path))


def parse_settings(text: str, name: str) -> Settings:
    """Return the settings that a TOML text holds. Raises UsageError, naming the key."""
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: no TOML ({error}).", cure="Correct the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: {key}: {first['msg']}.", cure="Correct it: `inspector settings show`.") from error
