"""A slider with two handles on a reversed axis of chemical shift: the higher end stands left, as in the spectrum."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.slider_paint import HANDLE_PX, paint_slider
from widgets.texts import tr

LIMITS_PPM = (0.0, 4.6)
LEAST_SPAN_PPM = 0.5
STEP_PPM = 0.02
_DECIMALS = 2
Key = QtCore.Qt.Key


class RangeSlider(QtWidgets.QWidget):
    """Drag a handle, or move it with the arrow keys; Space takes the other handle."""

    pressed = QtCore.Signal()
    moved = QtCore.Signal(float, float)
    stepped = QtCore.Signal(float, float)
    released = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = LIMITS_PPM
        self._high_in_hand = True
        self._dragging = False
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, theme.TARGET_PX)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Fit range slider"))
        self.setAccessibleDescription(tr("Arrow keys move one end; Space takes the other end."))

    @property
    def ppm_range(self) -> tuple[float, float]:
        """Lower and upper end in ppm."""
        return self._range

    @property
    def dragging(self) -> bool:
        """Whether a handle is held."""
        return self._dragging

    def show_range(self, low_ppm: float, high_ppm: float) -> None:
        """Show a range without telling anyone."""
        self._range = (low_ppm, high_ppm)
        self.update()

    def x_of(self, ppm: float) -> float:
        """Return where a chemical shift lies, in pixels."""
        low, high = LIMITS_PPM
        return HANDLE_PX + (high - ppm) / (high - low) * (self.width() - 2 * HANDLE_PX)

    def _ppm_at(self, x: float) -> float:
        low, high = LIMITS_PPM
        return high - (x - HANDLE_PX) / max(self.width() - 2 * HANDLE_PX, 1) * (high - low)

    def _put(self, ppm: float) -> bool:
        """Move the end in hand as far as the other end and the limits allow; return whether it moved."""
        low, high = self._range
        if self._high_in_hand:
            high = round(min(max(ppm, low + LEAST_SPAN_PPM), LIMITS_PPM[1]), _DECIMALS)
        else:
            low = round(max(min(ppm, high - LEAST_SPAN_PPM), LIMITS_PPM[0]), _DECIMALS)
        if (low, high) == self._range:
            return False
        self._range = (low, high)
        self.update()
        return True

    # --- Qt ------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() != QtCore.Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x = event.position().x()
        low, high = self._range
        self._high_in_hand = abs(x - self.x_of(high)) <= abs(x - self.x_of(low))
        self._dragging = True
        self._grip = x - self.x_of(high if self._high_in_hand else low)
        self._grip = self._grip if abs(self._grip) <= 2 * HANDLE_PX else 0.0
        self.pressed.emit()
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        if self._dragging and self._put(self._ppm_at(event.position().x() - self._grip)):
            self.moved.emit(*self._range)

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        if self._dragging and event.button() == QtCore.Qt.MouseButton.LeftButton:
            self._dragging = False
            self.released.emit()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        steps = {Key.Key_Left: 1, Key.Key_Up: 1, Key.Key_Right: -1, Key.Key_Down: -1, Key.Key_PageUp: 5,
                 Key.Key_PageDown: -5}  # fmt: skip
        if event.key() == Key.Key_Space:
            self._high_in_hand = not self._high_in_hand
            self.update()
        elif event.key() in steps:
            end = self._range[1] if self._high_in_hand else self._range[0]
            if self._put(end + steps[Key(event.key())] * STEP_PPM):
                self.stepped.emit(*self._range)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        low, high = (min(max(self.x_of(end), HANDLE_PX), self.width() - HANDLE_PX) for end in self._range)
        focused = self.hasFocus()
        handles = ((low, focused and not self._high_in_hand), (high, focused and self._high_in_hand))
        paint_slider(self, (high, low), handles)
