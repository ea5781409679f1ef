"""A reader's hand: mouse and keys as the window system sends them, in steps as a hand makes them."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
_STEPS = 8


def send(
    widget: QtWidgets.QWidget,
    kind: QtCore.QEvent.Type,
    at: QtCore.QPointF,
    button: Qt.MouseButton,
    held: Qt.MouseButton,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Send one mouse event; `held` are the buttons that are down once it has happened."""
    event = QtGui.QMouseEvent(kind, at, widget.mapToGlobal(at), button, held, modifier)
    QtWidgets.QApplication.sendEvent(widget, event)


def drag(
    widget: QtWidgets.QWidget,
    start: QtCore.QPointF,
    by: tuple[float, float],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press, move in steps, and release."""
    press, move = QtCore.QEvent.Type.MouseButtonPress, QtCore.QEvent.Type.MouseMove
    none = Qt.MouseButton.NoButton
    send(widget, press, start, button, button, modifier)
    for step in range(1, _STEPS + 1):
        at = start + QtCore.QPointF(*by) * (step / _STEPS)
        send(widget, move, at, none, button, modifier)
    end = start + QtCore.QPointF(*by)
    send(widget, QtCore.QEvent.Type.MouseButtonRelease, end, button, none, modifier)


def wheel(
    widget: QtWidgets.QWidget,
    at: QtCore.QPointF,
    notches: int,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Turn the wheel; forwards (away from the reader) is positive."""
    event = QtGui.QWheelEvent(
        at, widget.mapToGlobal(at), QtCore.QPoint(), QtCore.QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QtWidgets.QApplication.sendEvent(widget, event)


def handle_of(slider: QtWidgets.QSlider) -> QtCore.QPointF:
    """Return the middle of a slider's handle."""
    option = QtWidgets.QStyleOptionSlider()
    slider.initStyleOption(option)
    control, part = QtWidgets.QStyle.ComplexControl.CC_Slider, QtWidgets.QStyle.SubControl.SC_SliderHandle
    return QtCore.QPointF(slider.style().subControlRect(control, option, part, slider).center())


def tab_point(tabs: QtWidgets.QTabWidget, index: int) -> QtCore.QPoint:
    """Return the middle of a tab, in its bar."""
    return tabs.tabBar().tabRect(index).center()
