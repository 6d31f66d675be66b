"""What the windows look like just now: theme, scale and language. Handed to whoever paints; there is no global."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from gui.i18n import LANGUAGES, qm_bytes
from gui.memory import Memory
from gui.stylesheet import FONT_FAMILIES, stylesheet
from gui.theme import DARK, LIGHT, THEMES, Theme


class Look(QObject):
    """Holds and applies theme, scale and language; remembers the person's choice.

    Attributes:
        changed: After the theme or scale changed, for widgets that paint themselves. A change of language reaches
            widgets as Qt's own LanguageChange event.
    """

    changed = Signal()

    def __init__(self, app: QApplication, memory: Memory) -> None:
        super().__init__(app)
        self._app = app
        self._memory = memory
        self._translators: list[QTranslator] = []
        self._qm = b""
        self.theme: Theme = THEMES.get(memory.text("theme", LIGHT.name), LIGHT)
        self.language = ""
        self.scale = _scale_for(app)
        self._apply()
        self.set_language(memory.text("language", _system_language()))

    def toggle_theme(self) -> None:
        """Change between light and dark."""
        self.set_theme(DARK if self.theme is LIGHT else LIGHT)

    def set_theme(self, theme: Theme) -> None:
        """Show everything in `theme` from now on."""
        self.theme = theme
        self._memory.set_text("theme", theme.name)
        self._apply()

    def toggle_language(self) -> None:
        """Go to the next language."""
        names = list(LANGUAGES)
        self.set_language(names[(names.index(self.language) + 1) % len(names)])

    def set_language(self, language: str) -> None:
        """Translate everything to `language`: one of `gui.i18n.LANGUAGES`; English for any other."""
        language = language if language in LANGUAGES else "en"
        for translator in self._translators:
            self._app.removeTranslator(translator)
        self._translators = []
        self.language = language
        QLocale.setDefault(QLocale(language))
        self._memory.set_text("language", language)
        data = qm_bytes(language)
        if data is None:
            return
        base = QTranslator(self)  # Qt's own words, such as those of the file dialog
        if base.load("qtbase_" + language, QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            self._install(base)
        self._qm = data  # Qt reads from these very bytes: they must live as long as the translator
        own = QTranslator(self)
        if not own.load(data):
            raise RuntimeError(f"the translation for {language} is damaged")
        self._install(own)

    def px(self, size: float) -> int:
        """Return a length given at scale 1 in this screen's pixels."""
        return round(size * self.scale)

    def _install(self, translator: QTranslator) -> None:
        self._app.installTranslator(translator)
        self._translators.append(translator)

    def _apply(self) -> None:
        palette = QPalette()
        for role, colour in (
            (QPalette.ColorRole.Window, self.theme.window),
            (QPalette.ColorRole.WindowText, self.theme.ink),
            (QPalette.ColorRole.Base, self.theme.raised),
            (QPalette.ColorRole.AlternateBase, self.theme.surface),
            (QPalette.ColorRole.Text, self.theme.ink),
            (QPalette.ColorRole.Button, self.theme.raised),
            (QPalette.ColorRole.ButtonText, self.theme.ink),
            (QPalette.ColorRole.PlaceholderText, self.theme.muted),
            (QPalette.ColorRole.Highlight, self.theme.focus),
            (QPalette.ColorRole.HighlightedText, self.theme.window),
        ):
            palette.setColor(role, QColor(colour))
        self._app.setPalette(palette)
        font = QFont()
        font.setFamilies(list(FONT_FAMILIES))  # for what is painted without a style sheet: charts, signs
        font.setPixelSize(self.px(15))
        self._app.setFont(font)
        self._app.setStyleSheet(stylesheet(self.theme, self.scale))
        self.changed.emit()


def _scale_for(app: QApplication) -> float:
    """A 1280x800 panel is scale 1; a 1920x1080 screen takes 1.25, so that distance-reading stays as easy."""
    size = app.primaryScreen().availableSize()
    return min(2.0, max(1.0, min(size.width() / 1500, size.height() / 860)))


def _system_language() -> str:
    return "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"
