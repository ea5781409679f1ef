"""Colours, fonts and the style sheet, from one set of tokens per theme. Series colours are Okabe and Ito's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyqtgraph as pg
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import EvidenceClass, Verdict

ThemeName = Literal["dark", "light"]
UI_FAMILIES = ("Noto Sans", "DejaVu Sans")
BASE_POINTS = 10
TARGET_PX = 26
"""Smallest height of anything that can be clicked."""

VERDICT_GLYPH: dict[Verdict, str] = {"pass": "✓", "warn": "!", "fail": "✕", "unknown": "?"}
CLASS_GLYPH: dict[EvidenceClass, str] = {
    "higher": "▲",
    "lower": "▼",
    "indeterminate": "▬",
    "not evaluable": "○",
}


@dataclass(frozen=True)
class Tokens:
    """Every colour a view may use. Text tokens hold a contrast of at least 4.5 to 1 on `window` and `panel`."""

    name: ThemeName
    window: str
    panel: str
    raised: str
    border: str
    text: str
    dim: str
    accent: str
    accent_text: str
    selection: str
    good: str
    warn: str
    bad: str
    info: str
    data: str
    fit: str
    baseline: str
    residual: str
    band: str
    grid: str
    series: tuple[str, ...]

    def verdict(self, verdict: Verdict) -> str:
        """Return the colour of a gate's verdict; the glyph and the word say the same."""
        return {"pass": self.good, "warn": self.warn, "fail": self.bad, "unknown": self.dim}[verdict]

    def signal(self, index: int) -> str:
        """Return the colour of the fitted signal at a row of the stack."""
        return self.series[index % len(self.series)]


DARK = Tokens(
    name="dark",
    window="#0f1216",
    panel="#14181d",
    raised="#1c2128",
    border="#2c333c",
    text="#e6eaee",
    dim="#9aa6b2",
    accent="#2f6a8f",
    accent_text="#ffffff",
    selection="#21303a",
    good="#2bb591",
    warn="#e8a81c",
    bad="#f08550",
    info="#56b4e9",
    data="#d7dde3",
    fit="#f07b3f",
    baseline="#56b4e9",
    residual="#aab4be",
    band="#2a323b",
    grid="#232a32",
    series=("#f07b3f", "#e69f00", "#f0e442", "#2bb591", "#cc79a7", "#56b4e9", "#aab4be"),
)
LIGHT = Tokens(
    name="light",
    window="#f3f5f7",
    panel="#ffffff",
    raised="#e9edf1",
    border="#c5ccd4",
    text="#15191e",
    dim="#55606b",
    accent="#1f6f9f",
    accent_text="#ffffff",
    selection="#d5e6f1",
    good="#00704f",
    warn="#8a5a00",
    bad="#b34700",
    info="#005f94",
    data="#2a3037",
    fit="#d55e00",
    baseline="#0072b2",
    residual="#5b6570",
    band="#dfe4e9",
    grid="#e3e7eb",
    series=("#b84f00", "#8f6200", "#776b00", "#007a58", "#a34b7f", "#0072b2", "#59636d"),
)
_APPLIED = "discern_theme"
THEMES: dict[ThemeName, Tokens] = {"dark": DARK, "light": LIGHT}

HALO = "#000000"
IMAGE_GROUND = "#000000"
IMAGE_TEXT = "#e6eaee"
IMAGE_DIM = "#b6c0ca"
VOXEL_SELECTED = "#ff8a4a"
VOXEL_EVALUABLE = "#6cc2f2"
VOXEL_FAILED = "#c3cad1"
REFERENCE_LINE = "#7fb8d6"
CURSOR = "#9be564"
NUCLEUS = "#c9a6ff"
SATURATION = "#8fd0c8"
"""Over images the ground is always black, so these do not change with the theme."""


def apply_theme(app: QtWidgets.QApplication, tokens: Tokens) -> None:
    """Give the whole application one theme; views made later read `current`."""
    if app.property(_APPLIED) == tokens.name:
        return
    app.setProperty(_APPLIED, tokens.name)
    app.setStyle("Fusion")
    dark = tokens.name == "dark"
    scheme = QtCore.Qt.ColorScheme.Dark if dark else QtCore.Qt.ColorScheme.Light
    app.styleHints().setColorScheme(scheme)
    font = QtGui.QFont(list(UI_FAMILIES), BASE_POINTS)
    app.setFont(font)
    app.setPalette(_palette(tokens))
    app.setStyleSheet(_style_sheet(tokens))
    pg.setConfigOptions(
        imageAxisOrder="row-major", antialias=True, useOpenGL=False, background=tokens.panel, foreground=tokens.dim
    )


def current() -> Tokens:
    """Return the tokens of the theme in use, told by the palette."""
    window = QtGui.QGuiApplication.palette().color(QtGui.QPalette.ColorRole.Window)
    return LIGHT if window.lightness() > 127 else DARK


def _palette(tokens: Tokens) -> QtGui.QPalette:
    role = QtGui.QPalette.ColorRole
    colours = {
        role.Window: tokens.window,
        role.Base: tokens.panel,
        role.AlternateBase: tokens.raised,
        role.Button: tokens.raised,
        role.ToolTipBase: tokens.raised,
        role.Text: tokens.text,
        role.WindowText: tokens.text,
        role.ButtonText: tokens.text,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.dim,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.text,
        role.Link: tokens.info,
        role.BrightText: tokens.bad,
        # The edges of what Qt draws itself, such as the button in a combo box: flat, without light and shadow.
        role.Light: tokens.raised,
        role.Midlight: tokens.raised,
        role.Mid: tokens.border,
        role.Dark: tokens.raised,
        role.Shadow: tokens.raised,
    }
    palette = QtGui.QPalette()
    for which, colour in colours.items():
        palette.setColor(which, QtGui.QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QtGui.QPalette.ColorGroup.Disabled, which, QtGui.QColor(tokens.dim).darker(130))
    return palette


