"""Names the displaced volumes above the scale bar, each beside a sample of its dashes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui

from widgets import overlays, theme
from widgets.overlays import Align
from widgets.shifted import ShiftedOutline

_MARGIN_PX, _SAMPLE_PX, _GAP_PX = 8.0, 22.0, 14.0
_ABOVE_BAR_PX = 22.0
_MOST_OF_HEIGHT = 0.16
"""A legend in full words may take this share of the view's height; else it is shortened."""


def paint_legend(painter: QtGui.QPainter, shifted: Sequence[ShiftedOutline], area: QtCore.QRectF) -> None:
    """Paint one whole sentence per volume where there is room, else short entries side by side."""
    font = theme.font_of(-1)
    width = area.width() - 2 * _MARGIN_PX
    full = rows([entry.text for entry in shifted], width, font)
    height = QtGui.QFontMetricsF(font).height()
    roomy = len(full) == len(shifted) and len(full) * height <= _MOST_OF_HEIGHT * area.height()
    whole = all(_entry_width(entry.text, font) <= width for entry in shifted)
    texts = [entry.text for entry in shifted] if roomy and whole else short_texts(shifted)
    laid = full if roomy and whole else rows(texts, width, font)
    y = area.height() - _MARGIN_PX - _ABOVE_BAR_PX - height * len(laid)
    for row in laid:
        x = _MARGIN_PX
        for position in row:
            pen = overlays.shifted_pen(shifted[position].name)
            painter.setPen(pen)
            painter.drawLine(QtCore.QLineF(x, y + height / 2, x + _SAMPLE_PX, y + height / 2))
            at = QtCore.QPointF(x + _SAMPLE_PX + 6, y)
            overlays.paint_text(
                painter, at, texts[position], pen.color().name(), font, Align.AlignLeft | Align.AlignTop
            )
            x += _entry_width(texts[position], font) + _GAP_PX
        y += height


def short_texts(shifted: Sequence[ShiftedOutline]) -> list[str]:
    """Return the short entries; the bandwidth and the caveat stand once where all share them."""
    shared = len({entry.caveat for entry in shifted}) == 1
    last = len(shifted) - 1
    return [
        entry.short if shared and position != last else f"{entry.short} {entry.caveat}"
        for position, entry in enumerate(shifted)
    ]


def rows(texts: Sequence[str], width_px: float, font: QtGui.QFont) -> list[list[int]]:
    """Lay entries side by side; return the positions of those in each row."""
    laid: list[list[int]] = []
    used = 0.0
    for position, text in enumerate(texts):
        need = _entry_width(text, font)
        if laid and used + _GAP_PX + need <= width_px:
            laid[-1].append(position)
            used += _GAP_PX + need
        else:
            laid.append([position])
            used = need
    return laid


def _entry_width(text: str, font: QtGui.QFont) -> float:
    return _SAMPLE_PX + 6 + QtGui.QFontMetricsF(font).horizontalAdvance(text)
