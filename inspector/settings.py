"""This PC: where things lie, and how it is set. Products are defined by recipes, never here."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from inspector.errors import SettingsError, UsageError

SETTINGS_FILE: Final = "settings.toml"


class Section(BaseModel):
    """One table of settings.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class PeopleSettings(Section):
    """Users of this PC: `[people]`."""

    idle_lock_min: float = Field(default=10.0, ge=0)
    """Who is logged in loses the rights after so many minutes without a key or click; 0: never. Inspection goes on."""
    min_password_length: int = Field(default=10, ge=8, le=128)
    """Characters. NIST SP 800-63B asks for length, and against rules about kinds of characters."""
    min_pin_length: int = Field(default=4, ge=4, le=7)
    """Digits."""


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


class TrustSettings(Section):
    """`[trust]`: whose model packages and recipes this PC accepts."""

    require_signatures: bool | None = None
    """Whether a package or recipe must be signed by a trusted key; where absent, as soon as one was ever trusted."""


class ReportSettings(Section):
    """Reports of this PC: `[report]`."""

    shifts: str = "early 06:00, late 14:00, night 22:00"
    """Shifts of a day, each with its begin on the wall clock, by the quarter of an hour."""
    folder: str = ""
    """Where scheduled reports are written to; none are where empty."""
    every: Literal["shift", "day"] = "shift"
    """A scheduled report is written at the end of each."""
    formats: tuple[Literal["pdf", "xlsx", "csv", "parquet", "html"], ...] = ("pdf", "xlsx")
    """Kinds of files of a scheduled report."""
    language: Literal["en", "zh_CN"] = "en"
    """Language of the reports."""

    @field_validator("shifts")
    @classmethod
    def _shifts(cls, shifts: str) -> str:
        from inspector.reports.shifts import parse_shifts

        try:
            parse_shifts(shifts)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return shifts


class Settings(Section):
    """The content of settings.toml.

    Attributes:
        people: Users of this PC.
        record: How heads leave this machine.
        centre: The database of all stations.
        report: Shifts, and scheduled reports.
        trust: Whose packages and recipes are accepted.
    """

    people: PeopleSettings = PeopleSettings()
    record: RecordSettings = RecordSettings()
    centre: CentreSettings = CentreSettings()
    report: ReportSettings = ReportSettings()
    trust: TrustSettings = TrustSettings()


def data_folder() -> Path:
    """Return the folder of this PC's data: $INSPECTOR_HOME, or the platform's own place for user data."""
    chosen = os.environ.get("INSPECTOR_HOME")
    return Path(chosen).expanduser().resolve() if chosen else user_data_path("inspector", appauthor=False)


def log_folder() -> Path:
    """Return the folder of this PC's inspection log."""
    return data_folder() / "log"


def station_name() -> str:
    """Return this station's name: $INSPECTOR_STATION, or the host name."""
    import platform

    return os.environ.get("INSPECTOR_STATION") or platform.node() or "station"


def settings_file() -> Path:
    """Return where this PC's settings are kept."""
    return data_folder() / SETTINGS_FILE


def read_settings(path: Path | None = None) -> Settings:
    """Read this PC's settings; the defaults where the file is absent.

    Raises:
        SettingsError: The file cannot be read, or holds what no setting is.
    """
    path = path or settings_file()
    try:
        return parse_settings(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}).", cure="Check the file.") from error


def parse_settings(text: str, path: Path) -> Settings:
    """Return the settings that a text holds. Raises SettingsError, which names every mistake."""
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is no TOML ({error}).", cure="Correct the line.") from error
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsError(
            f"{path}: {mistakes}.", cure="`inspector settings show` lists what can be set, and to what."
        ) from error
