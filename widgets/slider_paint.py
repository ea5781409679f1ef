"""How every slider looks: a groove, the part that counts, and round handles that show the focus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme

HANDLE_PX = 7


def paint_slider(
    widget: QtWidgets.QWidget, filled: tuple[float, float] | None, handles: Sequence[tuple[float, bool]]
) -> None:
    """Paint a horizontal slider: from where to where it is filled, and each handle with whether it has the focus."""
    t, middle, enabled = theme.current(), widget.height() / 2, widget.isEnabled()
    painter = QtGui.QPainter(widget)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(t.border))
    painter.drawRoundedRect(QtCore.QRectF(HANDLE_PX, middle - 2, widget.width() - 2 * HANDLE_PX, 4), 2, 2)
    if filled is not None:
        painter.setBrush(QtGui.QColor(t.accent if enabled else t.border))
        painter.drawRoundedRect(QtCore.QRectF(filled[0], middle - 2, filled[1] - filled[0], 4), 2, 2)
    for x, focused in handles:
        painter.setPen(QtGui.QPen(QtGui.QColor(t.info if focused else t.panel), 2))
        painter.setBrush(QtGui.QColor(t.text if enabled else t.border))
        painter.drawEllipse(QtCore.QPointF(x, middle), HANDLE_PX - 1, HANDLE_PX - 1)
