"""One adjustable number: its name, a slider, the number with its unit, and whether it is automatic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.gesture import Gesture
from widgets.number_box import NumberBox, Slider
from widgets.texts import tr


@dataclass(frozen=True)
class Adjustable:
    """What a row adjusts: names, limits and steps in the unit that is shown."""

    name: str
    unit: str
    low: float
    high: float
    step: float
    decimals: int
    tip: str
    signed: bool = False
    logarithmic: bool = False

    @property
    def positions(self) -> int:
        """How many steps the slider has; a logarithmic one moves by 2 % each."""
        if self.logarithmic:
            return round(math.log(self.high / self.low) / math.log(1.02))
        return round((self.high - self.low) / self.step)

    def position(self, value: float) -> int:
        """Return where the slider stands for a number."""
        inside = min(max(value, self.low), self.high)
        if self.logarithmic:
            return round(math.log(inside / self.low) / math.log(self.high / self.low) * self.positions)
        return round((inside - self.low) / (self.high - self.low) * self.positions)

    def value(self, position: int) -> float:
        """Return the number for a place of the slider, rounded as it is shown."""
        share = position / self.positions
        if self.logarithmic:
            return round(self.low * (self.high / self.low) ** share, self.decimals)
        return round(self.low + share * (self.high - self.low), self.decimals)


class AdjustRow(QtCore.QObject):
    """Puts its widgets into one row of a grid. While it is automatic it stands at what the fit found."""

    changed = QtCore.Signal(object)
    """A number in the shown unit, or None for automatic."""

    def __init__(self, what: Adjustable, gesture: Gesture, grid: QtWidgets.QGridLayout, row: int) -> None:
        super().__init__(grid.parentWidget())
        self.what, self._gesture = what, gesture
        self.label = QtWidgets.QLabel(tr(what.name))
        self.slider = self._make_slider()
        self.box = self._make_box()
        self.automatic = QtWidgets.QCheckBox(tr("automatic"))
        self.automatic.setAccessibleName(tr("{name} automatic", name=tr(what.name)))
        self.automatic.setToolTip(tr("Checked: the data choose. Unchecked: it is held at the number shown."))
        self.automatic.clicked.connect(self._on_automatic)
        self.label.setBuddy(self.box)
        for widget in (self.label, self.slider, self.box):
            widget.setToolTip(tr(what.tip))
        for column, widget in enumerate((self.label, self.slider, self.box, self.automatic)):
            grid.addWidget(widget, row, column)
        self._last = self.box.value()

    def _make_slider(self) -> Slider:
        slider = Slider()
        slider.setRange(0, self.what.positions)
        slider.setPageStep(max(1, self.what.positions // 20))
        slider.setMinimumHeight(theme.TARGET_PX)
        slider.setMinimumWidth(80)
        slider.setAccessibleName(tr("{name} slider", name=tr(self.what.name)))
        slider.sliderPressed.connect(lambda: self._gesture.begin(self.what.name))
        slider.valueChanged.connect(self._on_slid)
        slider.sliderReleased.connect(self._gesture.end)
        return slider

    def _make_box(self) -> NumberBox:
        box = NumberBox(signed=self.what.signed)
        box.setRange(self.what.low, self.what.high)
        box.setDecimals(self.what.decimals)
        box.setSingleStep(self.what.step)
        box.setSuffix(f" {self.what.unit}" if self.what.unit != "°" else "°")
        box.setMinimumHeight(theme.TARGET_PX)
        box.setAccessibleName(tr("{name} in {unit}", name=tr(self.what.name), unit=self.what.unit))
        box.typed.connect(self._on_typed)
        box.stepped.connect(self._on_stepped)
        return box

    def show_value(self, value: float, *, automatic: bool) -> None:
        """Show a number and whether it is automatic, unless the reader has it in hand right now."""
        if self._gesture.name == self.what.name:
            return
        self._show(value, move_slider=True)
        self.automatic.setChecked(automatic)

    def _show(self, value: float, *, move_slider: bool) -> None:
        self._last = value
        self.box.show_value(value)
        if move_slider:
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(self.what.position(value))
            self.slider.blockSignals(blocked)

    def _on_slid(self, position: int) -> None:
        if self.slider.isSliderDown():
            self._gesture.begin(self.what.name)
        else:
            self._gesture.step(self.what.name)
        self._set(self.what.value(position), move_slider=False)

    def _on_typed(self, value: float) -> None:
        self._gesture.begin(self.what.name)
        self._set(value, move_slider=True)
        self._gesture.end()

    def _on_stepped(self, value: float) -> None:
        self._gesture.step(self.what.name)
        self._set(value, move_slider=True)

    def _on_automatic(self, automatic: bool) -> None:
        self._gesture.begin(self.what.name)
        self.changed.emit(None if automatic else self._last)
        self._gesture.end()

    def _set(self, value: float, *, move_slider: bool) -> None:
        self._show(value, move_slider=move_slider)
        self.automatic.setChecked(False)
        self.changed.emit(value)
