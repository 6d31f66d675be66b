"""The Qt style sheet made from a theme. Sizes are in pixels at scale 1 and grow with the screen."""

from __future__ import annotations

from gui.theme import Theme

MIN_TARGET_PX = 44
"""Least height and width of anything that is touched."""
MIN_TEXT_PX = 14
"""Least text height."""
FONT_FAMILIES = ("Inter", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", "DejaVu Sans")
"""Tried in this order; the CJK families also carry a good Latin face."""


def stylesheet(theme: Theme, scale: float = 1.0) -> str:
    """Return the application's style sheet.

    Args:
        theme: Colours.
        scale: 1.0 for a 1280x800 panel; larger screens take more.
    """

    def px(size: float) -> str:
        return f"{round(size * scale)}px"

    def text(size: float) -> str:
        return f"{max(MIN_TEXT_PX, round(size * scale))}px"

    families = ", ".join(f'"{name}"' for name in FONT_FAMILIES)
    t = theme
    return f"""
* {{ font-family: {families}; font-size: {text(15)}; color: {t.ink}; }}
QMainWindow, QDialog, #page {{ background: {t.window}; }}
QToolTip {{ background: {t.surface}; color: {t.ink}; border: 1px solid {t.line}; padding: 6px; }}
#header, #footer, #panel, #strip {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: {px(8)}; }}
#header, #footer {{ border-radius: 0; border-left: none; border-right: none; }}
#header {{ border-top: none; }} #footer {{ border-bottom: none; }}
QLabel {{ background: transparent; }}
QLabel[rank="muted"] {{ color: {t.muted}; font-size: {text(14)}; }}
QLabel[rank="title"] {{ font-size: {text(34)}; font-weight: 600; }}
QLabel[rank="call"] {{ font-size: {text(28)}; font-weight: 600; }}
QLabel[rank="head"] {{ font-size: {text(20)}; font-weight: 600; }}
QLabel[rank="key"] {{ font-size: {text(16)}; font-weight: 700; }}
QLabel[rank="figure"] {{ font-size: {text(26)}; font-weight: 600; }}
QLabel[rank="reason"] {{ font-size: {text(20)}; font-weight: 500; }}
QPushButton, QToolButton {{
  background: {t.raised}; border: 1px solid {t.line}; border-radius: {px(6)};
  min-height: {MIN_TARGET_PX - 2}px; padding: 0 {px(14)};
}}
QToolButton {{ min-width: {MIN_TARGET_PX - 2}px; padding: 0 {px(8)}; }}
QToolButton::menu-indicator {{ image: none; }}
QPushButton:hover, QToolButton:hover {{ border-color: {t.muted}; }}
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked {{ background: {t.pressed}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.muted}; background: {t.surface}; border-color: {t.line}; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus, QComboBox:focus, QListView:focus, QPlainTextEdit:focus {{
  border: 2px solid {t.focus};
}}
QPushButton[role="primary"] {{
  background: {t.primary.ground}; color: {t.primary.ink}; border-color: {t.primary.ground}; font-weight: 600;
}}
QPushButton[role="primary"]:disabled {{ background: {t.pressed}; color: {t.muted}; border-color: {t.line}; }}
QPushButton[role="flat"], QToolButton[role="flat"] {{ background: transparent; border-color: transparent; }}
QPushButton[role="flat"]:hover, QToolButton[role="flat"]:hover {{ background: {t.raised}; border-color: {t.line}; }}
QPushButton[role="choice"] {{ text-align: left; padding: 0 {px(14)}; }}
QPushButton[role="choice"]:checked {{ border: 2px solid {t.focus}; background: {t.raised}; font-weight: 600; }}
QPushButton[role="card"] {{
  text-align: left; padding: 0; background: {t.surface}; border-radius: {px(10)}; min-height: {px(150)};
}}
QPushButton[role="card"]:hover {{ background: {t.raised}; }}
QLineEdit, QComboBox, QPlainTextEdit {{
  background: {t.raised}; border: 1px solid {t.line}; border-radius: {px(6)}; padding: 0 {px(10)};
  min-height: {MIN_TARGET_PX - 2}px; selection-background-color: {t.focus}; selection-color: {t.window};
}}
QComboBox::drop-down {{ width: {MIN_TARGET_PX}px; border: none; }}
QComboBox QAbstractItemView {{ background: {t.raised}; border: 1px solid {t.line}; outline: none; }}
QComboBox QAbstractItemView::item {{ min-height: {MIN_TARGET_PX}px; padding: 0 {px(10)}; }}
QComboBox QAbstractItemView::item:selected {{ background: {t.pressed}; color: {t.ink}; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.line}; padding: {px(6)}; }}
QMenu::item {{ min-height: {MIN_TARGET_PX}px; padding: {px(11)} {px(22)}; border-radius: {px(5)}; }}
QMenu::item:selected {{ background: {t.pressed}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: {px(6)}; }}
QProgressBar {{ background: {t.pressed}; border: none; border-radius: {px(6)}; height: {px(12)}; }}
QProgressBar::chunk {{ background: {t.focus}; border-radius: {px(6)}; }}
QSlider {{ min-height: {MIN_TARGET_PX}px; }}
QSlider::groove:horizontal {{ background: {t.pressed}; height: {px(8)}; border-radius: {px(4)}; }}
QSlider::sub-page:horizontal {{ background: {t.bar}; border-radius: {px(4)}; }}
QSlider::handle:horizontal {{
  background: {t.raised}; border: 2px solid {t.muted}; width: {px(24)}; margin: -{px(13)} 0; border-radius: {px(7)};
}}
QSlider::handle:horizontal:hover, QSlider:focus::handle:horizontal {{ border-color: {t.focus}; }}
QSlider::handle:horizontal:disabled {{ background: {t.surface}; border-color: {t.line}; }}
QListView {{ background: transparent; border: 2px solid transparent; outline: none; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: {px(14)}; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: {px(14)}; margin: 2px; }}
QScrollBar::handle {{ background: {t.bar}; border-radius: 5px; min-height: {px(40)}; min-width: {px(40)}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
#sheet {{ background: {t.surface}; border: 1px solid {t.muted}; }}
#band {{ background: {t.band.ground}; }}
#band QLabel {{ color: {t.band.ink}; }}
#band QPushButton {{ background: transparent; color: {t.band.ink}; border: 2px solid {t.band.ink}; font-weight: 600; }}
#caution {{ background: {t.caution.ground}; }}
#caution QLabel {{ color: {t.caution.ink}; }}
#caution QPushButton {{
  background: transparent; color: {t.caution.ink}; border: 2px solid {t.caution.ink}; font-weight: 600;
}}
QToolButton[alarm="true"] {{
  background: {t.caution.ground}; color: {t.caution.ink}; border-color: {t.caution.ink}; font-weight: 600;
}}
QToolButton[alarm="false"] {{ color: {t.muted}; }}
#challenge {{ background: {t.banner.ground}; border-radius: {px(6)}; }}
#challenge QLabel {{ color: {t.banner.ink}; }}
#challenge[escaped="true"] {{ background: {t.band.ground}; }}
#challenge[escaped="true"] QLabel {{ color: {t.band.ink}; }}
#statement {{ background: {t.surface}; border: 1px solid {t.line}; border-radius: {px(8)}; }}
#statement[alarm="true"] {{ background: {t.caution.ground}; }}
#statement[alarm="true"] QLabel {{ color: {t.caution.ink}; }}
#banner {{ background: {t.banner.ground}; border-radius: {px(6)}; }}
#banner QLabel {{ color: {t.banner.ink}; font-weight: 600; }}
#banner QPushButton {{ background: transparent; color: {t.banner.ink}; border: 2px solid {t.banner.ink}; }}
#toast {{ background: {t.ink}; border-radius: {px(6)}; }}
#toast QLabel {{ color: {t.window}; }}
"""
