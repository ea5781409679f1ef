"""Spectra of single transients over their mean, and how frequency and phase ran through the measurement."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6 import QtCore, QtWidgets

from analysis.types import BoolArray, FloatArray
from widgets import theme
from widgets.spectrum_axes import PpmAxis
from widgets.texts import tr

_MOST_REJECTED = 12
_SPOT_PX = 9


class TransientPlots(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Three plots; a click on a point takes its transient out or back in."""

    clicked = QtCore.Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Spectra, shifts and phases of the transients; the table beside says the same"))
        self.spectra = self.addPlot(0, 0, axisItems={"bottom": PpmAxis("bottom")})
        self.shift, self.phase = self.addPlot(1, 0), self.addPlot(2, 0)
        self.ci.layout.setRowStretchFactor(0, 3)
        for plot, left, bottom in (
            (self.spectra, tr("Signal (a.u.)"), tr("Chemical shift (ppm)")),
            (self.shift, tr("Shift (Hz)"), ""),
            (self.phase, tr("Phase (°)"), tr("Transient")),
        ):
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.setMouseEnabled(x=False, y=False)
            plot.setLabel("left", left)
            plot.setLabel("bottom", bottom)
            for side in ("left", "bottom"):
                plot.getAxis(side).enableAutoSIPrefix(False)
            plot.getAxis("left").setWidth(70)
        self.spectra.getViewBox().invertX(True)
        self.rejected = [self._curve() for _ in range(_MOST_REJECTED)]
        self.mean_curve, self.chosen_curve = self._curve(), self._curve()
        self.spots = {}
        for plot in (self.shift, self.phase):
            spots = pg.ScatterPlotItem(size=_SPOT_PX, hoverable=True)
            spots.sigClicked.connect(self._on_clicked)
            plot.addItem(spots)
            self.spots[plot] = spots
        self.apply_theme()

    def _curve(self) -> pg.PlotDataItem:
        curve = pg.PlotDataItem(skipFiniteCheck=True)
        self.spectra.addItem(curve)
        return curve

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        t = theme.current()
        self.setBackground(t.panel)
        self.mean_curve.setPen(pg.mkPen(t.data))
        self.chosen_curve.setPen(pg.mkPen(t.fit))
        for curve in self.rejected:
            curve.setPen(pg.mkPen(t.dim, style=QtCore.Qt.PenStyle.DotLine))
        for plot in (self.spectra, self.shift, self.phase):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(pg.mkPen(t.border))
                plot.getAxis(side).setTextPen(pg.mkPen(t.dim))

    def show_spectra(self, ppm: FloatArray, rows: FloatArray, kept: BoolArray, chosen: int) -> None:
        """Show the mean of what is kept, what is not as dotted lines, and one transient on top."""
        self.mean_curve.setData(ppm, rows[kept].mean(axis=0) if kept.any() else np.zeros_like(ppm))
        out = np.flatnonzero(~kept)[:_MOST_REJECTED]
        for position, curve in enumerate(self.rejected):
            curve.setVisible(position < len(out))
            if position < len(out):
                curve.setData(ppm, rows[out[position]])
        self.chosen_curve.setVisible(0 <= chosen < len(rows))
        if 0 <= chosen < len(rows):
            self.chosen_curve.setData(ppm, rows[chosen])
        self.spectra.setXRange(float(ppm[0]), float(ppm[-1]), padding=0)

    def show_course(self, shift_hz: FloatArray, phase_deg: FloatArray, kept: BoolArray, chosen: int) -> None:
        """Show shifts and phases: circles are in the mean, crosses are not, the chosen one is filled."""
        t = theme.current()
        numbers = np.arange(1, len(kept) + 1)
        symbols = ["o" if is_kept else "x" for is_kept in kept]
        pens = [pg.mkPen(t.baseline if is_kept else t.bad) for is_kept in kept]
        brushes = [pg.mkBrush(t.fit if i == chosen else t.panel) for i in range(len(kept))]
        for plot, values in ((self.shift, shift_hz), (self.phase, phase_deg)):
            self.spots[plot].setData(numbers, values, symbol=symbols, pen=pens, brush=brushes)
            low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
            room = 0.1 * max(high - low, 1.0)
            plot.setYRange(low - room, high + room, padding=0)
            plot.setXRange(0.5, len(kept) + 0.5, padding=0.02)

    def _on_clicked(self, _spots: object, points: list[pg.SpotItem], _event: object = None) -> None:
        if len(points):
            self.clicked.emit(int(points[0].index()))
