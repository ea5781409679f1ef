"""Inputs for one number: a box that tells typing from stepping, and a slider that no passing wheel moves."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from widgets.slider_paint import paint_slider


class NumberBox(QtWidgets.QDoubleSpinBox):
    """A number with its unit; comma and point both divide. It speaks only when the reader has changed it."""

    typed = QtCore.Signal(float)
    stepped = QtCore.Signal(float)

    def __init__(self, parent: QtWidgets.QWidget | None = None, *, signed: bool = False) -> None:
        super().__init__(parent)
        self._signed = signed
        self._stepping = False
        self.setLocale(QtCore.QLocale.c())
        self.setKeyboardTracking(False)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        self.setButtonSymbols(QtWidgets.QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.valueChanged.connect(self._on_value)

    def show_value(self, value: float) -> None:
        """Show a number without telling anyone; one outside the range widens it, so that it is never falsified."""
        blocked = self.blockSignals(True)
        self.setRange(min(self.minimum(), value), max(self.maximum(), value))
        self.setValue(value)
        self.blockSignals(blocked)

    def stepBy(self, steps: int) -> None:
        self._stepping = True
        super().stepBy(steps)
        self._stepping = False

    def validate(self, text: str, at: int) -> object:
        return super().validate(text.replace(",", "."), at)

    def valueFromText(self, text: str) -> float:
        return super().valueFromText(text.replace(",", ".").replace("−", "-"))

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        return f"+{text}" if self._signed and value > 0 and float(text) else text

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _on_value(self, value: float) -> None:
        (self.stepped if self._stepping else self.typed).emit(value)


class Slider(QtWidgets.QSlider):
    """A horizontal slider that hears the wheel only while it has the focus."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(QtCore.Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        option = QtWidgets.QStyleOptionSlider()
        self.initStyleOption(option)
        control, handle = QtWidgets.QStyle.ComplexControl.CC_Slider, QtWidgets.QStyle.SubControl.SC_SliderHandle
        rect = QtCore.QRectF(self.style().subControlRect(control, option, handle, self))
        paint_slider(self, None, [(rect.center().x(), self.hasFocus())])
