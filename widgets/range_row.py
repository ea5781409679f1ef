"""The ppm range of the fit: its name, a slider with two handles, a number for each end, and whether it is automatic."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.gesture import Gesture
from widgets.number_box import NumberBox
from widgets.range_slider import LEAST_SPAN_PPM, LIMITS_PPM, STEP_PPM, RangeSlider
from widgets.texts import noop, tr

NAME = noop("Fit range")
_TIP = noop("The chemical shifts that are fitted, in ppm. Lines outside it tell the fit nothing.")


class RangeRow(QtCore.QObject):
    """Like a row of one number, with two ends."""

    changed = QtCore.Signal(object)
    """(low, high) in ppm, or None for automatic."""

    def __init__(self, gesture: Gesture, grid: QtWidgets.QGridLayout, row: int) -> None:
        super().__init__(grid.parentWidget())
        self._gesture = gesture
        self.label = QtWidgets.QLabel(tr(NAME))
        self.slider = RangeSlider()
        self.high, self.low = self._box(tr("upper end")), self._box(tr("lower end"))
        self.automatic = QtWidgets.QCheckBox(tr("automatic"))
        self.automatic.setAccessibleName(tr("{name} automatic", name=tr(NAME)))
        self.automatic.setToolTip(tr("Checked: as the protocol says. Unchecked: as shown."))
        self.automatic.clicked.connect(self._on_automatic)
        for widget in (self.label, self.slider, self.high, self.low):
            widget.setToolTip(tr(_TIP))
        ends = QtWidgets.QHBoxLayout()
        ends.setSpacing(3)
        ends.addWidget(self.high, 1)
        ends.addWidget(QtWidgets.QLabel("–"))
        ends.addWidget(self.low, 1)
        grid.addWidget(self.label, row, 0)
        grid.addWidget(self.slider, row, 1)
        grid.addLayout(ends, row, 2)
        grid.addWidget(self.automatic, row, 3)
        self._connect()

    def _box(self, end: str) -> NumberBox:
        box = NumberBox()
        box.setDecimals(2)
        box.setSingleStep(STEP_PPM)
        box.setRange(*LIMITS_PPM)
        box.setSuffix(tr(" ppm") if end == "lower end" else "")
        box.setMinimumHeight(theme.TARGET_PX)
        box.setAccessibleName(tr("{name}, {end} in ppm", name=tr(NAME), end=end))
        return box

    def _connect(self) -> None:
        self.slider.pressed.connect(lambda: self._gesture.begin(NAME))
        self.slider.moved.connect(self._set)
        self.slider.released.connect(self._gesture.end)
        self.slider.stepped.connect(self._on_stepped)
        self.high.typed.connect(lambda high: self._on_typed(self._range()[0], high))
        self.low.typed.connect(lambda low: self._on_typed(low, self._range()[1]))
        self.high.stepped.connect(lambda high: self._on_stepped(self._range()[0], high))
        self.low.stepped.connect(lambda low: self._on_stepped(low, self._range()[1]))

    def _range(self) -> tuple[float, float]:
        return self.slider.ppm_range

    def show_range(self, ppm_range: tuple[float, float], *, automatic: bool) -> None:
        """Show a range and whether it is automatic, unless the reader has it in hand right now."""
        if self._gesture.name == NAME:
            return
        self._show(*ppm_range)
        self.automatic.setChecked(automatic)

    def _show(self, low: float, high: float) -> None:
        self.slider.show_range(low, high)
        self.low.show_value(low)
        self.high.show_value(high)

    def _on_stepped(self, low: float, high: float) -> None:
        self._gesture.step(NAME)
        self._set(low, high)

    def _on_typed(self, low: float, high: float) -> None:
        self._gesture.begin(NAME)
        self._set(low, high)
        self._gesture.end()

    def _on_automatic(self, automatic: bool) -> None:
        self._gesture.begin(NAME)
        low, high = self._range()
        self.changed.emit(None if automatic else (round(low, 2), round(high, 2)))
        self._gesture.end()

    def _set(self, low: float, high: float) -> None:
        """Take two ends; one that comes too near the other is pushed back."""
        before = self._range()
        if high - low < LEAST_SPAN_PPM - 1e-9:
            low, high = (low, low + LEAST_SPAN_PPM) if low == before[0] else (high - LEAST_SPAN_PPM, high)
        low, high = round(low, 2), round(high, 2)
        self._show(low, high)
        self.automatic.setChecked(False)
        self.changed.emit((low, high))
