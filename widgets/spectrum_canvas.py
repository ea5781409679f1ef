"""Residual, spectrum and stacked components over one reversed axis of chemical shift: how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore, QtGui, QtWidgets

from analysis.displayed import Overlay, smoothed
from analysis.integration import WindowArea
from analysis.line_labels import LineLabel
from analysis.types import Fit, FloatArray, Spectrum
from widgets import theme, wording
from widgets.component_rows import MOST_ROWS, ComponentRow, component_rows
from widgets.peak_labels import PeakLabels, main_lines
from widgets.spectrum_axes import LEFT_PX, AmplitudeAxis, NameAxis, PpmAxis, SpectrumBox
from widgets.spectrum_cursor import SpectrumCursor
from widgets.spectrum_overlays import SpectrumOverlays
from widgets.texts import tr

_RESIDUAL_PX = 62
_RESIDUAL_SHARE = 0.22
_ROW_PX = (15, 26)
_STACK_SHARE, _FEWEST_ROWS = 0.36, 4
"""The stack takes this share of the height; with little height the small components share one row."""
_OVERLAP = 1.7
"""A component may rise this many rows high."""
_BAND_SD = 2.0
_HEADROOM_PX = 26.0
Dash = QtCore.Qt.PenStyle.DashLine


class SpectrumCanvas(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Three plots with linked, inverted axes; the residual has the same scale per pixel as the spectrum."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._given: Fit | None = None
        self._fit: Fit | None = None
        self._spectrum: Spectrum | None = None
        self._apodise_hz = 0.0
        self._exponent, self._named = 0, False
        self._subtract_baseline = False
        self._solo: str | None = None
        self._rows: tuple[ComponentRow, ...] = ()
        self._lines: tuple[LineLabel, ...] = ()
        self.setAccessibleName(tr("Spectrum with fit, baseline, components and residual"))
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
        self.stack.setLabel("bottom", tr("Chemical shift (ppm)"))
        self.stack.getAxis("bottom").setHeight(42)
        for plot in (self.residual, self.stack):
            plot.setXLink(self.main)
            plot.getViewBox().invertX(True)
        self.ci.layout.setRowStretchFactor(1, 1)
        self.main.getViewBox().sigResized.connect(self._fit_scale)
        self.main.sigXRangeChanged.connect(self._on_x_range)

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
        plots = (self.residual, self.main, self.stack)
        self.overlays = SpectrumOverlays(self.main)
        self.cursor_lines = SpectrumCursor(plots)

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
        self.cursor_lines.apply_theme()
        self.overlays.apply_theme()
        for plot in (self.residual, self.main, self.stack):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(pen(t.border))
                plot.getAxis(side).setTextPen(pen(t.dim))
                plot.getAxis(side).setStyle(tickFont=theme.font_of(-1))
                plot.getAxis(side).label.setFont(theme.font_of(-1))
        if self._given is not None:
            self.set_fit(self._given, self._lines, self._spectrum)

    # --- showing -------------------------------------------------------------------------------------------------

    def set_fit(self, fit: Fit | None, lines: Sequence[LineLabel] = (), spectrum: Spectrum | None = None) -> None:
        """Show a fit, or nothing; a range that the reader zoomed to stays where both fits cover the same range.

        `spectrum` is what was fitted: without it nothing is known of Hz, and a drag of the phase waits for the fit.
        """
        same_range = fit is not None and self._given is not None and np.array_equal(fit.ppm, self._given.ppm)
        self._given, self._lines, self._spectrum = fit, tuple(lines), spectrum
        self.ci.setVisible(fit is not None)
        if fit is None:
            self._fit, self._rows = None, ()
            return
        self._show(fit)
        if not same_range:
            self.reset()
        self._fit_scale()

    def _show(self, given: Fit) -> None:
        """Draw a fit, smoothed for the eye where the reader has asked for it."""
        self._fit = fit = self._for_the_eye(given)
        self._rows = component_rows(fit, self._most_rows(), [name for line in self._lines for name in line.signals])
        if self._solo not in [row.name for row in self._rows]:
            self._solo = None
        exponent = wording.scale_exponent(float(np.abs(fit.data).max()))
        if exponent != self._exponent or not self._named:
            self._exponent, self._named = exponent, True
            self._name_units()
        self._draw()

    def _most_rows(self) -> int:
        """Return how many components find room under a spectrum that keeps most of the height."""
        fitting = int(_STACK_SHARE * self._available_px() / _ROW_PX[0]) - 1
        return min(max(fitting, _FEWEST_ROWS), MOST_ROWS)

    def _available_px(self) -> int:
        return max(self.height() - 60, 200)

    def _for_the_eye(self, fit: Fit) -> Fit:
        if not self._apodise_hz or self._spectrum is None:
            return fit
        return smoothed(fit, self._spectrum.f0_mhz, self._apodise_hz)

    def _name_units(self) -> None:
        unit = wording.arbitrary_unit(self._exponent)
        for plot, name in ((self.residual, tr("Residual")), (self.main, tr("Signal"))):
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
        self.overlays.draw(fit.ppm, fit.baseline, subtracted=self._subtract_baseline)
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
        if len(self._rows) != min(len(fit.names), self._most_rows()):
            self._show(self._given or fit)
        low, high = sorted(self.main.getViewBox().viewRange()[0])
        seen = (fit.ppm >= low) & (fit.ppm <= high)
        if not seen.any():
            return
        offset = fit.baseline if self._subtract_baseline else np.zeros_like(fit.baseline)
        shown = np.stack([fit.data - offset, fit.fit - offset, fit.baseline - offset])[:, seen]
        bottom, top = float(shown.min()), max(float(shown.max()), self.overlays.highest(low, high))
        span = max(top - bottom, 1e-12)
        tall = max(self.main.getViewBox().height(), 80.0)
        bottom -= 0.04 * span
        caption = self.overlays.caption_rect
        headroom = min(_HEADROOM_PX + (caption.height() if caption is not None else 0.0), 0.6 * tall)
        top += span * headroom / (tall - headroom)
        self._set_heights(bottom, top, 2.1 * max(float(np.abs(fit.residual[seen]).max()), _BAND_SD * fit.noise_sd))
        self.labels.arrange(self.overlays.caption_rect)

    def _set_heights(self, bottom: float, top: float, residual_span: float) -> None:
        """Share the height: the residual gets its need up to a share, beyond it the common scale becomes coarser."""
        rows, available = len(self._rows), self._available_px()
        per_row = min(max(_STACK_SHARE * available / (rows + 1), _ROW_PX[0]), _ROW_PX[1])
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

    # --- what lies over it --------------------------------------------------------------------------------------

    def set_apodisation_hz(self, width_hz: float) -> None:
        """Smooth what is shown, and only that, by a Gaussian of this width (full, at half maximum); 0 shows all."""
        self._apodise_hz = width_hz
        text = (
            tr("Display only: smoothed by a Gaussian of {width_hz:g} Hz; the fit does not see it", width_hz=width_hz)
            if width_hz
            else ""
        )
        self.overlays.set_note("apodisation", text)
        if self._given is not None:
            self._show(self._given)
            self._fit_scale()

    def set_automatic(self, fit: Fit | None) -> None:
        """Lay the automatic fit over this one to compare, or take it away."""
        self.overlays.set_automatic(fit)
        self._redraw()

    def set_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Lay other voxels, or a prior, over this one."""
        self.overlays.set_overlays(overlays)
        self._redraw()

    def set_windows(self, areas: Sequence[WindowArea]) -> None:
        """Shade integration windows."""
        self.overlays.set_windows(areas)
        self._redraw()

    def _redraw(self) -> None:
        if self._fit is not None:
            self._draw()
            self._fit_scale()