def _style_sheet(t: Tokens) -> str:
    """Return the sheet; a combo box has no ground here, for with one Qt gives its button a relief."""
    return f"""
    QMainWindow, QDialog {{ background: {t.window}; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 4px; }}
    QLabel[role="title"] {{ font-weight: bold; }}
    QLabel[role="dim"] {{ color: {t.dim}; }}
    QLabel[role="heading"] {{ color: {t.dim}; font-weight: bold; }}
    QLabel[role="tag"] {{ border: 1px solid {t.border}; border-radius: 9px; padding: 1px 10px; }}
    QLabel[role="warn-tag"] {{ border: 1px solid {t.warn}; color: {t.warn}; border-radius: 9px; padding: 1px 10px; }}
    QFrame[role="panel"] {{ background: {t.panel}; }}
    QFrame[role="banner"] {{ background: {t.raised}; border-bottom: 1px solid {t.border}; }}
    QPushButton {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 4px;
        padding: 3px 12px; min-height: {TARGET_PX - 6}px; }}
    QPushButton:hover {{ border-color: {t.dim}; }}
    QPushButton:focus {{ border: 1px solid {t.info}; }}
    QPushButton:disabled {{ color: {t.dim}; border-color: {t.raised}; }}
    QPushButton[role="primary"] {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; }}
    QPushButton[role="primary"]:focus {{ border: 1px solid {t.text}; }}
    QPushButton[role="primary"]:disabled {{ background: {t.raised}; color: {t.dim}; border-color: {t.border}; }}
    QToolButton[role="choice"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 4px;
        padding: 2px 8px; }}
    QToolButton[role="choice"]:hover {{ border-color: {t.dim}; }}
    QToolButton[role="choice"]:focus {{ border: 1px solid {t.info}; }}
    QToolButton[role="choice"]:checked {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent};
        font-weight: bold; }}
    QToolButton[role="choice"]:checked:focus {{ border: 1px solid {t.text}; }}
    QToolButton[role="choice"]:disabled {{ color: {t.dim}; border-color: {t.raised}; }}
    QComboBox {{ border: 1px solid {t.border}; border-radius: 4px;
        padding: 2px 8px; min-height: {TARGET_PX - 6}px; }}
    QLineEdit {{ background: {t.panel}; border: 1px solid {t.border}; border-radius: 4px;
        padding: 2px 6px; min-height: {TARGET_PX - 6}px; }}
    QLineEdit:focus {{ border: 1px solid {t.info}; }}
    QCheckBox {{ min-height: {TARGET_PX}px; }}
    QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {t.dim}; border-radius: 3px;
        background: {t.panel}; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border: 3px solid {t.text}; width: 9px; height: 9px; }}
    QCheckBox::indicator:disabled {{ border-color: {t.border}; }}
    QComboBox:focus {{ border: 1px solid {t.info}; }}
    QTableView {{ background: {t.panel}; border: none; gridline-color: {t.border};
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QTableView:focus {{ border: 1px solid {t.border}; }}
    QTableView::item {{ padding: 0 6px; border-bottom: 1px solid {t.raised}; }}
    QHeaderView {{ background: {t.panel}; }}
    QHeaderView::section {{ background: {t.panel}; color: {t.dim}; border: none;
        border-bottom: 1px solid {t.border}; padding: 3px 6px; }}
    QSplitter::handle {{ background: {t.border}; }}
    QSplitter::handle:hover {{ background: {t.info}; }}
    QStatusBar {{ background: {t.raised}; border-top: 1px solid {t.border}; }}
    QStatusBar::item {{ border: none; }}
    QProgressBar {{ background: {t.panel}; border: 1px solid {t.border}; border-radius: 3px; text-align: center; }}
    QProgressBar::chunk {{ background: {t.accent}; }}
    QMenuBar, QMenu {{ background: {t.raised}; color: {t.text}; }}
    QMenuBar::item {{ padding: 5px 10px; background: transparent; }}
    QMenu::item {{ padding: 5px 24px; }}
    QMenuBar::item:selected, QMenu::item:selected {{ background: {t.selection}; }}
    QMenu::item:disabled {{ color: {t.dim}; }}
    QMenu::separator {{ height: 1px; background: {t.border}; margin: 3px 8px; }}
    QScrollBar {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar::handle {{ background: {t.border}; border-radius: 4px; margin: 1px; }}
    QScrollBar::handle:hover {{ background: {t.dim}; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QTextBrowser {{ background: {t.panel}; border: 1px solid {t.border}; }}
    """


def mark(widget: QtWidgets.QWidget, role: str) -> None:
    """Tell the style sheet what a widget is, and let it look so at once."""
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def points(widget: QtWidgets.QWidget, delta: float, *, bold: bool = False) -> None:
    """Set a widget's font `delta` points from the base size; never below 9 points (12 px at 96 dpi)."""
    font = QtGui.QFont(list(UI_FAMILIES))
    font.setPointSizeF(max(BASE_POINTS + delta, 9))
    font.setBold(bold)
    widget.setFont(font)


def font_of(delta: float = 0, *, bold: bool = False) -> QtGui.QFont:
    """Return the user-interface font at `delta` points from the base size."""
    font = QtGui.QFont(list(UI_FAMILIES))
    font.setPointSizeF(max(BASE_POINTS + delta, 9))
    font.setBold(bold)
    return font
