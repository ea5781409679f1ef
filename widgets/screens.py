"""Where windows may lie: on a screen that still exists, and no larger than it."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets


def clamp_to_screens(window: QtWidgets.QWidget) -> None:
    """Move and shrink a window so that it lies on the screen that it covers most; a maximised one is left alone."""
    areas = [screen.availableGeometry() for screen in QtGui.QGuiApplication.screens()]
    if not areas or window.isMaximized() or window.isFullScreen():
        return
    frame = window.geometry()
    best = max(areas, key=lambda area: _overlap(area, frame))
    size = frame.size().boundedTo(best.size()).expandedTo(window.minimumSize().boundedTo(best.size()))
    left = min(max(frame.left(), best.left()), best.right() - size.width() + 1)
    top = min(max(frame.top(), best.top()), best.bottom() - size.height() + 1)
    window.setGeometry(QtCore.QRect(QtCore.QPoint(left, top), size))


def _overlap(area: QtCore.QRect, frame: QtCore.QRect) -> int:
    common = area.intersected(frame)
    return common.width() * common.height() if common.isValid() else 0
