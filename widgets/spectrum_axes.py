"""Axes and view boxes of the spectrum: chemical shift runs right to left, a drag zooms along it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6 import QtCore, QtGui

from widgets import theme

PPM_STEPS = (0.5, 0.2, 0.1, 0.05, 0.02)
LEFT_PX = 84


class PpmAxis(pg.AxisItem):  # type: ignore[misc]
    """Chemical shift with a tick each 0.5 ppm, closer where the reader has zoomed."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        span = abs(high - low)
        step = next((s for s in PPM_STEPS if span / s >= 4), PPM_STEPS[-1])
        return [(step, 0.0)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        places = 1 if spacing >= 0.1 else 2
        return [f"{value:.{places}f}" for value in values]


class AmplitudeAxis(pg.AxisItem):  # type: ignore[misc]
    """The signal's amplitude in its arbitrary unit, with few ticks."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        rough = abs(high - low) * self.scale * 60 / max(size, 60)
        if not math.isfinite(rough) or rough <= 0:
            return [(1.0, 0.0)]
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
        return [(step / self.scale, 0.0)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{value * scale:.4g}" if abs(value * scale) > 1e-9 else "0" for value in values]


class NameAxis(pg.AxisItem):  # type: ignore[misc]
    """The names of the stacked components, each in its component's colour."""

    def __init__(self) -> None:
        super().__init__("left")
        self._colours: dict[str, str] = {}

    def set_names(self, rows: Sequence[tuple[float, str, str]]) -> None:
        """Set (height, name, colour) of each row."""
        self._colours = {name: colour for _, name, colour in rows}
        self.setTicks([[(height, name) for height, name, _ in rows]])

    def drawPicture(
        self,
        painter: QtGui.QPainter,
        axis_spec: object,
        tick_specs: object,
        text_specs: Sequence[tuple[QtCore.QRectF, QtCore.Qt.AlignmentFlag, str]],
    ) -> None:
        """Write the names only: the rows need no line and no ticks."""
        painter.setFont(theme.font_of(-1))
        for rect, flags, text in text_specs:
            painter.setPen(QtGui.QColor(self._colours.get(text, theme.current().dim)))
            painter.drawText(rect, int(flags), text)


class SpectrumBox(pg.ViewBox):  # type: ignore[misc]
    """Left drag zooms to the dragged span of ppm, middle drag pans, the wheel zooms about the pointer.

    In phase mode a left drag says how far it went instead.
    """

    zoom_requested = QtCore.Signal(float, float)
    reset_requested = QtCore.Signal()
    clicked = QtCore.Signal(QtCore.QPointF)
    phase_dragged = QtCore.Signal(float, bool, bool)
    """Pixels up and right since the last time, whether Shift is held, whether the drag is over."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.phase_mode = False
        self._turning = False
        self.setMouseEnabled(x=True, y=False)
        self.invertX(True)
        self._span = pg.LinearRegionItem(movable=False, brush=(120, 170, 210, 50), pen=(120, 170, 210, 160))
        self._span.setZValue(50)
        self._span.hide()
        self.addItem(self._span, ignoreBounds=True)

    def mouseDragEvent(self, event: object, axis: int | None = None) -> None:
        if event.button() != QtCore.Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            super().mouseDragEvent(event, axis=0)
            return
        event.accept()  # type: ignore[attr-defined]
        if event.isStart():  # type: ignore[attr-defined]
            self._turning = self.phase_mode
        if self._turning:
            moved = event.pos() - event.lastPos()  # type: ignore[attr-defined]
            fine = bool(event.modifiers() & QtCore.Qt.KeyboardModifier.ShiftModifier)  # type: ignore[attr-defined]
            self.phase_dragged.emit(moved.x() - moved.y(), fine, event.isFinish())  # type: ignore[attr-defined]
            return
        start = self.mapToView(event.buttonDownPos()).x()  # type: ignore[attr-defined]
        end = self.mapToView(event.pos()).x()  # type: ignore[attr-defined]
        self._span.setRegion((min(start, end), max(start, end)))
        self._span.setVisible(not event.isFinish())  # type: ignore[attr-defined]
        if event.isFinish() and abs(end - start) > 0.02:  # type: ignore[attr-defined]
            self.zoom_requested.emit(min(start, end), max(start, end))

    def mouseClickEvent(self, event: object) -> None:
        if event.button() != QtCore.Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        event.accept()  # type: ignore[attr-defined]
        if event.double():  # type: ignore[attr-defined]
            self.reset_requested.emit()
        else:
            self.clicked.emit(self.mapToView(event.pos()))  # type: ignore[attr-defined]

    def wheelEvent(self, event: object, axis: int | None = None) -> None:
        super().wheelEvent(event, axis=0)
