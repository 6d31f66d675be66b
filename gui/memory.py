"""What the window remembers from one day to the next: an INI file in this PC's data folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

MAX_RECENT = 8


class Memory:
    """Geometry, splitters, theme, language, operator and recent recipes.

    Args:
        file: The INI file; made on the first write.
    """

    def __init__(self, file: Path) -> None:
        self._settings = QSettings(str(file), QSettings.Format.IniFormat)

    def text(self, key: str, default: str = "") -> str:
        """Return a remembered text."""
        return str(self._settings.value(key, default))

    def set_text(self, key: str, value: str) -> None:
        """Remember a text."""
        self._settings.setValue(key, value)

    def state(self, key: str) -> QByteArray:
        """Return remembered bytes (geometry, splitter state); empty where there are none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_state(self, key: str, value: QByteArray) -> None:
        """Remember bytes."""
        self._settings.setValue(key, value)

    def recent_recipes(self) -> list[Path]:
        """Return the recipes opened last, newest first; those that are gone are left out."""
        return [path for line in self.text("recent").split("\n") if line and (path := Path(line)).is_file()]

    def add_recent_recipe(self, path: Path) -> None:
        """Put a recipe at the head of the recent ones."""
        path = path.resolve()
        paths = [path, *(other for other in self.recent_recipes() if other != path)]
        self.set_text("recent", "\n".join(str(item) for item in paths[:MAX_RECENT]))

    def sync(self) -> None:
        """Write everything to the file now."""
        self._settings.sync()
