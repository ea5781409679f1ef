"""Residual, spectrum and stacked components over one reversed axis of chemical shift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.line_labels import LineLabel
from analysis.types import Fit, FloatArray
from widgets import theme, wording
from widgets.component_rows import ComponentRow, component_rows
from widgets.peak_labels import PeakLabels, main_lines
from widgets.spectrum_axes import LEFT_PX, AmplitudeAxis, NameAxis, PpmAxis, SpectrumBox

_RESIDUAL_PX = 62
_RESIDUAL_SHARE = 0.22
_ROW_PX = (15, 26)
_OVERLAP = 1.7
"""A component may rise this many rows high."""
_BAND_SD = 2.0
_HEADROOM_PX = 26.0
Dash = QtCore.Qt.PenStyle.DashLine


class SpectrumPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Three plots with linked, inverted axes; the residual has the same scale per pixel as the spectrum."""

    cursor_moved = QtCore.Signal(str)
    solo_changed = QtCore.Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit: Fit | None = None
        self._exponent = 0
        self._subtract_baseline = False
        self._solo: str | None = None
        self._rows: tuple[ComponentRow, ...] = ()
        self._lines: tuple[LineLabel, ...] = ()
        self.setAccessibleName("Spectrum with fit, baseline, components and residual")
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.ci.layout.setSpacing(2)
        self.ci.layout.setContentsMargins(4, 2, 14, 2)
        self._build_plots()
        self._build_curves()
        self.apply_theme()

    # --- building ------------------------------------------------------------------------------------------------

    def _build_plots(self) -> None:
        self.residual = self._plot(0, AmplitudeAxis("left"))
        self.main = self._plot(1, AmplitudeAxis("left"))
        self.stack = self._plot(2, NameAxis())
        for plot in (self.residual, self.main):
            plot.getAxis("bottom").setStyle(showValues=False, tickLength=0)
        self.stack.setLabel("bottom", "Chemical shift (ppm)")
        self.stack.getAxis("bottom").setHeight(42)
        for plot in (self.residual, self.stack):
            plot.setXLink(self.main)
            plot.getViewBox().invertX(True)
        self.ci.layout.setRowStretchFactor(1, 1)
        self.main.getViewBox().sigResized.connect(self._fit_scale)
        self.main.sigXRangeChanged.connect(self._on_x_range)
        self.stack.getViewBox().clicked.connect(self._on_stack_clicked)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def _plot(self, row: int, left: pg.AxisItem) -> pg.PlotItem:
        box = SpectrumBox()
        plot = self.addPlot(row, 0, viewBox=box, axisItems={"left": left, "bottom": PpmAxis("bottom")})
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.disableAutoRange()
        left.setWidth(LEFT_PX)
        left.enableAutoSIPrefix(False)
        plot.getAxis("bottom").enableAutoSIPrefix(False)
        plot.showGrid(x=True, y=False, alpha=0.35)
        box.zoom_requested.connect(self.zoom)
        box.reset_requested.connect(self.reset)
        return plot

    def _build_curves(self) -> None:
        self.band = pg.LinearRegionItem(orientation="horizontal", movable=False)
        self.residual.addItem(self.band, ignoreBounds=True)
        self.zero = pg.InfiniteLine(0.0, angle=0)
        self.residual.addItem(self.zero, ignoreBounds=True)
        self.residual_curve = self._curve(self.residual)
        self.data_curve = self._curve(self.main)
        self.baseline_curve = self._curve(self.main)
        self.fit_curve = self._curve(self.main)
        self.fit_curve.curve.setSegmentedLineMode("on")
        self.solo_curve = self._curve(self.main)
        self.components: list[pg.PlotDataItem] = []
        self.labels = PeakLabels(self.main)
        self.cursors = [pg.InfiniteLine(angle=90) for _ in range(3)]
        for plot, cursor in zip((self.residual, self.main, self.stack), self.cursors, strict=True):
            cursor.hide()
            plot.addItem(cursor, ignoreBounds=True)

    def _curve(self, plot: pg.PlotItem) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(skipFiniteCheck=True)
        plot.addItem(curve)
        return curve

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.setBackground(t.panel)
        pen = pg.mkPen
        self.residual_curve.setPen(pen(t.residual))
        self.data_curve.setPen(pen(t.data))
        self.baseline_curve.setPen(pen(t.baseline, style=Dash))
        self.fit_curve.setPen(pen(t.fit, width=2))
        self.band.setBrush(QtGui.QBrush(QtGui.QColor(t.band)))
        for line in self.band.lines:
            line.setPen(pen(None))
        self.zero.setPen(pen(t.dim, style=Dash))
        for cursor in self.cursors:
            cursor.setPen(pen(t.dim, style=QtCore.Qt.PenStyle.DotLine))
        for plot in (self.residual, self.main, self.stack):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(pen(t.border))
                plot.getAxis(side).setTextPen(pen(t.dim))
                plot.getAxis(side).setStyle(tickFont=theme.font_of(-1))
                plot.getAxis(side).label.setFont(theme.font_of(-1))
        if self._fit is not None:
            self.set_fit(self._fit, self._lines)

    # --- showing -------------------------------------------------------------------------------------------------

    def set_fit(self, fit: Fit | None, lines: Sequence[LineLabel] = ()) -> None:
        """Show a fit, or nothing; a range that the reader zoomed to stays where both fits cover the same range."""
        same_range = fit is not None and self._fit is not None and np.array_equal(fit.ppm, self._fit.ppm)
        self._fit, self._lines = fit, tuple(lines)
        self._rows = component_rows(fit) if fit is not None else ()
        if self._solo not in [row.name for row in self._rows]:
            self._solo = None
        self.ci.setVisible(fit is not None)
        if fit is None:
            return
        self._exponent = wording.scale_exponent(float(np.abs(fit.data).max()))
        self._name_units()
        self._draw()
        if not same_range:
            self.reset()
        self._fit_scale()

    def _name_units(self) -> None:
        unit = wording.arbitrary_unit(self._exponent)
        for plot, name in ((self.residual, "Residual"), (self.main, "Signal")):
            axis = plot.getAxis("left")
            axis.setScale(10.0**-self._exponent)
            axis.setLabel(f"{name} ({unit})" if plot is self.main else name)

    def _draw(self) -> None:
        fit = self._fit
        assert fit is not None
        offset = fit.baseline if self._subtract_baseline else np.zeros_like(fit.baseline)
        self.residual_curve.setData(fit.ppm, fit.residual)
        self.band.setRegion((-_BAND_SD * fit.noise_sd, _BAND_SD * fit.noise_sd))
        self.data_curve.setData(fit.ppm, fit.data - offset)
        self.baseline_curve.setData(fit.ppm, fit.baseline - offset)
        self._draw_stack(fit)
        self._draw_solo(fit, offset)
        names = [] if self._subtract_baseline else main_lines(fit, self._lines)
        chosen = names if self._solo is None else [n for n in names if self._solo in n.signals]
        self.labels.set_names(chosen, fit.ppm, np.maximum(fit.data, fit.fit) - offset)

    def _draw_stack(self, fit: Fit) -> None:
        t = theme.current()
        while len(self.components) < len(self._rows):
            self.components.append(self._curve(self.stack))
        for curve in self.components[len(self._rows) :]:
            curve.setVisible(False)
        tallest = max(float(row.curve.max(initial=0.0)) for row in self._rows) or 1.0
        step = tallest / _OVERLAP
        names = []
        for position, (row, curve) in enumerate(zip(self._rows, self.components, strict=False)):
            dimmed = self._solo not in (None, row.name)
            colour = t.dim if dimmed else t.signal(row.colour)
            curve.setData(fit.ppm, row.curve - position * step)
            curve.setPen(pg.mkPen(colour))
            curve.setOpacity(0.45 if dimmed else 1.0)
            curve.setVisible(True)
            names.append((-position * step, row.name, colour))
        self.stack.getAxis("left").set_names(names)
        self.stack.setYRange(-(len(names) - 0.4) * step, tallest * 1.02, padding=0)
        self._stack_step = step

    def _draw_solo(self, fit: Fit, offset: FloatArray) -> None:
        alone = [row for row in self._rows if row.name == self._solo]
        self.solo_curve.setVisible(bool(alone))
        self.fit_curve.setData(fit.ppm, fit.fit - offset)
        self.fit_curve.setOpacity(0.35 if alone else 1.0)
        for row in alone:
            self.solo_curve.setData(fit.ppm, row.curve + fit.baseline - offset)
            self.solo_curve.setPen(pg.mkPen(theme.current().signal(row.colour)))

    # --- ranges --------------------------------------------------------------------------------------------------

    def zoom(self, low_ppm: float, high_ppm: float) -> None:
        """Show a span of chemical shift."""
        self.main.setXRange(low_ppm, high_ppm, padding=0)

    def reset(self) -> None:
        """Show the whole fit range."""
        if self._fit is not None:
            self.zoom(float(self._fit.ppm[0]), float(self._fit.ppm[-1]))
            self._fit_scale()

    def _on_x_range(self) -> None:
        self._fit_scale()

    def _fit_scale(self) -> None:
        """Fit the heights to what is visible, and give the residual the spectrum's scale per pixel."""
        fit = self._fit
        if fit is None:
            return
        low, high = sorted(self.main.getViewBox().viewRange()[0])
        seen = (fit.ppm >= low) & (fit.ppm <= high)
        if not seen.any():
            return
        offset = fit.baseline if self._subtract_baseline else np.zeros_like(fit.baseline)
        shown = np.stack([fit.data - offset, fit.fit - offset, fit.baseline - offset])[:, seen]
        bottom, top = float(shown.min()), float(shown.max())
        span = max(top - bottom, 1e-12)
        tall = max(self.main.getViewBox().height(), 80.0)
        bottom -= 0.04 * span
        top += span * _HEADROOM_PX / (tall - _HEADROOM_PX)
        self._set_heights(bottom, top, 2.1 * max(float(np.abs(fit.residual[seen]).max()), _BAND_SD * fit.noise_sd))
        self.labels.arrange()

    def _set_heights(self, bottom: float, top: float, residual_span: float) -> None:
        """Share the height: the residual gets its need up to a share, beyond it the common scale becomes coarser."""
        rows = len(self._rows)
        available = max(self.height() - 60, 200)
        per_row = min(max(0.36 * available / (rows + 1), _ROW_PX[0]), _ROW_PX[1])
        self.stack.setFixedHeight(per_row * (rows + 0.4) + 42)
        main_px = max(self.main.getViewBox().height(), 1.0)
        most_px = max(_RESIDUAL_SHARE * available, _RESIDUAL_PX)
        per_px = max((top - bottom) / main_px, residual_span / most_px)
        tall = min(max(residual_span / per_px, _RESIDUAL_PX), most_px)
        if abs(self.residual.minimumHeight() - tall) > 3:
            self.residual.setFixedHeight(tall)
        half = per_px * self.residual.getViewBox().height() / 2
        self.residual.setYRange(-half, half, padding=0)
        self.main.setYRange(bottom, bottom + per_px * main_px, padding=0)

    # --- reader --------------------------------------------------------------------------------------------------

    @property
    def solo(self) -> str | None:
        """The component that is shown alone, or None."""
        return self._solo

    def set_solo(self, name: str | None) -> None:
        """Show one component alone, or all again."""
        if name == self._solo or self._fit is None:
            return
        self._solo = name
        self._draw()
        self.labels.arrange()
        self.solo_changed.emit(name or "")

    def set_baseline_subtracted(self, subtracted: bool) -> None:
        """Show data and fit with or without the baseline."""
        self._subtract_baseline = subtracted
        if self._fit is not None:
            self._draw()
            self._fit_scale()

    def _on_stack_clicked(self, at: QtCore.QPointF) -> None:
        if self._fit is None:
            return
        row = round(-at.y() / self._stack_step + 0.15)
        if 0 <= row < len(self._rows):
            name = self._rows[row].name
            self.set_solo(None if name == self._solo else name)

    def _on_mouse_moved(self, at: QtCore.QPointF) -> None:
        fit = self._fit
        inside = fit is not None and any(
            plot.getViewBox().sceneBoundingRect().contains(at) for plot in (self.residual, self.main, self.stack)
        )
        for cursor in self.cursors:
            cursor.setVisible(inside)
        if not inside or fit is None:
            self.cursor_moved.emit("")
            return
        ppm = float(self.main.getViewBox().mapSceneToView(at).x())
        for cursor in self.cursors:
            cursor.setValue(ppm)
        point = int(np.argmin(np.abs(fit.ppm - ppm)))
        scale = 10.0**-self._exponent
        self.cursor_moved.emit(
            f"{ppm:.2f} ppm · data {fit.data[point] * scale:.3g} · fit {fit.fit[point] * scale:.3g} "
            f"{wording.arbitrary_unit(self._exponent)}"
        )

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        super().leaveEvent(event)
        for cursor in self.cursors:
            cursor.hide()
        self.cursor_moved.emit("")

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        key = event.key()
        if key in (QtCore.Qt.Key.Key_Space, QtCore.Qt.Key.Key_X, QtCore.Qt.Key.Key_Y):
            self.reset()
        elif key == QtCore.Qt.Key.Key_B:
            self.set_baseline_subtracted(not self._subtract_baseline)
        else:
            event.ignore()
