"""Translations: `.ts` sources and compiled `.qm` files lie in this folder. `gui.i18n.update` keeps them."""

from __future__ import annotations

from importlib.resources import files

LANGUAGES = {"en": "EN", "zh_CN": "中"}
"""What each language is called on its button. English stands in the source itself."""


def qm_bytes(language: str) -> bytes | None:
    """Return the compiled translation of a language; None for English, which needs none."""
    if language == "en":
        return None
    return files("gui.i18n").joinpath(f"inspector_{language}.qm").read_bytes()
